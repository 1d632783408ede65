//! The journal on an SQLite of its own.

mod deliveries;
mod list;
mod order;
mod replay;
mod retention;
mod routed;

use super::{
    deliveries::{Delivery, Tried, claim, tried},
    routing::{Route, route},
    *,
};
use store::memory::{Memory, Planned};

#[test]
fn what_runs_every_second_looks_at_no_more_than_it_is_about() {
    let sql = journal();
    let planned = Planned(&sql);
    insert(&planned, &[&entry("m", "c", 1)]).unwrap();
    routing::claim(&planned, &mut routing::Looked::default(), 1, 2, 9).unwrap();
    routing::route(&planned, &[1], &Route::To { subscribers: &["a"], unverified: false }, 1).unwrap();
    super::deliveries::due(&planned, &["a"], 1).unwrap();
    let delivery = super::deliveries::claim(&planned, "a", 1, 2, 9).unwrap().remove(0);
    super::deliveries::keep(&planned, &[delivery.claim()], 3).unwrap();
    super::deliveries::tried(&planned, &delivery, &Tried::Retry(4), None, None, 3).unwrap();
    super::deliveries::taken(&planned, [&delivery].into_iter(), 3).unwrap();
    super::deliveries::abandon(&planned, &["a"], 1).unwrap();
    super::retention::old(&planned, 1, 1, 9).unwrap();
    super::retention::marks(&planned, 1, 9).unwrap();
}

fn journal() -> Memory {
    Memory::new(&schema::MIGRATIONS)
}

fn entry(message_id: &str, conversation: &str, now: u64) -> Entry {
    Entry {
        id: message_id.into(),
        message_id: message_id.into(),
        kind: "text_msg".into(),
        account: "account".into(),
        conversation: conversation.into(),
        origin: "http://gateway".into(),
        raw: b"{}".into(),
        now,
        lease_until: now + 1_000,
        subscribers: None,
    }
}

/// A callback with an id that tells when it was received.
fn received(message_id: &str, now: u64) -> Entry {
    Entry { id: lowest_id(now), ..entry(message_id, message_id, now) }
}

/// A callback that is handed on to these subscribers, without anything that has to be asked first.
fn routed(entry: Entry, subscribers: &[&str]) -> Entry {
    Entry { subscribers: Some(subscribers.iter().map(|name| (*name).to_owned()).collect()), ..entry }
}

/// Inserts one callback that is new.
fn insert_one(sql: &Memory, entry: &Entry) -> i64 {
    insert(sql, &[entry]).unwrap().remove(0).unwrap().sequence
}

/// Receives a callback at 1,000.
fn receive(sql: &Memory, message_id: &str, conversation: &str) -> i64 {
    insert_one(sql, &entry(message_id, conversation, 1_000))
}

/// Routes an event to these subscribers.
fn to(sql: &Memory, sequence: i64, subscribers: &[&str], now: u64) {
    route(sql, &[sequence], &Route::To { subscribers, unverified: false }, now).unwrap();
}

fn claimed(sql: &Memory, now: u64) -> Vec<(i64, String)> {
    let deliveries = ["a", "b", "late"].into_iter().flat_map(|name| claim(sql, name, now, now + 100, 10).unwrap());
    deliveries.map(|delivery| (delivery.event.sequence, delivery.subscriber)).collect()
}

fn one(sql: &Memory, now: u64) -> Delivery {
    claim(sql, "a", now, now + 100, 1).unwrap().remove(0)
}

fn ended(sql: &Memory, delivery: &Delivery, now: u64) {
    tried(sql, delivery, &Tried::Delivered, None, None, now).unwrap();
}

fn states(sql: &Memory) -> Vec<String> {
    let rows = sql.query("SELECT state FROM delivery ORDER BY sequence, subscriber", &[]).unwrap();
    rows.iter().map(|row| row.get(0).unwrap()).collect()
}
