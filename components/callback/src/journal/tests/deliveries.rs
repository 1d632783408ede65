//! Deliveries: one at a time, and none lost.

use super::*;
use crate::journal::{
    deliveries::{AT_ONCE, abandon, due, keep, restart, taken},
    done, routing,
};

#[test]
fn the_same_callback_is_taken_once() {
    let sql = journal();
    receive(&sql, "m", "c");
    assert_eq!(insert(&sql, &[&Entry { id: "e-2".into(), ..entry("m", "d", 9) }]).unwrap(), [None]);
}

fn unrouted(sql: &Memory, now: u64) -> Vec<i64> {
    let events = routing::claim(sql, &mut routing::Looked::default(), now, 5_000, 10).unwrap();
    events.iter().map(|event| event.sequence).collect()
}

#[test]
fn an_event_is_claimed_again_only_after_its_lease() {
    let sql = journal();
    let sequence = receive(&sql, "m", "c");
    assert!(unrouted(&sql, 1_999).is_empty());
    assert_eq!(unrouted(&sql, 2_000), [sequence]);
    assert!(unrouted(&sql, 2_001).is_empty());
    assert_eq!(unrouted(&sql, 5_000), [sequence]);
}

#[test]
fn callbacks_of_one_moment_have_their_places_in_their_order() {
    let sql = journal();
    receive(&sql, "known", "c");
    let entries = ["1", "known", "2", "2", "3"].map(|id| Entry { id: lowest_id(1_000) + id, ..entry(id, "c", 1_000) });
    let mut entries = entries.to_vec();
    entries[3].id += "again";
    let places = insert(&sql, &entries.iter().collect::<Vec<_>>()).unwrap();
    assert_eq!(places.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, true, false, true]);
    let places: Vec<i64> = places.into_iter().flatten().map(|place| place.sequence).collect();
    assert!(places.is_sorted());
    for (place, entry) in places.iter().zip([&entries[0], &entries[2], &entries[4]]) {
        assert_eq!(find(&sql, &entry.id).unwrap(), Some(entry.clone().at(*place)));
    }
}

#[test]
fn a_run_looks_at_every_event_once() {
    let sql = journal();
    let ids: Vec<String> = (0..25).map(|number| number.to_string()).collect();
    let mut sequences: Vec<i64> =
        ids.iter().map(|id| receive(&sql, id, if id.len() > 1 { "long" } else { "short" })).collect();
    sequences.sort_unstable();
    let mut looked = routing::Looked::default();
    let mut seen: Vec<i64> = Vec::new();
    loop {
        // Whoever cannot route them leaves them as they are: a lease that is over at once.
        let claimed = routing::claim(&sql, &mut looked, 2_000, 2_000, 10).unwrap();
        if claimed.is_empty() {
            break;
        }
        seen.extend(claimed.iter().map(|event| event.sequence));
    }
    seen.sort_unstable();
    assert_eq!(seen, sequences);
}

#[test]
fn routing_makes_one_delivery_per_subscriber_once() {
    let sql = journal();
    let sequence = receive(&sql, "m", "c");
    to(&sql, sequence, &["a", "b"], 1_100);
    to(&sql, sequence, &["a", "b", "late"], 1_200);
    assert_eq!(claimed(&sql, 1_100), [(sequence, "a".into()), (sequence, "b".into())]);
    assert_eq!(claimed(&sql, 1_150), []);
}

#[test]
fn a_conversation_keeps_its_order_and_holds_nobody_else_up() {
    let sql = journal();
    let [first, second, other] = [receive(&sql, "1", "c"), receive(&sql, "2", "c"), receive(&sql, "3", "d")];
    to(&sql, second, &["a"], 1_100);
    to(&sql, other, &["a"], 1_100);
    // The first is not routed yet, so that the second has to wait.
    assert_eq!(claimed(&sql, 1_100), [(other, "a".into())]);
    to(&sql, first, &["a"], 1_100);
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
    to(&sql, first, &["a"], 1_100);
    to(&sql, second, &["a"], 1_100);
    let delivery = one(&sql, 1_100);
    tried(&sql, &delivery, &Tried::Retry(6_000), Some(500), Some("HTTP 500"), 1_101).unwrap();
    assert_eq!(claimed(&sql, 1_102), [(second, "a".into())]);
    assert_eq!(claimed(&sql, 5_999), [(second, "a".into())], "its lease ran out");
    let again = claim(&sql, "a", 6_000, 6_100, 10).unwrap();
    assert!(again.iter().any(|delivery| delivery.event.sequence == first && delivery.attempts == 2));
}

