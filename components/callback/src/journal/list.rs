//! What the journal shows.

use super::{EVENT, Event, event};
use serde_json::json;
use store::{Error, Row, Sql, Value};

/// A statement looks at so many places at most: a type that is rare does not hold an instance up.
const WINDOW: i64 = 10_000;

/// Which events to show; an empty list is all.
#[derive(Debug, Default)]
pub struct Filter {
    /// Of these types. What the gateway itself tells is shown to those who name it.
    pub kinds: Vec<String>,
    /// Of these accounts.
    pub accounts: Vec<String>,
    /// In this state; none is all but `repeated`.
    pub state: Option<String>,
}

/// Some events, and how far was looked.
#[derive(Debug, PartialEq)]
pub struct Page {
    /// The events, in the order of their places.
    pub events: Vec<Event>,
    /// Nothing up to this place is left to show.
    pub looked: i64,
    /// Whether this place was the last one.
    pub end: bool,
}

/// Returns the last place, 0 in an empty journal.
///
/// SQLite has one writer at a time, and a place is given inside of the write: when a place can be read, every place
/// before it was committed or will never be. A reader that goes on from the last place misses nothing.
pub fn last(sql: &impl Sql) -> Result<i64, Error> {
    let row = sql.query_one("SELECT seq FROM sqlite_sequence WHERE name = 'event'", &[])?;
    row.map_or(Ok(0), |row| row.get(0))
}

/// Returns at most so many events after a place. An event that is not routed yet is among them, a repeat only if
/// the filter asks for it.
pub fn events(sql: &impl Sql, filter: &Filter, after: i64, most: u32) -> Result<Page, Error> {
    let last = last(sql)?;
    let looked = after.saturating_add(WINDOW).min(last).max(after);
    let rows = sql.query(
        &format!(
            "SELECT {EVENT} FROM event WHERE sequence > ?1 AND sequence <= ?2 AND CASE ?6 WHEN '' THEN state <> 'repeated' ELSE state = ?6 END
             AND CASE ?3 WHEN '[]' THEN system = 'quntool' ELSE kind IN (SELECT value FROM json_each(?3)) END
             AND (?4 = '[]' OR account IN (SELECT value FROM json_each(?4)))
             ORDER BY sequence LIMIT ?5"
        ),
        &[
            after.into(),
            looked.into(),
            json!(filter.kinds).to_string().into(),
            json!(filter.accounts).to_string().into(),
            most.into(),
            filter.state.as_deref().unwrap_or_default().into(),
        ],
    )?;
    let events: Vec<Event> = rows.iter().map(event).collect::<Result<_, _>>()?;
    let full = u32::try_from(events.len()).is_ok_and(|count| count >= most);
    let looked = if full { events.last().map_or(looked, |event| event.sequence) } else { looked };
    Ok(Page { events, looked, end: looked >= last })
}

/// A delivery, as it is shown.
#[derive(Debug, PartialEq)]
pub struct Shown {
    /// The place of its event.
    pub sequence: i64,
    /// The id of its event.
    pub event_id: String,
    /// The type of its event.
    pub kind: String,
    /// To whom.
    pub subscriber: String,
    /// Where it stands.
    pub state: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next; none if it is not.
    pub due_at: Option<u64>,
    /// When it came to its state.
    pub changed_at: u64,
    /// What the subscriber answered last.
    pub status: Option<u32>,
    /// Why it was not delivered.
    pub reason: Option<String>,
}

/// The states of a delivery: those of the table of routes.
fn known_state(name: &str) -> Option<&'static str> {
    contract::routes::DELIVERY_STATES.iter().copied().find(|state| *state == name)
}

/// Returns at most so many deliveries after the one with this place and subscriber.
pub fn deliveries(
    sql: &impl Sql,
    state: Option<&str>,
    subscriber: Option<&str>,
    after: (i64, &str),
    most: u32,
) -> Result<Vec<Shown>, Error> {
    // Written out, so that SQLite sees that the index of the dead letters does.
    let state = state.and_then(known_state).map_or(String::new(), |state| format!("AND delivery.state = '{state}'"));
    select(
        sql,
        &format!("(delivery.sequence, subscriber) > (?1, ?2) AND (?3 IS NULL OR subscriber = ?3) {state}"),
        &[after.0.into(), after.1.into(), subscriber.map_or(Value::Null, Value::from), most.into()],
        "LIMIT ?4",
    )
}

/// Returns the deliveries of an event.
pub fn of_event(sql: &impl Sql, sequence: i64) -> Result<Vec<Shown>, Error> {
    select(sql, "delivery.sequence = ?1", &[sequence.into()], "")
}

fn select(sql: &impl Sql, which: &str, parameters: &[Value], limit: &str) -> Result<Vec<Shown>, Error> {
    let rows = sql.query(
        &format!(
            "SELECT delivery.sequence, event.id, event.kind, subscriber, delivery.state, attempts,
                CASE WHEN delivery.state IN ('pending', 'delivering', 'retrying') THEN due_at END,
                changed_at, status, reason
             FROM delivery JOIN event ON event.sequence = delivery.sequence
             WHERE {which} ORDER BY delivery.sequence, subscriber {limit}"
        ),
        parameters,
    )?;
    rows.iter().map(shown).collect()
}

fn shown(row: &Row) -> Result<Shown, Error> {
    Ok(Shown {
        sequence: row.get(0)?,
        event_id: row.get(1)?,
        kind: row.get(2)?,
        subscriber: row.get(3)?,
        state: row.get(4)?,
        attempts: row.get(5)?,
        due_at: row.get(6)?,
        changed_at: row.get(7)?,
        status: row.get(8)?,
        reason: row.get(9)?,
    })
}
