//! SIGKILL at the worst moments: what was acknowledged is handed on, what may have been sent is not sent again.

use crate::{
    PATIENCE,
    gateway::{
        Gateway,
        messages::{ACCOUNT, CUSTOMER, TEXT, history},
        worked,
    },
    receiver::Receiver,
};
use futures::future::{join_all, select_all};
use reqwest::RequestBuilder;
use serde_json::json;
use simulator::{Fault, FaultRule, Inbound, subscriber::Reply};
use std::{collections::BTreeMap, time::Duration};

/// Past every lease: a worker that has not come back by now has vanished.
const LEASE: Duration = Duration::from_secs(120);

fn keyed(request: RequestBuilder) -> RequestBuilder {
    request.header("idempotency-key", "\"8e03978e\"")
}

#[tokio::test]
async fn an_event_that_was_on_its_way_is_handed_on_after_the_restart() {
    let receiver = Receiver::start().await;
    receiver.answer_next([Reply::never()]);
    let mut gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
    let delivery = gateway.simulator.inbound(Inbound::text(ACCOUNT, CUSTOMER, "呼啦")).await.unwrap();
    assert_eq!(delivery.status, Some(200));
    receiver.events(1).await;

    gateway.skip(LEASE).await;
    let done = gateway.tick("callback").await;

    assert_eq!(done, worked(&[("delivered", 1)]));
    let events = receiver.events(2).await;
    assert_eq!((events.len(), &events[0].id), (2, &events[1].id));
    gateway.skip(LEASE * 2).await;
    assert_eq!(gateway.tick("callback").await["delivered"], 0, "once it was taken, it is not handed on again");
}

#[tokio::test]
async fn whatever_was_acknowledged_before_the_kill_is_handed_on() {
    let receiver = Receiver::start().await;
    let mut gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
    let mut acknowledged = Vec::new();
    for round in 0..5 {
        for number in 0..5 {
            let id = format!("{round}/{number}");
            let answer = gateway.call_back(&json!({"msgId": id, "type": "text_msg", "wxid": ACCOUNT})).await;
            assert_eq!(answer.status, 200);
            acknowledged.push(id);
        }
        // Right after the answer: the hand-on may not have begun, be under way, or be over.
        gateway.skip(LEASE * (round + 1)).await;
        gateway.tick("callback").await;
    }

    let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for event in receiver.so_far() {
        ids.entry(event.raw()["msgId"].as_str().unwrap().to_owned()).or_default().push(event.id);
    }
    assert!(acknowledged.iter().eq(ids.keys()), "{acknowledged:?} {ids:?}");
    assert!(ids.values().all(|ids| ids.iter().all(|id| *id == ids[0])), "a repeat is known by its id: {ids:?}");
}

#[tokio::test]
async fn an_outcome_that_was_acknowledged_before_the_kill_settles_its_message() {
    let mut gateway = Gateway::start().await;
    gateway.simulator.hold_outcomes();
    for round in 1..=5 {
        let account = format!("168885435526000{round}");
        let sent = gateway.chatted(&account, "你好").await;
        let data = json!({"error_code": 0, "error_message": ""});
        let outcome = json!({"msgId": account, "type": "text_msg", "wxid": account, "data": data, "sendMsgId": sent.upstream_id()});
        assert_eq!(gateway.call_back(&outcome).await.status, 200);

        gateway.skip(LEASE * round).await;
        gateway.tick("callback").await;

        assert_eq!(gateway.state(sent.message_id()).await, "delivered");
    }
}

#[tokio::test]
async fn a_message_whose_answer_was_awaited_is_unknown_and_never_sent_again() {
    let mut gateway = Gateway::start().await;
    gateway.simulator.hold_outcomes();
    gateway.simulator.fault(FaultRule::next(1, TEXT, Fault::latency(PATIENCE))).unwrap();
    let cut_off = tokio::spawn(keyed(gateway.chat(ACCOUNT, "你好")).send());
    gateway.simulator.wait_until(PATIENCE, |truth| truth.messages.len() == 1).await.unwrap();

    gateway.restart().await;
    assert!(cut_off.await.unwrap().is_err());
    assert_eq!(gateway.ask(keyed(gateway.chat(ACCOUNT, "你好"))).await.status, 409, "its worker may come back");
    assert_eq!(gateway.tick("send").await["unknown"], 0);
    gateway.skip(LEASE).await;
    assert_eq!(gateway.tick("send").await["unknown"], 1);

    let again = gateway.ask(keyed(gateway.chat(ACCOUNT, "你好"))).await;
    assert_eq!((again.status, again.body["code"].as_u64()), (502, Some(502_003)), "{again:?}");
    let message = gateway.message(again.message_id()).await.body;
    assert_eq!(history(&message), ["accepted", "sending", "unknown"]);
    assert_eq!(gateway.simulator.truth().requests.len(), 1, "it was sent once");
}

#[tokio::test]
async fn a_message_that_waited_for_its_slot_was_not_sent_and_may_be_sent_again() {
    let mut gateway = Gateway::builder().variable("max_wait_ms", "8000").start().await;
    let waiting: Vec<_> = (0..4).map(|_| tokio::spawn(gateway.chat(ACCOUNT, "你好").send())).collect();
    // When the second one leaves, the others have their slots; the next one waits for more than a second.
    gateway.simulator.wait_until(PATIENCE, |truth| truth.messages.len() == 2).await.unwrap();
    let twins = [(); 2].map(|()| tokio::spawn(keyed(gateway.chat(ACCOUNT, "再见")).send()));
    let (conflict, _, cut_off) = select_all(twins).await;
    assert_eq!(conflict.unwrap().unwrap().status(), 409, "the other one is in the ledger");

    gateway.skip(LEASE).await;
    assert!(join_all(cut_off).await.remove(0).unwrap().is_err());
    drop(waiting);
    let arrived = gateway.simulator.truth().messages.len();
    assert!(gateway.tick("send").await["refused"].as_u64().unwrap() >= 1);
    assert_eq!(gateway.simulator.truth().messages.len(), arrived, "a tick sends nothing");

    gateway.simulator.advance(LEASE);
    let again = gateway.ask(keyed(gateway.chat(ACCOUNT, "再见"))).await;
    assert_eq!(again.status, 200, "{again:?}");
    assert_eq!(gateway.simulator.truth().messages.len(), arrived + 1);
}

#[tokio::test]
async fn a_caller_that_hangs_up_leaves_a_message_that_is_not_sent_again() {
    let mut gateway = Gateway::start().await;
    gateway.simulator.hold_outcomes();
    gateway.simulator.fault(FaultRule::next(1, TEXT, Fault::latency(Duration::from_secs(1)))).unwrap();
    let impatient = keyed(gateway.chat(ACCOUNT, "你好")).timeout(Duration::from_millis(500));
    assert!(impatient.send().await.unwrap_err().is_timeout());
    assert_eq!(gateway.simulator.truth().messages.len(), 1);

    gateway.skip(LEASE).await;
    gateway.tick("send").await;

    let again = gateway.ask(keyed(gateway.chat(ACCOUNT, "你好"))).await;
    let state = gateway.state(again.message_id()).await;
    assert!([(200, "submitted"), (502, "unknown")].contains(&(again.status, state.as_str())), "{state} {again:?}");
    assert_eq!(gateway.simulator.truth().requests.len(), 1);
}
