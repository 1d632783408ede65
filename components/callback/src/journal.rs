//! The journal: every callback that was acknowledged, and where its deliveries stand.
//!
//! An event is `received`, then `routed`; or `repeated`, when it turns out to be a late repeat. A delivery is `waiting`
//! (for an earlier one of its conversation), `pending`, `delivering` (claimed until `due_at`), `retrying` (due at
//! `due_at`), and ends `delivered`, `skipped` (there was nothing to do) or `dead`.
//!
//! Every change is one statement that names the states it may start from, so that two workers can never both make it.

pub mod deliveries;
pub mod done;
pub mod list;
pub mod replay;
pub mod retention;
pub mod routing;
pub mod schema;

use serde_json::json;
use store::{Error, Row, Sql, database::integer};

/// Whose an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// A callback of Quntool.
    Quntool,
    /// Something that the gateway itself tells.
    Gateway,
}

/// An event as it enters the journal.
pub struct Entry<'a> {
    /// The gateway's id of the event.
    pub id: &'a str,
    /// The platform's id of the callback.
    pub message_id: &'a str,
    /// The type.
    pub kind: &'a str,
    /// The hosted account; empty where the callback names none.
    pub account: &'a str,
    /// What its order is kept in.
    pub conversation: &'a str,
    /// Where the callback was sent to: scheme and authority.
    pub origin: &'a str,
    /// The callback as it came.
    pub raw: &'a [u8],
    /// Now.
    pub now: u64,
    /// Until when the one who inserts it works on it alone.
    pub lease_until: u64,
}

/// An event of the journal.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its place. Places are given in the order of commits: SQLite has one writer at a time.
    pub sequence: i64,
    /// The gateway's id.
    pub id: String,
    /// Whose it is.
    pub system: System,
    /// The platform's id of the callback.
    pub message_id: String,
    /// The type.
    pub kind: String,
    /// Where the callback was sent to: scheme and authority.
    pub origin: String,
    /// When it was received.
    pub received_at: u64,
    /// Where it stands.
    pub state: String,
    /// Whether it tells the outcome of a message that the gateway did not send.
    pub unverified: bool,
    /// The id of the event that it repeats.
    pub repeat_of: Option<String>,
    /// The callback as it came.
    pub raw: Vec<u8>,
}

/// The columns of an [`Event`].
const EVENT: &str = "sequence, id, system, message_id, kind, origin, received_at, state, unverified, repeat_of, raw";

/// Inserts a callback as `received`, and returns its place; none if the platform's id is known.
pub fn insert(sql: &impl Sql, entry: &Entry<'_>) -> Result<Option<i64>, Error> {
    let row = sql.query_one(
        "INSERT INTO event (id, system, message_id, kind, account, conversation, origin, raw, received_at, state,
            lease_until)
         VALUES (?, 'quntool', ?, ?, ?, ?, ?, ?, ?, 'received', ?)
         ON CONFLICT (message_id, system) DO NOTHING RETURNING sequence",
        &[
            entry.id.into(),
            entry.message_id.into(),
            entry.kind.into(),
            entry.account.into(),
            entry.conversation.into(),
            entry.origin.into(),
            entry.raw.into(),
            integer(entry.now),
            integer(entry.lease_until),
        ],
    )?;
    row.map(|row| row.get(0)).transpose()
}

/// Finds an event by the gateway's id.
pub fn find(sql: &impl Sql, id: &str) -> Result<Option<Event>, Error> {
    let row = sql.query_one(&format!("SELECT {EVENT} FROM event WHERE id = ?"), &[id.into()])?;
    row.as_ref().map(event).transpose()
}

/// Returns the events at these places, in their order.
fn in_order(sql: &impl Sql, places: &[i64]) -> Result<Vec<Event>, Error> {
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sql.query(
        &format!("SELECT {EVENT} FROM event WHERE sequence IN (SELECT value FROM json_each(?)) ORDER BY sequence"),
        &[json!(places).to_string().into()],
    )?;
    rows.iter().map(event).collect()
}

fn event(row: &Row) -> Result<Event, Error> {
    Ok(Event {
        sequence: row.get(0)?,
        id: row.get(1)?,
        system: if row.get::<String>(2)? == "gateway" { System::Gateway } else { System::Quntool },
        message_id: row.get(3)?,
        kind: row.get(4)?,
        origin: row.get(5)?,
        received_at: row.get(6)?,
        state: row.get(7)?,
        unverified: row.get::<i64>(8)? != 0,
        repeat_of: row.get(9)?,
        raw: row.get(10)?,
    })
}

#[cfg(test)]
mod tests;
