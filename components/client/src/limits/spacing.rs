//! Spacing: two messages of an account never leave closer than 500 ms, whichever gateway sends them.
//!
//! Time is cut into slots. Whoever increments a slot's counter to one owns the slot, and nobody else ever does. The
//! owner of a slot whose predecessor nobody owns sends at once; it makes sure of that by incrementing the predecessor
//! as well, so that nobody can own it later. Otherwise the owner sends at the end of its slot. Two sends are then never
//! closer than a slot, and one after an idle spell does not wait.

use super::{Counters, Permit};
use store::keys;

/// The length of a slot in milliseconds: the platform's 500, and 100 for what lies between the moment that the gateway
/// chooses and the one at which the platform counts: a late start, the way there, a busy machine.
pub const SLOT: u64 = 600;

/// A claim that is answered later than so many milliseconds before its slot ends is given up.
const MARGIN: u64 = 20;

/// Claims the account's earliest free time, `latest` at most. A claim that is given up wastes its slot, nothing
/// else.
pub fn claim<C: Counters>(
    counters: &mut C,
    account: &str,
    latest: u64,
    mut clock: impl FnMut() -> u64,
) -> Result<Permit, C::Error> {
    let mut slot = clock() / SLOT;
    let mut given_up = None;
    loop {
        let begins = slot * SLOT;
        if begins > latest {
            let now = clock();
            return Ok(Permit::Beyond((begins + SLOT).saturating_sub(now)));
        }
        let ends = begins + SLOT;
        if counters.increment(&keys::slot(account, slot), 1)? == 1 {
            let in_time = |now: u64| now + MARGIN <= ends;
            if in_time(clock()) {
                // A slot that was given up has no send in it, and nobody else owns it.
                let free = slot == 0 || given_up == Some(slot - 1);
                let first = free || counters.increment(&keys::slot(account, slot - 1), 1)? == 1;
                let now = clock();
                if in_time(now) {
                    let at = if first { now.max(begins) } else { ends };
                    return Ok(if at <= latest { Permit::At(at) } else { Permit::Beyond(at.saturating_sub(now)) });
                }
            }
            given_up = Some(slot);
        }
        slot = (slot + 1).max(clock() / SLOT);
    }
}

/// Every counter that a message of the account can have touched, accepted at `from` and gone at `until`.
pub fn keys(account: &str, from: u64, until: u64) -> impl Iterator<Item = String> {
    ((from / SLOT).saturating_sub(1)..=until / SLOT).map(move |slot| keys::slot(account, slot))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::cell::RefCell;
    use store::memory::Counters;

    fn claim_at(counters: &mut Counters, now: u64, wait: u64) -> Permit {
        claim(counters, "a", now + wait, || now).unwrap()
    }

    #[test]
    fn one_after_an_idle_spell_does_not_wait() {
        let mut counters = Counters::default();
        assert_eq!(claim_at(&mut counters, 10_000, 0), Permit::At(10_000));
        assert_eq!(counters.len(), 2, "an uncontended claim costs two writes");
        assert_eq!(claim_at(&mut counters, 20_000, 0), Permit::At(20_000));
    }

    #[test]
    fn the_next_ones_wait_for_their_slot_and_then_are_refused_with_a_time() {
        let mut counters = Counters::default();
        let start = 100 * SLOT;
        assert_eq!(claim_at(&mut counters, start, 2_000), Permit::At(start));
        assert_eq!(claim_at(&mut counters, start, 2_000), Permit::At(start + 2 * SLOT));
        assert_eq!(claim_at(&mut counters, start, 2_000), Permit::At(start + 3 * SLOT));
        assert_eq!(claim_at(&mut counters, start, 2_000), Permit::Beyond(4 * SLOT));
    }

    #[test]
    fn a_claim_answered_at_the_end_of_its_slot_is_given_up() {
        let mut counters = Counters::default();
        let start = 100 * SLOT;
        let ticks = RefCell::new([start, start + SLOT - 1].into_iter());
        let clock = || ticks.borrow_mut().next().unwrap_or(start + SLOT);
        let permit = claim(&mut counters, "a", start + 5_000, clock).unwrap();
        assert_eq!(permit, Permit::At(start + SLOT), "the next slot is free, and its beginning is not far");
    }

    proptest! {
        /// Arrivals at any times, each waiting for its permit; the store answers late by any amount.
        #[test]
        fn permits_are_never_closer_than_a_slot(
            arrivals in prop::collection::vec((0_u64..3_000, 0_u64..600, 0_u64..600), 1..40),
        ) {
            let mut counters = Counters::default();
            let mut now = 1_000_000;
            let mut permits = Vec::new();
            for (pause, first_delay, second_delay) in arrivals {
                now += pause;
                let delays = RefCell::new([0, first_delay, second_delay].into_iter());
                let moment = RefCell::new(now);
                let clock = || {
                    *moment.borrow_mut() += delays.borrow_mut().next().unwrap_or(0);
                    *moment.borrow()
                };
                if let Permit::At(at) = claim(&mut counters, "a", now + 4_000, clock).unwrap() {
                    prop_assert!(at >= now);
                    permits.push(at);
                }
            }
            permits.sort_unstable();
            for pair in permits.windows(2) {
                prop_assert!(pair[1] - pair[0] >= SLOT, "{permits:?}");
            }
        }
    }
}
