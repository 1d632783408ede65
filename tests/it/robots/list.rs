//! Lists of which some messages fail.

use super::{arrived, json, relay, request, states, text, webhook};
use crate::gateway::{Gateway, messages::ROBOT};
use simulator::{Cut, Fault, FaultRule, RobotState, TokenOf};

const KEY: &str = "0b1c-2";

/// Lets the next message but so many meet a fault.
fn fault_after(gateway: &Gateway, passing: u32, fault: Fault) {
    gateway.simulator.fault(FaultRule::next(passing, ROBOT, Fault::default())).unwrap();
    gateway.simulator.fault(FaultRule::next(1, ROBOT, fault)).unwrap();
}

fn refusal() -> Fault {
    let body = json!({"code": 40_058, "msg": "text.content exceed max length 2048", "hint": "", "data": null});
    Fault { body: Some(body), effect: Some(false), ..Fault::default() }
}

#[tokio::test]
async fn the_list_goes_on_unless_it_is_to_stop() {
    for (on_error, expected) in [
        (json!(null), ["submitted", "failed", "submitted"]),
        (json!("continue"), ["submitted", "failed", "submitted"]),
        (json!("stop"), ["submitted", "failed", "skipped"]),
    ] {
        let gateway = Gateway::start().await;
        fault_after(&gateway, 1, refusal());
        let body = json!({"link": webhook(KEY), "data": [text("一"), text("二"), text("三")], "on_error": on_error});

        let answer = gateway.ask(request(&gateway, &body)).await;

        assert_eq!((answer.status, &answer.body["code"]), (200, &json!(40_058)), "{answer:?}");
        assert_eq!(states(&answer), expected, "{on_error}");
        let failed = &answer.body["data"]["results"][1];
        assert_eq!((&failed["index"], &failed["parts"][0]["upstreamCode"]), (&json!(1), &json!(40_058)));
        assert!(failed["hint"].as_str().unwrap().contains("内容过长"), "{failed}");
        assert_eq!(arrived(&gateway).len(), expected.iter().filter(|state| **state == "submitted").count());
    }
}

#[tokio::test]
async fn the_same_list_again_sends_only_what_was_not_sent() {
    let gateway = Gateway::start().await;
    fault_after(&gateway, 1, refusal());
    fault_after(&gateway, 0, Fault::cut(Cut::After));
    let send = || {
        let data = [text("一"), text("二"), text("三"), text("四")];
        relay(&gateway, &webhook(KEY), &data).header("idempotency-key", "\"k\"")
    };

    let first = gateway.ask(send()).await;
    let again = gateway.ask(send()).await;

    assert_eq!(states(&first), ["submitted", "failed", "unknown", "submitted"], "{first:?}");
    // What may have been sent is not sent again.
    assert_eq!(states(&again), ["submitted", "submitted", "unknown", "submitted"], "{again:?}");
    assert_eq!(arrived(&gateway), ["一", "三", "四", "二"]);
    let id =
        |answer: &crate::gateway::answer::Answer, index: usize| answer.body["data"]["results"][index]["id"].clone();
    assert_eq!((id(&first, 0), id(&first, 2), id(&first, 3)), (id(&again, 0), id(&again, 2), id(&again, 3)));
    assert_ne!(id(&first, 1), id(&again, 1));
}

#[tokio::test]
async fn what_a_robot_refuses_with_says_what_to_do() {
    let gateway = Gateway::builder().variable("robot_mode", "direct").start().await;
    for (state, code, hint) in [
        (RobotState::Unknown, 93_000, "重新添加机器人"),
        (RobotState::Disabled, 93_004, "停用"),
        (RobotState::Outside, 93_008, "不在群中"),
    ] {
        gateway.simulator.set_robot(KEY, state);
        let answer = gateway.ask(relay(&gateway, &webhook(KEY), &[text("你好")])).await;
        assert_eq!((answer.status, &answer.body["code"]), (200, &json!(code)), "{answer:?}");
        assert!(answer.text_at("/hint").contains(hint), "{answer:?}");
        assert_eq!(states(&answer), ["failed"]);
    }
    let file = json!({"msgtype": "file", "file": {"media_id": "nothing"}});
    gateway.simulator.set_robot(KEY, RobotState::Active);
    let answer = gateway.ask(relay(&gateway, &webhook(KEY), &[file])).await;
    assert!(answer.body["code"] == 40_007 && answer.text_at("/hint").contains("重新上传"), "{answer:?}");
}

#[tokio::test]
async fn a_message_of_a_robot_that_works_again_is_sent_by_the_same_request() {
    let gateway = Gateway::start().await;
    gateway.simulator.set_robot(KEY, RobotState::Disabled);
    let send = || relay(&gateway, &webhook(KEY), &[text("你好")]).header("idempotency-key", "\"k\"");
    assert_eq!(states(&gateway.ask(send()).await), ["failed"]);
    gateway.simulator.set_robot(KEY, RobotState::Active);
    assert_eq!(states(&gateway.ask(send()).await), ["submitted"]);
    gateway.simulator.expire_tokens(TokenOf::Kdocs);
    let replayed = gateway.ask(send()).await;
    assert_eq!((states(&replayed), replayed.header("idempotency-replayed")), (vec!["submitted"], "true"));
    assert_eq!(arrived(&gateway), ["你好"]);
}

#[tokio::test]
async fn the_notification_apis_of_other_platforms_are_told_what_there_is() {
    let gateway = Gateway::start().await;
    for sibling in ["dingtalk", "woa", "woa/app", "feishu"] {
        let path = ROBOT.replace("wecom", sibling);
        let answer = gateway.ask(gateway.post(&path).json(&json!({"link": webhook(KEY), "data": []}))).await;
        assert_eq!((answer.status, &answer.body["code"]), (404, &json!(404_001)), "{answer:?}");
        assert!(answer.text_at("/hint").contains(ROBOT), "{answer:?}");
    }
}
