//! Messages: what the ledger says of each recipient, and what the platforms saw.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;
use simulator::{Message, MessageState, Request};

use super::{Report, fault, happened};
use crate::chaos::evidence::{Evidence, Recipient, Row};
use crate::chaos::load::{Answer, Sent, number_in};
use crate::chaos::trouble::Trouble;

/// What can take an answer away from a gateway, or its memory of one.
const LOSING: [Trouble; 4] = [Trouble::Kills, Trouble::FullDisk, Trouble::SlowDisk, Trouble::Clock];

/// What only a request that breaks a rule is answered.
const INVALID: [u16; 8] = [400, 401, 403, 404, 405, 413, 415, 422];

/// The code of a refusal that is the platform's own.
const REJECTED: &str = "422002";

/// A request to a platform is over after so many milliseconds, and what vanished is noticed.
const OVER: u64 = 90_000;

/// What is known of one message that a caller wanted to send.
#[derive(Default)]
struct Case<'a> {
    sent: Option<&'a Sent>,
    rows: Vec<&'a Row>,
    messages: Vec<&'a Message>,
    requests: Vec<&'a Request>,
}

/// Audits every message × recipient.
pub fn audit(evidence: &Evidence, report: &mut Report) {
    let cases = cases(evidence, report);
    let ids: HashSet<&str> = evidence.ledger.iter().map(|row| row.id.as_str()).collect();
    for (number, case) in &cases {
        let Some(sent) = case.sent else {
            report.finds(format!("message {number} reached a platform, and nobody sent it"));
            continue;
        };
        report.count("messages asked for");
        for Answer { status, id, body } in &sent.answers {
            report.count(format!("answers {status}"));
            if INVALID.contains(status) && !body.contains(REJECTED) {
                report
                    .finds(format!("message {number} was refused with {status}, and nothing is wrong with it: {body}"));
            }
            if let Some(id) = id.as_ref().filter(|id| !ids.contains(id.as_str())) {
                report.finds(format!("message {number} was accepted as {id}, which is not in the ledger"));
            }
        }
        if sent.keyed && sent.answers.is_empty() {
            report.finds(format!("message {number} has a key, and its caller never learned what became of it"));
        }
        if case.messages.len() > 1 {
            report.finds(format!("message {number} was sent {} times", case.messages.len()));
        }
        let claimed = case.rows.iter().filter(|row| row.recipients.iter().any(claims)).count();
        if claimed > 1 {
            report.finds(format!("message {number} stands in the ledger {claimed} times as sent"));
        }
        if claimed == 0 && !case.messages.is_empty() {
            report.finds(format!("message {number} was sent, and the ledger has {:?}", states(&case.rows)));
        }
        for row in &case.rows {
            for recipient in &row.recipients {
                report.count(format!("recipients {}", recipient.state));
                if let Err(finding) = agrees(evidence, case, row, recipient, report) {
                    report.finds(format!("message {number} ({}) is {}: {finding}", row.id, recipient.state));
                }
            }
        }
    }
}

/// Puts together what belongs to the same message.
fn cases<'a>(evidence: &'a Evidence, report: &mut Report) -> BTreeMap<u64, Case<'a>> {
    let mut cases: BTreeMap<u64, Case<'a>> = BTreeMap::new();
    let (mut by_id, mut by_recipient, mut by_upstream) = (HashMap::new(), HashMap::new(), HashMap::new());
    for sent in &evidence.books.sent {
        cases.entry(sent.number).or_default().sent = Some(sent);
        by_id.extend(sent.answers.iter().filter_map(|answer| Some((answer.id.as_deref()?, sent.number))));
        by_recipient.extend(sent.own_recipient.as_deref().map(|recipient| (recipient, sent.number)));
    }
    for message in &evidence.truth.messages {
        match number_in(&message.content.to_string()) {
            Some(number) => {
                by_upstream.insert(message.id.as_str(), number);
                cases.entry(number).or_default().messages.push(message);
            }
            None => report.finds(format!("nobody asked for {} of {:?}", message.content, message.system)),
        }
    }
    for request in &evidence.truth.requests {
        if let Some(number) = number_in(&request.body.to_string()) {
            cases.entry(number).or_default().requests.push(request);
        }
    }
    for row in &evidence.ledger {
        let known = by_id.get(row.id.as_str());
        let known =
            known.or_else(|| row.recipients.iter().find_map(|found| by_recipient.get(found.recipient.as_str())));
        let known = known.or_else(|| by_upstream.get(row.upstream_id.as_deref()?));
        match known {
            Some(number) => cases.entry(*number).or_default().rows.push(row),
            // Its gateway died before it sent anything, or before it told the platform's refusal; the caller's next try has
            // a row of its own.
            None if row.recipients.iter().all(|recipient| matches!(recipient.state.as_str(), "refused" | "failed")) => {
                report.count("refused before an answer");
            }
            None => report.finds(format!("{} stands in the ledger, and nobody sent it: {:?}", row.id, row.recipients)),
        }
    }
    cases
}

