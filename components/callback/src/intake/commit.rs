//! Callbacks of one moment enter the journal by one statement, because what a commit costs hardly depends on how many of
//! them it is about. One that comes right after another gives way once before it commits; one that comes alone does not
//! wait for others.

use crate::{
    envelope::Envelope,
    journal::{self, Entry},
    pipeline::{Received, follow_up},
};
use runtime::task;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use store::{Database, Error};

/// A callback that is to enter the journal.
struct Waiting {
    entry: Entry,
    envelope: Envelope,
    /// What became of it; none as long as nobody has committed it.
    outcome: Rc<Cell<Option<Result<(), Error>>>>,
}

/// Callbacks that come within so many milliseconds of each other are of one moment.
const MOMENT: u64 = 2;

thread_local! {
    static LAST: Cell<u64> = const { Cell::new(0) };
    static WAITING: RefCell<Vec<Waiting>> = const { RefCell::new(Vec::new()) };
}

/// Inserts a callback into the journal, with all others of the moment; returns once it is durable, or known as a repeat.
pub async fn insert(database: Database, entry: Entry, envelope: Envelope) -> Result<(), Error> {
    let outcome = Rc::new(Cell::new(None));
    let came = entry.now;
    WAITING.with_borrow_mut(|waiting| waiting.push(Waiting { entry, envelope, outcome: outcome.clone() }));
    if came.saturating_sub(LAST.replace(came)) <= MOMENT {
        task::give_way().await;
    }
    if let Some(committed) = outcome.take() {
        return committed;
    }
    // Nobody else has done it: this one does it for all.
    commit(&database, WAITING.take());
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
