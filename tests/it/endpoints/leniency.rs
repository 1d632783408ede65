//! What a client may write in more than one way, and what the documents do not name.

use crate::gateway::{Gateway, answer::Answer, credentials::CRM, messages::ACCOUNT};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use simulator::{AccountSetting, Request};
use std::collections::BTreeMap;

/// Sends a request with the credential of `crm`, and returns the answer and the one request that it led to.
async fn passed(gateway: &Gateway, request: RequestBuilder) -> (Answer, Request) {
    let before = gateway.simulator.truth().requests.len();
    let answer = gateway.ask(request.header("apikey", CRM)).await;
    assert_eq!((answer.status, &answer.body["code"]), (200, &json!(0)), "{answer:?}");
    let mut after = gateway.simulator.truth().requests;
    assert_eq!(after.len(), before + 1, "{answer:?}");
    (answer, after.remove(before))
}

fn query(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn paths_and_names_count_in_any_case_and_arrive_as_documented() {
    let gateway = Gateway::start().await;
    let contact = "788130083907XXXX";
    for (path, wx_id, contact_id) in [
        ("/gnapi/open/contact/extendinfo", "wxId", "ContactId"),
        ("/GNAPI/OPEN/CONTACT/EXTENDINFO", "WXID", "CONTACTID"),
        ("/gnapi/open/Contact/ExtendInfo", "wxid", "contactid"),
    ] {
        let request = gateway.get(path).query(&[(wx_id, ACCOUNT), (contact_id, contact)]);
        let (_, arrived) = passed(&gateway, request).await;
        assert_eq!(arrived.path, "/gnapi/open/contact/extendinfo");
        assert_eq!(arrived.query, query(&[("wxId", ACCOUNT), ("ContactId", contact)]));
        assert_eq!(arrived.body, Value::Null);
    }
    let body = json!({"WXID": ACCOUNT, "ContactID": contact, "REMARK": "备注"});
    let (_, arrived) = passed(&gateway, gateway.request(Method::PUT, "/gnapi/open/contact/Remark").json(&body)).await;
    assert_eq!((arrived.method.as_str(), arrived.path.as_str()), ("PUT", "/gnapi/open/contact/remark"));
    assert_eq!(arrived.body, json!({"wxId": ACCOUNT, "contactId": contact, "remark": "备注"}));
}

#[tokio::test]
async fn names_inside_of_lists_count_in_any_case_too() {
    let gateway = Gateway::start().await;
    let body = json!({"contactinfos": [{"wxid": ACCOUNT, "CONTACTUSERID": "788130083907XXXX", "note": 1}]});
    let (answer, arrived) = passed(&gateway, gateway.post("/gnapi/open/contact/external/query").json(&body)).await;
    let documented = json!({"WxId": ACCOUNT, "ContactUserId": "788130083907XXXX", "note": 1});
    assert_eq!(arrived.body, json!({"ContactInfos": [documented]}));
    assert_eq!(answer.body["data"][0]["user_id"], "788130083907XXXX");
}

#[tokio::test]
async fn what_the_documents_do_not_name_is_handed_on() {
    let gateway = Gateway::start().await;
    let body = json!({"wxId": ACCOUNT, "memberWxIds": "7881,7882", "trace": {"id": [1, null, "追踪"]}, "debug": true});
    let (_, arrived) = passed(&gateway, gateway.post("/gnapi/open/group").json(&body)).await;
    assert_eq!(arrived.body, body);
    let pairs = [("wxId", ACCOUNT), ("trace", "a b&c=追踪"), ("page", "2")];
    let (_, arrived) = passed(&gateway, gateway.get("/gnapi/open/group/list").query(&pairs)).await;
    assert_eq!(arrived.query, query(&pairs));
    let body = json!({"workIds": ["ww0517"], "content": "你好", "trace": {"id": [1]}, "WORKIDS": ["x"]});
    let answer = gateway.ask(gateway.post("/integration/wx_work/sendByWorkIds").bearer_auth(CRM).json(&body)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(gateway.simulator.truth().requests.pop().unwrap().body, body, "these names count as they are written");
}

#[tokio::test]
async fn a_list_in_a_query_may_be_written_in_every_usual_way() {
    let gateway = Gateway::start().await;
    let known = ["1688854355260001", "1688854355260002"];
    let accounts = known.map(|id| AccountSetting { wx_id: id.to_owned(), online: true, username: None });
    gateway.simulator.set_accounts(accounts.to_vec(), true);
    let (all, _) = passed(&gateway, gateway.get("/gnapi/open/inner/user/wx/list")).await;
    let rows = all.body["data"].as_array().unwrap();
    let hosts: Vec<&str> = rows.iter().map(|row| row["hostname"].as_str().unwrap()).collect();
    let [first, second] = hosts[..] else { panic!("two accounts: {all:?}") };
    let both = format!("{first},{second}");
    let queries = [
        vec![("HostName", first), ("HostName", second)],
        vec![("HostName[]", first), ("HostName[]", second)],
        vec![("hostname", first), ("HOSTNAME", second)],
        vec![("HostName", both.as_str())],
    ];
    for pairs in queries {
        let (answer, arrived) = passed(&gateway, gateway.get("/gnapi/open/inner/user/wx/list").query(&pairs)).await;
        assert_eq!(answer.body["data"], all.body["data"], "{pairs:?}");
        // The simulator joins the values of a name that comes several times.
        assert_eq!(arrived.query, query(&[("HostName", &both)]), "{pairs:?}");
    }
}

#[tokio::test]
async fn numbers_and_flags_of_a_query_are_read_as_such() {
    let gateway = Gateway::start().await;
    for (flag, arrives) in [("true", "true"), ("False", "false"), ("FALSE", "false")] {
        let pairs = [("isonline", flag), ("userId", "apps-1"), ("page", "7")];
        let (_, arrived) = passed(&gateway, gateway.get("/gnapi/open/inner/user/wx/list").query(&pairs)).await;
        assert_eq!(arrived.query, query(&[("IsOnline", arrives), ("userId", "apps-1"), ("page", "7")]));
    }
}

#[tokio::test]
async fn a_batch_is_confirmed_with_the_account_in_the_body_or_in_the_query() {
    let gateway = Gateway::start().await;
    let path = "/gnapi/open/batchmsg/confirm";
    let requests = [
        gateway.post(path).json(&json!({"wxId": ACCOUNT})),
        gateway.post(path).query(&[("wxId", ACCOUNT)]),
        gateway.post(path).query(&[("WXID", ACCOUNT)]).header("content-type", "application/json"),
    ];
    for request in requests {
        let (_, arrived) = passed(&gateway, request).await;
        assert_eq!((arrived.method.as_str(), arrived.path.as_str()), ("POST", path));
        assert_eq!(arrived.body, json!({"wxId": ACCOUNT}));
    }
}
