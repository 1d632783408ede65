//! What a message costs: the host calls of one that waits for nobody, as `docs/limits.md` says them.

use crate::gateway::Gateway;
use reqwest::RequestBuilder;
use serde_json::Value;

const CALLS: [&str; 5] =
    ["key_value_writes", "key_value_reads", "sqlite_statements", "sqlite_opens", "outbound_requests"];

/// So many messages are tried: on a busy machine one may wait, or be late, or find its instance gone.
const TRIES: u32 = 10;

/// Counts the calls of the cheapest of some messages that follow one another.
async fn calls_of(gateway: &Gateway, request: impl Fn(u32) -> RequestBuilder) -> [u64; 5] {
    let count = |counts: &Value, name: &str| counts[name].as_u64().expect("a count");
    let mut cheapest = [u64::MAX; 5];
    let mut before = gateway.host_calls().await;
    for number in 0..TRIES {
        assert_eq!(gateway.ask(request(number)).await.status, 200);
        let after = gateway.host_calls().await;
        cheapest = cheapest.min(CALLS.map(|name| count(&after, name) - count(&before, name)));
        before = after;
    }
    cheapest
}

#[tokio::test]
async fn a_message_that_waits_for_nobody_costs_few_host_calls() {
    let gateway = Gateway::start().await;
    gateway.simulator.hold_outcomes();

    let chat = calls_of(&gateway, |number| gateway.chat(&format!("168885435526000{number}"), "你好")).await;
    let notice = calls_of(&gateway, |number| gateway.notice(&format!("ww{number}"), "你好")).await;
    let robot = calls_of(&gateway, |number| gateway.post_to_robot("0b1c-2", &[number.to_string().as_str()])).await;

    println!("{CALLS:?}: chat {chat:?}, notice {notice:?}, robot {robot:?}");
    for [writes, reads, statements, _, requests] in [chat, notice, robot] {
        assert!(writes <= 2, "{writes} writes of key-value");
        assert!(reads <= 10, "{reads} reads of key-value");
        assert!(statements <= 12, "{statements} statements");
        assert_eq!(requests, 1);
    }
}
