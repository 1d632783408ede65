//! The answer to a callback waits for nobody: not for a subscriber, an alert or an automatic answer.
//!
//! `CALLBACK_LOAD` is how many callbacks are sent in each round.

use crate::{
    gateway::{Gateway, credentials::CALLBACK, messages::webhook},
    receiver::Receiver,
};
use futures::future::join_all;
use serde_json::json;
use simulator::{Fault, FaultRule, subscriber::Reply};
use std::{
    env,
    time::{Duration, Instant},
};

const CONNECTIONS: usize = 16;
const ROUNDS: usize = 5;

/// Sends callbacks over all connections at once, and returns how long the slowest answers but one in a hundred took.
async fn p99(gateway: &Gateway, kind: &str, round: usize, count: usize) -> Duration {
    let per_connection = count / CONNECTIONS;
    let times = join_all((0..CONNECTIONS).map(async |connection| {
        let mut times = Vec::with_capacity(per_connection);
        for number in 0..per_connection {
            let id = format!("{round}/{connection}/{number}");
            let callback = json!({"msgId": id, "type": kind, "wxid": id, "source": "c0b764946118"});
            let request = gateway.post(&format!("/callback/quntool/{CALLBACK}")).json(&callback);
            let begun = Instant::now();
            let answer = request.send().await.expect("the gateway answers");
            assert_eq!(answer.status(), 200);
            answer.bytes().await.expect("the answer has a body");
            times.push(begun.elapsed());
        }
        times
    }))
    .await;
    let mut times: Vec<Duration> = times.into_iter().flatten().collect();
    times.sort_unstable();
    times[times.len() * 99 / 100]
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Measures two gateways in turns, and fails if one of them keeps its callers waiting.
async fn compare(what: &str, kind: &str, with: &Gateway, without: &Gateway) {
    let count = env::var("CALLBACK_LOAD").ok().and_then(|count| count.parse().ok()).unwrap_or(160);
    let (mut times_with, mut times_without) = (Vec::new(), Vec::new());
    // The first round of each warms up.
    for round in 0..=ROUNDS {
        let times = (p99(without, kind, round, count).await, p99(with, kind, round, count).await);
        if round > 0 {
            times_without.push(times.0);
            times_with.push(times.1);
        }
    }
    let (with, without) = (median(times_with), median(times_without));
    eprintln!("p99 of {count} callbacks over {CONNECTIONS} connections: {with:?} with {what}, {without:?} without");
    // Somebody who was waited for would take seconds.
    assert!(with < without * 3 + Duration::from_millis(500), "{with:?} and {without:?}");
}

#[tokio::test]
async fn an_answer_does_not_wait_for_a_subscriber_that_hangs() {
    let hanging = Receiver::answering(Reply::never()).await;
    let (good, other) = (Receiver::start().await, Receiver::start().await);
    let with = Gateway::builder()
        .subscriber("good", &good.url(), &[])
        .subscriber("hanging", &hanging.url(), &[])
        .start()
        .await;
    let without = Gateway::builder().subscriber("good", &other.url(), &[]).start().await;
    compare("a subscriber that never answers", "text_msg", &with, &without).await;
}

#[tokio::test]
async fn an_answer_does_not_wait_for_an_alert_or_an_automatic_answer() {
    let with = Gateway::builder()
        .variable("alert_robot", webhook("alert-7f3a"))
        .variable("auto_account_start", "true")
        .start()
        .await;
    for path in ["/api/v1/openapi/notification/wecom", "/gnapi/open/container/start"] {
        let slow = Fault::latency(Duration::from_secs(20));
        with.simulator.fault(FaultRule::next(u32::MAX, path, slow)).unwrap();
    }
    compare("platforms that are slow", "user_offline", &with, &Gateway::start().await).await;
    with.simulator.clear_faults();
}
