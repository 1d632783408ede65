//! What is old leaves: events the journal, marks the key-value store.

use crate::{
    journal::{done, retention},
    seen,
};
use runtime::clock;
use store::{Database, Error};

const DAY: u64 = 24 * 3_600_000;
/// A mark lives for so long after the receipt of its callback.
const MARK: u64 = 30 * DAY;
/// A dead letter is kept for so long.
const DEAD_LETTER: u64 = 30 * DAY;
/// So many at once: a `set-many` of 500 takes about 20 ms.
const BATCH: u32 = 500;
/// A run begins no batch after so many milliseconds: the next tick goes on.
const RUN: u64 = 5_000;

/// Lets go what is older than the journal's retention, in milliseconds, and returns how many events and marks went.
pub fn sweep(database: &Database, journal: u64) -> Result<u32, Error> {
    let over = clock::now() + RUN;
    let mut deleted = 0;
    loop {
        let now = clock::now();
        let events = events(database, now, journal)?;
        let marks = marks(database, now)?;
        deleted += events + marks;
        if events.max(marks) < BATCH || now > over {
            break;
        }
    }
    done::forget(database, clock::now().saturating_sub(DEAD_LETTER))?;
    Ok(deleted)
}

/// Marks callbacks first, and deletes them then: whatever stops in between leaves both, and it is done again.
fn events(database: &Database, now: u64, journal: u64) -> Result<u32, Error> {
    let dead_after = now.saturating_sub(DEAD_LETTER);
    let old = retention::old(database, now.saturating_sub(journal), dead_after, BATCH)?;
    if old.is_empty() {
        return Ok(0);
    }
    seen::mark(old.iter().filter_map(|old| Some((old.message_id.as_deref()?, old.id.as_str()))))?;
    retention::delete(database, &old, dead_after)?;
    Ok(u32::try_from(old.len()).unwrap_or(u32::MAX))
}

/// Deletes marks first, and their rows then.
fn marks(database: &Database, now: u64) -> Result<u32, Error> {
    let marks = retention::marks(database, now.saturating_sub(MARK), BATCH)?;
    if marks.is_empty() {
        return Ok(0);
    }
    seen::forget(marks.iter().map(|(_, message_id)| message_id.as_str()))?;
    let numbers: Vec<i64> = marks.iter().map(|(number, _)| *number).collect();
    retention::unmark(database, &numbers)?;
    Ok(u32::try_from(marks.len()).unwrap_or(u32::MAX))
}
