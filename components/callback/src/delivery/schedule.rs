//! When a delivery is tried again.

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// The delays between tries, in milliseconds: the example of Standard Webhooks, 75 hours in all.
pub const DELAYS: [u64; 9] =
    [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];

/// Returns how long to wait after so many tries, in milliseconds; none if that was the last one.
///
/// `jitter` (any byte) spreads the delay over 80 to 120 %. The subscriber's `Retry-After` counts where it asks for more,
/// up to a day.
pub fn next(attempts: u32, retry_after: Option<u64>, jitter: u8) -> Option<u64> {
    let tried = usize::try_from(attempts).ok()?.checked_sub(1)?;
    let delay = DELAYS.get(tried)?;
    let spread = delay * (80_000 + u64::from(jitter) * 40_000 / 255) / 100_000;
    Some(spread.max(retry_after.unwrap_or(0).min(24 * HOUR)))
}

/// Returns when to try again after so many tries, jitter included; none if that was the last one.
pub fn at(attempts: u32, retry_after: Option<u64>) -> Option<u64> {
    let [jitter] = runtime::random::<1>();
    next(attempts, retry_after, jitter).map(|delay| runtime::clock::now() + delay)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_delays_and_then_none() {
        for (tries, delay) in (1..).zip(DELAYS) {
            assert_eq!(next(tries, None, 0), Some(delay * 8 / 10));
            assert_eq!(next(tries, None, 255), Some(delay * 12 / 10));
        }
        assert_eq!(next(10, None, 0), None);
        assert_eq!(next(10, Some(1_000), 0), None);
    }

    #[test]
    fn retry_after_counts_where_it_asks_for_more() {
        assert_eq!(next(1, Some(60_000), 0), Some(60_000));
        assert_eq!(next(1, Some(1), 0), Some(4_000));
        assert_eq!(next(1, Some(u64::MAX), 0), Some(24 * HOUR));
    }
}