/// Tells whether a state says that the message may have left.
fn claims(recipient: &Recipient) -> bool {
    !matches!(recipient.state.as_str(), "refused")
}

fn states(rows: &[&Row]) -> BTreeSet<String> {
    rows.iter().flat_map(|row| &row.recipients).map(|recipient| recipient.state.clone()).collect()
}

/// Compares what the ledger says of a recipient with what the platform saw.
fn agrees(evidence: &Evidence, case: &Case, row: &Row, of: &Recipient, report: &mut Report) -> Result<(), String> {
    let message = case.messages.first().copied();
    let arrived = message.filter(|message| row.system != "wanwang" || got(message, &of.recipient));
    match (of.state.as_str(), row.system.as_str()) {
        ("delivered", "quntool") | ("submitted", "wanwang" | "kdocs" | "robot") => match arrived {
            None => Err("it did not arrive".to_owned()),
            Some(message) => match message.state {
                MessageState::Delivered => Ok(()),
                MessageState::Recalled if recall_was_lost(evidence, message) => {
                    report.count("recalled, and the platform's answer was lost");
                    Ok(())
                }
                state => Err(format!("the platform has it as {state:?}")),
            },
        },
        ("recalled", _) => match arrived.map(|message| message.state) {
            // Taken back in the queue, it never left.
            None | Some(MessageState::Recalled) => Ok(()),
            state => Err(format!("the platform has it as {state:?}")),
        },
        ("failed", _) => match message.map(|message| message.state) {
            None | Some(MessageState::Failed) => Ok(()),
            Some(state) => Err(format!("the platform has it as {state:?}")),
        },
        // Another row of the same message may have been sent.
        ("refused", _) => Ok(()),
        ("expired", "quntool") => match message {
            None => Err("it never left, and had no deadline".to_owned()),
            Some(message) => recognised(evidence, message, row.upstream_id.is_none()),
        },
        ("unknown", _) => {
            let why = lost(evidence, case).ok_or("no answer of a platform was lost")?;
            message.map_or(Ok(()), |message| recognised(evidence, message, true))?;
            report.count(format!("unknown, explained: {why}"));
            Ok(())
        }
        (state, system) => Err(format!("{state} is not a final state of {system}")),
    }
}

/// Fails if the gateway acknowledged an outcome and did not see whose it is. One that has to be recognised by its time is
/// not, once the clock has jumped.
fn recognised(evidence: &Evidence, message: &Message, by_time: bool) -> Result<(), String> {
    match outcome_came(evidence, message) {
        Some(at) if !(by_time && happened(evidence, &[Trouble::Clock], 0, at)) => {
            Err("its outcome was acknowledged".to_owned())
        }
        _ => Ok(()),
    }
}

fn got(message: &Message, member: &str) -> bool {
    message.recipients.iter().any(|found| found == member) && !message.dropped.iter().any(|found| found == member)
}

/// Finds what took the platform's answer away.
fn lost(evidence: &Evidence, case: &Case) -> Option<String> {
    if let Some(fault) = case.requests.iter().find_map(|request| fault(request)) {
        return Some(fault);
    }
    let from = case.requests.first().map(|request| request.at).or(case.sent.map(|sent| sent.from))?;
    let kinds = LOSING.into_iter().filter(|kind| happened(evidence, &[*kind], from.saturating_sub(2_000), from + OVER));
    kinds.map(|kind| kind.name()).next()
}

/// Tells when the gateway acknowledged the true outcome of a message.
fn outcome_came(evidence: &Evidence, message: &Message) -> Option<u64> {
    let outcome = evidence.truth.callbacks.iter().find(|callback| {
        let text = |name: &str| callback.body.get(name).and_then(Value::as_str);
        callback.status == Some(200)
            && text("sendMsgId") == Some(&message.id)
            && text("wxid") == message.account.as_deref()
    });
    outcome.map(|callback| callback.at)
}

fn recall_was_lost(evidence: &Evidence, message: &Message) -> bool {
    let recalls = evidence
        .truth
        .requests
        .iter()
        .filter(|request| request.path.ends_with("ecall") && request.body.to_string().contains(&message.id));
    recalls.into_iter().any(|request| {
        request.fault.is_some() || happened(evidence, &LOSING, request.at.saturating_sub(2_000), request.at + OVER)
    })
}
