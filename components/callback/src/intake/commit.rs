//! Callbacks of one moment enter the journal by one statement, because what a commit costs hardly depends on how many of
//! them it is about.

use crate::{
    envelope::Envelope,
    journal::{self, Entry},
    pipeline::{Received, follow_up},
};
use runtime::task::{Brought, Moment};
use store::{Database, Error};

/// A callback that is to enter the journal.
struct Callback {
    entry: Entry,
    envelope: Envelope,
}

type Outcome = Result<(), Error>;

thread_local! {
    static MOMENT: Moment<Callback, Outcome> = const { Moment::new() };
}

/// Inserts a callback into the journal, with all others of the moment; returns once it is durable, or known as a repeat.
pub async fn insert(database: Database, entry: Entry, envelope: Envelope) -> Outcome {
    let now = entry.now;
    let committed =
        Moment::join(&MOMENT, now, Callback { entry, envelope }, |callbacks| commit(&database, callbacks)).await;
    committed.unwrap_or_else(|| Err(Error::Database("a callback was not committed".into())))
}

/// Commits callbacks together; one that cannot be inserted spoils it for no other.
fn commit(database: &Database, callbacks: Vec<Brought<Callback, Outcome>>) {
    let entries: Vec<&Entry> = callbacks.iter().map(|callback| &callback.what.entry).collect();
    match journal::insert(database, &entries) {
        Ok(places) => {
            let mut has_deliveries = false;
            let mut received = Vec::new();
            for (callback, place) in callbacks.into_iter().zip(places) {
                callback.tell(Ok(()));
                let Callback { entry, envelope } = callback.what;
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
        Err(_) if callbacks.len() > 1 => callbacks.into_iter().for_each(|one| commit(database, vec![one])),
        Err(error) => callbacks.iter().for_each(|callback| callback.tell(Err(error.clone()))),
    }
}
