//! What nobody should send: it gets the documented answer, settles nothing, and stops nothing.

use crate::{
    gateway::{
        Gateway,
        credentials::CALLBACK,
        messages::{ACCOUNT, CUSTOMER, conversation},
    },
    receiver::Receiver,
};
use contract::samples::mutated;
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use simulator::Inbound;

#[tokio::test]
async fn a_thousand_damaged_callbacks_are_kept_or_refused_and_change_nothing() {
    let receiver = Receiver::start().await;
    let gateway = Gateway::builder().subscriber("texts", &receiver.url(), &["text_msg"]).start().await;
    gateway.simulator.hold_outcomes();
    let sent = gateway.chatted(ACCOUNT, "你好").await;

    let answers = stream::iter(mutated::callbacks(4, 1_000).unwrap()).map(async |body| {
        let status = if matches!(serde_json::from_slice(&body), Ok(Value::Object(_))) { 200 } else { 400 };
        let shown = String::from_utf8_lossy(&body).into_owned();
        let answer = gateway.ask(gateway.post(&format!("/callback/quntool/{CALLBACK}")).body(body)).await;
        assert_eq!(answer.status, status, "{shown:.2000}: {answer:?}");
        status
    });
    let answers: Vec<u16> = answers.buffer_unordered(16).collect().await;

    let kept = answers.iter().filter(|status| **status == 200).count();
    assert!((600..950).contains(&kept), "{kept} of 1000 are kept");
    assert_eq!(gateway.state(sent.message_id()).await, "submitted");
    gateway.simulator.inbound(Inbound::text(ACCOUNT, CUSTOMER, "still there?")).await.unwrap();
    let has_come = |event: &crate::receiver::Event| event.body["data"]["content"]["text"] == "still there?";
    let look = async || receiver.so_far().iter().any(has_come).then_some(());
    crate::gateway::eventually("the next message arrives", crate::PATIENCE * 3, look).await;
}

#[tokio::test]
async fn a_forged_outcome_settles_nothing_whatever_it_looks_like() {
    let receiver = Receiver::start().await;
    let gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
    gateway.simulator.hold_outcomes();
    let sent = gateway.chatted(ACCOUNT, "你好").await;
    let id = sent.upstream_id();
    let forged = [
        (json!("168885435526YYYY"), json!(id)),
        (json!(null), json!(id)),
        (json!([ACCOUNT]), json!(id)),
        (json!(ACCOUNT.to_lowercase()), json!(id)),
        (json!(ACCOUNT), json!(format!(" {id}"))),
        (json!(ACCOUNT), json!([id])),
        (json!(ACCOUNT), json!({ "msgId": id })),
        (json!(ACCOUNT), json!("%")),
    ];
    for (number, (account, sent)) in forged.iter().enumerate() {
        let data = json!({"conversation_id": conversation("1"), "error_code": -1, "error_message": "forged"});
        let callback =
            json!({"msgId": number.to_string(), "type": "image_msg", "wxid": account, "sendMsgId": sent, "data": data});
        assert_eq!(gateway.call_back(&callback).await.status, 200);
    }

    // An event is handed on after it settled what it could.
    receiver.events(forged.len()).await;

    assert_eq!(gateway.state(sent.message_id()).await, "submitted");
}
