//! Fields that are missing, null, of another type, empty or too long.

use super::{
    nothing_left,
    surface::{KDOCS, QUNTOOL, Surface, WANWANG},
};
use crate::gateway::Gateway;
use serde_json::{Value, json};

/// What a field is replaced with; none takes it away.
type Replacement = Option<Value>;

/// A text that is as many bytes long, mostly in characters of three bytes.
fn bytes(length: usize) -> String {
    "字".repeat(length / 3) + &"x".repeat(length % 3)
}

/// What no required text may be; `most` is its limit in bytes.
fn no_text(most: usize) -> Vec<Replacement> {
    let wrong = [json!(null), json!(7), json!(true), json!({}), json!(["text"]), json!(""), json!(bytes(most + 1))];
    wrong.into_iter().map(Some).chain([None]).collect()
}

/// What no optional text may be.
fn no_optional_text(most: usize) -> Vec<Replacement> {
    [json!(7), json!(true), json!({}), json!(["text"]), json!(bytes(most + 1))].map(Some).into()
}

/// Replaces or takes away what is at a JSON pointer, whose last segment is the name of a field.
fn replaced(mut body: Value, pointer: &str, replacement: Replacement) -> Value {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer has segments");
    let parent = body.pointer_mut(parent).and_then(Value::as_object_mut).expect("the parent is an object");
    match replacement {
        Some(value) => parent.insert(name.to_owned(), value),
        None => parent.remove(name),
    };
    body
}

/// Expects that each replacement of a field of the sample is refused, and that the field is named.
async fn refuses(surface: &Surface, pointer: &str, named: &str, replacements: Vec<Replacement>) {
    let gateway = Gateway::start().await;
    for replacement in replacements {
        let case = format!("{named} = {:.100}", format!("{replacement:?}"));
        let request = surface.request(&gateway).json(&replaced((surface.sample)(), pointer, replacement));
        surface.refuses(&gateway, &case, request, 400, &format!("参数 {named} ")).await;
    }
    nothing_left(&gateway);
}

#[tokio::test]
async fn an_employees_message_names_the_field_at_fault() {
    let too_many = vec!["ww0517"; 10_001];
    let no_list = [json!(null), json!("ww0517"), json!(7), json!({}), json!([]), json!([7]), json!([null])];
    let no_ids = [json!([""]), json!(["ww0517", ""]), json!([bytes(65)]), json!(too_many)];
    refuses(&WANWANG, "/workIds", "workIds", no_list.into_iter().chain(no_ids).map(Some).chain([None]).collect()).await;
    refuses(&WANWANG, "/content", "content", no_text(2_048)).await;
    refuses(&WANWANG, "/companyId", "companyId", no_optional_text(64)).await;
}

#[tokio::test]
async fn a_customers_message_names_the_field_at_fault() {
    refuses(&QUNTOOL, "/wxId", "wxId", no_text(64)).await;
    refuses(&QUNTOOL, "/conversationId", "conversationId", no_text(160)).await;
    refuses(&QUNTOOL, "/content", "content", no_text(65_536)).await;
    let larger_first = "S:788130083907XXXX_168885435526XXXX";
    let shapes = ["168885435526XXXX", "S:168885435526XXXX", "R:", "X:1_2", "S:1_2_3", "S:1_2\n", larger_first];
    let shapes = shapes.map(|shape| Some(json!(shape))).into();
    refuses(&QUNTOOL, "/conversationId", "conversationId", shapes).await;
    // The names count in any case, so that this is the same field twice.
    refuses(&QUNTOOL, "/WXID", "wxId", vec![Some(json!("168885435526XXXX"))]).await;
}

#[tokio::test]
async fn a_robots_message_names_the_field_at_fault() {
    refuses(&KDOCS, "/link", "link", no_text(2_048)).await;
    refuses(&KDOCS, "/sk", "sk", no_optional_text(256)).await;
    let too_many = vec![json!({"msgtype": "text", "text": {"content": "x"}}); 21];
    let no_list = [json!(null), json!({}), json!("text"), json!([]), json!(["text"]), json!([null]), json!(too_many)];
    refuses(&KDOCS, "/data", "data", no_list.into_iter().map(Some).chain([None]).collect()).await;
    refuses(&KDOCS, "/data/0/msgtype", "data[0].msgtype", vec![None, Some(json!(7)), Some(json!("video"))]).await;
    refuses(&KDOCS, "/data/0/text", "data[0].text", vec![None, Some(json!("x")), Some(json!([]))]).await;
    refuses(&KDOCS, "/data/0/text/content", "data[0].text.content", no_text(100 * 2_048)).await;
    let mentioned = "data[0].text.mentioned_list";
    refuses(&KDOCS, "/data/0/text/mentioned_list", mentioned, vec![Some(json!("@all")), Some(json!([7]))]).await;
    refuses(&KDOCS, "/data/1/markdown/content", "data[1].markdown.content", no_text(100 * 4_096)).await;
    refuses(&KDOCS, "/split", "split", vec![Some(json!("no")), Some(json!(0))]).await;
    refuses(&KDOCS, "/on_error", "on_error", vec![Some(json!("retry")), Some(json!(true))]).await;
}

#[tokio::test]
async fn a_link_to_anything_but_a_robot_is_refused() {
    let links = [
        "http://127.0.0.1:1/cgi-bin/webhook/send?key=xxx",
        "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx",
        "https://qyapi.weixin.qq.com.evil.example/cgi-bin/webhook/send?key=xxx",
        "https://qyapi.weixin.qq.com@evil.example/cgi-bin/webhook/send?key=xxx",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/upload_media?key=xxx",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx&key=yyy",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send",
    ];
    refuses(&KDOCS, "/link", "link", links.map(|link| Some(json!(link))).into()).await;
}
