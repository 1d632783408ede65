//! Evidence in which one thing is wrong: the audit finds it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use simulator::{Callback, Message, MessageState, Request, System, Violation};

use super::audit;
use crate::chaos::evidence::{Arrival, Event, Evidence, Recipient, Row};
use crate::chaos::load::{Answer, Sent};
use crate::chaos::trouble::{Disturbance, Trouble};

const AT: u64 = 1_000_000;
const CONVERSATION: &str = "S:1_2";

fn message(id: &str, state: MessageState) -> Message {
    Message {
        id: id.to_owned(),
        system: System::Quntool,
        at: AT,
        account: Some("1".to_owned()),
        conversation: Some(CONVERSATION.to_owned()),
        recipients: Vec::new(),
        dropped: Vec::new(),
        kind: "text".to_owned(),
        content: json!({"content": "⟦7⟧"}),
        cut: false,
        state,
        code: 0,
        outcomes: 1,
    }
}

fn request(fault: Option<Value>) -> Request {
    Request {
        number: 0,
        at: AT,
        system: System::Quntool,
        method: "POST".to_owned(),
        path: "/gnapi/open/msg/text".to_owned(),
        query: BTreeMap::new(),
        headers: BTreeMap::new(),
        status: Some(200),
        body: json!({"content": "⟦7⟧"}),
        answer: Value::Null,
        fault,
    }
}

fn callback(msg_id: &str, body: Value) -> Callback {
    Callback { at: AT, msg_id: Some(msg_id.to_owned()), kind: None, status: Some(200), error: None, body }
}

fn arrival(at: u64) -> Arrival {
    Arrival { at, event: "event".to_owned(), message_id: "callback".to_owned(), taken: true }
}

/// A message that was delivered, and whose outcome was handed on to a subscriber and pulled.
fn whole() -> Evidence {
    let recipient = Recipient { recipient: CONVERSATION.to_owned(), state: "delivered".to_owned() };
    let mut evidence = Evidence {
        ledger: vec![Row {
            id: "row".to_owned(),
            system: "quntool".to_owned(),
            upstream_id: Some("upstream".to_owned()),
            recipients: vec![recipient],
        }],
        journal: vec![Event { id: "event".to_owned(), message_id: "callback".to_owned() }],
        arrivals: BTreeMap::from([("usual", vec![arrival(AT)])]),
        ..Evidence::default()
    };
    let answers = vec![Answer { status: 200, id: Some("row".to_owned()), body: String::new() }];
    evidence.books.sent.push(Sent { number: 7, own_recipient: None, keyed: true, from: AT, answers });
    evidence.books.pulled.ids.push("event".to_owned());
    evidence.truth.messages.push(message("upstream", MessageState::Delivered));
    evidence.truth.requests.push(request(None));
    evidence.truth.callbacks.push(callback("callback", json!({"sendMsgId": "upstream", "wxid": "1"})));
    evidence
}

fn state(evidence: &mut Evidence, state: &str) {
    evidence.ledger[0].recipients[0].state = state.to_owned();
}

fn disturbed(evidence: &mut Evidence, trouble: Trouble, at: u64) {
    evidence.disturbances.push(Disturbance { trouble, from: at, until: at + 10 });
}

/// Audits evidence with one thing changed; returns what was found.
fn found(change: impl FnOnce(&mut Evidence)) -> Vec<String> {
    let mut evidence = whole();
    change(&mut evidence);
    audit(&evidence).findings
}

#[test]
fn what_is_whole_agrees() {
    assert_eq!(found(|_| {}), [""; 0]);
}

