//! Many messages of many accounts, by many connections, over two gateways that share a SQLite file and a Redis.

use super::{closest, size};
use crate::gateway::{Gateway, redis::Redis};
use futures::{StreamExt, stream};
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

const CONNECTIONS: usize = 32;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_gateways_keep_the_spacing_of_many_accounts_and_lose_nothing() {
    let (messages, accounts) = size((120, 12), (5_000, 40));
    let redis = Redis::start().await;
    let gateway = Gateway::builder().redis(&redis).start().await;
    let replica = gateway.replica().await;
    let refused = AtomicUsize::new(0);
    let begun = Instant::now();

    let mut took: Vec<Duration> = stream::iter(0..messages)
        .map(async |number: usize| {
            let asked = Instant::now();
            loop {
                let account = format!("16888543552600{:02}", number % accounts);
                let request = gateway.chat(&account, &number.to_string()).header("prefer", "wait=60");
                // Neither gateway has accounts of its own.
                let second = number / accounts % 2 == 1;
                let answer = gateway.ask(if second { gateway.at(&replica, request) } else { request }).await;
                if answer.status == 200 {
                    return asked.elapsed();
                }
                assert_eq!(answer.status, 429, "{answer:?}");
                refused.fetch_add(1, Ordering::Relaxed);
                let wait = answer.header("retry-after").parse().expect("seconds");
                tokio::time::sleep(Duration::from_secs(wait)).await;
            }
        })
        .buffer_unordered(CONNECTIONS)
        .collect()
        .await;

    let (elapsed, truth) = (begun.elapsed(), gateway.simulator.truth());
    assert!(truth.violations.is_empty(), "{:?}", truth.violations);
    let mut times: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    let mut numbers = Vec::new();
    for message in &truth.messages {
        times.entry(message.account.as_deref().unwrap_or_default()).or_default().push(message.at);
        numbers.push(message.content["content"].as_str().unwrap().parse::<usize>().unwrap());
    }
    numbers.sort_unstable();
    assert!(numbers.into_iter().eq(0..messages), "every message arrives once");
    let closest = times.values().map(|times| closest(times)).min().unwrap();
    assert!(closest >= 500, "{closest} ms");
    took.sort_unstable();
    println!(
        "{messages} messages of {accounts} accounts in {elapsed:?}: {:.1}/s; closest {closest} ms; median {:?}, 99 % {:?}, \
         longest {:?}; {} refusals",
        messages as f64 / elapsed.as_secs_f64(),
        took[took.len() / 2],
        took[took.len() * 99 / 100],
        took[took.len() - 1],
        refused.into_inner(),
    );
}
