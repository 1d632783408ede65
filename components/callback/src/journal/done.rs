//! What is done for a subject once, or once in a while: whoever claims it first does it.

use store::{Error, Sql, database::integer};

/// Claims to do something for a subject, unless it was claimed less than `window` milliseconds ago. False: it was.
pub fn claim(sql: &impl Sql, name: &str, subject: &str, now: u64, window: u64) -> Result<bool, Error> {
    let row = sql.query_one(
        "INSERT INTO done (name, subject, at) VALUES (?1, ?2, ?3)
         ON CONFLICT (name, subject) DO UPDATE SET at = excluded.at WHERE done.at <= ?4 RETURNING 1",
        &[name.into(), subject.into(), integer(now), integer(now.saturating_sub(window))],
    )?;
    Ok(row.is_some())
}

/// Gives up a claim of this time: nothing was done.
pub fn release(sql: &impl Sql, name: &str, subject: &str, at: u64) -> Result<(), Error> {
    sql.query(
        "DELETE FROM done WHERE name = ? AND subject = ? AND at = ?",
        &[name.into(), subject.into(), integer(at)],
    )?;
    Ok(())
}

/// Forgets what was claimed before this time.
pub fn forget(sql: &impl Sql, before: u64) -> Result<(), Error> {
    sql.query("DELETE FROM done WHERE at < ?", &[integer(before)])?;
    Ok(())
}
