//! The queue: messages that are answered with 202, and leave when the limits and their own times let them.

use crate::{
    PATIENCE,
    gateway::{
        Gateway,
        answer::Answer,
        credentials::CRM,
        eventually,
        messages::{ACCOUNT, conversation, history},
    },
};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis().try_into().unwrap()
}

fn later(request: RequestBuilder) -> RequestBuilder {
    request.header("prefer", "respond-async")
}

/// Queues a message, and returns its id.
async fn queued(gateway: &Gateway, request: RequestBuilder) -> String {
    let answer = gateway.ask(request).await;
    assert_eq!((answer.status, answer.header("preference-applied")), (202, "respond-async"), "{answer:?}");
    answer.message_id().to_owned()
}

/// The texts that Quntool took, in their order.
fn contents(gateway: &Gateway) -> Vec<String> {
    let text = |message: &simulator::Message| message.content["content"].as_str().unwrap_or_default().to_owned();
    gateway.simulator.truth().messages.iter().map(text).collect()
}

async fn sent(gateway: &Gateway, count: usize) {
    let look = async || (gateway.simulator.truth().messages.len() >= count).then_some(());
    eventually(&format!("{count} messages are sent"), PATIENCE * 3, look).await;
}

/// Waits until a platform has taken a message.
async fn taken(gateway: &Gateway, id: &str) {
    let look = async || {
        let state = gateway.state(id).await;
        ["submitted", "delivered"].contains(&state.as_str()).then_some(())
    };
    eventually("the message is taken", PATIENCE, look).await;
}

#[tokio::test]
async fn queued_messages_are_answered_at_once_and_leave_in_their_order() {
    let gateway = Gateway::start().await;
    let mut ids = Vec::new();
    for number in 0..6 {
        let answer = gateway.ask(later(gateway.chat(ACCOUNT, &format!("第{number}条")))).await;
        assert_eq!((answer.status, answer.body["code"].as_u64()), (202, Some(0)), "{answer:?}");
        assert_eq!(answer.text_at("/data/id"), answer.message_id());
        assert!(answer.text_at("/data/eta").ends_with('Z'), "{answer:?}");
        ids.push(answer.message_id().to_owned());
    }
    for id in &ids {
        let message = gateway.becomes(id, "delivered").await;
        assert_eq!(history(&message)[..2], ["queued", "sending"]);
        assert!(message.get("eta").is_none(), "{message}");
    }
    assert_eq!(contents(&gateway), (0..6).map(|number| format!("第{number}条")).collect::<Vec<_>>());
}

#[tokio::test]
async fn every_surface_queues() {
    let gateway = Gateway::start().await;
    let own = json!({"to": {"account": ACCOUNT, "conversation": conversation(ACCOUNT)},
        "content": {"type": "text", "content": "你好"}});
    let requests = [
        gateway.notice("ww0517", "你好"),
        gateway.chat("1688854355260001", "你好"),
        gateway.post_to_robot("0b1c-2", &["你好"]),
        gateway.post("/v1/messages").bearer_auth(CRM).json(&own),
    ];
    let mut ids = Vec::new();
    for request in requests {
        ids.push(queued(&gateway, later(request)).await);
    }
    sent(&gateway, 4).await;
    for id in ids {
        taken(&gateway, &id).await;
    }
}

#[tokio::test]
async fn no_component_takes_a_message_that_it_cannot_send() {
    let gateway = Gateway::start().await;
    let mut ids = Vec::new();
    // Each 202 begins to work the queue, in the component that answered; the one for robots reaches robots only.
    for number in 0..5 {
        ids.push(queued(&gateway, later(gateway.chat(ACCOUNT, &format!("第{number}条")))).await);
        ids.push(queued(&gateway, later(gateway.post_to_robot("0b1c-2", &["你好"]))).await);
    }
    sent(&gateway, 10).await;
    for id in ids {
        taken(&gateway, &id).await;
    }
}

