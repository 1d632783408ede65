//! Names that stand for robots' keys.

use super::{Value, json, relay, text, webhook};
use crate::{
    gateway::{
        Gateway,
        credentials::{CRM, OPS},
    },
    refusals::{nothing_left, problem},
};
use simulator::robot_name;

#[tokio::test]
async fn a_name_and_the_link_that_it_stands_for_are_one_recipient() {
    for mode in ["kdocs", "direct"] {
        let gateway = Gateway::builder().variable("robot_mode", mode).start().await;
        let mut ids = Vec::new();
        for link in ["robot:ops".to_owned(), webhook(OPS)] {
            let answer = gateway.ask(relay(&gateway, &link, &[text("你好")])).await;
            assert_eq!(answer.body["code"], 0, "{answer:?}");
            ids.push(answer.message_id().to_owned());
        }
        for robot in ["ops", "robot:ops"] {
            let message = json!({"to": {"robot": robot}, "content": {"type": "text", "content": "你好"}});
            let answer = gateway.ask(gateway.post("/v1/messages").bearer_auth(CRM).json(&message)).await;
            assert_eq!(answer.status, 201, "{answer:?}");
            ids.push(answer.message_id().to_owned());
        }
        let mut recipients = Vec::new();
        for id in ids {
            recipients.push(gateway.message(&id).await.text_at("/recipients/0/recipient").to_owned());
        }
        assert!(recipients.windows(2).all(|pair| pair[0] == pair[1]), "{recipients:?}");
        let truth = gateway.simulator.truth();
        assert!(truth.messages.iter().all(|message| message.conversation == Some(robot_name(OPS))), "{truth:?}");
        assert_eq!(truth.messages.len(), 4);
    }
}

#[tokio::test]
async fn an_unknown_name_is_refused_without_being_repeated() {
    let gateway = Gateway::start().await;
    let answer = gateway.ask(relay(&gateway, "robot:nobody", &[text("你好"), text("再见")])).await;
    assert_eq!((answer.status, &answer.body["code"]), (400, &json!(400_002)), "{answer:?}");
    assert!(answer.text_at("/msg").contains("参数 link ") && !answer.text.contains("nobody"), "{answer:?}");

    for robot in ["nobody", "robot:nobody"] {
        let message = json!({"to": {"robot": robot}, "content": {"type": "text", "content": "你好"}});
        let request = gateway.post("/v1/messages").bearer_auth(CRM).json(&message);
        let problem = problem::refuses(&gateway, request, 400, "invalid-parameter").await;
        assert_eq!(problem.body["field"], "to.robot");
        assert!(!problem.text.contains("nobody"), "{problem:?}");
    }
    nothing_left(&gateway);
    let list = gateway.ask(gateway.get("/v1/messages").bearer_auth(CRM)).await;
    assert_eq!(list.body["messages"], Value::Array(vec![]), "what is refused is no message");
}

#[tokio::test]
async fn names_that_are_not_valid_are_no_names_and_are_logged_without_their_keys() {
    let gateway = Gateway::builder().variable("robots", r#"{"ops": "hush-hush?"}"#).start().await;
    let answer = gateway.ask(relay(&gateway, "robot:ops", &[text("你好")])).await;
    assert_eq!(answer.status, 400, "{answer:?}");
    gateway.prints("the variable robots is not valid", 1).await;
    assert!(!gateway.printed().contains("hush-hush"));
}
