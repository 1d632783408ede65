use super::*;
use crate::{
    bindings::exports::wecom::gateway::types::{State, System},
    ledger::{
        End, Entry, Leave, end, report,
        schema::MIGRATIONS,
        sweep,
        tests::at_once::{insert, leave},
    },
};
use proptest::prelude::*;
use store::memory::Memory;

const ALL: &str = r#"["quntool","kdocs"]"#;

fn enqueue(sql: &Memory, id: &str, lane: &str, rank: u8, due_at: u64, expires_at: Option<u64>) {
    put(
        sql,
        &Waiting {
            id,
            lane: &format!("quntool/{lane}"),
            rank,
            due_at,
            expires_at,
            order: id,
            sealed: None,
            now: 1_000,
        },
    )
    .unwrap();
    let entry = Entry {
        id,
        caller: "crm",
        request_id: "r-1",
        system: System::Quntool,
        kind: "text",
        account: Some(lane),
        company: None,
        recipients: r#"["S:1_2"]"#,
        idempotency_key: None,
        fingerprint: "f",
        echo: None,
        now: 1_000,
        lease_until: 1_000,
        counted_until: None,
        queued: true,
    };
    assert_eq!(insert(sql, &entry).unwrap(), None);
}

fn first(sql: &Memory, now: u64) -> Option<String> {
    next(sql, "quntool/a", now, "[]").unwrap().map(|due| due.id)
}

fn depart(sql: &Memory, id: &str, now: u64) {
    assert!(matches!(leave(sql, id, now, now + 60_000, Some((now, now)), None).unwrap(), Leave::Left));
}

fn finish(sql: &Memory, id: &str) {
    let failed = End { state: State::Failed, code: Some(1), reason: "", answer: None, release_key: false };
    end(sql, id, &failed, 9_000).unwrap();
}

#[test]
fn a_lane_is_left_in_order_and_high_goes_first() {
    let sql = Memory::new(&MIGRATIONS);
    for (id, rank, due_at) in [("n-1", 1, 1_000), ("n-2", 1, 1_000), ("later", 1, 5_000), ("h", 0, 1_000)] {
        enqueue(&sql, id, "a", rank, due_at, None);
    }
    let place = place(&sql, "n-2").unwrap().unwrap();
    assert_eq!((place.lane.as_str(), place.due_at, place.before), ("quntool/a", 1_000, 2));
    for id in ["h", "n-1", "n-2"] {
        assert_eq!(first(&sql, 2_000).as_deref(), Some(id));
        depart(&sql, id, 2_000);
        finish(&sql, id);
    }
    assert_eq!((first(&sql, 2_000), first(&sql, 5_000).as_deref()), (None, Some("later")));
}

#[test]
fn one_worker_at_a_time_has_a_lane() {
    let sql = Memory::new(&MIGRATIONS);
    enqueue(&sql, "m-1", "a", 1, 1_000, None);
    enqueue(&sql, "m-2", "b", 1, 9_000, None);
    assert_eq!(claim(&sql, ALL, "w-1", 2_000, 7_000, 9).unwrap(), ["quntool/a"]);
    assert!(claim(&sql, ALL, "w-2", 6_999, 9_999, 9).unwrap().is_empty());
    assert_eq!(claim(&sql, ALL, "w-2", 7_000, 12_000, 9).unwrap(), ["quntool/a"], "the first one has vanished");
    assert!(!keep(&sql, "quntool/a", "w-1", 20_000).unwrap());
    release(&sql, "quntool/a", "w-1", 0).unwrap();
    assert!(keep(&sql, "quntool/a", "w-2", 20_000).unwrap());
    release(&sql, "quntool/a", "w-2", 8_000).unwrap();
    assert!(claim(&sql, ALL, "w-3", 7_999, 20_000, 9).unwrap().is_empty());
    assert_eq!(claim(&sql, ALL, "w-3", 9_000, 20_000, 9).unwrap(), ["quntool/a", "quntool/b"]);
}

