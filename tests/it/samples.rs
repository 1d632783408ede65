//! The samples of the platforms' documents get the documented answers, field for field, and reach the platforms as the
//! documents show them.

use crate::gateway::{
    Gateway,
    answer::redacted,
    credentials,
    messages::{EMPLOYEES, ROBOT, TEXT, webhook},
};
use serde_json::{Value, json};
use simulator::{Request, robot_name};

/// Returns the requests that reached a path of the platforms.
fn requests(gateway: &Gateway, path: &str) -> Vec<Request> {
    gateway.simulator.truth().requests.into_iter().filter(|request| request.path == path).collect()
}

#[tokio::test]
async fn a_text_to_employees_is_answered_as_documented() {
    let gateway = Gateway::start().await;
    let sample = json!({"workIds": ["ww0517"], "content": "这是一条测试消息", "companyId": "corp001"});

    let answer = gateway.ask(gateway.post(EMPLOYEES).bearer_auth(credentials::CRM).json(&sample)).await;

    let documented = json!({"code": 0, "msg": null, "data": {"msgId": "…"}, "requestId": "…", "ok": true});
    assert_eq!((answer.status, redacted(&answer.body, &["/data/msgId", "/requestId"])), (200, documented));
    assert_eq!(answer.text_at("/requestId"), answer.header("x-request-id"));
    assert_eq!(answer.upstream_id(), gateway.simulator.truth().messages[0].id);
    let [request] = &requests(&gateway, EMPLOYEES)[..] else { panic!("one request") };
    assert_eq!((request.method.as_str(), &request.body, request.query.len()), ("POST", &sample, 0));
    assert_eq!(request.headers["content-type"], "application/json");
    assert!(request.headers.contains_key("authorization") && !request.headers.contains_key("apikey"));
}

#[tokio::test]
async fn a_text_to_a_customer_is_answered_as_documented() {
    let gateway = Gateway::start().await;
    let sample = json!({
        "wxId": "168885435526XXXX",
        "conversationId": "S:168885435526XXXX_788130083907XXXX",
        "content": "你真的是又美又仙啊",
    });

    let answer = gateway.ask(gateway.post(TEXT).header("apikey", credentials::CRM).json(&sample)).await;

    let documented = json!({"msg": "", "code": 0, "data": {"msgId": "…"}});
    assert_eq!((answer.status, redacted(&answer.body, &["/data/msgId"])), (200, documented));
    assert_eq!(answer.upstream_id(), gateway.simulator.truth().messages[0].id);
    let [request] = &requests(&gateway, TEXT)[..] else { panic!("one request") };
    assert_eq!((request.method.as_str(), &request.body, request.query.len()), ("POST", &sample, 0));
    assert!(request.headers.contains_key("apikey") && !request.headers.contains_key("authorization"));
}

#[tokio::test]
async fn messages_to_a_robot_are_answered_as_documented_and_told_of_one_by_one() {
    let gateway = Gateway::start().await;
    let (text, markdown) = (
        json!({"msgtype": "text", "text": {"content": "这是要发送的消息"}}),
        json!({"msgtype": "markdown", "markdown": {"content": "## 这是要发送的markdown"}}),
    );
    let link = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx";
    let sample = json!({"link": link, "data": [text, markdown]});

    let request = gateway.post(ROBOT).query(&[("access_token", credentials::CRM)]).json(&sample);
    let answer = gateway.ask(request).await;

    let part = json!({"id": "…", "state": "submitted"});
    let result = |index| json!({"index": index, "state": "submitted", "id": "…", "code": 0, "parts": [part]});
    let documented = json!({"code": 0, "data": {"results": [result(0), result(1)]}});
    let ids = ["/data/results/0/id", "/data/results/1/id"];
    let volatile = [ids[0], ids[1], "/data/results/0/parts/0/id", "/data/results/1/parts/0/id"];
    assert_eq!((answer.status, redacted(&answer.body, &volatile)), (200, documented));
    // The simulator shows no key.
    let relayed = |message: &Value| json!({"link": link.replace("xxx", "***"), "data": [message]});
    let bodies: Vec<Value> = requests(&gateway, ROBOT).into_iter().map(|request| request.body).collect();
    assert_eq!(bodies, [relayed(&text), relayed(&markdown)]);
    let posted = gateway.simulator.truth().messages;
    assert!(posted.iter().all(|message| message.conversation == Some(robot_name("xxx"))), "{posted:?}");
}

#[tokio::test]
async fn quntools_names_count_in_any_case_and_undocumented_fields_are_handed_on() {
    let gateway = Gateway::start().await;
    let conversation = "R:1089985527713XXXX";
    let message =
        json!({"WXID": "168885435526XXXX", "conversationid": conversation, "Content": "你好", "remark": {"a": 1}});

    let request = gateway.post("/gnapi/open/Msg/TEXT").header("apikey", credentials::CRM).json(&message);
    let answer = gateway.ask(request).await;

    assert_eq!(answer.status, 200, "{answer:?}");
    let [request] = &requests(&gateway, TEXT)[..] else { panic!("one request") };
    let handed_on = json!({
        "wxId": "168885435526XXXX", "conversationId": conversation, "content": "你好", "remark": {"a": 1},
    });
    assert_eq!(request.body, handed_on);
}

#[tokio::test]
async fn a_robot_is_posted_to_directly_where_the_operator_wants_it() {
    let gateway = Gateway::builder().variable("robot_mode", "direct").start().await;

    let answer = gateway.ask(gateway.post_to_robot("0b1c-2", &["你好"])).await;

    assert_eq!((answer.status, &answer.body["code"]), (200, &json!(0)), "{answer:?}");
    let [request] = &requests(&gateway, "/cgi-bin/webhook/send")[..] else { panic!("one request") };
    assert_eq!(request.body, json!({"msgtype": "text", "text": {"content": "你好"}}));
    assert_eq!(gateway.simulator.truth().messages[0].conversation, Some(robot_name("0b1c-2")));
}

#[tokio::test]
async fn a_signing_secret_goes_to_kdocs_and_is_refused_for_a_robot_that_has_none() {
    for (mode, status) in [("kdocs", 200), ("direct", 400)] {
        let gateway = Gateway::builder().variable("robot_mode", mode).start().await;
        let message = json!({"msgtype": "text", "text": {"content": "你好"}});
        let message = json!({"link": webhook("xxx"), "sk": "signing", "data": [message]});

        let request = gateway.post(ROBOT).query(&[("access_token", credentials::CRM)]).json(&message);
        let answer = gateway.ask(request).await;

        assert_eq!(answer.status, status, "{mode}: {answer:?}");
        let signed: Vec<_> = requests(&gateway, ROBOT).iter().map(|request| request.body["sk"].clone()).collect();
        if mode == "kdocs" {
            assert_eq!(signed, ["***"]);
        } else {
            assert!(answer.text_at("/msg").contains("sk") && gateway.simulator.truth().requests.is_empty());
        }
    }
}
