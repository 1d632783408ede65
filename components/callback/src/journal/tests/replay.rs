//! Deliveries that are made again.

use super::*;
use crate::journal::replay::{Selection, events, make, places, start_again, stopped, would_make};

fn all() -> Selection {
    Selection { until: i64::MAX, to: u64::MAX, ..Selection::default() }
}

#[test]
fn ended_deliveries_are_made_again_and_the_others_left_alone() {
    let sql = journal();
    for id in ["1", "2", "3", "4"] {
        let sequence = receive(&sql, id, id);
        if id != "4" {
            to(&sql, sequence, &["a"], 1_100);
        }
    }
    ended(&sql, &one(&sql, 1_100), 1_200);
    tried(&sql, &one(&sql, 1_100), &Tried::Dead, Some(500), Some("HTTP 500"), 1_200).unwrap();
    assert_eq!(events(&sql, &all()).unwrap(), 3, "the last one is not routed");
    assert_eq!(would_make(&sql, &all(), "a", &[]).unwrap(), 2);
    assert_eq!(would_make(&sql, &all(), "new", &[]).unwrap(), 3);
    assert_eq!(states(&sql), ["delivered", "dead", "pending"]);
    assert_eq!(make(&sql, &all(), "a", &[], 1_300).unwrap(), 2);
    assert_eq!(states(&sql), ["pending", "pending", "pending"]);
    let again = claim(&sql, "a", 1_300, 1_400, 10).unwrap();
    let tries: Vec<_> = again.iter().map(|delivery| (delivery.attempts, delivery.turn)).collect();
    assert_eq!(tries, [(1, 1), (1, 1), (1, 0)]);
}

#[test]
fn a_selection_is_of_ids_types_accounts_times_and_places() {
    let sql = journal();
    for (id, kind, account, now) in
        [("1", "text_msg", "a", 1_000), ("2", "user_login", "a", 2_000), ("3", "text_msg", "b", 300_000)]
    {
        let sequence = insert_one(&sql, &Entry { kind: kind.into(), account: account.into(), ..received(id, now) });
        to(&sql, sequence, &[], now);
    }
    let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let count = |selection: Selection| events(&sql, &selection).unwrap();
    assert_eq!(count(Selection { ids: vec![lowest_id(1_000), lowest_id(300_000), "x".into()], ..all() }), 2);
    assert_eq!(count(Selection { kinds: list(&["text_msg"]), ..all() }), 2);
    assert_eq!(count(Selection { accounts: list(&["a"]), ..all() }), 2);
    assert_eq!(count(Selection { after: 1, until: 2, ..all() }), 1);
    assert_eq!(count(Selection { from: 2_000, to: 300_000, ..all() }), 1);
    assert_eq!(would_make(&sql, &all(), "a", &list(&["user_login"])).unwrap(), 1);
    assert_eq!(places(&sql, 0, u64::MAX).unwrap(), (0, 3));
    assert_eq!(places(&sql, 200_000, 200_001).unwrap(), (2, 3));
    assert_eq!(places(&sql, 0, 3_000).unwrap(), (0, 3));
}

#[test]
fn a_conversation_is_replayed_in_its_order() {
    let sql = journal();
    for id in ["1", "2", "3"] {
        let sequence = receive(&sql, id, "c");
        to(&sql, sequence, &["a"], 1_100);
        ended(&sql, &one(&sql, 1_100), 1_100);
    }
    make(&sql, &all(), "a", &[], 1_200).unwrap();
    assert_eq!(states(&sql), ["pending", "waiting", "waiting"]);
    for sequence in 1..=3 {
        let next = one(&sql, 1_300);
        assert_eq!(next.event.sequence, sequence);
        ended(&sql, &next, 1_300);
    }
}

#[test]
fn one_that_stopped_starts_again() {
    let sql = journal();
    let sequence = receive(&sql, "1", "c");
    to(&sql, sequence, &["a"], 1_100);
    let end = Tried::Stopped { url: "u".into(), event_id: "own".into() };
    tried(&sql, &one(&sql, 1_100), &end, Some(410), None, 1_200).unwrap();
    assert_eq!(stopped(&sql).unwrap(), ["a"]);
    start_again(&sql, "a").unwrap();
    assert!(stopped(&sql).unwrap().is_empty());
    assert_eq!(make(&sql, &all(), "a", &[], 1_300).unwrap(), 1);
    assert_eq!(claimed(&sql, 1_300), [(sequence, "a".into())]);
}