#[test]
fn a_worker_that_vanished_leaves_a_delivery_that_is_claimed_again() {
    let sql = journal();
    let sequence = receive(&sql, "1", "c");
    to(&sql, sequence, &["a"], 1_100);
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
fn deliveries_of_one_moment_are_taken_by_one_statement() {
    let sql = journal();
    for (message_id, conversation) in [("1", "c"), ("2", "c"), ("3", "d"), ("4", "e")] {
        let sequence = receive(&sql, message_id, conversation);
        to(&sql, sequence, &["a", "b"], 1_100);
    }
    let first = claim(&sql, "a", 1_100, 1_200, 10).unwrap();
    assert_eq!(first.len(), 3, "one waits for the first of its conversation");
    // The last one is claimed by someone else meanwhile, and those to `b` are nobody's yet.
    tried(&sql, &first[2], &Tried::Retry(1_101), Some(500), Some("HTTP 500"), 1_101).unwrap();
    let again = one(&sql, 1_101);
    assert_eq!(again.event, first[2].event);

    taken(&sql, first.iter(), 1_102).unwrap();

    let rows = sql.query("SELECT state, status, reason FROM delivery WHERE subscriber = 'a' ORDER BY sequence", &[]);
    let rows = rows.unwrap();
    let states: Vec<String> = rows.iter().map(|row| row.get(0).unwrap()).collect();
    assert_eq!(states, ["delivered", "pending", "delivered", "delivering"]);
    taken(&sql, [&again].into_iter(), 1_103).unwrap();
    assert!(
        sql.query("SELECT 1 FROM delivery WHERE status IS NOT NULL OR reason IS NOT NULL", &[]).unwrap().is_empty()
    );
    assert_eq!(claimed(&sql, 1_104).len(), 4, "the one that waited, and three to b");
}

#[test]
fn a_worker_that_is_alive_keeps_its_delivery() {
    let sql = journal();
    let sequence = receive(&sql, "1", "c");
    to(&sql, sequence, &["a"], 1_100);
    let slow = one(&sql, 1_100);
    keep(&sql, &[slow.claim()], 1_300).unwrap();
    assert_eq!(claimed(&sql, 1_299), []);
    assert_eq!(claimed(&sql, 1_300).len(), 1);
    // Someone else has it now.
    keep(&sql, &[slow.claim()], 9_000).unwrap();
    assert_eq!(claimed(&sql, 1_400).len(), 1);
}

#[test]
fn a_subscriber_that_stopped_gets_dead_letters_until_it_has_another_address() {
    let sql = journal();
    let [first, second] = [receive(&sql, "1", "c"), receive(&sql, "2", "d")];
    to(&sql, first, &["a"], 1_100);
    to(&sql, second, &["a", "b"], 1_100);
    let delivery = one(&sql, 1_100);
    tried(
        &sql,
        &delivery,
        &Tried::Stopped { url: "http://x".into(), event_id: "stopped-1".into() },
        Some(410),
        None,
        1_101,
    )
    .unwrap();
    assert_eq!(states(&sql), ["dead", "dead", "pending"]);
    let told = routing::claim(&sql, &mut routing::Looked::default(), 5_000, 6_000, 10).unwrap();
    assert_eq!((told.len(), told[0].kind.as_str(), told[0].system), (1, "subscriber_stopped", System::Gateway));
    assert_eq!(told[0].raw, br#"{"subscriber":"a"}"#);
    to(&sql, told[0].sequence, &["gateway:alert"], 1_102);
    let third = receive(&sql, "3", "c");
    to(&sql, third, &["a"], 1_100);
    assert_eq!(states(&sql), ["dead", "dead", "pending", "pending", "dead"]);
    restart(&sql, "a", "http://x").unwrap();
    restart(&sql, "a", "http://y").unwrap();
    let fourth = receive(&sql, "4", "c");
    to(&sql, fourth, &["a"], 1_100);
    assert_eq!(states(&sql).last().unwrap(), "pending");
}

#[test]
fn a_subscriber_that_hangs_has_so_many_at_once_and_no_more() {
    let sql = journal();
    for number in 0..40 {
        let sequence = receive(&sql, &number.to_string(), &number.to_string());
        to(&sql, sequence, &["a", "b"], 1_100);
    }
    assert_eq!(due(&sql, &["a", "b", "late"], 1_100).unwrap(), ["a", "b"]);
    let first = claim(&sql, "a", 1_100, 1_200, 10).unwrap();
    let rest = claim(&sql, "a", 1_100, 1_200, 100).unwrap();
    assert_eq!(first.len() + rest.len(), AT_ONCE as usize);
    assert_eq!(due(&sql, &["a", "b"], 1_150).unwrap(), ["b"], "it has its share");
    assert!(claim(&sql, "a", 1_150, 1_250, 100).unwrap().is_empty());
    assert_eq!(claim(&sql, "b", 1_150, 1_250, 100).unwrap().len(), AT_ONCE as usize);
    ended(&sql, &first[0], 1_160);
    assert_eq!(claim(&sql, "a", 1_170, 1_250, 100).unwrap().len(), 1);
}

#[test]
fn what_is_due_for_nobody_is_a_dead_letter() {
    let sql = journal();
    let [first, second] = [receive(&sql, "1", "c"), receive(&sql, "2", "c")];
    to(&sql, first, &["a", "gone"], 1_100);
    to(&sql, second, &["a", "gone"], 1_100);
    assert_eq!(abandon(&sql, &["a"], 1_099).unwrap(), 0);
    assert_eq!(abandon(&sql, &["a"], 1_100).unwrap(), 2);
    assert_eq!(states(&sql), ["pending", "dead", "waiting", "dead"]);
}

#[test]
fn what_was_refused_is_begun_anew_and_what_was_lost_is_not() {
    let sql = journal();
    let sequence = receive(&sql, "1", "c");
    to(&sql, sequence, &["a"], 1_100);
    for (tried, turn) in [(Tried::Retry(2_000), 0), (Tried::Anew(3_000), 1), (Tried::Retry(4_000), 1)] {
        let delivery = claim(&sql, "a", 10_000, 10_100, 1).unwrap().remove(0);
        deliveries::tried(&sql, &delivery, &tried, None, Some("refused"), 1_000).unwrap();
        assert_eq!(claim(&sql, "a", 20_000, 1_000, 1).unwrap()[0].turn, turn);
    }
}

#[test]
fn what_is_done_once_in_a_while_is_claimed_by_one() {
    let sql = journal();
    assert!(done::claim(&sql, "start", "a", 1_000, 600).unwrap());
    assert!(!done::claim(&sql, "start", "a", 1_599, 600).unwrap());
    assert!(done::claim(&sql, "start", "b", 1_599, 600).unwrap());
    assert!(done::claim(&sql, "start", "a", 1_600, 600).unwrap());
    done::release(&sql, "start", "a", 1_000).unwrap();
    assert!(!done::claim(&sql, "start", "a", 1_700, 600).unwrap(), "that one was over");
    done::release(&sql, "start", "a", 1_600).unwrap();
    assert!(done::claim(&sql, "start", "a", 1_700, 600).unwrap());
    assert!(done::claim(&sql, "confirm", "e", 1_000, u64::MAX).unwrap());
    assert!(!done::claim(&sql, "confirm", "e", 9_000_000, u64::MAX).unwrap());
}
