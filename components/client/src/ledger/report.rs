//! What the ledger tells of messages.

use super::{state, state_name, system};
use crate::bindings::exports::wecom::gateway::{
    messages::{Filter, Total},
    types::{Attempt, RecipientStatus, Report},
};
use store::{Error, Row, Sql, Value, database::integer};

const HOUR: u64 = 3_600_000;

/// Tells everything of a message of this caller, by either id.
pub fn report(sql: &impl Sql, caller: &str, id: &str) -> Result<Option<Report>, Error> {
    let message = sql.query_one(
        "SELECT id, upstream_id, system, kind, account, state, created_at FROM message
         WHERE (id = ?1 OR upstream_id = ?1) AND caller = ?2 LIMIT 1",
        &[id.into(), caller.into()],
    )?;
    let Some(row) = message else { return Ok(None) };
    let mut report = read(sql, &row)?;
    let attempts = sql.query(
        "SELECT at, state, code, reason FROM attempt WHERE message_id = ? ORDER BY number",
        &[report.id.as_str().into()],
    )?;
    report.attempts = attempts
        .iter()
        .map(|row| Ok(Attempt { at: row.get(0)?, state: state(row, 1)?, code: row.get(2)?, message: row.get(3)? }))
        .collect::<Result<_, Error>>()?;
    Ok(Some(report))
}

/// Lists messages of this caller in the order in which they were accepted, without their history.
pub fn list(sql: &impl Sql, caller: &str, filter: &Filter) -> Result<Vec<Report>, Error> {
    let optional = |text: Option<&str>| text.map_or(Value::Null, Value::from);
    // Identifiers sort by the time that they were made.
    let rows = sql.query(
        "SELECT id, upstream_id, system, kind, account, state, created_at FROM message
         WHERE caller = ?1 AND id > ?2 AND (?3 IS NULL OR state = ?3) AND (?4 IS NULL OR account = ?4)
         ORDER BY id LIMIT ?5",
        &[
            caller.into(),
            filter.after.as_deref().unwrap_or_default().into(),
            optional(filter.state.map(state_name)),
            optional(filter.account.as_deref()),
            filter.limit.clamp(1, 200).into(),
        ],
    )?;
    rows.iter().map(|row| read(sql, row)).collect()
}

/// Counts the recipients of this caller's messages that were accepted in a period, by hour and state.
pub fn summary(sql: &impl Sql, caller: &str, since: u64, until: u64) -> Result<Vec<Total>, Error> {
    let rows = sql.query(
        "SELECT created_at / ?4 * ?4 AS hour, recipient.state, count(*)
         FROM message JOIN recipient ON recipient.message_id = message.id
         WHERE caller = ?1 AND created_at >= ?2 AND created_at < ?3 GROUP BY 1, 2 ORDER BY 1, 2",
        &[caller.into(), integer(since), integer(until), integer(HOUR)],
    )?;
    rows.iter().map(|row| Ok(Total { hour: row.get(0)?, state: state(row, 1)?, count: row.get(2)? })).collect()
}

fn read(sql: &impl Sql, row: &Row) -> Result<Report, Error> {
    let id: String = row.get(0)?;
    let recipients = sql.query(
        "SELECT recipient, state, code, reason FROM recipient WHERE message_id = ? ORDER BY recipient",
        &[id.as_str().into()],
    )?;
    let recipients = recipients
        .iter()
        .map(|row| {
            Ok(RecipientStatus {
                recipient: row.get(0)?,
                state: state(row, 1)?,
                code: row.get(2)?,
                message: row.get(3)?,
            })
        })
        .collect::<Result<_, Error>>()?;
    Ok(Report {
        id,
        upstream_id: row.get(1)?,
        system: system(row, 2)?,
        kind: row.get(3)?,
        account: row.get(4)?,
        state: state(row, 5)?,
        created_at: row.get(6)?,
        eta: None,
        recipients,
        attempts: Vec::new(),
    })
}
