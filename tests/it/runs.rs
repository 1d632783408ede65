//! The long runs: many messages through killed gateways, over two of them, and past a long queue.
//!
//! Their sizes are small unless the environment says `IT_RUNS=full`; what they measured is printed (`--nocapture`).

mod kills;
mod load;
mod queue;

use crate::gateway::{Gateway, eventually};
use std::{env, time::Duration};

/// A run ends within this time, or is stuck.
const STUCK: Duration = Duration::from_secs(1_200);

/// Picks the size of a run.
fn size<T>(small: T, full: T) -> T {
    match env::var("IT_RUNS").as_deref() {
        Ok("full") => full,
        Ok(other) => panic!("IT_RUNS is {other:?}; it can be \"full\""),
        Err(_) => small,
    }
}

/// The texts that Quntool took, with the times at which they arrived, in their order.
fn arrivals(gateway: &Gateway) -> Vec<(String, u64)> {
    let arrival =
        |message: simulator::Message| (message.content["content"].as_str().unwrap_or_default().to_owned(), message.at);
    gateway.simulator.truth().messages.into_iter().map(arrival).collect()
}

/// The closest two of an account's messages, in milliseconds.
fn closest(times: &[u64]) -> u64 {
    times.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap_or(u64::MAX)
}

/// Ticks every second until so many messages have arrived.
async fn ticking(gateway: &Gateway, count: usize) {
    let ticks = async {
        loop {
            gateway.tick("send").await;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    let what = format!("{count} messages arrive");
    let arrived = eventually(&what, STUCK, async || (gateway.simulator.truth().messages.len() >= count).then_some(()));
    tokio::select! {
        () = ticks => {}
        () = arrived => {}
    }
}
