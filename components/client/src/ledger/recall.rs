//! Messages that are taken back.

use super::{state, system};
use crate::bindings::exports::wecom::gateway::types::{State, System};
use store::{Error, Sql, database::integer};

/// What the ledger knows of a message that is to be taken back.
#[derive(Debug, PartialEq)]
pub struct Known {
    /// The gateway's id.
    pub id: String,
    /// Whose it is.
    pub caller: String,
    /// Where it went.
    pub system: System,
    /// Where it stands.
    pub state: State,
    /// When it was accepted.
    pub created_at: u64,
    /// The company whose app sent it.
    pub company: Option<String>,
    /// The platform's ids of it: one for each call that it took to send it.
    pub upstream_ids: Vec<String>,
}

/// Finds a message by its own id, the platform's, or the platform's of one of its parts, whoever sent it.
pub fn find(sql: &impl Sql, id: &str) -> Result<Option<Known>, Error> {
    let message = sql.query_one(
        "SELECT id, caller, state, created_at, company, upstream_id, system FROM message
         WHERE id = ?1 OR upstream_id = ?1 OR id IN (SELECT message_id FROM part WHERE upstream_id = ?1) LIMIT 1",
        &[id.into()],
    )?;
    let Some(row) = message else { return Ok(None) };
    let id: String = row.get(0)?;
    let parts = sql.query(
        "SELECT upstream_id FROM part WHERE message_id = ? AND upstream_id IS NOT NULL AND state <> 'recalled'
         ORDER BY number",
        &[id.as_str().into()],
    )?;
    let mut upstream_ids: Vec<String> = parts.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?;
    if upstream_ids.is_empty() {
        upstream_ids.extend(row.get::<Option<String>>(5)?);
    }
    Ok(Some(Known {
        id,
        caller: row.get(1)?,
        system: system(&row, 6)?,
        state: state(&row, 2)?,
        created_at: row.get(3)?,
        company: row.get(4)?,
        upstream_ids,
    }))
}

/// Records that one call's part of a message was taken back.
pub fn part(sql: &impl Sql, id: &str, upstream_id: &str) -> Result<(), Error> {
    sql.query(
        "UPDATE part SET state = 'recalled' WHERE message_id = ? AND upstream_id = ?",
        &[id.into(), upstream_id.into()],
    )?;
    Ok(())
}

/// Records that a message was taken back.
pub fn recalled(sql: &impl Sql, id: &str, now: u64) -> Result<(), Error> {
    sql.query(
        "UPDATE message SET state = 'recalled', code = NULL, reason = NULL, changed_at = ?2
         WHERE id = ?1 AND state IN ('submitted', 'delivered')",
        &[id.into(), integer(now)],
    )?;
    Ok(())
}
