//! Events that a subscriber does not take are tried again: when the schedule, `Retry-After` or a 410 says.

use crate::{
    gateway::{
        Gateway,
        credentials::SIGNING,
        messages::{ACCOUNT, CUSTOMER},
        worked,
    },
    receiver::Receiver,
};
use reqwest::header::RETRY_AFTER;
use serde_json::{Value, json};
use simulator::{Inbound, subscriber::Reply};
use std::time::{Duration, Instant};
use time::{OffsetDateTime, macros::format_description};

/// The delays between tries in seconds, as Standard Webhooks suggests them.
const DELAYS: [u64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

/// Waits until so many tries have failed, and the journal knows.
async fn failed(gateway: &Gateway, tries: usize) {
    gateway.prints("an event was not handed on", tries).await;
}

async fn says(gateway: &Gateway, content: &str) {
    let delivery = gateway.simulator.inbound(Inbound::text(ACCOUNT, CUSTOMER, content)).await.unwrap();
    assert_eq!(delivery.status, Some(200));
}

#[tokio::test]
async fn a_failed_delivery_is_tried_again_for_the_one_that_failed() {
    let (good, bad) = (Receiver::start().await, Receiver::start().await);
    bad.answer_next([Reply::status(500)]);
    let mut gateway =
        Gateway::builder().subscriber("good", &good.url(), &[]).subscriber("bad", &bad.url(), &[]).start().await;
    says(&gateway, "呼啦").await;
    let first = bad.events(1).await.remove(0);
    failed(&gateway, 1).await;

    gateway.skip(Duration::from_secs(2)).await;
    assert_eq!(gateway.tick("callback").await, worked(&[]), "it is not due yet");
    gateway.skip(Duration::from_secs(7)).await;
    assert_eq!(gateway.tick("callback").await, worked(&[("delivered", 1)]));

    let second = bad.events(2).await.remove(1);
    assert_eq!((&second.id, &second.request.body), (&first.id, &first.request.body));
    assert_ne!(second.request.headers["webhook-timestamp"], first.request.headers["webhook-timestamp"]);
    assert_eq!(good.received().len(), 1);
    assert_eq!(gateway.tick("callback").await, worked(&[]));
}

#[tokio::test]
async fn a_delivery_is_tried_ten_times_on_schedule_and_is_then_a_dead_letter() {
    let receiver = Receiver::answering(Reply::status(503)).await;
    let mut gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
    says(&gateway, "呼啦").await;
    failed(&gateway, 1).await;
    let mut clock = 0;
    for (tries, delay) in (1..).zip(DELAYS) {
        // Jitter spreads a delay over 80 to 120 %.
        gateway.skip(Duration::from_secs(clock + delay * 75 / 100)).await;
        assert_eq!(gateway.tick("callback").await, worked(&[]), "before try {}", tries + 1);
        clock += delay * 125 / 100 + 1;
        gateway.skip(Duration::from_secs(clock)).await;
        let (retrying, dead) = if tries < DELAYS.len() { (1, 0) } else { (0, 1) };
        let done = worked(&[("retrying", retrying), ("dead", dead)]);
        assert_eq!(gateway.tick("callback").await, done, "try {}", tries + 1);
    }
    let dead = gateway.deliveries("state=dead").await;
    assert_eq!((dead.len(), &dead[0]["attempts"], &dead[0]["status"]), (1, &json!(10), &json!(503)));
    gateway.skip(Duration::from_secs(clock + 29 * 86_400)).await;
    assert_eq!(gateway.tick("callback").await, worked(&[]));
    gateway.skip(Duration::from_secs(clock + 31 * 86_400)).await;
    // The event, and the mark of one that old.
    assert_eq!(gateway.tick("callback").await, worked(&[("deleted", 2)]));
    assert_eq!(receiver.received().len(), 10);
}

#[tokio::test]
async fn a_subscriber_that_is_down_gets_its_event_when_it_is_back() {
    let receiver = Receiver::start().await;
    receiver.answer_next([Reply::hang_up()]);
    let mut gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
    says(&gateway, "呼啦").await;
    failed(&gateway, 1).await;

    gateway.skip(Duration::from_secs(7)).await;

    assert_eq!(gateway.tick("callback").await["delivered"], 1);
    assert_eq!(receiver.received().len(), 2);
}

#[tokio::test]
async fn retry_after_is_waited_for_as_seconds_or_as_a_date() {
    let format =
        format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
    let date = (OffsetDateTime::now_utc() + Duration::from_secs(120)).format(format).unwrap();
    for retry_after in ["120", &date] {
        let receiver = Receiver::start().await;
        receiver.answer_next([Reply::status(429).header(RETRY_AFTER, retry_after.parse().unwrap())]);
        let mut gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
        says(&gateway, "呼啦").await;
        failed(&gateway, 1).await;

        gateway.skip(Duration::from_secs(100)).await;
        assert_eq!(gateway.tick("callback").await, worked(&[]), "{retry_after}");
        gateway.skip(Duration::from_secs(130)).await;
        assert_eq!(gateway.tick("callback").await["delivered"], 1, "{retry_after}");
    }
}

#[tokio::test]
async fn a_subscriber_that_is_gone_gets_nothing_more_until_it_has_another_address() {
    let (gone, other) = (Receiver::answering(Reply::status(410)).await, Receiver::start().await);
    let mut gateway =
        Gateway::builder().subscriber("gone", &gone.url(), &[]).subscriber("other", &other.url(), &[]).start().await;
    says(&gateway, "first").await;
    failed(&gateway, 1).await;
    other.events(1).await;
    says(&gateway, "second").await;
    other.events(2).await;
    gateway.skip(Duration::from_secs(86_400)).await;
    gateway.tick("callback").await;
    assert_eq!(gone.received().len(), 1);

    let moved = Receiver::start().await;
    let subscribers = json!([{"name": "gone", "url": moved.url(), "secret": SIGNING}]);
    gateway.set("subscribers", &subscribers.to_string());
    gateway.restart().await;
    gateway.tick("callback").await;
    says(&gateway, "third").await;

    assert_eq!(moved.events(1).await[0].raw()["data"]["content"], "third");
}

#[tokio::test]
async fn an_event_in_retry_lets_later_ones_pass() {
    let receiver = Receiver::start().await;
    receiver.answer_next([Reply::status(500)]);
    let mut gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
    says(&gateway, "first").await;
    failed(&gateway, 1).await;
    says(&gateway, "second").await;
    receiver.events(2).await;
    gateway.skip(Duration::from_secs(7)).await;
    gateway.tick("callback").await;

    let events = receiver.events(3).await;
    let contents: Vec<&Value> = events.iter().map(|event| &event.raw()["data"]["content"]).collect();
    assert_eq!(contents, ["first", "second", "first"]);
}

#[tokio::test]
async fn a_subscriber_that_never_answers_is_given_up_after_fifteen_seconds() {
    let receiver = Receiver::start().await;
    receiver.answer_next([Reply::never()]);
    let gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
    let begun = Instant::now();
    says(&gateway, "hangs").await;
    says(&gateway, "waits").await;

    let contents: Vec<Value> = receiver
        .wait_for(2, Duration::from_secs(20))
        .await
        .unwrap()
        .into_iter()
        .map(|request| {
            serde_json::from_slice::<Value>(&request.body).unwrap()["data"]["raw"]["data"]["content"].clone()
        })
        .collect();

    assert_eq!(contents, ["hangs", "waits"]);
    assert!(begun.elapsed() >= Duration::from_secs(14), "given up after {:?}", begun.elapsed());
    assert!(gateway.printed().contains("no answer in time"));
}
