//! Order: whatever happens when, a delivery that has not been tried waits for the earlier ones that have not been tried.

use super::*;
use crate::journal::{deliveries::restart, replay};
use proptest::prelude::*;

/// Something that happens to the journal.
#[derive(Clone, Copy, Debug)]
enum Step {
    Receive(u8),
    ReceiveRouted(u8, bool),
    Route(u8, bool),
    Claim(u8),
    End(u8, u8),
    Replay,
    Wait,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0_u8..3).prop_map(Step::Receive),
        2 => (0_u8..3, any::<bool>()).prop_map(|(conversation, wanted)| Step::ReceiveRouted(conversation, wanted)),
        3 => (any::<u8>(), any::<bool>()).prop_map(|(which, wanted)| Step::Route(which, wanted)),
        3 => (0_u8..2).prop_map(Step::Claim),
        4 => (any::<u8>(), 0_u8..4).prop_map(|(which, how)| Step::End(which, how)),
        1 => Just(Step::Replay),
        1 => Just(Step::Wait),
    ]
}

/// Fails if a delivery waits for nothing, or is `pending` and has to wait. What is replayed is not waited for by what was
/// `pending` before.
fn check(sql: &Memory, replayed: bool) {
    let wrong = sql
        .query(
            "SELECT sequence, subscriber, state FROM delivery AS one
             WHERE (state = 'waiting' OR (state = 'pending' AND NOT ?1)) AND (state = 'waiting') <> (
                EXISTS (SELECT 1 FROM delivery AS two WHERE two.subscriber = one.subscriber
                    AND two.conversation = one.conversation AND two.sequence < one.sequence
                    AND (two.state IN ('pending', 'waiting') OR (two.state = 'delivering' AND two.attempts = 1)))
                OR EXISTS (SELECT 1 FROM event WHERE event.state = 'received'
                    AND event.conversation = one.conversation AND event.sequence < one.sequence))",
            &[i64::from(replayed).into()],
        )
        .unwrap();
    let wrong: Vec<_> = wrong.iter().map(|row| (&row.0[0], &row.0[1], &row.0[2])).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

fn names(wanted: bool) -> &'static [&'static str] {
    if wanted { &["a", "b"] } else { &["b"] }
}

proptest! {
    #[test]
    fn holds_after_every_step(steps in prop::collection::vec(step(), 1..80)) {
        let sql = journal();
        let (mut received, mut under_way) = (Vec::new(), Vec::<Delivery>::new());
        // Leases are longer than the run, so that nobody vanishes.
        let (mut now, mut replayed) = (1_000, false);
        for (number, step) in steps.into_iter().enumerate() {
            now += 1;
            match step {
                Step::Receive(conversation) => {
                    received.push(receive(&sql, &number.to_string(), &conversation.to_string()));
                }
                Step::ReceiveRouted(conversation, wanted) => {
                    let (id, conversation) = (number.to_string(), conversation.to_string());
                    insert_one(&sql, &routed(entry(&id, &conversation, now), names(wanted)));
                }
                Step::Route(which, wanted) if !received.is_empty() => {
                    let sequence = received.remove(usize::from(which) % received.len());
                    to(&sql, sequence, names(wanted), now);
                }
                Step::Claim(which) => {
                    let name = ["a", "b"][usize::from(which)];
                    under_way.extend(claim(&sql, name, now, now + 1_000_000, 2).unwrap());
                }
                Step::End(which, how) if !under_way.is_empty() => {
                    let delivery = under_way.swap_remove(usize::from(which) % under_way.len());
                    let end = match how {
                        0 => Tried::Retry(now + 20),
                        1 => Tried::Dead,
                        2 => Tried::Stopped { url: "u".into(), event_id: format!("stopped-{number}") },
                        _ => Tried::Delivered,
                    };
                    tried(&sql, &delivery, &end, None, None, now).unwrap();
                }
                Step::Replay => {
                    replay::start_again(&sql, "a").unwrap();
                    let all = replay::Selection { until: i64::MAX, to: u64::MAX, ..replay::Selection::default() };
                    replay::make(&sql, &all, "a", &[], now).unwrap();
                    replayed = true;
                }
                Step::Wait => {
                    now += 100;
                    restart(&sql, "b", "another").unwrap();
                }
                _ => {}
            }
            check(&sql, replayed);
        }
    }
}

#[test]
fn one_that_waits_for_an_event_goes_when_the_event_is_nobodys() {
    let sql = journal();
    let [first, second] = [receive(&sql, "1", "c"), receive(&sql, "2", "c")];
    to(&sql, second, &["a"], 1_100);
    assert_eq!(claimed(&sql, 1_100), []);
    route(&sql, &[first], &Route::Repeated("e-0"), 1_100).unwrap();
    assert_eq!(claimed(&sql, 1_100), [(second, "a".into())]);
}

#[test]
fn ten_thousand_that_wait_cost_a_claim_nothing() {
    let sql = journal();
    for number in 0..10_000 {
        let sequence = receive(&sql, &number.to_string(), "c");
        to(&sql, sequence, &["a"], 1_100);
    }
    let first = one(&sql, 1_100);
    let plan = sql.query("SELECT count(*) FROM delivery WHERE state = 'waiting'", &[]).unwrap();
    assert_eq!(plan[0].get::<i64>(0).unwrap(), 9_999);
    assert_eq!(claimed(&sql, 1_101), []);
    ended(&sql, &first, 1_102);
    assert_eq!(claimed(&sql, 1_103).len(), 1);
}