/// What is found, and what is changed.
type Flaw = (&'static str, fn(&mut Evidence));

#[test]
fn what_was_lost_or_doubled_is_found() {
    let cases: [Flaw; 20] = [
        ("was sent 2 times", |evidence| evidence.truth.messages.push(message("again", MessageState::Delivered))),
        ("it did not arrive", |evidence| evidence.truth.messages.clear()),
        ("the platform has it as Failed", |evidence| evidence.truth.messages[0].state = MessageState::Failed),
        ("is not in the ledger", |evidence| evidence.ledger.clear()),
        ("the ledger has {\"refused\"}", |evidence| state(evidence, "refused")),
        ("the platform has it as Delivered", |evidence| state(evidence, "failed")),
        ("its outcome was acknowledged", |evidence| state(evidence, "expired")),
        ("no answer of a platform was lost", |evidence| state(evidence, "unknown")),
        ("sending is not a final state", |evidence| state(evidence, "sending")),
        ("submitted is not a final state of quntool", |evidence| state(evidence, "submitted")),
        ("nobody sent it", |evidence| evidence.books.sent.clear()),
        ("nobody asked for", |evidence| evidence.truth.messages[0].content = json!({"content": "?"})),
        ("never learned", |evidence| evidence.books.sent[0].answers.clear()),
        ("stands in the ledger 2 times as sent", |evidence| evidence.ledger.push(evidence.ledger[0].clone())),
        ("acknowledged, and is not in the journal", |evidence| {
            evidence.truth.callbacks.push(callback("lost", Value::Null));
        }),
        ("which nobody called back", |evidence| evidence.truth.callbacks.clear()),
        ("did not take event", |evidence| drop(evidence.arrivals.insert("usual", Vec::new()))),
        ("and got it again", |evidence| drop(evidence.arrivals.insert("usual", vec![arrival(AT), arrival(AT + 9)]))),
        ("which is not so in the journal", |evidence| {
            evidence.arrivals.insert("usual", vec![arrival(AT), Arrival { event: "other".to_owned(), ..arrival(AT) }]);
        }),
        ("0 events were pulled of 1", |evidence| evidence.books.pulled.ids.clear()),
    ];
    for (finding, change) in cases {
        let found = found(change);
        assert!(found.iter().any(|found| found.contains(finding)), "{finding}: {found:?}");
    }
}

#[test]
fn a_lost_answer_explains_what_is_unknown() {
    let unknown = |evidence: &mut Evidence| {
        state(evidence, "unknown");
        evidence.truth.callbacks[0].body = Value::Null;
    };
    assert_eq!(
        found(|evidence| {
            unknown(evidence);
            evidence.truth.requests[0].fault = Some(json!({"cut": "after"}))
        }),
        [""; 0]
    );
    assert_eq!(
        found(|evidence| {
            unknown(evidence);
            disturbed(evidence, Trouble::Kills, AT + 1_000)
        }),
        [""; 0]
    );
    assert_eq!(
        found(|evidence| {
            unknown(evidence);
            disturbed(evidence, Trouble::Tokens, AT + 1_000)
        })
        .len(),
        1
    );
    assert_eq!(
        found(|evidence| {
            unknown(evidence);
            disturbed(evidence, Trouble::Kills, AT + 200_000)
        })
        .len(),
        1
    );
}

#[test]
fn an_outcome_that_was_acknowledged_has_to_settle_what_is_unknown() {
    let unsettled = |evidence: &mut Evidence| {
        state(evidence, "unknown");
        evidence.truth.requests[0].fault = Some(json!({"cut": "after"}));
    };
    assert_eq!(found(unsettled).len(), 1);
}

#[test]
fn a_kill_explains_what_is_handed_on_twice() {
    let twice =
        |evidence: &mut Evidence| drop(evidence.arrivals.insert("usual", vec![arrival(AT), arrival(AT + 9_000)]));
    assert_eq!(
        found(|evidence| {
            twice(evidence);
            disturbed(evidence, Trouble::Kills, AT + 5)
        }),
        [""; 0]
    );
    assert_eq!(
        found(|evidence| {
            twice(evidence);
            disturbed(evidence, Trouble::Outcomes, AT + 5)
        })
        .len(),
        1
    );
}

#[test]
fn a_dead_letter_accounts_for_an_event() {
    let dead = |evidence: &mut Evidence| {
        evidence.arrivals.insert("usual", Vec::new());
        evidence.dead.insert(("usual".to_owned(), "event".to_owned()));
    };
    assert_eq!(found(dead), [""; 0]);
}

#[test]
fn only_a_jump_of_the_clock_excuses_a_broken_rule() {
    let broken = |evidence: &mut Evidence| {
        let rule = "quntool_spacing".to_owned();
        evidence.truth.violations.push(Violation { at: AT, rule, detail: String::new() });
    };
    assert_eq!(found(broken).len(), 1);
    assert_eq!(
        found(|evidence| {
            broken(evidence);
            disturbed(evidence, Trouble::Clock, AT - 400)
        }),
        [""; 0]
    );
    assert_eq!(
        found(|evidence| {
            broken(evidence);
            disturbed(evidence, Trouble::SlowDisk, AT - 400)
        })
        .len(),
        1
    );
}

#[test]
fn each_employee_counts() {
    let employees = |evidence: &mut Evidence, dropped: &[&str]| {
        evidence.ledger[0].system = "wanwang".to_owned();
        evidence.ledger[0].recipients =
            ["a", "b"].map(|name| Recipient { recipient: name.to_owned(), state: "submitted".to_owned() }).to_vec();
        let message = &mut evidence.truth.messages[0];
        message.recipients = vec!["a".to_owned(), "b".to_owned()];
        message.dropped = dropped.iter().map(|name| (*name).to_owned()).collect();
    };
    assert_eq!(found(|evidence| employees(evidence, &[])), [""; 0]);
    let found = found(|evidence| employees(evidence, &["b"]));
    assert!(found.len() == 1 && found[0].contains("it did not arrive"), "{found:?}");
}