#[test]
fn a_worker_claims_only_lanes_of_systems_that_it_reaches() {
    let sql = Memory::new(&MIGRATIONS);
    enqueue(&sql, "m-1", "a", 1, 1_000, None);
    assert!(claim(&sql, r#"["kdocs"]"#, "w-1", 2_000, 7_000, 9).unwrap().is_empty());
    assert!(claim(&sql, "[]", "w-1", 2_000, 7_000, 9).unwrap().is_empty());
    assert_eq!(claim(&sql, r#"["quntool"]"#, "w-1", 2_000, 7_000, 9).unwrap(), ["quntool/a"]);
}

#[test]
fn an_empty_lane_is_gone_and_comes_back_with_a_message() {
    let sql = Memory::new(&MIGRATIONS);
    enqueue(&sql, "m-1", "a", 1, 1_000, None);
    claim(&sql, ALL, "w-1", 2_000, 7_000, 9).unwrap();
    depart(&sql, "m-1", 2_000);
    finish(&sql, "m-1");
    release(&sql, "quntool/a", "w-1", 0).unwrap();
    assert!(sql.query("SELECT 1 FROM lane UNION ALL SELECT 1 FROM queue", &[]).unwrap().is_empty());
    enqueue(&sql, "m-2", "a", 1, 1_000, None);
    assert_eq!(claim(&sql, ALL, "w-1", 2_000, 7_000, 9).unwrap(), ["quntool/a"]);
}

/// Whether a lane that is given back now is taken up at a time.
fn is_due(sql: &Memory, now: u64, at: u64) -> bool {
    let worker = format!("w-{at}");
    claim(sql, ALL, "w", now, now + 5_000, 9).unwrap();
    release(sql, "quntool/a", "w", now).unwrap();
    !claim(sql, ALL, &worker, at, at, 9).unwrap().is_empty()
}

#[test]
fn a_lane_rests_while_there_is_nothing_to_do_in_it() {
    let sending = || {
        let sql = Memory::new(&MIGRATIONS);
        enqueue(&sql, "m-1", "a", 1, 1_000, None);
        depart(&sql, "m-1", 2_000);
        sql
    };
    assert_eq!((is_due(&sending(), 3_000, 61_999), is_due(&sending(), 3_000, 62_000)), (false, true));
    let back = sending();
    assert!(!is_due(&back, 3_000, 3_000));
    put_back(&back, "m-1", 3_100).unwrap();
    assert_eq!(claim(&back, ALL, "w", 3_100, 9_000, 9).unwrap(), ["quntool/a"]);

    let expired = || {
        let sql = Memory::new(&MIGRATIONS);
        enqueue(&sql, "m-1", "a", 1, 1_000, Some(2_500));
        sql
    };
    assert_eq!((is_due(&expired(), 3_000, 3_999), is_due(&expired(), 3_000, 4_000)), (false, true));
    assert!(is_due(&expired(), 2_000, 2_000));
}

#[test]
fn what_the_ledger_never_accepted_keeps_no_lane() {
    let sql = Memory::new(&MIGRATIONS);
    enqueue(&sql, "m-1", "a", 1, 1_000, None);
    let waiting = Waiting {
        id: "m-0",
        lane: "quntool/a",
        rank: 1,
        due_at: 1,
        expires_at: None,
        order: "",
        sealed: None,
        now: 1_000,
    };
    put(&sql, &waiting).unwrap();
    claim(&sql, ALL, "w", 2_000, 9_000, 9).unwrap();
    depart(&sql, "m-1", 2_000);
    finish(&sql, "m-1");
    release(&sql, "quntool/a", "w", 2_100).unwrap();
    assert!(sql.query("SELECT 1 FROM lane", &[]).unwrap().is_empty());
}

#[test]
fn a_message_stays_in_the_queue_until_it_has_left_for_good() {
    let sql = Memory::new(&MIGRATIONS);
    enqueue(&sql, "m-1", "a", 1, 1_000, None);
    depart(&sql, "m-1", 2_000);
    assert_eq!(first(&sql, 2_000), None, "it is on its way");
    put_back(&sql, "m-1", 2_100).unwrap();
    assert_eq!(first(&sql, 2_200).as_deref(), Some("m-1"));
    depart(&sql, "m-1", 2_300);
    assert_eq!(sweep::vanished_while_sending(&sql, 99_000, 9).unwrap(), 1);
    assert_eq!((first(&sql, 99_000), place(&sql, "m-1").unwrap().is_none()), (None, true));
    assert_eq!(report(&sql, "crm", "m-1").unwrap().unwrap().state, State::Unknown);
}

#[test]
fn a_queued_message_can_be_cancelled_and_one_that_left_cannot() {
    let sql = Memory::new(&MIGRATIONS);
    enqueue(&sql, "m-1", "a", 1, 1_000, None);
    enqueue(&sql, "m-2", "a", 1, 1_000, None);
    assert!(cancel(&sql, "m-1", 2_000).unwrap());
    assert_eq!(first(&sql, 2_000).as_deref(), Some("m-2"));
    depart(&sql, "m-2", 2_000);
    assert!(!cancel(&sql, "m-2", 2_000).unwrap());
    assert!(matches!(leave(&sql, "m-1", 2_000, 9_000, None, None).unwrap(), Leave::Taken));
}

#[test]
fn past_its_deadline_a_message_expires_and_does_not_leave() {
    let sql = Memory::new(&MIGRATIONS);
    enqueue(&sql, "m-1", "a", 1, 1_000, Some(3_000));
    assert_eq!(first(&sql, 2_999).as_deref(), Some("m-1"));
    assert_eq!(first(&sql, 3_000), None);
    assert_eq!(sweep::past_deadline(&sql, 2_999, 9).unwrap(), 0);
    assert_eq!(sweep::past_deadline(&sql, 3_000, 9).unwrap(), 1);
    assert_eq!(report(&sql, "crm", "m-1").unwrap().unwrap().state, State::Expired);
}

#[test]
fn what_the_ledger_never_accepted_is_swept_out() {
    let sql = Memory::new(&MIGRATIONS);
    let waiting =
        Waiting { id: "m-0", lane: "a", rank: 1, due_at: 1, expires_at: None, order: "", sealed: None, now: 1_000 };
    put(&sql, &waiting).unwrap();
    enqueue(&sql, "m-1", "a", 1, 1_000, None);
    assert_eq!(first(&sql, 2_000).as_deref(), Some("m-1"));
    sweep::old(&sql, 4_000_000, 9).unwrap();
    assert_eq!(sql.query("SELECT 1 FROM queue", &[]).unwrap().len(), 1);
}

proptest! {
    /// Two workers that die at any time: every message leaves once, in order, whoever sends it.
    #[test]
    fn every_message_leaves_once_and_in_order(deaths in prop::collection::vec(prop::bool::weighted(0.3), 60)) {
        let sql = Memory::new(&MIGRATIONS);
        for number in 0..20 {
            enqueue(&sql, &format!("m-{number:02}"), "a", 1, 1_000 + number, None);
        }
        let mut now = 5_000;
        let mut left = Vec::new();
        for dies in deaths {
            now += 10_000;
            let worker = format!("w-{now}");
            if claim(&sql, ALL, &worker, now, now + 5_000, 9).unwrap().is_empty() {
                continue;
            }
            let Some(id) = first(&sql, now) else { break };
            depart(&sql, &id, now);
            left.push(id.clone());
            if !dies {
                finish(&sql, &id);
                release(&sql, "quntool/a", &worker, now).unwrap();
            }
        }
        let mut sorted = left.clone();
        sorted.sort();
        sorted.dedup();
        prop_assert_eq!(sorted, left);
    }
}
