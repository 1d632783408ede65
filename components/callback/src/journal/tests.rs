//! The journal on an SQLite of its own.

use super::*;
use store::memory::Memory;

fn journal() -> Memory {
    Memory::new(&schema::MIGRATIONS)
}

fn receive(sql: &Memory, message_id: &str, conversation: &str) -> i64 {
    insert(
        sql,
        &Entry {
            id: message_id,
            message_id,
            kind: "text_msg",
            conversation,
            origin: "http://gateway.test",
            raw: b"{}",
            now: 1_000,
            lease_until: 2_000,
        },
    )
    .unwrap()
    .unwrap()
}

fn claimed(sql: &Memory, now: u64) -> Vec<(i64, String)> {
    let deliveries = claim_deliveries(sql, now, now + 100, 10).unwrap();
    deliveries.into_iter().map(|delivery| (delivery.event.sequence, delivery.subscriber)).collect()
}

fn one(sql: &Memory, now: u64) -> Delivery {
    claim_deliveries(sql, now, now + 100, 1).unwrap().remove(0)
}

fn states(sql: &Memory) -> Vec<String> {
    let rows = sql.query("SELECT state FROM delivery ORDER BY sequence, subscriber", &[]).unwrap();
    rows.iter().map(|row| row.get(0).unwrap()).collect()
}

#[test]
fn the_same_callback_is_taken_once() {
    let sql = journal();
    receive(&sql, "m", "c");
    let again = Entry {
        id: "e-2",
        message_id: "m",
        kind: "x",
        conversation: "c",
        origin: "",
        raw: b"{}",
        now: 9,
        lease_until: 9,
    };
    assert_eq!(insert(&sql, &again).unwrap(), None);
}

#[test]
fn an_event_is_claimed_again_only_after_its_lease() {
    let sql = journal();
    let sequence = receive(&sql, "m", "c");
    assert!(claim_events(&sql, 1_999, 5_000, 10).unwrap().is_empty());
    assert_eq!(claim_events(&sql, 2_000, 5_000, 10).unwrap()[0].sequence, sequence);
    assert!(claim_events(&sql, 2_001, 5_000, 10).unwrap().is_empty());
}

#[test]
fn routing_makes_one_delivery_per_subscriber_once() {
    let sql = journal();
    let sequence = receive(&sql, "m", "c");
    route(&sql, sequence, &["a", "b"], 1_100).unwrap();
    route(&sql, sequence, &["a", "b", "late"], 1_200).unwrap();
    assert_eq!(claimed(&sql, 1_100), [(sequence, "a".into()), (sequence, "b".into())]);
    assert_eq!(claimed(&sql, 1_150), []);
}

#[test]
fn a_conversation_keeps_its_order_and_holds_nobody_else_up() {
    let sql = journal();
    let [first, second, other] = [receive(&sql, "1", "c"), receive(&sql, "2", "c"), receive(&sql, "3", "d")];
    route(&sql, second, &["a"], 1_100).unwrap();
    route(&sql, other, &["a"], 1_100).unwrap();
    // The first is not routed yet, so that the second has to wait.
    assert_eq!(claimed(&sql, 1_100), [(other, "a".into())]);
    route(&sql, first, &["a"], 1_100).unwrap();
    let delivery = one(&sql, 1_101);
    assert_eq!(delivery.event.sequence, first);
    assert_eq!(claimed(&sql, 1_102), [], "the first is under way");
    tried(&sql, &delivery, &Tried::Delivered, Some(200), None, 1_103).unwrap();
    assert_eq!(claimed(&sql, 1_104), [(second, "a".into())]);
}

#[test]
fn one_in_retry_holds_nobody_up_and_comes_again_in_time() {
    let sql = journal();
    let [first, second] = [receive(&sql, "1", "c"), receive(&sql, "2", "c")];
    route(&sql, first, &["a"], 1_100).unwrap();
    route(&sql, second, &["a"], 1_100).unwrap();
    let delivery = one(&sql, 1_100);
    tried(&sql, &delivery, &Tried::Retry(6_000), Some(500), Some("HTTP 500"), 1_101).unwrap();
    assert_eq!(claimed(&sql, 1_102), [(second, "a".into())]);
    assert_eq!(claimed(&sql, 5_999), [(second, "a".into())], "its lease ran out");
    let again = claim_deliveries(&sql, 6_000, 6_100, 10).unwrap();
    assert!(again.iter().any(|delivery| delivery.event.sequence == first && delivery.attempts == 2));
}

#[test]
fn a_worker_that_vanished_leaves_a_delivery_that_is_claimed_again() {
    let sql = journal();
    let sequence = receive(&sql, "1", "c");
    route(&sql, sequence, &["a"], 1_100).unwrap();
    let lost = one(&sql, 1_100);
    assert_eq!(claimed(&sql, 1_199), []);
    let again = one(&sql, 1_200);
    assert_eq!(again.attempts, 2);
    // The one that was thought lost comes back: its word does not count any more.
    tried(&sql, &lost, &Tried::Retry(9_000), None, None, 1_201).unwrap();
    tried(&sql, &again, &Tried::Delivered, Some(200), None, 1_202).unwrap();
    assert_eq!(states(&sql), ["delivered"]);
}

#[test]
fn a_worker_that_is_alive_keeps_its_delivery() {
    let sql = journal();
    let sequence = receive(&sql, "1", "c");
    route(&sql, sequence, &["a"], 1_100).unwrap();
    let slow = one(&sql, 1_100);
    keep(&sql, &slow, 1_300).unwrap();
    assert_eq!(claimed(&sql, 1_299), []);
    assert_eq!(claimed(&sql, 1_300).len(), 1);
    // Someone else has it now.
    keep(&sql, &slow, 9_000).unwrap();
    assert_eq!(claimed(&sql, 1_400).len(), 1);
}

#[test]
fn a_subscriber_that_stopped_gets_dead_letters_until_it_has_another_address() {
    let sql = journal();
    let [first, second] = [receive(&sql, "1", "c"), receive(&sql, "2", "d")];
    route(&sql, first, &["a"], 1_100).unwrap();
    route(&sql, second, &["a", "b"], 1_100).unwrap();
    let delivery = one(&sql, 1_100);
    tried(&sql, &delivery, &Tried::Stopped { url: "http://x".into() }, Some(410), None, 1_101).unwrap();
    assert_eq!(states(&sql), ["dead", "dead", "pending"]);
    let third = receive(&sql, "3", "c");
    route(&sql, third, &["a"], 1_100).unwrap();
    assert_eq!(states(&sql), ["dead", "dead", "pending", "dead"]);
    restart(&sql, "a", "http://x").unwrap();
    restart(&sql, "a", "http://y").unwrap();
    let fourth = receive(&sql, "4", "c");
    route(&sql, fourth, &["a"], 1_100).unwrap();
    assert_eq!(states(&sql).last().unwrap(), "pending");
}
