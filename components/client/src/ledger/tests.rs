//! The ledger on an SQLite of its own: every path a message can take, and the races at their ends.

pub mod at_once;
mod lost;

use super::{sweep, *};
use crate::bindings::exports::wecom::gateway::messages::{Filter, Outcome, Settlement};
use at_once::{insert, leave, submitted};
use proptest::prelude::*;
use store::memory::{Memory, Planned};

fn ledger() -> Memory {
    Memory::new(&schema::MIGRATIONS)
}

const ENTRY: Entry<'_> = Entry {
    id: "m-1",
    caller: "crm",
    request_id: "r-1",
    system: System::Quntool,
    kind: "text",
    account: Some("a-1"),
    company: None,
    recipients: r#"["S:1_2"]"#,
    idempotency_key: None,
    fingerprint: "f",
    echo: Some("text_msg"),
    now: 1_000,
    lease_until: 5_000,
    counted_until: Some(3_000),
    queued: false,
};

fn sending(sql: &Memory, id: &str, now: u64, lease_until: u64) -> bool {
    matches!(leave(sql, id, now, lease_until, None, None).unwrap(), Leave::Left)
}

fn outcome(event: &str, account: &str, code: i64) -> Outcome {
    Outcome {
        event_id: event.into(),
        upstream_id: "u-1".into(),
        account: account.into(),
        code,
        message: (code != 0).then(|| "Abnormal request frequency".to_owned()),
        kind: "text_msg".into(),
        conversation_id: Some("S:1_2".into()),
        content: Some("你好".into()),
        sent_at: Some(1_000),
    }
}

fn history(sql: &Memory) -> Vec<State> {
    report(sql, "crm", "m-1").unwrap().unwrap().attempts.iter().map(|attempt| attempt.state).collect()
}

fn sent(sql: &Memory) {
    assert_eq!(insert(sql, &ENTRY).unwrap(), None);
    assert!(sending(sql, "m-1", 1_001, 20_000));
}

