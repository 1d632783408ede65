//! Requests as the documents show them, and answers of every sort.

use super::*;
use crate::bindings::exports::wecom::gateway::types::{
    Conversation, Employees, Options, Priority, Retry, Robot, RobotText, Text,
};
use serde_json::json;

fn message(recipient: Recipient, content: Content) -> Message {
    Message {
        caller: "crm".into(),
        request_id: "r-1".into(),
        recipient,
        content,
        extra: None,
        idempotency_key: None,
        options: Options {
            max_wait_ms: None,
            respond_async: false,
            priority: Priority::Normal,
            send_at: None,
            expires_at: None,
            retry: Retry::Never,
            transport: None,
        },
    }
}

fn text(content: &str) -> Text {
    Text { content: content.into() }
}

fn hash(_: &str) -> String {
    "robot:hash".into()
}

#[test]
fn an_employees_text_looks_as_seed_000_shows() {
    let employees = Employees { work_ids: vec!["ww0517".into()], company_id: Some("corp001".into()) };
    let content = Content::AppText(text("这是一条测试消息"));
    let prepared = prepare(&message(Recipient::Employees(employees), content), hash).unwrap();
    assert_eq!(prepared.path, "/integration/wx_work/sendByWorkIds");
    assert_eq!(prepared.body, json!({"workIds": ["ww0517"], "content": "这是一条测试消息", "companyId": "corp001"}));
    assert_eq!(prepared.recipients, ["ww0517"]);
}

#[test]
fn a_customers_text_looks_as_seed_001_shows_and_undocumented_fields_go_along() {
    let conversation = Conversation {
        account: "168885435526XXXX".into(),
        conversation_id: "S:168885435526XXXX_788130083907XXXX".into(),
    };
    let mut message = message(Recipient::Conversation(conversation), Content::ChatText(text("你真的是又美又仙啊")));
    message.extra = Some(r#"{"trace":1,"content":"not this"}"#.into());
    let prepared = prepare(&message, hash).unwrap();
    assert_eq!(
        prepared.body,
        json!({
            "wxId": "168885435526XXXX", "conversationId": "S:168885435526XXXX_788130083907XXXX",
            "content": "你真的是又美又仙啊", "trace": 1,
        })
    );
    assert_eq!(prepared.account.as_deref(), Some("168885435526XXXX"));
}

#[test]
fn a_robots_text_looks_as_seed_002_shows() {
    let robot = Robot { webhook: "https://robot?key=k".into(), signing_secret: None };
    let content = Content::RobotText(RobotText {
        content: "这是要发送的消息".into(),
        mentioned_list: vec![],
        mentioned_mobile_list: vec![],
    });
    let prepared = prepare(&message(Recipient::Robot(robot.clone()), content), hash).unwrap();
    assert_eq!(prepared.recipients, ["robot:hash"]);
    assert_eq!(
        kdocs::body(&robot, prepared.body),
        json!({
            "link": "https://robot?key=k", "data": [{"msgtype": "text", "text": {"content": "这是要发送的消息"}}],
        })
    );
}

#[test]
fn content_that_does_not_fit_its_recipient_is_refused() {
    let employees = Employees { work_ids: vec!["a".into()], company_id: None };
    let refused = prepare(&message(Recipient::Employees(employees), Content::ChatText(text("x"))), hash);
    assert!(matches!(refused, Err(Failure::Invalid(Invalid { field, .. })) if field == "content"));
}

fn verdict(status: u16, body: &str) -> Verdict {
    read(&Answer { status, body: body.as_bytes().to_vec() })
}

#[test]
fn reads_the_documented_answers() {
    let body = r#"{"msg":"","code":0,"data":{"msgId":"ed1ba6c2"}}"#;
    assert_eq!(verdict(200, body), Verdict::Taken { upstream_id: Some("ed1ba6c2".into()), answer: body.into() });
    assert!(matches!(verdict(200, r#"{"code":0,"data":{}}"#), Verdict::Taken { upstream_id: None, .. }));
    assert!(matches!(verdict(200, r#"{"errcode":0,"errmsg":"ok"}"#), Verdict::Taken { .. }));
}

#[test]
fn believes_a_platform_that_says_what_went_wrong() {
    for (status, body, code) in [
        (200, r#"{"code":500,"msg":"离线"}"#, 500),
        (200, r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#, 93_000),
        (400, r#"{"code":"20007","message":"AccessTokenInvalid","hint":"access_token is required"}"#, 20_007),
        (404, r#"{"error":"Not Found"}"#, 404),
        (302, r#"{"code":0}"#, 302),
    ] {
        let Verdict::Refused(refusal) = verdict(status, body) else { panic!("{body}") };
        assert_eq!((refusal.status, refusal.code, refusal.body.as_deref()), (status, code, Some(body)));
    }
    let Verdict::Refused(refusal) = verdict(404, "<html>") else { panic!("not refused") };
    assert_eq!((refusal.code, refusal.body), (404, None));
}

#[test]
fn what_cannot_be_read_is_unclear() {
    for (status, body) in [
        (200, ""),
        (200, "<html>"),
        (200, "{}"),
        (200, "[]"),
        (200, r#"{"code":0"#),
        (200, r#"{"code":null}"#),
        (500, r#"{"code":500,"msg":"x"}"#),
        (502, "<html>"),
    ] {
        assert!(matches!(verdict(status, body), Verdict::Unclear(_)), "{status} {body}");
    }
    assert!(matches!(read(&Answer { status: 200, body: vec![0xff] }), Verdict::Unclear(_)));
}
