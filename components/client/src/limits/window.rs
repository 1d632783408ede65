//! Windows: at most so many messages of a scope in any sliding window.
//!
//! The window is cut into buckets. A message counts itself into the current bucket, adds up the buckets that overlap
//! the window, and takes its count back if the sum is too high. Counting first makes races refuse too many rather than
//! too few.

use super::{Counters, Permit};
use contract::limit::Limit;
use store::keys;

/// Into how many buckets a window is cut: a message counts for up to one bucket longer than it must.
const BUCKETS: u64 = 30;

/// Counts a message against a limit at the time `now`, or says when to come again.
pub fn claim<C: Counters>(counters: &mut C, limit: &Limit, scope: &str, now: u64) -> Result<Permit, C::Error> {
    let length = limit.window / BUCKETS;
    let current = now / length;
    let scope = scoped(limit, scope);
    let quota = i64::from(limit.quota);
    let mut sum = counters.increment(&keys::quota(&scope, current), 1)?;
    let mut oldest = current;
    // One bucket more than the window has: the oldest overlaps it in part, and another gateway's clock may be behind.
    for bucket in (current.saturating_sub(BUCKETS)..current).rev() {
        if sum > quota {
            break;
        }
        let count = counters.count(&keys::quota(&scope, bucket))?;
        if count > 0 {
            oldest = bucket;
        }
        sum += count;
    }
    if sum <= quota {
        return Ok(Permit::At(now));
    }
    counters.increment(&keys::quota(&scope, current), -1)?;
    // The oldest bucket that was counted leaves the window when all of it is a window ago.
    let free = (oldest + BUCKETS + 1) * length;
    Ok(Permit::Beyond(free.saturating_sub(now).max(1)))
}

/// Every counter of the scope that a message can have touched, accepted at `from` and gone at `until`.
pub fn keys(limit: &Limit, scope: &str, from: u64, until: u64) -> impl Iterator<Item = String> {
    let length = limit.window / BUCKETS;
    let scope = scoped(limit, scope);
    ((from / length).saturating_sub(BUCKETS)..=until / length).map(move |bucket| keys::quota(&scope, bucket))
}

fn scoped(limit: &Limit, scope: &str) -> String {
    format!("{}/{scope}", limit.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::limit::ROBOT_MINUTE;
    use proptest::prelude::*;
    use store::memory::Counters;

    #[test]
    fn twenty_a_minute_pass_and_the_next_learns_when() {
        let mut counters = Counters::default();
        for _ in 0..20 {
            assert_eq!(claim(&mut counters, &ROBOT_MINUTE, "r", 600_000).unwrap(), Permit::At(600_000));
        }
        let Permit::Beyond(wait) = claim(&mut counters, &ROBOT_MINUTE, "r", 600_000).unwrap() else {
            panic!("the twenty-first passed")
        };
        assert_eq!(claim(&mut counters, &ROBOT_MINUTE, "r", 600_000 + wait).unwrap(), Permit::At(600_000 + wait));
        assert!((60_000..=62_000).contains(&wait), "{wait}");
        assert_eq!(claim(&mut counters, &ROBOT_MINUTE, "other", 600_000).unwrap(), Permit::At(600_000));
    }

    proptest! {
        #[test]
        fn no_sliding_window_holds_more_than_the_quota(pauses in prop::collection::vec(0_u64..4_000, 1..200)) {
            let mut counters = Counters::default();
            let mut now = 1_000_000;
            let mut passed = Vec::new();
            for pause in pauses {
                now += pause;
                if claim(&mut counters, &ROBOT_MINUTE, "r", now).unwrap() == Permit::At(now) {
                    passed.push(now);
                }
            }
            for window in passed.windows(21) {
                prop_assert!(window[20] - window[0] > 60_000, "{window:?}");
            }
        }
    }
}
