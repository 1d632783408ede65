//! Windows: at most so many messages of a scope in any sliding window.
//!
//! The window is cut into buckets. A message counts itself into the current bucket, adds up the buckets that overlap
//! the window, and takes its count back if the sum is too high. Counting first makes races refuse too many rather than
//! too few.
//!
//! A claim takes one write. It reads the buckets that may still change, three or four; the others an instance reads
//! once.

use super::Counters;
use contract::limit::{Limit, Scope};
use std::collections::{BTreeMap, HashMap};
use store::keys;

/// Into how many buckets a window is cut: a message counts for up to one bucket longer than it must.
const BUCKETS: u64 = 60;
/// Clocks of two gateways are at most so many milliseconds apart.
const SKEW: u64 = 50;
/// A bucket that ended so many milliseconds ago does not grow any more: nobody's claim takes as long.
const CLOSED: u64 = 5_000;
/// The closed buckets of so many scopes are remembered.
const REMEMBERED: usize = 128;

/// Closed buckets of each scope, as this instance read them.
#[derive(Debug, Default)]
pub struct Closed(HashMap<String, BTreeMap<u64, i64>>);

/// A message that was counted.
#[derive(Debug, PartialEq, Eq)]
pub struct Counted {
    /// Against which limit.
    pub limit: &'static Limit,
    /// So many more fit into the window.
    pub remaining: u32,
    /// When the oldest of those that were counted leaves the window, in milliseconds from now.
    pub reset: u64,
    key: String,
}

/// What of a message says in whose counters it is counted.
pub struct Subject<'a> {
    /// Its content's type.
    pub kind: &'a str,
    /// The company whose app sends it, if it names one.
    pub company: Option<&'a str>,
    /// Its first recipient, which is a robot's only one.
    pub recipient: Option<&'a str>,
}

/// Whose counters of a limit a message is counted in, in the company `own`; none if it is counted elsewhere: an
/// account's messages by their distance, an employee's in the ledger.
pub fn scope(limit: &Limit, subject: &Subject<'_>, own: &str) -> Option<String> {
    match limit.scope {
        Scope::Account | Scope::Employee => None,
        Scope::Company => Some(own.to_owned()),
        Scope::Endpoint => Some(format!("{}/{}", subject.kind, subject.company.unwrap_or(own))),
        Scope::Robot => subject.recipient.map(str::to_owned),
    }
}

/// What a window says to a message.
#[derive(Debug, PartialEq, Eq)]
pub enum Permit {
    /// It may leave.
    Counted(Counted),
    /// Not now; a retry can succeed after so many milliseconds.
    Beyond(u64),
}

/// Counts a message against a limit at the time `now`; it leaves up to `delay` milliseconds later.
pub fn claim<C: Counters>(
    counters: &mut C,
    closed: &mut Closed,
    limit: &'static Limit,
    scope: &str,
    now: u64,
    delay: u64,
) -> Result<Permit, C::Error> {
    let length = limit.window / BUCKETS;
    let current = now / length;
    let scope = scoped(limit, scope);
    let key = keys::quota(&scope, current);
    let quota = i64::from(limit.quota);
    let mut sum = counters.increment(&key, 1)?;
    let first = now.saturating_sub(limit.window + delay + SKEW) / length;
    // A gateway whose clock is ahead may be in the next bucket already.
    let last = (now + SKEW) / length;
    let mut oldest = current;
    let closed = closed.of(&scope, first);
    for bucket in (first..=last).rev().filter(|bucket| *bucket != current) {
        if sum > quota {
            break;
        }
        let count = match closed.get(&bucket) {
            Some(count) => *count,
            None => {
                let count = counters.count(&keys::quota(&scope, bucket))?;
                if (bucket + 1) * length + CLOSED <= now {
                    closed.insert(bucket, count);
                }
                count
            }
        };
        if count > 0 {
            oldest = oldest.min(bucket);
        }
        sum += count;
    }
    // The oldest bucket that was counted leaves the window when all of it does.
    let reset = ((oldest + 1) * length + limit.window + delay + SKEW).saturating_sub(now).max(1);
    if sum <= quota {
        let remaining = u32::try_from(quota - sum).unwrap_or_default();
        return Ok(Permit::Counted(Counted { limit, remaining, reset, key }));
    }
    counters.increment(&key, -1)?;
    Ok(Permit::Beyond(reset))
}

impl Counted {
    /// Takes the count of a message back that did not leave.
    pub fn give_back<C: Counters>(&self, counters: &mut C) -> Result<(), C::Error> {
        counters.increment(&self.key, -1).map(drop)
    }
}

