//! A message that is in a hurry, behind a long queue.

use super::{arrivals, size};
use crate::{
    PATIENCE,
    gateway::{Gateway, eventually, messages::ACCOUNT},
};
use futures::{StreamExt, stream};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const CONNECTIONS: usize = 8;
const URGENT: &str = "急";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_high_priority_message_overtakes_a_long_queue() {
    let (messages, hurry) = size((300, PATIENCE), (10_000, Duration::from_secs(2)));
    let gateway = Gateway::start().await;
    let later = |content: &str| gateway.chat(ACCOUNT, content).header("prefer", "respond-async");
    let begun = Instant::now();
    stream::iter(0..messages)
        .for_each_concurrent(CONNECTIONS, async |number: usize| {
            let answer = gateway.ask(later(&number.to_string())).await;
            assert_eq!(answer.status, 202, "{answer:?}");
        })
        .await;
    let queued = begun.elapsed();
    let asked = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();

    let answer = gateway.ask(later(URGENT).header("x-priority", "high")).await;

    assert_eq!(answer.status, 202, "{answer:?}");
    let before = arrivals(&gateway).len();
    let arrived = eventually("the urgent one arrives", PATIENCE, async || {
        arrivals(&gateway)
            .iter()
            .enumerate()
            .find(|(_, (content, _))| content == URGENT)
            .map(|(place, (_, at))| (place, *at))
    });
    let (place, at) = arrived.await;
    let took = Duration::from_millis(at).saturating_sub(asked);
    println!("{messages} were queued in {queued:?}; the urgent one arrived after {took:?}");
    // One may be on its way, and one may have been chosen.
    assert!(place <= before + 2, "{place} arrived before it, {before} of them before it was queued");
    assert!(took <= hurry, "it took {took:?}");
}
