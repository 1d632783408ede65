//! The journal: every callback that was acknowledged, and where its deliveries stand.
//!
//! An event is `received`, then `routed`; or `repeated`, when it turns out to be a late repeat. One of which nothing has
//! to be asked first is `routed` as it enters. A delivery is `waiting`
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
use store::{Error, Row, Sql, Value, database::integer};
use uuid::Builder;

/// Whose an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// A callback of Quntool.
    Quntool,
    /// Something that the gateway itself tells.
    Gateway,
}

/// An event as it enters the journal.
#[derive(Clone)]
pub struct Entry {
    /// The gateway's id of the event, made of `now`: the journal finds by it what is old.
    pub id: String,
    /// The platform's id of the callback.
    pub message_id: String,
    /// The type.
    pub kind: String,
    /// The hosted account; empty where the callback names none.
    pub account: String,
    /// What its order is kept in.
    pub conversation: String,
    /// Where the callback was sent to: scheme and authority.
    pub origin: String,
    /// The callback as it came.
    pub raw: Vec<u8>,
    /// Now.
    pub now: u64,
    /// Until when the one who inserts it works on it alone.
    pub lease_until: u64,
    /// The names of those to whom it is handed on; none if something has to be asked first.
    pub subscribers: Option<Vec<String>>,
}

/// Where a callback entered the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its place.
    pub sequence: i64,
    /// Whether its deliveries are made; otherwise it is `received`.
    pub is_routed: bool,
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

/// The latest time that an id can tell, in milliseconds: they have 48 bits there.
const LATEST: u64 = (1 << 48) - 1;

/// The columns of an [`Event`].
const EVENT: &str = "sequence, id, system, message_id, kind, origin, received_at, state, unverified, repeat_of, raw";

impl Entry {
    /// The event that it is at its place, where it is not routed yet.
    pub fn at(self, sequence: i64) -> Event {
        Event {
            sequence,
            id: self.id,
            system: System::Quntool,
            message_id: self.message_id,
            kind: self.kind,
            origin: self.origin,
            received_at: self.now,
            state: "received".into(),
            unverified: false,
            repeat_of: None,
            raw: self.raw,
        }
    }
}

/// Inserts callbacks, all or none, and returns the place of each; none where the platform's id is known. One that the
/// journal had before, or whose subscribers are not known, is `received`; the others are `routed`.
pub fn insert(sql: &impl Sql, entries: &[&Entry]) -> Result<Vec<Option<Place>>, Error> {
    let marked = "EXISTS (SELECT 1 FROM mark WHERE message_id = ?)";
    let value = format!("(?, 'quntool', ?, ?, ?, ?, ?, ?, ?, ?, ?, CASE WHEN {marked} THEN 'received' ELSE ? END)");
    let values = vec![value; entries.len()].join(", ");
    let rows = sql.query(
        &format!(
            "INSERT INTO event (id, system, message_id, kind, account, conversation, origin, raw, received_at,
                lease_until, subscribers, state)
             VALUES {values} ON CONFLICT (message_id, system) DO NOTHING RETURNING id, sequence, state = 'routed'"
        ),
        &entries.iter().flat_map(|entry| parameters(entry)).collect::<Vec<_>>(),
    )?;
    let mut inserted: Vec<(String, Place)> = Vec::with_capacity(rows.len());
    for row in &rows {
        let place = Place { sequence: row.get(1)?, is_routed: row.get::<i64>(2)? != 0 };
        inserted.push((row.get(0)?, place));
    }
    let place = |entry: &&Entry| inserted.iter().find(|(id, _)| *id == entry.id).map(|(_, place)| *place);
    Ok(entries.iter().map(place).collect())
}

fn parameters(entry: &Entry) -> [Value; 12] {
    let message_id = || entry.message_id.as_str().into();
    [
        entry.id.as_str().into(),
        message_id(),
        entry.kind.as_str().into(),
        entry.account.as_str().into(),
        entry.conversation.as_str().into(),
        entry.origin.as_str().into(),
        entry.raw.as_slice().into(),
        integer(entry.now),
        integer(entry.lease_until),
        entry.subscribers.as_ref().map_or(Value::Null, |subscribers| json!(subscribers).to_string().into()),
        message_id(),
        if entry.subscribers.is_some() { "routed" } else { "received" }.into(),
    ]
}

/// The lowest id of an event that is received at this time or later.
fn lowest_id(time: u64) -> String {
    let time = time.min(LATEST);
    Builder::from_unix_timestamp_millis(time, &[0; 10]).into_uuid().to_string()
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