impl Closed {
    /// Those of a scope, from a bucket on.
    fn of(&mut self, scope: &str, first: u64) -> &mut BTreeMap<u64, i64> {
        if self.0.len() >= REMEMBERED && !self.0.contains_key(scope) {
            self.0.clear();
        }
        let buckets = self.0.entry(scope.to_owned()).or_default();
        while buckets.first_key_value().is_some_and(|(bucket, _)| *bucket < first) {
            buckets.pop_first();
        }
        buckets
    }
}

/// Every counter of the scope that a message can have touched, accepted at `from` and gone at `until`.
pub fn keys(limit: &Limit, scope: &str, from: u64, until: u64) -> impl Iterator<Item = String> {
    let length = limit.window / BUCKETS;
    let scope = scoped(limit, scope);
    (from / length..=until / length).map(move |bucket| keys::quota(&scope, bucket))
}

fn scoped(limit: &Limit, scope: &str) -> String {
    format!("{}/{scope}", limit.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::limit::{COMPANY_HOUR, ROBOT_MINUTE};
    use proptest::prelude::*;
    use store::memory::Counters;

    fn claim_at(counters: &mut Counters, closed: &mut Closed, scope: &str, now: u64) -> Permit {
        claim(counters, closed, &ROBOT_MINUTE, scope, now, 0).unwrap()
    }

    #[test]
    fn twenty_a_minute_pass_and_the_next_learns_when() {
        let (mut counters, mut closed) = (Counters::default(), Closed::default());
        for number in 1..=20 {
            let Permit::Counted(counted) = claim_at(&mut counters, &mut closed, "r", 600_000) else {
                panic!("number {number} did not pass")
            };
            assert_eq!(counted.remaining, 20 - number);
        }
        let Permit::Beyond(wait) = claim_at(&mut counters, &mut closed, "r", 600_000) else {
            panic!("the twenty-first passed")
        };
        assert!((60_000..=61_100).contains(&wait), "{wait}");
        assert!(matches!(claim_at(&mut counters, &mut closed, "r", 600_000 + wait), Permit::Counted(_)));
        assert!(matches!(claim_at(&mut counters, &mut closed, "other", 600_000), Permit::Counted(_)));
    }

    #[test]
    fn what_did_not_leave_is_given_back() {
        let (mut counters, mut closed) = (Counters::default(), Closed::default());
        for _ in 0..40 {
            let Permit::Counted(counted) = claim_at(&mut counters, &mut closed, "r", 600_000) else {
                panic!("it did not pass")
            };
            counted.give_back(&mut counters).unwrap();
        }
    }

    #[test]
    fn a_company_uses_its_fifty_thousand_an_hour() {
        let (mut counters, mut closed) = (Counters::default(), Closed::default());
        let (mut now, mut passed) = (7_200_000, Vec::new());
        while now < 4 * 3_600_000 {
            match claim(&mut counters, &mut closed, &COMPANY_HOUR, "c", now, 2_000).unwrap() {
                Permit::Counted(_) => {
                    passed.push(now);
                    now += 20;
                }
                Permit::Beyond(wait) => now += wait,
            }
        }
        assert!(passed.windows(50_001).all(|window| window[50_000] - window[0] > 3_602_000));
        let used = passed.len() as f64 * 3_600_000.0 / (now - 7_200_000) as f64 / 50_000.0;
        assert!(used >= 0.95, "{used}");
    }

    /// A small quota, so that few messages fill it.
    const FIVE: contract::limit::Limit = contract::limit::Limit {
        name: "five",
        scope: Scope::Robot,
        quota: 5,
        window: 6_000,
        about: "",
        beyond: "",
        source: "",
    };

    proptest! {
        #[test]
        fn no_sliding_window_holds_more_than_the_quota(
            claims in prop::collection::vec((0_u64..900, 0_usize..8, 0_u64..200), 1..200),
            skews in prop::collection::vec(0_u64..=50, 8),
        ) {
            let mut counters = Counters::default();
            let mut closed: Vec<Closed> = (0..8).map(|_| Closed::default()).collect();
            let mut now = 1_000_000;
            let mut left = Vec::new();
            for (pause, actor, delay) in claims {
                now += pause;
                let permit = claim(&mut counters, &mut closed[actor], &FIVE, "r", now + skews[actor], 200).unwrap();
                if matches!(permit, Permit::Counted(_)) {
                    left.push(now + delay);
                }
            }
            left.sort_unstable();
            for window in left.windows(6) {
                prop_assert!(window[5] - window[0] > 6_000, "{window:?}");
            }
        }
    }
}
