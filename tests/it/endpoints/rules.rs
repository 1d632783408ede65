//! What the documents forbid beyond the shape of a single parameter, and what they allow although it looks odd.

use super::{name, request};
use crate::{
    gateway::{
        Gateway,
        messages::{ACCOUNT, conversation},
    },
    refusals::{
        nothing_left,
        surface::{QUNTOOL, WANWANG},
    },
};
use contract::{Endpoint, System, catalog};
use serde_json::{Map, Value, json};

const ROOM: &str = "R:1089985527713XXXX";

/// A call: the method, the path, the parameters, and the parameter that breaks a rule.
type Case = (&'static str, &'static str, Value, &'static str);

fn endpoint(method: &str, path: &str) -> &'static Endpoint {
    catalog::find(method, path).unwrap_or_else(|missing| panic!("{method} {path}: {missing:?}"))
}

fn object(value: Value) -> Map<String, Value> {
    serde_json::from_value(value).expect("parameters are an object")
}

/// Parameters of a message of the account, to its customer unless `fields` says otherwise.
fn chat(fields: Value) -> Value {
    let mut message = object(json!({"wxId": ACCOUNT, "conversationId": conversation(ACCOUNT)}));
    message.extend(object(fields));
    message.into()
}

fn file(url: &str, safe: u8) -> Value {
    json!({"workIds": ["ww0517"], "fileUrl": url, "safe": safe})
}

fn forbidden() -> Vec<Case> {
    let larger_first = "S:788130083907XXXX_168885435526XXXX";
    let mention =
        |content: &str, list: Value| chat(json!({"conversationId": ROOM, "content": content, "atList": list}));
    vec![
        (
            "POST",
            "/gnapi/open/msg/image",
            chat(json!({"conversationId": larger_first, "fileUrl": "http://a.test/a.png"})),
            "conversationId",
        ),
        ("POST", "/gnapi/open/msg/image", chat(json!({"fileUrl": "a.png"})), "fileUrl"),
        ("POST", "/gnapi/open/msg/roomAt", chat(json!({"content": "你好", "atList": ["0"]})), "conversationId"),
        ("POST", "/gnapi/open/msg/roomAt", mention("{$@}{$@}", json!(["788130083907XXXX"])), "content"),
        ("POST", "/gnapi/open/msg/roomAt", mention("你好", json!(["0", "788130083907XXXX"])), "atList"),
        ("POST", "/gnapi/open/msg/link", chat(json!({"title": " \t", "url": "https://a.test"})), "title"),
        ("POST", "/gnapi/open/msg/link", chat(json!({"title": "题", "url": "a.test"})), "url"),
        ("POST", "/gnapi/open/group", json!({"wxId": ACCOUNT, "memberWxIds": "788130083907XXXX"}), "memberWxIds"),
        ("POST", "/gnapi/open/group", json!({"wxId": ACCOUNT, "memberWxIds": "7881,7881"}), "memberWxIds"),
        (
            "PUT",
            "/gnapi/open/group/name",
            json!({"wxId": ACCOUNT, "conversationId": conversation(ACCOUNT), "name": "x"}),
            "conversationId",
        ),
        ("GET", "/gnapi/open/group/list", json!({"wxId": [ACCOUNT, ACCOUNT]}), "wxId"),
        ("GET", "/gnapi/open/contact/relation", json!({"wxId": ACCOUNT}), "ContactUserId"),
        (
            "GET",
            "/gnapi/open/contact/relation",
            json!({"wxId": ACCOUNT, "ContactUserId": "", "ExternalUserId": ""}),
            "ContactUserId",
        ),
        (
            "POST",
            "/gnapi/open/label/contact/search",
            json!({"wxids": [ACCOUNT], "labelIds": ["1"], "PageIndex": 0, "PageSize": 1}),
            "PageIndex",
        ),
        ("POST", "/integration/wx_work/sendFileByWorkIds", file("https://a.test/a.zip", 1), "fileUrl"),
        ("POST", "/integration/wx_work/sendFileByWorkIds", file("https://a.test/a.pdf", 2), "safe"),
        ("POST", "/integration/wx_work/sendFileByWorkIds", file("obs://a/a.pdf", 0), "fileUrl"),
    ]
}

#[tokio::test]
async fn what_the_documents_forbid_is_refused_and_nothing_is_sent() {
    let gateway = Gateway::start().await;
    for (method, path, given, named) in forbidden() {
        let endpoint = endpoint(method, path);
        let surface = if endpoint.system == System::Wanwang { &WANWANG } else { &QUNTOOL };
        let case = format!("{} {given}", name(endpoint));
        let request = request(&gateway, endpoint, endpoint.location, &object(given));
        surface.refuses(&gateway, &case, request, 400, &format!("参数 {named} ")).await;
    }
    nothing_left(&gateway);
}

#[tokio::test]
async fn what_the_documents_show_empty_passes_as_it_is() {
    let gateway = Gateway::start().await;
    let customer = "788130083907XXXX";
    let card = json!({"personCardUserId": customer, "nickName": "C奕", "avatar": ""});
    let cases = [
        (
            "POST",
            "/gnapi/open/label/contact/setlabel",
            json!({"wxId": ACCOUNT, "contactUserId": customer, "labelIds": []}),
        ),
        ("PUT", "/gnapi/open/contact/remark", json!({"wxId": ACCOUNT, "contactId": customer, "remark": ""})),
        ("PUT", "/gnapi/open/contact/phone", json!({"wxId": ACCOUNT, "contactId": customer, "phones": []})),
        (
            "POST",
            "/gnapi/open/contact/search/add",
            json!({"wxId": ACCOUNT, "contactUserId": customer, "openid": "o", "wxticket": "", "verify": ""}),
        ),
        ("POST", "/gnapi/open/msg/personCard", chat(card)),
        ("POST", "/integration/wx_work/sendFileByWorkIds", file("https://a.test/a.zip", 0)),
    ];
    for (method, path, given) in cases {
        let endpoint = endpoint(method, path);
        let request = request(&gateway, endpoint, endpoint.location, &object(given.clone()));

        let answer = gateway.ask(request).await;

        assert_eq!((answer.status, &answer.body["code"]), (200, &json!(0)), "{path} {given}: {answer:?}");
        let arrived = gateway.simulator.truth().requests.pop().unwrap();
        assert_eq!((arrived.path.as_str(), arrived.body), (path, given));
    }
}