#[tokio::test]
async fn a_message_of_high_priority_goes_first_on_its_account() {
    let gateway = Gateway::start().await;
    for number in 0..12 {
        queued(&gateway, later(gateway.chat(ACCOUNT, &format!("{number}")))).await;
    }
    let before = gateway.simulator.truth().messages.len();
    queued(&gateway, later(gateway.chat(ACCOUNT, "急")).header("x-priority", "high")).await;

    sent(&gateway, 13).await;

    let contents = contents(&gateway);
    let place = contents.iter().position(|content| content == "急").expect("it was sent");
    assert!(place <= before + 2, "{contents:?}, {before} had left");
    let others: Vec<&String> = contents.iter().filter(|content| *content != "急").collect();
    assert_eq!(others, (0..12).map(|number| number.to_string()).collect::<Vec<_>>().iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_message_leaves_at_its_time_and_not_before() {
    let gateway = Gateway::start().await;
    let at = now() + 2_500;
    let id = queued(&gateway, gateway.chat(ACCOUNT, "后").header("x-send-at", at.to_string())).await;
    queued(&gateway, later(gateway.chat(ACCOUNT, "先"))).await;
    let message = gateway.message(&id).await.body;
    assert_eq!(message["state"], "queued");
    assert!(message["eta"].as_str().is_some(), "{message}");

    let look = async || {
        gateway.tick("send").await;
        (gateway.simulator.truth().messages.len() >= 2).then_some(())
    };
    eventually("both are sent", PATIENCE, look).await;

    let messages = gateway.simulator.truth().messages;
    assert_eq!(contents(&gateway), ["先", "后"]);
    assert!(messages[1].at >= at, "{} before {at}", messages[1].at);
}

#[tokio::test]
async fn past_its_deadline_a_message_is_expired_and_not_late() {
    let gateway = Gateway::start().await;
    let deadline = now() + 1_800;
    let mut ids = Vec::new();
    for number in 0..8 {
        let request = later(gateway.chat(ACCOUNT, &number.to_string())).header("x-expires-at", deadline.to_string());
        let answer = gateway.ask(request).await;
        if answer.status == 202 {
            ids.push(answer.message_id().to_owned());
        }
    }
    let mut states = Vec::new();
    for id in &ids {
        let look = async || {
            gateway.tick("send").await;
            let state = gateway.state(id).await;
            ["delivered", "expired"].contains(&state.as_str()).then_some(state)
        };
        states.push(eventually("the message has ended", PATIENCE, look).await);
    }
    assert!(states.iter().any(|state| state == "expired"), "{states:?}");
    let messages = gateway.simulator.truth().messages;
    assert_eq!(messages.len(), states.iter().filter(|state| *state == "delivered").count());
    // It may be on its way when the deadline comes.
    assert!(messages.iter().all(|message| message.at < deadline + 1_000));
}

#[tokio::test]
async fn a_queued_message_can_be_taken_back() {
    let gateway = Gateway::start().await;
    let id = queued(&gateway, gateway.chat(ACCOUNT, "你好").header("x-send-at", (now() + 3_600_000).to_string())).await;
    let foreign = gateway.post(&format!("/v1/messages/{id}/recall")).bearer_auth(crate::gateway::credentials::ERP);
    assert_eq!(gateway.ask(foreign).await.status, 404);

    let recalled = gateway.ask(gateway.post(&format!("/v1/messages/{id}/recall")).bearer_auth(CRM)).await;

    assert_eq!((recalled.status, recalled.body["state"].as_str()), (200, Some("recalled")), "{recalled:?}");
    gateway.tick("send").await;
    assert!(gateway.simulator.truth().messages.is_empty());
}

#[tokio::test]
async fn two_gateways_send_a_queued_message_once() {
    let gateway = Gateway::start().await;
    let replica = gateway.replica().await;
    for number in 0..8 {
        let request = later(gateway.chat(&format!("168885435526000{}", number % 2), &format!("{number}")));
        queued(&gateway, if number % 2 == 0 { request } else { gateway.at(&replica, request) }).await;
    }
    sent(&gateway, 8).await;
    gateway.tick("send").await;
    let mut contents = contents(&gateway);
    contents.sort();
    assert_eq!(contents, (0..8).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_same_key_again_tells_where_the_message_stands() {
    let gateway = Gateway::start().await;
    let request = || later(gateway.chat(ACCOUNT, "你好")).header("idempotency-key", "\"a key\"");
    let first = gateway.ask(request()).await;
    gateway.becomes(first.message_id(), "delivered").await;

    let again = gateway.ask(request()).await;

    assert_eq!((again.header("idempotency-replayed"), again.message_id()), ("true", first.message_id()), "{again:?}");
    assert!([200, 202].contains(&again.status));
    assert_eq!(gateway.simulator.truth().messages.len(), 1);
}

#[tokio::test]
async fn wishes_that_cannot_be_fulfilled_are_named() {
    let gateway = Gateway::start().await;
    let far = (now() + 31 * 24 * 3_600_000).to_string();
    let past = (now() - 1_000).to_string();
    for (header, value, field) in [
        ("x-send-at", "tomorrow", "x-send-at"),
        ("x-send-at", far.as_str(), "sendAt"),
        ("x-priority", "urgent", "x-priority"),
        ("x-retry", "always", "x-retry"),
        ("x-expires-at", past.as_str(), "expiresAt"),
    ] {
        let answer = gateway.ask(later(gateway.chat(ACCOUNT, "你好")).header(header, value)).await;
        assert_eq!((answer.status, answer.body["code"].as_u64()), (400, Some(400_002)), "{header}: {answer:?}");
        assert!(answer.text_at("/msg").contains(field), "{answer:?}");
    }
    let own = json!({"to": {"workIds": ["ww0517"]}, "content": {"type": "text", "content": "你好"}, "priority": 1});
    let answer = gateway.ask(gateway.post("/v1/messages").bearer_auth(CRM).json(&own)).await;
    assert_eq!((answer.status, answer.body["field"].as_str()), (400, Some("priority")), "{answer:?}");
    assert!(gateway.simulator.truth().requests.is_empty());
}

#[tokio::test]
async fn a_wait_that_is_wished_for_is_waited() {
    let gateway = Gateway::start().await;
    let answers: Vec<Answer> = futures::future::join_all(
        (0..6).map(|number| gateway.ask(gateway.chat(ACCOUNT, &number.to_string()).header("prefer", "wait=20"))),
    )
    .await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    let waited = gateway.message(answers[5].message_id()).await.body;
    let attempts = waited["attempts"].as_array().unwrap();
    let sending = attempts.iter().find(|attempt| attempt["state"] == "sending").unwrap();
    let told: Vec<&Value> = attempts.iter().filter(|attempt| attempt["message"].as_str().is_some()).collect();
    assert!(sending["message"].as_str().is_none_or(|text| text.contains("account-spacing")), "{told:?}");
}

#[tokio::test]
async fn an_employee_gets_no_more_than_the_platform_delivers() {
    let gateway = Gateway::start().await;
    for number in 0..30 {
        assert_eq!(gateway.ask(gateway.notice("ww0517", &number.to_string())).await.status, 200);
    }

    let refused = gateway.ask(gateway.notice("ww0517", "多一条")).await;

    assert_eq!((refused.status, refused.body["code"].as_u64()), (429, Some(429_001)), "{refused:?}");
    assert!(refused.text_at("/msg").contains("employee-minute"), "{refused:?}");
    assert!(refused.header("ratelimit").contains("\"employee-minute\";r=0"), "{refused:?}");
    assert_eq!(gateway.ask(gateway.notice("ww0518", "你好")).await.status, 200);
    let truth = gateway.simulator.truth();
    assert_eq!(truth.messages.len(), 31);
    assert!(truth.messages.iter().all(|message| message.dropped.is_empty()));
}

#[tokio::test]
async fn limits_are_told_with_every_answer_and_sums_on_request() {
    let gateway = Gateway::start().await;
    let robot = gateway.ask(gateway.post_to_robot("0b1c-2", &["你好", "再见"])).await;
    assert!(robot.header("ratelimit-policy").contains("\"robot-minute\";q=20;w=60"), "{robot:?}");
    assert!(robot.header("ratelimit").contains("\"robot-minute\";r=18;"), "{robot:?}");
    let chat = gateway.chatted(ACCOUNT, "你好").await;
    assert!(chat.header("ratelimit-policy").contains("\"company-hour\";q=50000;w=3600"), "{chat:?}");
    gateway.becomes(chat.message_id(), "delivered").await;

    let summary = gateway.ask(gateway.get("/v1/summary").bearer_auth(CRM)).await;

    assert_eq!(summary.status, 200, "{summary:?}");
    assert_eq!(summary.body["totals"], json!({"delivered": 1, "submitted": 2}));
    assert!(summary.body["hours"][0]["hour"].as_str().unwrap().ends_with(":00:00.000Z"), "{summary:?}");
    let none = gateway.ask(gateway.get("/v1/summary?until=2020-01-01T00:00:00Z").bearer_auth(CRM)).await;
    assert_eq!(none.body["totals"], json!({}), "{none:?}");
    let wrong = gateway.ask(gateway.get("/v1/summary?since=yesterday").bearer_auth(CRM)).await;
    assert_eq!((wrong.status, wrong.body["field"].as_str()), (400, Some("since")));
}
