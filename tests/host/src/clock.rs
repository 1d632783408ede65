//! The guests' wall clock, which tests can move.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use wasmtime_wasi::clocks::HostWallClock;

/// The system's clock, moved by a number of seconds. Clones are the same clock.
#[derive(Clone, Debug, Default)]
pub struct WallClock {
    offset_seconds: Arc<AtomicI64>,
}

impl WallClock {
    pub(crate) fn with_offset(offset_seconds: i64) -> Self {
        Self { offset_seconds: Arc::new(offset_seconds.into()) }
    }

    /// Moves the clock to so many seconds from the system's: what runs sees it jump.
    pub fn set_offset(&self, offset_seconds: i64) {
        self.offset_seconds.store(offset_seconds, Ordering::Relaxed);
    }

    fn shift(&self, time: Duration) -> Duration {
        let offset_seconds = self.offset_seconds.load(Ordering::Relaxed);
        let offset = Duration::from_secs(offset_seconds.unsigned_abs());
        if offset_seconds < 0 { time.saturating_sub(offset) } else { time.saturating_add(offset) }
    }
}

impl HostWallClock for WallClock {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        self.shift(SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_moves_time_both_ways() {
        let shift = |offset, seconds| WallClock::with_offset(offset).shift(Duration::from_secs(seconds)).as_secs();
        assert_eq!(shift(0, 100), 100);
        assert_eq!(shift(86_400, 100), 86_500);
        assert_eq!(shift(-40, 100), 60);
        assert_eq!(shift(-400, 100), 0);
    }

    #[test]
    fn whoever_has_the_clock_sees_it_jump() {
        let clock = WallClock::with_offset(10);
        let seen = clock.clone();
        clock.set_offset(-20);
        assert_eq!(seen.shift(Duration::from_secs(100)).as_secs(), 80);
    }
}
