//! The moment before a message leaves.

use crate::limits::UsedUp;
use contract::limit::{EMPLOYEE_HOUR, EMPLOYEE_MINUTE};
use store::{Error, Sql, Value, database::integer};

/// Clocks of two gateways, and of the platform, are so many milliseconds apart at most.
const SKEW: u64 = 250;

/// What became of a message that was to leave.
#[derive(Debug)]
pub enum Leave {
    /// It is `sending` now.
    Left,
    /// It is not this worker's any more.
    Taken,
    /// One of its recipients has got as much as it may get.
    UsedUp(UsedUp),
}

/// Marks a message as `sending`, before its first byte leaves.
///
/// A message to employees is counted here, against all its recipients or none: the rows that say who got what are the
/// counters, and the statement that marks the message looks at them. `counted` is when the limits' counters learnt of a
/// message from the queue, from and until; `waited` says in words what it waited for.
pub async fn leave(
    sql: &impl Sql,
    id: &str,
    now: u64,
    lease_until: u64,
    counted: Option<(u64, u64)>,
    waited: Option<&str>,
) -> Result<Leave, Error> {
    let parameters = vec![
        id.into(),
        integer(now),
        integer(lease_until),
        i64::from(EMPLOYEE_MINUTE.quota - 1).into(),
        integer(now.saturating_sub(EMPLOYEE_MINUTE.window + SKEW)),
        i64::from(EMPLOYEE_HOUR.quota - 1).into(),
        integer(now.saturating_sub(EMPLOYEE_HOUR.window + SKEW)),
        counted.map_or(Value::Null, |(from, _)| integer(from)),
        counted.map_or(Value::Null, |(_, until)| integer(until)),
        waited.map_or(Value::Null, Value::from),
    ];
    let row = sql.change_one(LEAVE, parameters).await?;
    if row.is_some() {
        return Ok(Leave::Left);
    }
    Ok(used_up(sql, id, now)?.map_or(Leave::Taken, Leave::UsedUp))
}

const LEAVE: &str =
    "UPDATE message SET state = 'sending', changed_at = ?2, left_at = ?2, lease_until = ?3, reason = ?10,
        counted_from = coalesce(?8, counted_from), counted_until = coalesce(?9, counted_until)
     WHERE id = ?1 AND state IN ('accepted', 'queued') AND NOT EXISTS (
        SELECT 1 FROM recipient AS own WHERE own.message_id = ?1 AND own.app IS NOT NULL AND (
            (SELECT left_at FROM recipient AS other WHERE other.recipient = own.recipient AND other.app = own.app
                AND other.left_at IS NOT NULL ORDER BY left_at DESC LIMIT 1 OFFSET ?4) > ?5
            OR (SELECT left_at FROM recipient AS other WHERE other.recipient = own.recipient AND other.app = own.app
                AND other.left_at IS NOT NULL ORDER BY left_at DESC LIMIT 1 OFFSET ?6) > ?7))
     RETURNING 1";

/// Finds the recipient that keeps a message from leaving for the longest time.
fn used_up(sql: &impl Sql, id: &str, now: u64) -> Result<Option<UsedUp>, Error> {
    for limit in [&EMPLOYEE_HOUR, &EMPLOYEE_MINUTE] {
        let row = sql.query_one(
            "SELECT recipient, nth FROM (
                SELECT own.recipient, (
                    SELECT left_at FROM recipient AS other WHERE other.recipient = own.recipient
                    AND other.app = own.app AND other.left_at IS NOT NULL ORDER BY left_at DESC LIMIT 1 OFFSET ?2
                ) AS nth
                FROM recipient AS own JOIN message ON message.id = own.message_id
                WHERE own.message_id = ?1 AND own.app IS NOT NULL AND message.state IN ('accepted', 'queued'))
             WHERE nth > ?3 ORDER BY nth DESC LIMIT 1",
            &[id.into(), i64::from(limit.quota - 1).into(), integer(now.saturating_sub(limit.window + SKEW))],
        )?;
        if let Some(row) = row {
            let free = row.get::<u64>(1)? + limit.window + SKEW;
            // A clock that was put back shows messages of the future: nothing is worth a wait of more than the window.
            let retry_after = free.saturating_sub(now).clamp(1, limit.window + SKEW);
            return Ok(Some(UsedUp { limit, scope: Some(row.get(0)?), retry_after }));
        }
    }
    Ok(None)
}

/// Marks a message as `sending` once more whose answer was lost, and which its caller wants to be sent again then.
pub fn again(sql: &impl Sql, id: &str, now: u64, lease_until: u64) -> Result<bool, Error> {
    let row = sql.query_one(
        "UPDATE message SET state = 'sending', changed_at = ?2, left_at = ?2, lease_until = ?3
         WHERE id = ?1 AND state = 'unknown' AND upstream_id IS NULL RETURNING 1",
        &[id.into(), integer(now), integer(lease_until)],
    )?;
    Ok(row.is_some())
}
