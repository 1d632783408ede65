//! `POST /v1/messages`.

use super::{address, documented, post, robot_kinds, text};
use crate::{
    endpoints::arrival,
    gateway::{
        Gateway,
        answer::names,
        credentials::{CRM, ERP},
        messages::{ACCOUNT, ROBOT, history, webhook},
    },
    refusals::problem,
    robots::fields,
};
use contract::{System, catalog};
use serde_json::{Value, json};
use simulator::robot_name;
use std::collections::BTreeSet;

#[tokio::test]
async fn every_type_of_message_leaves_as_its_document_shows_it() {
    let gateway = Gateway::start().await;
    let (mut sent, mut failures) = (BTreeSet::new(), Vec::new());
    for case in documented() {
        let kind = case.endpoint.message.unwrap();
        let before = gateway.simulator.truth().requests.len();

        let answer = gateway.ask(post(&gateway, &case.own)).await;

        sent.insert((case.endpoint.path, kind));
        let requests = gateway.simulator.truth().requests.split_off(before);
        let arrived = requests.last().map(|request| arrival(case.endpoint, &case.documented, request));
        let mut differences = arrived.unwrap_or_else(|| vec!["nothing arrived".to_owned()]);
        if answer.body["kind"] != kind {
            differences.push(format!("the kind is {}", answer.body["kind"]));
        }
        if answer.status != 201 || !differences.is_empty() {
            failures.push(format!("{kind} {}: {} {}\n  {differences:?}", case.own, answer.status, answer.text));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let all = [System::Wanwang, System::Quntool].into_iter().flat_map(catalog::of);
    assert_eq!(sent, all.filter_map(|endpoint| Some((endpoint.path, endpoint.message?))).collect());
    assert_eq!(sent.len(), 5 + 14);
}

#[tokio::test]
async fn a_robot_gets_every_type_that_is_relayed() {
    let gateway = Gateway::start().await;
    for kind in robot_kinds() {
        let fields = fields(kind, &gateway.simulator, "0b1c-2").await;
        let mut content = fields.clone();
        content.insert("type".to_owned(), json!(kind));
        let message = json!({"to": {"robot": webhook("0b1c-2")}, "content": content});

        let answer = gateway.ask(post(&gateway, &message)).await;

        assert_eq!(answer.status, 201, "{answer:?}");
        assert_eq!((&answer.body["system"], &answer.body["kind"]), (&json!("kdocs"), &json!(kind)));
        let recipient = answer.text_at("/recipients/0/recipient");
        assert!(recipient.starts_with("robot:") && !answer.text.contains("0b1c-2"), "the key is a secret: {answer:?}");
        let truth = gateway.simulator.truth();
        let request = truth.requests.last().unwrap();
        assert_eq!(request.path, ROBOT);
        assert_eq!(request.body["data"], json!([{"msgtype": kind, kind: fields}]));
        assert_eq!(truth.messages.last().unwrap().conversation, Some(robot_name("0b1c-2")));
    }
}

#[tokio::test]
async fn the_answer_is_the_message_as_it_is_shown_later() {
    let gateway = Gateway::start().await;
    gateway.simulator.hold_outcomes();

    let answer = gateway.ask(post(&gateway, &text(ACCOUNT, "你好"))).await;

    assert_eq!((answer.status, answer.header("content-type")), (201, "application/json; charset=utf-8"));
    assert_eq!(answer.header("location"), format!("/v1/messages/{}", answer.message_id()));
    let fields = ["account", "attempts", "createdAt", "id", "kind", "recipients", "state", "system", "upstreamId"];
    let mut own = names(&answer.body);
    own.sort_unstable();
    assert_eq!(own, fields);
    assert_eq!((answer.text_at("/id"), answer.text_at("/state")), (answer.message_id(), "submitted"));
    assert_eq!(answer.text_at("/upstreamId"), gateway.simulator.truth().messages[0].id);
    assert_eq!(history(&answer.body), ["accepted", "sending", "submitted"]);
    let later = gateway.ask(gateway.get(answer.header("location")).bearer_auth(CRM)).await;
    assert_eq!(later.body, answer.body);

    gateway.simulator.release_outcomes(false);
    gateway.becomes(answer.message_id(), "delivered").await;
}

#[tokio::test]
async fn either_credential_opens_the_own_surface() {
    let gateway = Gateway::start().await;
    let message = json!({"to": {"workIds": ["ww0517"]}, "content": {"type": "text", "content": "你好"}});
    let bare = || gateway.post("/v1/messages").json(&message);
    for (request, mine, others) in [(bare().bearer_auth(CRM), CRM, ERP), (bare().header("apikey", ERP), ERP, CRM)] {
        let answer = gateway.ask(request).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let location = answer.header("location");
        assert_eq!(gateway.ask(gateway.get(location).bearer_auth(mine)).await.status, 200);
        problem::refuses(&gateway, gateway.get(location).bearer_auth(others), 404, "unknown-message").await;
    }
    problem::refuses(&gateway, bare(), 401, "unauthorized").await;
    assert_eq!(gateway.simulator.truth().messages.len(), 2);
}

#[tokio::test]
async fn fields_that_the_documents_do_not_name_are_handed_on() {
    let gateway = Gateway::start().await;
    for system in [System::Wanwang, System::Quntool] {
        let mut case = documented().into_iter().find(|case| case.endpoint.system == system).unwrap();
        case.own["content"]["trace"] = json!({"id": 7});
        assert_eq!(gateway.ask(post(&gateway, &case.own)).await.status, 201, "{}", case.own);
        case.documented.insert("trace".to_owned(), json!({"id": 7}));
        assert_eq!(gateway.simulator.truth().requests.pop().unwrap().body, Value::Object(case.documented));
        assert_eq!(address(system).len(), 2);
    }
}
