//! Refusals name the field as the caller wrote it.

use super::{Case, address, documented, own, post, text};
use crate::{
    gateway::{
        Gateway,
        messages::{ACCOUNT, CUSTOMER, webhook},
    },
    refusals::{nothing_left, problem},
};
use contract::{
    kdocs,
    samples::{
        self,
        broken::{self, Broken},
    },
};
use futures::future::join_all;
use serde_json::{Value, json};

/// Expects that a message is refused, and that the refusal names this field.
async fn refuses(gateway: &Gateway, message: &Value, field: &str) {
    let refused = problem::refuses(gateway, post(gateway, message), 400, "invalid-parameter").await;
    assert_eq!(refused.body["field"], field, "{message:.300}: {refused:?}");
    assert!(refused.text_at("/detail").contains(&format!("参数 {field} ")), "{message:.300}: {refused:?}");
}

#[tokio::test]
async fn what_is_no_message_is_named() {
    let gateway = Gateway::start().await;
    let (to, content) = (json!({"workIds": ["ww0517"]}), json!({"type": "text", "content": "你好"}));
    let chat = text(ACCOUNT, "你好")["to"].clone();
    let with = |object: &Value, name: &str, value: Value| {
        let mut object = object.clone();
        object[name] = value;
        object
    };
    let cases = [
        (json!({"content": content}), "to"),
        (json!({"to": [], "content": content}), "to"),
        (json!({"to": "ww0517", "content": content}), "to"),
        (json!({"to": to}), "content"),
        (json!({"to": to, "content": "你好"}), "content"),
        (json!({"to": to, "content": {"content": "你好"}}), "content.type"),
        (json!({"to": to, "content": {"type": 7, "content": "你好"}}), "content.type"),
        (json!({"to": to, "content": {"type": "poem", "content": "你好"}}), "content.type"),
        (json!({"to": to, "content": {"type": "roomAt", "content": "你好"}}), "content.type"),
        (json!({"to": chat, "content": {"type": "markdown", "content": "你好"}}), "content.type"),
        (json!({"to": {"robot": webhook("x")}, "content": {"type": "poem", "content": "你好"}}), "content.type"),
        (json!({"to": {"robot": webhook("x")}, "content": {"type": "voice", "content": "你好"}}), "content.media_id"),
        (json!({"to": {}, "content": content}), "to.account"),
        (json!({"to": {"account": ACCOUNT}, "content": content}), "to.conversation"),
        (json!({"to": with(&chat, "conversation", json!(CUSTOMER)), "content": content}), "to.conversation"),
        (json!({"to": with(&chat, "robot", json!(7)), "content": content}), "to.robot"),
        (json!({"to": with(&chat, "companyId", json!("corp001")), "content": content}), "to.companyId"),
        (json!({"to": with(&to, "account", json!(ACCOUNT)), "content": content}), "to.account"),
        (json!({"to": with(&to, "extra", json!(1)), "content": content}), "to.extra"),
        (json!({"to": {"robot": "https://evil.example/cgi-bin/webhook/send?key=x"}, "content": content}), "to.robot"),
        (json!({"to": {"robot": webhook("x"), "sk": "s"}, "content": content}), "to.sk"),
        (json!({"to": to, "content": content, "sendat": 7}), "sendat"),
    ];
    for (message, field) in &cases {
        refuses(&gateway, message, field).await;
    }
    nothing_left(&gateway);
}

/// Names a documented parameter as `/v1/messages` does.
fn own_name(case: &Case, field: &str) -> String {
    let kind = case.endpoint.message.unwrap();
    match address(case.endpoint.system).iter().find(|(_, documented)| *documented == field) {
        Some((own, _)) => format!("to.{own}"),
        None => format!("content.{}", field.strip_prefix(&format!("{kind}.")).unwrap_or(field)),
    }
}

#[tokio::test]
async fn every_broken_field_of_every_type_is_named_as_the_caller_wrote_it() {
    let gateway = Gateway::start().await;
    let mut count = 0;
    for case in documented() {
        let kind = case.endpoint.message.unwrap();
        let valid = case.endpoint.check(case.documented.clone()).unwrap().documented;
        let requests = broken::requests(case.endpoint.parameters, &valid).into_iter();
        // Neither the object that `content` stands for can be broken here, nor what says whom a message is for be
        // left out: another one of the three is meant then.
        let broken: Vec<Broken> =
            requests.filter(|broken| broken.field != kind && is_addressed(&case, broken)).collect();
        let refused = broken.iter().map(async |broken| {
            refuses(&gateway, &own(case.endpoint, broken.given.clone()), &own_name(&case, &broken.field)).await;
        });
        count += join_all(refused).await.len();
    }
    assert!(count > 300, "{count} were refused");
    nothing_left(&gateway);
}

/// Whether a message still says which of the three it is for.
fn is_addressed(case: &Case, broken: &Broken) -> bool {
    address(case.endpoint.system).iter().any(|(own, theirs)| *own != "companyId" && broken.given.contains_key(*theirs))
}

#[tokio::test]
async fn every_broken_field_of_a_robots_message_is_named_as_the_caller_wrote_it() {
    let gateway = Gateway::start().await;
    for message in kdocs::ROBOT_MESSAGES {
        let requests = broken::requests(message.parameters, &samples::robot::fields(message.kind));
        assert!(requests.len() > 3);
        for broken in requests {
            let mut content = broken.given.clone();
            content.insert("type".to_owned(), json!(message.kind));
            let own = json!({"to": {"robot": webhook("0b1c-2")}, "content": content});
            refuses(&gateway, &own, &format!("content.{}", broken.field)).await;
        }
    }
    nothing_left(&gateway);
}
