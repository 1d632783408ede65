//! Time: milliseconds since the Unix epoch, as the host's wall clock has it.

use chrono::{DateTime, SecondsFormat};
use futures::{
    future::{Either, select},
    pin_mut,
};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Returns the time now, in milliseconds since the Unix epoch.
pub fn now() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}

/// Waits for a number of milliseconds.
pub async fn sleep(milliseconds: u64) {
    spin_sdk::time::sleep(Duration::from_millis(milliseconds)).await;
}

/// Does some work, and says every so many milliseconds that its worker is alive; a beat that fails ends both.
pub async fn beating<T, E>(
    work: impl Future<Output = T>,
    every: u64,
    mut beat: impl FnMut() -> Result<(), E>,
) -> Result<T, E> {
    pin_mut!(work);
    loop {
        let pause = sleep(every);
        pin_mut!(pause);
        match select(work, pause).await {
            Either::Left((done, _)) => return Ok(done),
            Either::Right(((), going_on)) => work = going_on,
        }
        beat()?;
    }
}

/// Writes a time as RFC 3339 in UTC with milliseconds, `2026-01-02T03:04:05.678Z`; one out of range is the epoch.
pub fn rfc3339(milliseconds: u64) -> String {
    let time = i64::try_from(milliseconds).ok().and_then(DateTime::from_timestamp_millis);
    time.unwrap_or(DateTime::UNIX_EPOCH).to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_milliseconds_in_utc() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(1_686_708_147_954), "2023-06-14T02:02:27.954Z");
    }

    #[test]
    fn a_time_out_of_range_is_the_epoch() {
        assert_eq!(rfc3339(u64::MAX), "1970-01-01T00:00:00.000Z");
    }
}
