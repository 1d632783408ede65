//! Twenty messages a minute, whoever sends them.

use super::{relay, text, webhook};
use crate::gateway::Gateway;
use futures::future::join_all;
use std::{collections::BTreeSet, time::Duration};

const KEY: &str = "0b1c-2";

/// From one minute's messages to the next: what a refused one is told to wait at most.
const STEP: Duration = Duration::from_secs(62);

#[tokio::test]
async fn two_hundred_messages_from_two_gateways_all_arrive_and_none_is_one_too_many() {
    let mut gateway = Gateway::start().await;
    let mut waiting: BTreeSet<usize> = (0..200).collect();
    let mut clock = Duration::ZERO;
    while !waiting.is_empty() {
        assert!(clock < STEP * 13, "{} are still waiting", waiting.len());
        let replica = gateway.replica().await;
        // More than a minute takes, half of them at either gateway.
        let sends = waiting.iter().take(30).map(async |number| {
            let request = relay(&gateway, &webhook(KEY), &[text(&format!("第{number}条"))])
                .header("idempotency-key", format!("\"{number}\""));
            let request = if number % 2 == 0 { gateway.at(&replica, request) } else { request };
            (*number, gateway.ask(request).await)
        });
        let answers = join_all(sends).await;
        let before = waiting.len();
        for (number, answer) in answers {
            match answer.status {
                200 => assert!(answer.body["code"] == 0 && waiting.remove(&number), "{answer:?}"),
                429 => {
                    let seconds: u64 = answer.header("retry-after").parse().expect("seconds");
                    assert!(Duration::from_secs(seconds) <= STEP, "{answer:?}");
                }
                _ => panic!("{answer:?}"),
            }
        }
        // Two that count at the same moment may both step back, so that a minute has a few less than it could.
        assert!(before - waiting.len() > 0, "nothing went in a minute");
        clock += STEP;
        drop(replica);
        gateway.skip(clock).await;
        gateway.simulator.advance(STEP);
    }
    let truth = gateway.simulator.truth();
    let arrived: BTreeSet<&str> =
        truth.messages.iter().filter_map(|message| message.content["content"].as_str()).collect();
    assert_eq!((truth.messages.len(), arrived.len()), (200, 200));
    assert!(truth.requests.iter().all(|request| request.answer["code"] == 0), "45009 was answered");
}
