//! The one source of time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::macros::{format_description, offset};
use time::{OffsetDateTime, UtcOffset};
use tokio::sync::watch;

/// The platforms write times of day in China Standard Time.
const ZONE: UtcOffset = offset!(+8);

/// The system's clock, which can be put forward so that a test need not wait for a window to pass.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    ahead_ms: watch::Sender<u64>,
}

impl Clock {
    /// Tells the time in milliseconds since the Unix epoch.
    pub(crate) fn now(&self) -> u64 {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        milliseconds(since_epoch) + *self.ahead_ms.borrow()
    }

    /// Puts the clock forward.
    pub(crate) fn advance(&self, by: Duration) {
        self.ahead_ms.send_modify(|ahead| *ahead += milliseconds(by));
    }

    /// Resolves when so much time has passed by this clock; putting it forward counts.
    pub(crate) async fn pass(&self, time: Duration) {
        let mut moved = self.ahead_ms.subscribe();
        let until = self.now() + milliseconds(time);
        loop {
            let left = Duration::from_millis(until.saturating_sub(self.now()));
            // Whoever moves the clock lives as long as the clock.
            match tokio::time::timeout(left, moved.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => return,
            }
        }
    }
}

/// Counts the milliseconds of a duration.
pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Writes a time as Quntool does: `2022-08-12 15:56:14`.
pub(crate) fn written(at: u64) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    local(at).format(format).unwrap_or_default()
}

/// Writes a day as the paths of Quntool's files do: `20220812`.
pub(crate) fn day(at: u64) -> String {
    local(at).format(format_description!("[year][month][day]")).unwrap_or_default()
}

fn local(at: u64) -> OffsetDateTime {
    let seconds = i64::try_from(at / 1000).unwrap_or_default();
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH).to_offset(ZONE)
}
