//! Callbacks: what was acknowledged, and what the subscribers saw.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Report, happened};
use crate::chaos::evidence::{Arrival, Evidence};
use crate::chaos::trouble::Trouble;

/// What can take a subscriber's acknowledgement away from the gateway that waits for it, or its lease.
const LOSING: [Trouble; 4] = [Trouble::Kills, Trouble::FullDisk, Trouble::SlowDisk, Trouble::Clock];

/// The gateway waits so many milliseconds for a subscriber, and then some for the disk.
const WAITS: u64 = 30_000;

/// Audits every callback × subscriber.
pub fn audit(evidence: &Evidence, report: &mut Report) {
    let made: BTreeSet<&str> =
        evidence.truth.callbacks.iter().filter_map(|callback| callback.msg_id.as_deref()).collect();
    let acknowledged: BTreeSet<&str> = evidence
        .truth
        .callbacks
        .iter()
        .filter(|callback| callback.status == Some(200))
        .filter_map(|callback| callback.msg_id.as_deref())
        .collect();
    report.counts.insert("callbacks".to_owned(), evidence.truth.callbacks.len());
    report.counts.insert("callbacks, different ones acknowledged".to_owned(), acknowledged.len());
    report.counts.insert("callbacks that came again".to_owned(), evidence.books.repeats);
    report.counts.insert("callbacks with a wrong token".to_owned(), evidence.books.forged.0);
    report.counts.insert("recalls".to_owned(), evidence.books.recalls);
    report.counts.insert("dead letters".to_owned(), evidence.dead.len());

    let mut journal: HashMap<&str, &str> = HashMap::new();
    for event in &evidence.journal {
        if journal.insert(&event.message_id, &event.id).is_some_and(|id| id != event.id) {
            report.finds(format!("callback {} is two events", event.message_id));
        }
        if !made.contains(event.message_id.as_str()) {
            report.finds(format!("event {} tells of {}, which nobody called back", event.id, event.message_id));
        }
    }
    for message_id in &acknowledged {
        if !journal.contains_key(message_id) {
            report.finds(format!("callback {message_id} was acknowledged, and is not in the journal"));
        }
    }
    for (subscriber, arrivals) in &evidence.arrivals {
        handed_on(evidence, subscriber, arrivals, &journal, report);
    }
    let ids: BTreeSet<&str> = evidence.journal.iter().map(|event| event.id.as_str()).collect();
    if !evidence.books.pulled.saw(&ids) {
        report.finds(format!("{} events were pulled of {}", evidence.books.pulled.ids.len(), ids.len()));
    }
}

fn handed_on(
    evidence: &Evidence,
    subscriber: &str,
    arrivals: &[Arrival],
    journal: &HashMap<&str, &str>,
    report: &mut Report,
) {
    let mut taken: BTreeMap<&str, u64> = BTreeMap::new();
    for arrival in arrivals {
        if journal.get(arrival.message_id.as_str()) != Some(&arrival.event.as_str()) {
            report.finds(format!(
                "{subscriber} got {} of {}, which is not so in the journal",
                arrival.event, arrival.message_id
            ));
        }
        if let Some(at) = taken.get(arrival.event.as_str()) {
            if happened(evidence, &LOSING, *at, at + WAITS) {
                report.count(format!("handed on again to {subscriber}, explained by a lost acknowledgement"));
            } else {
                report
                    .finds(format!("{subscriber} took {} at {at}, and got it again at {}", arrival.event, arrival.at));
            }
        }
        if arrival.taken {
            taken.insert(&arrival.event, arrival.at);
        }
    }
    report.counts.insert(format!("events that {subscriber} took"), taken.len());
    for event in &evidence.journal {
        let dead = evidence.dead.contains(&(subscriber.to_owned(), event.id.clone()));
        if !dead && !taken.contains_key(event.id.as_str()) {
            report.finds(format!("{subscriber} did not take {}, and it is no dead letter", event.id));
        }
    }
}