#[test]
fn what_runs_every_second_looks_at_no_more_than_it_is_about() {
    let sql = ledger();
    let planned = Planned(&sql);
    sweep::vanished_while_sending(&planned, 1, 9).unwrap();
    sweep::vanished_before_sending(&planned, 1, 9).unwrap();
    sweep::without_outcome(&planned, 1, 9).unwrap();
    sweep::past_deadline(&planned, 1, 9).unwrap();
    sweep::old(&planned, 1, 9).unwrap();
    sweep::counted(&planned, 1, 9).unwrap();
    queue::claim(&planned, r#"["quntool"]"#, "w", 1, 2, 9).unwrap();
    queue::keep(&planned, "quntool/a", "w", 2).unwrap();
    queue::next(&planned, "quntool/a", 1, "[]").unwrap();
    queue::release(&planned, "quntool/a", "w", 1).unwrap();
}

#[test]
fn a_message_is_submitted_and_then_settled_by_its_outcome() {
    let sql = ledger();
    sent(&sql);
    assert_eq!(submitted(&sql, "m-1", Some("u-1"), Some((200, "{}")), 1_100).unwrap(), State::Submitted);
    assert_eq!(settle(&sql, &outcome("e-1", "a-1", -1_000_999), 1_200).unwrap(), Settlement::Settled);
    assert_eq!(history(&sql), [State::Accepted, State::Sending, State::Submitted, State::Failed]);
    let report = report(&sql, "crm", "u-1").unwrap().unwrap();
    assert_eq!((report.id.as_str(), report.state), ("m-1", State::Failed));
    assert_eq!(report.recipients[0].code, Some(-1_000_999));
    assert_eq!(report.recipients[0].message.as_deref(), Some("Abnormal request frequency"));
}

#[test]
fn an_outcome_that_comes_before_the_answer_settles_too() {
    let sql = ledger();
    sent(&sql);
    assert_eq!(settle(&sql, &outcome("e-1", "a-1", 0), 1_050).unwrap(), Settlement::Early);
    assert_eq!(submitted(&sql, "m-1", Some("u-1"), Some((200, "{}")), 1_100).unwrap(), State::Delivered);
    assert_eq!(settle(&sql, &outcome("e-1", "a-1", 0), 1_200).unwrap(), Settlement::Settled);
    assert_eq!(settle(&sql, &outcome("e-2", "a-1", 5), 1_300).unwrap(), Settlement::Repeated);
    assert_eq!(history(&sql), [State::Accepted, State::Sending, State::Delivered]);
}

/// A message whose answer was lost.
fn lost(sql: &Memory, id: &str, echo: &str, recipients: &str, at: u64) {
    insert(sql, &Entry { id, echo: Some(echo), recipients, ..ENTRY }).unwrap();
    sending(sql, id, at, at + 20_000);
    let lost = End { state: State::Unknown, code: None, reason: "", answer: None, release_key: false };
    end(sql, id, &lost, at + 1).unwrap();
}

#[test]
fn an_outcome_settles_the_one_lost_answer_that_it_fits() {
    let text = echo("text_msg", Some("你好"));
    let sql = ledger();
    lost(&sql, "m-1", &text, r#"["S:1_2"]"#, 1_000);
    lost(&sql, "m-2", &echo("text_msg", Some("再见")), r#"["S:1_2"]"#, 1_000);
    lost(&sql, "m-3", "image_msg", r#"["S:1_2"]"#, 1_000);
    lost(&sql, "m-4", &text, r#"["S:1_3"]"#, 1_000);
    lost(&sql, "m-5", &text, r#"["S:1_2"]"#, 500_000);
    assert_eq!(settle(&sql, &outcome("e-1", "a-2", 0), 1_050).unwrap(), Settlement::Unmatched);
    assert_eq!(settle(&sql, &outcome("e-2", "a-1", 0), 1_050).unwrap(), Settlement::Settled);
    let report = report(&sql, "crm", "u-1").unwrap().unwrap();
    assert_eq!((report.id.as_str(), report.state), ("m-1", State::Delivered));
    let later = Outcome { upstream_id: "u-2".into(), ..outcome("e-3", "a-1", 0) };
    assert_eq!(settle(&sql, &later, 1_060).unwrap(), Settlement::Unmatched, "it had its outcome");
}

#[test]
fn an_outcome_settles_the_message_whose_answer_had_no_id_even_after_its_deadline() {
    for expires in [false, true] {
        let sql = ledger();
        insert(&sql, &Entry { echo: Some("text_msg"), ..ENTRY }).unwrap();
        sending(&sql, "m-1", 1_000, 20_000);
        assert_eq!(submitted(&sql, "m-1", None, Some((200, "{}")), 1_100).unwrap(), State::Submitted);
        let now = if expires { 2_000 + sweep::OUTCOME_DEADLINE } else { 1_200 };
        assert_eq!(sweep::without_outcome(&sql, now, 10).unwrap(), u32::from(expires));
        assert_eq!(settle(&sql, &outcome("e-1", "a-1", 0), now).unwrap(), Settlement::Settled);
        let report = report(&sql, "crm", "u-1").unwrap().unwrap();
        assert_eq!((report.id.as_str(), report.state), ("m-1", State::Delivered));
    }
}

#[test]
fn an_outcome_that_comes_after_the_deadline_settles_too() {
    let sql = ledger();
    sent(&sql);
    submitted(&sql, "m-1", Some("u-1"), Some((200, "{}")), 1_100).unwrap();
    assert_eq!(sweep::without_outcome(&sql, 2_000 + sweep::OUTCOME_DEADLINE, 10).unwrap(), 1);
    assert_eq!(settle(&sql, &outcome("e-1", "a-1", 0), 3_000 + sweep::OUTCOME_DEADLINE).unwrap(), Settlement::Settled);
    assert_eq!(history(&sql), [State::Accepted, State::Sending, State::Submitted, State::Expired, State::Delivered]);
}

#[test]
fn an_outcome_that_fits_two_lost_answers_settles_neither() {
    let sql = ledger();
    lost(&sql, "m-1", "text_msg", r#"["S:1_2"]"#, 1_000);
    lost(&sql, "m-2", "text_msg", r#"["S:1_2"]"#, 1_500);
    assert_eq!(settle(&sql, &outcome("e-1", "a-1", 0), 1_600).unwrap(), Settlement::Unmatched);
    assert!(["m-1", "m-2"].iter().all(|id| report(&sql, "crm", id).unwrap().unwrap().state == State::Unknown));
}

#[test]
fn an_outcome_waits_while_it_may_be_of_a_message_under_way() {
    let sql = ledger();
    lost(&sql, "m-1", "text_msg", r#"["S:1_2"]"#, 1_000);
    insert(&sql, &Entry { id: "m-2", ..ENTRY }).unwrap();
    sending(&sql, "m-2", 1_000, 20_000);
    assert_eq!(settle(&sql, &outcome("e-1", "a-1", 0), 1_600).unwrap(), Settlement::Early);
    submitted(&sql, "m-2", Some("u-2"), Some((200, "{}")), 1_700).unwrap();
    assert_eq!(settle(&sql, &outcome("e-1", "a-1", 0), 1_800).unwrap(), Settlement::Settled);
    assert_eq!(report(&sql, "crm", "u-1").unwrap().unwrap().id, "m-1");
}

#[test]
fn a_summary_counts_recipients_by_hour_and_state() {
    let sql = ledger();
    let hour = 3_600_000;
    insert(&sql, &Entry { recipients: r#"["a","b"]"#, now: hour + 5, ..ENTRY }).unwrap();
    insert(&sql, &Entry { id: "m-2", now: 2 * hour, ..ENTRY }).unwrap();
    insert(&sql, &Entry { id: "m-3", caller: "erp", now: hour, ..ENTRY }).unwrap();
    sending(&sql, "m-2", 2 * hour, 3 * hour);
    let totals: Vec<_> =
        summary(&sql, "crm", 0, 3 * hour).unwrap().iter().map(|total| (total.hour, total.state, total.count)).collect();
    assert_eq!(totals, [(hour, State::Accepted, 2), (2 * hour, State::Sending, 1)]);
    assert!(summary(&sql, "crm", 3 * hour, 9 * hour).unwrap().is_empty());
}

#[test]
fn an_outcome_of_another_account_settles_nothing() {
    let sql = ledger();
    sent(&sql);
    assert_eq!(settle(&sql, &outcome("e-1", "forger", 0), 1_050).unwrap(), Settlement::Unmatched);
    assert_eq!(submitted(&sql, "m-1", Some("u-1"), Some((200, "{}")), 1_100).unwrap(), State::Submitted);
    assert_eq!(settle(&sql, &outcome("e-2", "forger", 0), 1_200).unwrap(), Settlement::Unmatched);
    assert_eq!(history(&sql), [State::Accepted, State::Sending, State::Submitted]);
}

#[test]
fn a_message_of_another_caller_is_not_told() {
    let sql = ledger();
    sent(&sql);
    assert!(report(&sql, "erp", "m-1").unwrap().is_none());
}

#[test]
fn a_vanished_worker_leaves_unknown_or_refused_and_never_a_second_send() {
    let sql = ledger();
    sent(&sql);
    assert_eq!(sweep::vanished_while_sending(&sql, 20_000, 9).unwrap(), 0);
    assert_eq!(sweep::vanished_while_sending(&sql, 20_001, 9).unwrap(), 1);
    assert!(!sending(&sql, "m-1", 20_002, 40_000));
    // The worker was only slow: its answer is better knowledge than the sweep's.
    assert_eq!(submitted(&sql, "m-1", Some("u-1"), Some((200, "{}")), 21_000).unwrap(), State::Submitted);

    let other = Entry { id: "m-2", idempotency_key: Some("k"), ..ENTRY };
    assert_eq!(insert(&sql, &other).unwrap(), None);
    assert_eq!(sweep::vanished_before_sending(&sql, 5_001, 9).unwrap(), 1);
    assert!(!sending(&sql, "m-2", 5_002, 40_000));
    assert_eq!(report(&sql, "crm", "m-2").unwrap().unwrap().state, State::Refused);
    assert_eq!(insert(&sql, &Entry { id: "m-3", idempotency_key: Some("k"), ..ENTRY }).unwrap(), None);
}

#[test]
fn an_idempotency_key_leads_to_the_first_message_of_its_caller() {
    let sql = ledger();
    let keyed = Entry { idempotency_key: Some("k"), ..ENTRY };
    assert_eq!(insert(&sql, &keyed).unwrap(), None);
    let known = insert(&sql, &Entry { id: "m-2", ..keyed }).unwrap().unwrap();
    assert_eq!((known.id.as_str(), known.state), ("m-1", State::Accepted));
    assert_eq!(insert(&sql, &Entry { id: "m-3", caller: "erp", ..keyed }).unwrap(), None);
}

#[test]
fn a_message_that_never_left_gives_its_key_back() {
    let sql = ledger();
    let keyed = Entry { idempotency_key: Some("k"), ..ENTRY };
    insert(&sql, &keyed).unwrap();
    let refused = End { state: State::Refused, code: None, reason: "limit", answer: None, release_key: true };
    end(&sql, "m-1", &refused, 1_100).unwrap();
    assert_eq!(insert(&sql, &Entry { id: "m-2", ..keyed }).unwrap(), None);
}

#[test]
fn time_expires_keys_missing_outcomes_and_rows() {
    let sql = ledger();
    insert(&sql, &Entry { idempotency_key: Some("k"), ..ENTRY }).unwrap();
    sending(&sql, "m-1", 1_000, 20_000);
    submitted(&sql, "m-1", Some("u-1"), Some((200, "{}")), 1_000).unwrap();
    assert_eq!(sweep::without_outcome(&sql, 1_000 + sweep::OUTCOME_DEADLINE, 9).unwrap(), 0);
    assert_eq!(sweep::without_outcome(&sql, 1_001 + sweep::OUTCOME_DEADLINE, 9).unwrap(), 1);
    assert_eq!(sweep::old(&sql, 1_001 + sweep::IDEMPOTENCY, 9).unwrap(), 0);
    assert_eq!(
        insert(&sql, &Entry { id: "m-2", now: 9_000_000_000, idempotency_key: Some("k"), ..ENTRY }).unwrap(),
        None
    );
    assert_eq!(sweep::old(&sql, 1_001 + sweep::RETENTION, 9).unwrap(), 1);
    assert!(report(&sql, "crm", "m-1").unwrap().is_none());
    assert!(sql.query("SELECT 1 FROM attempt WHERE message_id = 'm-1'", &[]).unwrap().is_empty());
    assert!(sql.query("SELECT 1 FROM recipient WHERE message_id = 'm-1'", &[]).unwrap().is_empty());
}

#[test]
fn counters_are_handed_over_once() {
    let sql = ledger();
    insert(&sql, &ENTRY).unwrap();
    assert!(sweep::counted(&sql, 3_000, 9).unwrap().is_empty());
    let counted = sweep::counted(&sql, 3_001, 9).unwrap();
    assert_eq!((counted[0].from, counted[0].until, counted[0].account.as_deref()), (1_000, 3_000, Some("a-1")));
    sweep::uncounted(&sql, &counted).unwrap();
    assert!(sweep::counted(&sql, 3_001, 9).unwrap().is_empty());
}

#[test]
fn several_recipients_have_a_state_each() {
    let sql = ledger();
    insert(&sql, &Entry { recipients: r#"["b","a","b"]"#, ..ENTRY }).unwrap();
    let recipients = report(&sql, "crm", "m-1").unwrap().unwrap().recipients;
    let names: Vec<&str> = recipients.iter().map(|recipient| recipient.recipient.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    assert!(recipients.iter().all(|recipient| recipient.state == State::Accepted));
}

#[test]
fn a_message_of_several_calls_has_a_state_for_each_recipient_and_is_taken_back_call_by_call() {
    let sql = ledger();
    let entry = Entry { system: System::Wanwang, account: None, recipients: r#"["a","b","c"]"#, ..ENTRY };
    insert(&sql, &entry).unwrap();
    sending(&sql, "m-1", 1_001, 20_000);
    part(&sql, "m-1", 0, Some("u-1"), r#"["a"]"#).unwrap();
    part(&sql, "m-1", 1, Some("u-2"), r#"["b"]"#).unwrap();
    let states = |sql: &Memory| -> Vec<State> {
        report(sql, "crm", "m-1").unwrap().unwrap().recipients.iter().map(|recipient| recipient.state).collect()
    };
    assert_eq!(states(&sql), [State::Submitted, State::Submitted, State::Sending]);
    rest(&sql, "m-1", &serde_json::json!(["c"]), State::Failed, Some(7), "no").unwrap();
    submitted(&sql, "m-1", Some("u-1"), Some((200, "{}")), 1_100).unwrap();
    assert_eq!(states(&sql), [State::Submitted, State::Submitted, State::Failed]);
    let known = recall::find(&sql, "u-1").unwrap().unwrap();
    assert_eq!(known.upstream_ids, ["u-1", "u-2"]);
    recall::part(&sql, "m-1", "u-1").unwrap();
    assert_eq!(states(&sql), [State::Recalled, State::Submitted, State::Failed]);
    assert_eq!(recall::find(&sql, "m-1").unwrap().unwrap().upstream_ids, ["u-2"]);
    recall::part(&sql, "m-1", "u-2").unwrap();
    recall::recalled(&sql, "m-1", 1_200).unwrap();
    assert_eq!(states(&sql), [State::Recalled, State::Recalled, State::Failed]);
}

#[test]
fn lists_a_callers_messages_in_order_and_by_filter() {
    let sql = ledger();
    for (id, caller, account) in
        [("m-1", "crm", "a-1"), ("m-2", "erp", "a-1"), ("m-3", "crm", "a-2"), ("m-4", "crm", "a-1")]
    {
        insert(&sql, &Entry { id, caller, account: Some(account), ..ENTRY }).unwrap();
    }
    sending(&sql, "m-4", 1_001, 20_000);
    let ids = |filter: Filter| -> Vec<String> {
        list(&sql, "crm", &filter).unwrap().into_iter().map(|report| report.id).collect()
    };
    let all = Filter { state: None, account: None, after: None, limit: 10 };
    assert_eq!(ids(all.clone()), ["m-1", "m-3", "m-4"]);
    assert_eq!(ids(Filter { limit: 2, ..all.clone() }), ["m-1", "m-3"]);
    assert_eq!(ids(Filter { after: Some("m-1".into()), ..all.clone() }), ["m-3", "m-4"]);
    assert_eq!(ids(Filter { account: Some("a-1".into()), ..all.clone() }), ["m-1", "m-4"]);
    assert_eq!(ids(Filter { state: Some(State::Sending), ..all }), ["m-4"]);
}

fn used_up(sql: &Memory, id: &str, now: u64) -> (&'static str, String, u64) {
    match leave(sql, id, now, now + 9, None, None).unwrap() {
        Leave::UsedUp(used_up) => (used_up.limit.name, used_up.scope.unwrap(), used_up.retry_after),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_employee_gets_thirty_a_minute_from_an_app_and_a_message_to_many_counts_for_each() {
    let sql = ledger();
    let notice = Entry { system: System::Wanwang, account: None, ..ENTRY };
    let send = |id: &str, recipients: &str, company: Option<&'static str>, now: u64| {
        insert(&sql, &Entry { id, recipients, company, now, ..notice }).unwrap();
        sending(&sql, id, now, now + 1_000)
    };
    for number in 0..30 {
        assert!(send(&format!("a-{number}"), r#"["a","b"]"#, None, 100_000 + number));
    }
    assert!(!send("over", r#"["c","a"]"#, None, 100_100));
    let (limit, employee, wait) = used_up(&sql, "over", 100_100);
    assert_eq!((limit, employee.as_str()), ("employee-minute", "a"));
    assert!((60_100..=60_200).contains(&wait), "{wait}");
    assert_eq!(used_up(&sql, "over", 1_000).2, 60_250, "no wait is longer than the window, whatever a clock says");
    assert!(send("other", r#"["c"]"#, None, 100_100), "nothing was counted for the other recipient");
    assert!(send("app", r#"["a"]"#, Some("another company"), 100_100));
    assert!(sending(&sql, "over", 100_100 + wait + 1, 999_999));
}

#[test]
fn an_employee_gets_a_thousand_an_hour_from_an_app() {
    let sql = ledger();
    let notice = Entry { system: System::Wanwang, account: None, recipients: r#"["a"]"#, ..ENTRY };
    for number in 0..1_000 {
        let (id, now) = (format!("a-{number}"), 1_000_000 + number * 2_500);
        insert(&sql, &Entry { id: &id, now, ..notice }).unwrap();
        assert!(sending(&sql, &id, now, now + 1_000));
    }
    insert(&sql, &Entry { id: "over", now: 3_500_000, ..notice }).unwrap();
    let (limit, _, wait) = used_up(&sql, "over", 3_500_000);
    assert_eq!((limit, wait), ("employee-hour", 1_100_250));
}

#[test]
fn what_was_refused_was_not_counted() {
    let sql = ledger();
    let notice = Entry { system: System::Wanwang, account: None, recipients: r#"["a"]"#, ..ENTRY };
    for number in 0..40 {
        let id = format!("a-{number}");
        insert(&sql, &Entry { id: &id, ..notice }).unwrap();
        assert!(sending(&sql, &id, 2_000, 9_000));
        let refused = End { state: State::Refused, code: None, reason: "", answer: None, release_key: true };
        end(&sql, &id, &refused, 2_001).unwrap();
    }
}

#[derive(Clone, Debug)]
enum Step {
    Sending,
    Submitted,
    Refused,
    Outcome(&'static str, i64),
    Vanish,
    Expire,
}

proptest! {
    /// Whatever happens in whatever order: the history is one path through the states, the recipients stand where the
    /// message stands, and what is final stays.
    #[test]
    fn every_order_of_events_is_one_path(steps in prop::collection::vec(prop_oneof![
        Just(Step::Sending), Just(Step::Submitted), Just(Step::Refused), Just(Step::Vanish), Just(Step::Expire),
        Just(Step::Outcome("a-1", 0)), Just(Step::Outcome("a-1", -1)), Just(Step::Outcome("forger", 0)),
    ], 0..12)) {
        use State::*;
        let sql = ledger();
        insert(&sql, &ENTRY).unwrap();
        for (number, step) in steps.iter().enumerate() {
            match step {
                Step::Sending => { sending(&sql, "m-1", 1_000, 20_000); }
                Step::Submitted => { submitted(&sql, "m-1", Some("u-1"), Some((200, "{}")), 1_000).unwrap(); }
                Step::Refused => {
                    let refused = End { state: Failed, code: Some(1), reason: "", answer: None, release_key: false };
                    end(&sql, "m-1", &refused, 1_000).unwrap();
                }
                Step::Outcome(account, code) => {
                    settle(&sql, &outcome(&format!("e-{number}"), account, *code), 1_000).unwrap();
                }
                Step::Vanish => {
                    sweep::vanished_while_sending(&sql, 30_000, 9).unwrap();
                    sweep::vanished_before_sending(&sql, 30_000, 9).unwrap();
                }
                Step::Expire => { sweep::without_outcome(&sql, 2_000 + sweep::OUTCOME_DEADLINE, 9).unwrap(); }
            }
            let report = report(&sql, "crm", "m-1").unwrap().unwrap();
            prop_assert_eq!(report.attempts.last().unwrap().state, report.state);
            prop_assert!(report.recipients.iter().all(|recipient| recipient.state == report.state));
            for pair in report.attempts.windows(2) {
                let allowed: &[State] = match pair[0].state {
                    Accepted => &[Sending, Failed, Refused],
                    Sending => &[Submitted, Delivered, Failed, Unknown],
                    Unknown => &[Submitted, Delivered, Failed],
                    Submitted => &[Delivered, Failed, Expired],
                    // What nobody had told of after a day may be told of yet.
                    Expired => &[Delivered, Failed],
                    _ => &[],
                };
                prop_assert!(allowed.contains(&pair[1].state), "{:?}", report.attempts);
            }
        }
    }
}
