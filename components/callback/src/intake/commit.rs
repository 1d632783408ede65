//! Callbacks of one moment enter the journal by one statement, because what a commit costs hardly depends on how many of
//! them it is about.

use crate::{
    envelope::Envelope,
    journal::{self, Entry},
    pipeline::{Received, follow_up},
};
use runtime::task::Moment;
use std::{cell::Cell, rc::Rc};
use store::{Database, Error};

/// A callback that is to enter the journal.
struct Waiting {
    entry: Entry,
    envelope: Envelope,
    /// What became of it; none as long as nobody has committed it.
    outcome: Rc<Cell<Option<Result<(), Error>>>>,
}

thread_local! {
    static MOMENT: Moment<Waiting> = const { Moment::new() };
}

/// Inserts a callback into the journal, with all others of the moment; returns once it is durable, or known as a repeat.
pub async fn insert(database: Database, entry: Entry, envelope: Envelope) -> Result<(), Error> {
    let outcome = Rc::new(Cell::new(None));
    Moment::gather(&MOMENT, entry.now, Waiting { entry, envelope, outcome: outcome.clone() }).await;
    if let Some(committed) = outcome.take() {
        return committed;
    }
    // Nobody else has done it: this one does it for all.
    commit(&database, MOMENT.with(Moment::take));
    outcome.take().unwrap_or_else(|| Err(Error::Database("a callback was not committed".into())))
}

/// Commits callbacks together; one that cannot be inserted spoils it for no other.
fn commit(database: &Database, waiting: Vec<Waiting>) {
    let entries: Vec<&Entry> = waiting.iter().map(|waiting| &waiting.entry).collect();
    match journal::insert(database, &entries) {
        Ok(places) => {
            let mut has_deliveries = false;
            let mut received = Vec::new();
            for (Waiting { entry, envelope, outcome }, place) in waiting.into_iter().zip(places) {
                outcome.set(Some(Ok(())));
                match place {
                    Some(place) if place.is_routed => {
                        has_deliveries |= entry.subscribers.is_some_and(|names| !names.is_empty());
                    }
                    Some(place) => {
                        received.push(Received { event: entry.at(place.sequence), envelope: Some(envelope) })
                    }
                    None => {}
                }
            }
            if has_deliveries || !received.is_empty() {
                follow_up::begin(database.clone(), received);
            }
        }
        Err(_) if waiting.len() > 1 => waiting.into_iter().for_each(|one| commit(database, vec![one])),
        Err(error) => drop(waiting.into_iter().next().map(|one| one.outcome.set(Some(Err(error))))),
    }
}
