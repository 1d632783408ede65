//! Events that enter the journal routed.

use super::*;
use crate::journal::retention::{delete, old};

fn enters(sql: &Memory, message_id: &str, conversation: &str, subscribers: &[&str]) -> Place {
    insert(sql, &[&routed(entry(message_id, conversation, 1_000), subscribers)]).unwrap().remove(0).unwrap()
}

#[test]
fn its_deliveries_are_there_from_the_start() {
    let sql = journal();
    let entries = ["1", "2", "3"].map(|id| routed(entry(id, id, 1_000), if id == "2" { &[] } else { &["a", "b"] }));
    let places = insert(&sql, &entries.iter().collect::<Vec<_>>()).unwrap();
    let places: Vec<Place> = places.into_iter().flatten().collect();
    assert!(places.iter().all(|place| place.is_routed));
    let [first, _, third] = [0, 1, 2].map(|index| places[index].sequence);
    let expected = [(first, "a"), (third, "a"), (first, "b"), (third, "b")].map(|(place, name)| (place, name.into()));
    assert_eq!(claimed(&sql, 1_000), expected);
    let event = find(&sql, "2").unwrap().unwrap();
    assert_eq!((event.state.as_str(), event.unverified), ("routed", false));
}

#[test]
fn it_waits_for_an_earlier_one_that_is_not_routed() {
    let sql = journal();
    let first = receive(&sql, "1", "c");
    let second = enters(&sql, "2", "c", &["a"]);
    assert_eq!(claimed(&sql, 1_000), []);
    to(&sql, first, &["b"], 1_100);
    assert_eq!(claimed(&sql, 1_100), [(second.sequence, "a".into()), (first, "b".into())]);
}

#[test]
fn one_that_the_journal_had_before_is_looked_at_first() {
    let sql = journal();
    insert_one(&sql, &routed(received("m", 1_000), &[]));
    delete(&sql, &old(&sql, 1_000, 0, 10).unwrap(), 0).unwrap();
    let place = enters(&sql, "m", "c", &["a"]);
    assert!(!place.is_routed);
    assert_eq!((find(&sql, "m").unwrap().unwrap().state.as_str(), states(&sql).len()), ("received", 0));
    route(&sql, &[place.sequence], &Route::Repeated("e-0"), 1_100).unwrap();
    assert!(states(&sql).is_empty());
}

#[test]
fn for_a_subscriber_that_stopped_it_is_a_dead_letter() {
    let sql = journal();
    enters(&sql, "1", "c", &["a"]);
    let stopped = Tried::Stopped { url: "http://x".into(), event_id: "stopped-1".into() };
    tried(&sql, &one(&sql, 1_000), &stopped, None, None, 1_001).unwrap();
    enters(&sql, "2", "c", &["a", "b"]);
    assert_eq!(states(&sql), ["dead", "dead", "pending"]);
}
