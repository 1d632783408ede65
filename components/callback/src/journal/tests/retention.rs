//! What leaves the journal, and what stays.

use super::*;
use crate::journal::retention::{Old, delete, marks, old, unmark};

fn old_ids(sql: &Memory, before: u64, dead_after: u64) -> Vec<Old> {
    old(sql, before, dead_after, 10).unwrap()
}

#[test]
fn what_is_over_leaves_a_mark() {
    let sql = journal();
    let first = insert_one(&sql, &received("m-1", 1_000));
    assert!(old_ids(&sql, 9_000, 0).is_empty(), "it is not routed");
    to(&sql, first, &["a"], 1_100);
    assert!(old_ids(&sql, 9_000, 0).is_empty(), "its delivery is under way");
    ended(&sql, &one(&sql, 1_100), 1_200);
    assert!(old_ids(&sql, 999, 0).is_empty(), "it is young");
    let found = old_ids(&sql, 1_000, 0);
    assert_eq!(found, [Old { sequence: first, id: lowest_id(1_000), message_id: Some("m-1".into()) }]);
    assert!(marks(&sql, 9_000, 10).unwrap().is_empty());

    delete(&sql, &found, 0).unwrap();

    assert_eq!((find(&sql, &lowest_id(1_000)).unwrap(), states(&sql).len()), (None, 0));
    assert!(marks(&sql, 999, 10).unwrap().is_empty());
    let mark = marks(&sql, 1_000, 10).unwrap();
    assert_eq!(mark[0].1, "m-1");
    unmark(&sql, &[mark[0].0]).unwrap();
    assert!(marks(&sql, 9_000, 10).unwrap().is_empty());
}

#[test]
fn dead_letters_stay_until_they_are_old_themselves() {
    let sql = journal();
    let sequence = insert_one(&sql, &received("m", 1_000));
    to(&sql, sequence, &["a"], 1_100);
    tried(&sql, &one(&sql, 1_100), &Tried::Dead, None, None, 5_000).unwrap();
    assert!(old_ids(&sql, 9_000, 4_999).is_empty());
    assert_eq!(old_ids(&sql, 9_000, 5_000).len(), 1);
}

#[test]
fn one_that_is_replayed_meanwhile_stays() {
    let sql = journal();
    let sequence = insert_one(&sql, &received("m", 1_000));
    to(&sql, sequence, &["a"], 1_100);
    ended(&sql, &one(&sql, 1_100), 1_200);
    let found = old_ids(&sql, 9_000, 0);
    let all = crate::journal::replay::Selection { until: sequence, to: u64::MAX, ..Default::default() };
    assert_eq!(crate::journal::replay::make(&sql, &all, "a", &[], 1_300).unwrap(), 1);
    delete(&sql, &found, 0).unwrap();
    assert_eq!(states(&sql), ["pending"]);
}

#[test]
fn a_repeat_leaves_nothing() {
    let sql = journal();
    let sequence = insert_one(&sql, &received("m", 1_000));
    route(&sql, &[sequence], &Route::Repeated("e-0"), 1_100).unwrap();
    let found = old_ids(&sql, 9_000, 0);
    assert_eq!(found[0].message_id, None);
    delete(&sql, &found, 0).unwrap();
    assert!(marks(&sql, 9_000, 10).unwrap().is_empty());
}
