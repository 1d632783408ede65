//! What a platform says passes through; where it says nothing, the gateway does, in the surface's envelope.

use crate::{
    gateway::{
        Gateway,
        answer::Answer,
        credentials::CRM,
        messages::{ACCOUNT, EMPLOYEES, ROBOT, TEXT, conversation, history, webhook},
    },
    refusals::problem,
};
use futures::future::join_all;
use reqwest::{Method, RequestBuilder, multipart};
use serde_json::{Value, json};
use simulator::{Cut, Fault, FaultRule, MessageState};
use std::{net::TcpListener, time::Duration};

const RECALL: &str = "/integration/wx_work/recall";
const UPLOAD: &str = "/gnapi/open/file/upload";

/// A request, and the path that it takes to its platform.
type Asked = (RequestBuilder, &'static str);

/// One operation of each kind.
fn operations(gateway: &Gateway) -> Vec<Asked> {
    let keyed = |method: Method, path: &'static str| (gateway.request(method, path).header("apikey", CRM), path);
    let (list, path) = keyed(Method::GET, "/gnapi/open/group/list");
    let listed = (list.query(&[("wxId", ACCOUNT)]), path);
    let (group, path) = keyed(Method::POST, "/gnapi/open/group");
    let made = (group.json(&json!({"wxId": ACCOUNT, "memberWxIds": "7881,7882"})), path);
    let (remark, path) = keyed(Method::PUT, "/gnapi/open/contact/remark");
    let remarked = (remark.json(&json!({"wxId": ACCOUNT, "contactId": "7881", "remark": "备注"})), path);
    let (member, path) = keyed(Method::DELETE, "/gnapi/open/group/member");
    let removed = (member.json(&json!({"wxId": ACCOUNT, "conversationId": "R:1", "memberWxIds": "7881"})), path);
    let (upload, path) = keyed(Method::POST, UPLOAD);
    let file = multipart::Form::new().part("file", multipart::Part::bytes(b"1".to_vec()).file_name("a.txt"));
    vec![listed, made, remarked, removed, (upload.multipart(file), path)]
}

fn recall(gateway: &Gateway, id: &str) -> Asked {
    (gateway.post(RECALL).bearer_auth(CRM).json(&json!({"msgId": id})), RECALL)
}

/// A message to each platform; `number` names the account, so that none waits for another.
fn messages(gateway: &Gateway, number: usize) -> Vec<Asked> {
    let account = format!("16888543552600{number:02}");
    vec![
        (gateway.chat(&account, "你好"), TEXT),
        (gateway.notice("ww0517", "你好"), EMPLOYEES),
        (gateway.post_to_robot("0b1c-2", &["你好"]), ROBOT),
    ]
}

fn answering(body: Value, status: u16) -> Fault {
    Fault { status: Some(status), body: Some(body), effect: Some(false), ..Fault::default() }
}

/// Expects a refusal of the gateway in the envelope of a drop-in surface.
fn refused(answer: &Answer, status: u16, code: u64, case: &str) {
    assert_eq!((answer.status, answer.body["code"].as_u64()), (status, Some(code)), "{case}: {answer:?}");
    assert!(!answer.text_at("/msg").is_empty() && !answer.text.contains("<html>"), "{case}: {answer:?}");
    assert_ne!(answer.body["ok"], json!(true), "{case}: {answer:?}");
    assert!(answer.header("content-type").starts_with("application/json"), "{case}: {answer:?}");
}

#[tokio::test]
async fn a_platforms_refusal_reaches_the_caller_as_it_came() {
    let gateway = Gateway::start().await;
    let sent = gateway.ask(gateway.notice("ww0517", "你好")).await;
    let bodies = [
        (json!({"code": -1_000_999, "msg": "Abnormal request frequency", "data": null}), 200),
        (json!({"code": 40_058, "msg": "invalid msgid", "data": {"more": [1]}, "requestId": "7", "ok": false}), 200),
        (json!({"code": 403, "msg": "无权限", "hint": "联系管理员"}), 403),
    ];
    for (number, (body, status)) in bodies.iter().enumerate() {
        let mut asked = messages(&gateway, number);
        asked.extend(operations(&gateway));
        asked.push(recall(&gateway, sent.upstream_id()));
        for (request, path) in asked {
            gateway.simulator.fault(FaultRule::next(1, path, answering(body.clone(), *status))).unwrap();

            let answer = gateway.ask(request).await;

            if path == ROBOT {
                assert!(answer.status == *status && answer.repeats(body), "{answer:?}");
            } else {
                assert_eq!((answer.status, &answer.body), (*status, body), "{path}: {answer:?}");
            }
            if let Some(id) = answer.headers.get("x-message-id").filter(|_| path != RECALL) {
                let message = gateway.message(id.to_str().unwrap()).await.body;
                assert_eq!(history(&message).last(), Some(&"failed"), "{path}");
                assert_eq!(message["recipients"][0]["code"], body["code"], "{path}");
            }
        }
    }
    assert_eq!(gateway.state(sent.message_id()).await, "submitted", "it was not taken back");
}

#[tokio::test]
async fn a_platforms_refusal_of_a_message_of_the_own_surface_is_a_problem_that_quotes_it() {
    let gateway = Gateway::start().await;
    let body = json!({"code": 409, "msg": "wxId is not online", "data": null});
    gateway.simulator.fault(FaultRule::next(1, TEXT, answering(body, 200))).unwrap();
    let to = json!({"account": ACCOUNT, "conversation": conversation(ACCOUNT)});
    let message = json!({"to": to, "content": {"type": "text", "content": "你好"}});
    let request = gateway.post("/v1/messages").bearer_auth(CRM).json(&message);
    let problem = problem::refuses(&gateway, request, 422, "upstream-rejected").await;
    let upstream = &problem.body["upstream"];
    assert_eq!((&upstream["system"], &upstream["code"]), (&json!("quntool"), &json!(409)));
    assert_eq!(upstream["message"], "wxId is not online");
    assert_eq!(gateway.state(problem.text_at("/id")).await, "failed");
}

#[tokio::test]
async fn a_message_of_the_own_surface_whose_answer_is_none_is_a_problem_and_unknown() {
    let gateway = Gateway::start().await;
    let faults = [Fault { effect: Some(true), ..Fault::status(200) }, Fault::status(500), Fault::cut(Cut::After)];
    for (number, fault) in faults.into_iter().enumerate() {
        let account = format!("16888543552600{number:02}");
        for (to, path) in [
            (json!({"account": account, "conversation": conversation(&account)}), TEXT),
            (json!({"workIds": ["ww0517"]}), EMPLOYEES),
            (json!({"robot": webhook("0b1c-2")}), ROBOT),
        ] {
            gateway.simulator.fault(FaultRule::next(1, path, fault.clone())).unwrap();
            let message = json!({"to": to, "content": {"type": "text", "content": "你好"}});
            let request = gateway.post("/v1/messages").bearer_auth(CRM).json(&message);
            let problem = problem::refuses(&gateway, request, 502, "upstream-ambiguous").await;
            assert!(!problem.text.contains("<html>"), "{problem:?}");
            let message = gateway.message(problem.text_at("/id")).await.body;
            assert_eq!(history(&message), ["accepted", "sending", "unknown"], "{path} {fault:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_none_is_told_in_the_surfaces_envelope() {
    let gateway = Gateway::start().await;
    let html = |status| Fault { status: Some(status), body: Some(json!("<html>")), ..Fault::default() };
    let faults = [
        html(200),
        html(404),
        html(302),
        Fault::status(500),
        answering(json!({"code": 0, "msg": "", "data": {}}), 503),
        Fault { body: Some(json!("")), ..Fault::default() },
        Fault::cut(Cut::Before),
        Fault::cut(Cut::After),
        Fault::cut(Cut::Middle),
    ];
    for fault in faults {
        for (request, path) in operations(&gateway) {
            gateway.simulator.fault(FaultRule::next(1, path, fault.clone())).unwrap();
            let answer = gateway.ask(request).await;
            refused(&answer, 502, 502_005, &format!("{path} {fault:?}"));
            assert_eq!(answer.body["data"], Value::Null, "{answer:?}");
        }
    }
}

#[tokio::test]
async fn a_recall_whose_answer_is_lost_leaves_the_message_as_it_was() {
    let gateway = Gateway::start().await;
    let sent = gateway.ask(gateway.notice("ww0517", "你好")).await;
    for fault in [Fault::cut(Cut::Before), Fault { effect: Some(false), ..Fault::status(200) }, Fault::status(502)] {
        gateway.simulator.fault(FaultRule::next(1, RECALL, fault.clone())).unwrap();
        let answer = gateway.ask(recall(&gateway, sent.upstream_id()).0).await;
        refused(&answer, 502, 502_005, &format!("{fault:?}"));
        assert_eq!(gateway.state(sent.message_id()).await, "submitted");
    }

    let answer = gateway.ask(recall(&gateway, sent.upstream_id()).0).await;

    assert_eq!((answer.status, &answer.body["code"]), (200, &json!(0)), "{answer:?}");
    assert_eq!(gateway.state(sent.message_id()).await, "recalled");
    assert_eq!(gateway.simulator.truth().messages[0].state, MessageState::Recalled);
}

#[tokio::test]
async fn a_platform_that_is_down_is_told_in_the_surfaces_envelope() {
    let down = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let urls = ["quntool_url", "wanwang_url", "wanwang_token_url"];
    let gateway =
        urls.into_iter().fold(Gateway::builder(), |builder, name| builder.variable(name, format!("http://{down}")));
    let gateway = gateway.start().await;
    let mut asked = operations(&gateway);
    asked.push(recall(&gateway, "D2PfORmTcZSAQn8H7KP"));
    asked.push((gateway.get("/gnapi/files/20211009/e0fa/a.txt").header("apikey", CRM), "/gnapi/files"));
    for (request, path) in asked {
        let answer = gateway.ask(request).await;
        refused(&answer, 502, 502_004, path);
        assert!(answer.text_at("/msg").contains("可以重试"), "{answer:?}");
    }
    let message = json!({"to": {"workIds": ["ww0517"]}, "content": {"type": "text", "content": "你好"}});
    let request = gateway.post("/v1/messages").bearer_auth(CRM).json(&message);
    let problem = problem::refuses(&gateway, request, 502, "upstream-unavailable").await;
    assert_eq!(gateway.state(problem.text_at("/id")).await, "failed");
}

#[tokio::test]
async fn a_platform_that_is_slow_is_a_timeout() {
    let gateway = Gateway::start().await;
    let sent = gateway.ask(gateway.notice("ww0517", "你好")).await;
    let to = json!({"workIds": ["ww0518"]});
    let message = json!({"to": to, "content": {"type": "markdown", "content": "你好"}});
    let own = gateway.post("/v1/messages").bearer_auth(CRM).json(&message);
    let mut asked = operations(&gateway);
    asked.push(recall(&gateway, sent.upstream_id()));
    let late = FaultRule::next(1, "", Fault::latency(Duration::from_secs(25)));
    gateway.simulator.fault(FaultRule { times: None, ..late }).unwrap();

    let others = join_all(asked.into_iter().map(async |(request, path)| (gateway.ask(request).await, path)));
    let (others, problem) = tokio::join!(others, problem::refuses(&gateway, own, 504, "upstream-timeout"));

    for (answer, path) in others {
        refused(&answer, 504, 504_003, path);
    }
    assert_eq!(gateway.state(problem.text_at("/id")).await, "unknown");
    assert_eq!(gateway.state(sent.message_id()).await, "submitted");
}
