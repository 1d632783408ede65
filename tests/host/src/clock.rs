//! The guests' wall clock, which tests can move.

use std::time::{Duration, SystemTime};

use wasmtime_wasi::clocks::HostWallClock;

/// The system's clock, moved by a fixed number of seconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct WallClock {
    offset_seconds: i64,
}

impl WallClock {
    pub(crate) fn with_offset(offset_seconds: i64) -> Self {
        Self { offset_seconds }
    }

    fn shift(self, time: Duration) -> Duration {
        let offset = Duration::from_secs(self.offset_seconds.unsigned_abs());
        if self.offset_seconds < 0 { time.saturating_sub(offset) } else { time.saturating_add(offset) }
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
}
