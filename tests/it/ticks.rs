//! Ticks: they say what they did, and do it once.

use crate::{
    gateway::{
        Gateway,
        messages::{ACCOUNT, TEXT, history},
        worked,
    },
    receiver::Receiver,
};
use futures::future::join_all;
use serde_json::{Value, json};
use simulator::{Cut, Fault, FaultRule, subscriber::Reply};
use std::{fs, time::Duration};

const HOUR: Duration = Duration::from_secs(3_600);

fn drained(counts: &Value) -> [u64; 4] {
    ["sent", "unknown", "refused", "expired"].map(|name| counts[name].as_u64().expect("a count"))
}

#[tokio::test]
async fn a_tick_without_work_does_nothing_and_says_so() {
    let gateway = Gateway::start().await;
    for _ in 0..2 {
        let nothing = json!({"sent": 0, "unknown": 0, "refused": 0, "expired": 0, "deleted": 0});
        assert_eq!(gateway.tick("send").await, nothing);
        let nothing = worked(&[]);
        assert_eq!(gateway.tick("callback").await, nothing);
    }
}

/// Counts the messages in the database's file as it lies there without its log.
fn messages_without_the_log(gateway: &Gateway) -> Option<u64> {
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), &gateway.stored()["sqlite.db"]).expect("the file can be copied");
    let copy = rusqlite::Connection::open(file.path()).expect("a database");
    copy.query_row("SELECT count(*) FROM message", (), |row| row.get(0)).ok()
}

#[tokio::test]
async fn what_was_before_a_tick_survives_a_loss_of_power() {
    for component in ["send", "callback"] {
        let gateway = Gateway::start().await;
        gateway.simulator.hold_outcomes();
        gateway.chatted(ACCOUNT, "你好").await;
        assert_eq!(messages_without_the_log(&gateway), None);
        gateway.tick(component).await;
        assert_eq!(messages_without_the_log(&gateway), Some(1), "after a tick of {component}");
    }
}

#[tokio::test]
async fn a_message_without_an_outcome_expires_after_a_day() {
    let mut gateway = Gateway::start().await;
    gateway.simulator.hold_outcomes();
    let sent = gateway.chatted(ACCOUNT, "你好").await;
    let employee = gateway.ask(gateway.notice("ww0517", "你好")).await;

    gateway.skip(HOUR * 23).await;
    assert_eq!(drained(&gateway.tick("send").await), [0, 0, 0, 0]);
    gateway.skip(HOUR * 25).await;
    assert_eq!(drained(&gateway.tick("send").await), [0, 0, 0, 1]);

    let message = gateway.message(sent.message_id()).await.body;
    assert_eq!(history(&message), ["accepted", "sending", "submitted", "expired"]);
    // Wanwang tells no outcomes, so that none is missing.
    assert_eq!(gateway.state(employee.message_id()).await, "submitted");
}

#[tokio::test]
async fn what_is_old_is_deleted() {
    let mut gateway = Gateway::start().await;
    let sent = gateway.chatted(ACCOUNT, "你好").await;
    gateway.becomes(sent.message_id(), "delivered").await;
    gateway.simulator.fault(FaultRule::next(1, TEXT, Fault::cut(Cut::After))).unwrap();
    let lost = gateway.ask(gateway.chat("1688854355260001", "你好")).await;

    gateway.skip(HOUR * 3).await;
    let counters = gateway.tick("send").await["deleted"].as_u64().unwrap();
    assert!(counters > 0, "counters that nobody needs any more");
    assert_eq!(gateway.tick("send").await["deleted"], 0);
    gateway.skip(HOUR * 24 * 29).await;
    gateway.tick("send").await;
    assert_eq!(gateway.message(sent.message_id()).await.status, 200);
    gateway.skip(HOUR * 24 * 31).await;
    gateway.tick("send").await;

    for id in [sent.message_id(), sent.upstream_id(), lost.message_id()] {
        assert_eq!(gateway.message(id).await.status, 404);
    }
}

#[tokio::test]
async fn ticks_at_once_hand_an_event_on_once() {
    let receiver = Receiver::start().await;
    receiver.answer_next([Reply::status(500)]);
    let mut gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
    gateway.call_back(&json!({"msgId": "1", "type": "text_msg", "wxid": ACCOUNT})).await;
    gateway.prints("an event was not handed on", 1).await;
    gateway.skip(Duration::from_secs(7)).await;

    let counts = join_all((0..8).map(|_| gateway.tick("callback"))).await;

    assert_eq!(counts.iter().map(|counts| counts["delivered"].as_u64().unwrap()).sum::<u64>(), 1);
    assert_eq!(receiver.received().len(), 2);
}
