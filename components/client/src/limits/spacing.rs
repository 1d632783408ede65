//! Spacing: two messages of an account never leave closer than 500 ms, whichever gateway sends them.
//!
//! Time is cut into slots. Whoever increments a slot's counter to one owns the slot, and nobody else ever does. The
//! owner of a slot that follows an idle spell leaves at once; where that slot is nearly over it is left to nobody, and the
//! next one is owned, from its beginning. Every other one leaves at the end of its slot, and not before it has seen its
//! predecessor leave, [`GAP`] ago at least: the predecessor marks its counter when it has left. Clocks decide who goes
//! when, and need to be only roughly right; the distance is kept by what was seen.
//!
//! A claim takes one write and three reads, a departure that somebody may wait for one more write.

use super::Counters;
use std::collections::HashMap;
use store::keys;

/// The length of a slot, in milliseconds: the platform's 500, and what looking for the predecessor takes.
pub const SLOT: u64 = 526;
/// The distance to the predecessor, in milliseconds from the moment at which it was seen to have left.
const GAP: u64 = 515;
/// Clocks of two gateways are at most so many milliseconds apart.
const SKEW: u64 = 50;
/// Whoever has not left so many milliseconds after the end of its slot does not leave in it any more.
const GRACE: u64 = 160;
/// A mark is there so many milliseconds after its departure.
const MARKED: u64 = 100;
/// A message leaves so many milliseconds after its claim as a rule: before, the ledger learns of it. A slot that ends
/// sooner is left to nobody, for whoever misses its end has to wait for another one.
const HASTE: u64 = 10;
/// How often to look whether the predecessor has left, in milliseconds.
const GLANCE: u64 = 10;
/// A message that followed its departure later than this, in milliseconds, is noted for the successor, ...
const NOTABLE: u64 = 5;
/// ... which waits longer by so many milliseconds at most.
const LONGEST_NOTE: u64 = 100;

/// What a slot's counter is made of: how many claimed it, whether its owner has left, by how much it was late.
const CLAIM: i64 = 1;
const MARK: i64 = 1 << 20;
const NOTE: i64 = 1 << 40;

/// What a claim came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Claim {
    /// A slot.
    Ticket(Ticket),
    /// No slot in time; a retry can succeed after so many milliseconds.
    Beyond(u64),
}

/// The latest departure of each account that left from here: what one saw oneself needs no looking.
#[derive(Debug, Default)]
pub struct Departures(HashMap<String, (u64, u64)>);

/// So many accounts are remembered.
const REMEMBERED: usize = 4_096;

impl Departures {
    fn of(&self, account: &str, slot: u64) -> Option<u64> {
        self.0.get(account).filter(|(known, _)| *known == slot).map(|(_, left)| *left)
    }

    fn remember(&mut self, account: &str, slot: u64, left: u64) {
        if self.0.len() >= REMEMBERED {
            self.0.clear();
        }
        self.0.insert(account.to_owned(), (slot, left));
    }
}

/// The right to leave in a slot.
#[derive(Debug, PartialEq, Eq)]
pub struct Ticket {
    slot: u64,
    ahead: Ahead,
    /// When it left.
    left: Option<u64>,
}

/// Who is ahead of a ticket.
#[derive(Debug, PartialEq, Eq)]
enum Ahead {
    /// Nobody: it may leave from this time to the end of its slot; with the owner of the slot before the free one, a note
    /// of so many milliseconds counts in it.
    Nobody { from: u64, noted: Option<u64> },
    /// The owner of the slot before, of whom nothing is known yet.
    Somebody,
    /// The owner of the slot before: it may leave from this time on, in which a note of so many milliseconds counts.
    Gone { from: u64, noted: u64 },
}

/// What to do next with a ticket.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Wait until this time, and look again.
    Wait(u64),
    /// It may leave at this time, and not before.
    At(u64),
}

/// What became of a departure.
#[derive(Debug, PartialEq, Eq)]
pub enum Departure {
    /// Now.
    Now,
    /// Not before this time.
    Later(u64),
    /// Too late: another ticket is needed.
    Missed,
}

/// Claims the account's earliest free slot, to leave at `latest` at most. A claim that is given up wastes its slot,
/// nothing else.
pub fn claim<C: Counters>(
    counters: &mut C,
    account: &str,
    latest: u64,
    mut clock: impl FnMut() -> u64,
) -> Result<Claim, C::Error> {
    let begun = clock();
    let haste = if begun + HASTE > latest { 0 } else { HASTE };
    let mut slot = (begun + haste) / SLOT;
    let mut behind_an_owner = false;
    loop {
        if slot * SLOT > latest || (behind_an_owner && (slot + 1) * SLOT > latest) {
            return Ok(Claim::Beyond(((slot + 1) * SLOT).saturating_sub(clock()).max(1)));
        }
        if counters.increment(&keys::slot(account, slot), CLAIM)? == CLAIM
            // Whoever owns the next slot may not have seen this claim.
            && counters.count(&keys::slot(account, slot + 1))? == 0
        {
            let ahead = ahead(counters, account, slot, behind_an_owner)?;
            let now = clock();
            let in_time = match ahead {
                Ahead::Nobody { from, .. } => now.max(from) < (slot + 1) * SLOT,
                _ => now < (slot + 1) * SLOT + GRACE,
            };
            if in_time {
                return Ok(Claim::Ticket(Ticket { slot, ahead, left: None }));
            }
        }
        let now = clock() / SLOT;
        behind_an_owner = now <= slot;
        slot = (slot + 1).max(now);
    }
}

/// Finds who is ahead of a slot that was just claimed.
fn ahead<C: Counters>(counters: &mut C, account: &str, slot: u64, behind_an_owner: bool) -> Result<Ahead, C::Error> {
    if behind_an_owner || counters.count(&keys::slot(account, slot.saturating_sub(1)))? != 0 {
        return Ok(Ahead::Somebody);
    }
    let before = counters.count(&keys::slot(account, slot.saturating_sub(2)))?;
    Ok(if before == 0 {
        Ahead::Nobody { from: slot * SLOT, noted: None }
    } else {
        // The owner of the slot before the free one may leave until its grace is over.
        Ahead::Nobody { from: (slot - 1) * SLOT + GRACE + SKEW + GAP, noted: Some(0) }
    })
}

impl Ticket {
    /// Looks whether it is known when to leave.
    pub fn look<C: Counters>(
        &mut self,
        counters: &mut C,
        departures: &Departures,
        account: &str,
        mut clock: impl FnMut() -> u64,
    ) -> Result<Step, C::Error> {
        match self.ahead {
            Ahead::Nobody { from, .. } | Ahead::Gone { from, .. } => return Ok(Step::At(from)),
            Ahead::Somebody => {}
        }
        if let Some(left) = departures.of(account, self.slot - 1) {
            let from = (left + GAP).max(self.ends());
            self.ahead = Ahead::Gone { from, noted: 0 };
            return Ok(Step::At(from));
        }
        let begins = self.slot * SLOT;
        let now = clock();
        if now + SKEW < begins {
            return Ok(Step::Wait(begins - SKEW));
        }
        let count = counters.count(&keys::slot(account, self.slot - 1))?;
        let seen = clock();
        let from = if count % NOTE >= MARK {
            (seen + GAP).max(self.ends())
        } else if now > begins + GRACE + SKEW + MARKED {
            // It left without a mark, as the first after an idle spell does, or it never will.
            self.ends() + SKEW + GAP - SLOT + NOTABLE
        } else {
            return Ok(Step::Wait(now + GLANCE));
        };
        self.ahead = Ahead::Gone { from, noted: 0 };
        Ok(Step::At(from))
    }

    /// Looks once more, shortly before it may leave: when, after what the predecessor noted.
    pub fn look_again<C: Counters>(&mut self, counters: &mut C, account: &str) -> Result<u64, C::Error> {
        let (slots, from, noted) = match &mut self.ahead {
            Ahead::Nobody { from, noted: None } => return Ok(*from),
            Ahead::Somebody => return Ok(self.ends()),
            Ahead::Nobody { from, noted: Some(noted) } => (2, from, noted),
            Ahead::Gone { from, noted } => (1, from, noted),
        };
        let note = counters.count(&keys::slot(account, self.slot - slots))? / NOTE;
        let note = u64::try_from(note).unwrap_or_default().min(LONGEST_NOTE);
        *from += note.saturating_sub(*noted);
        *noted = note.max(*noted);
        Ok(*from)
    }

    /// Leaves, if it is time: the message has to follow at once, and after it the mark. No call to the store stands
    /// between the clock and the message.
    pub fn leave(&mut self, departures: &mut Departures, account: &str, now: u64) -> Departure {
        let (from, until) = match self.ahead {
            Ahead::Nobody { from, .. } => (from, self.ends()),
            Ahead::Somebody => return Departure::Missed,
            Ahead::Gone { from, .. } => (from, self.ends() + GRACE),
        };
        if now > until || from > until {
            return Departure::Missed;
        }
        if now < from {
            return Departure::Later(from);
        }
        self.left = Some(now);
        departures.remember(account, self.slot, now);
        Departure::Now
    }

    /// Whether somebody may wait for the mark of its departure: nobody does after an idle spell.
    pub const fn needs_mark(&self) -> bool {
        matches!(self.ahead, Ahead::Gone { .. })
    }

    /// Marks that it has left, for whoever waits for that.
    pub fn mark<C: Counters>(&self, counters: &mut C, account: &str) -> Result<(), C::Error> {
        if self.needs_mark() && self.left.is_some() {
            counters.increment(&keys::slot(account, self.slot), MARK)?;
        }
        Ok(())
    }

    /// Tells the successor how long after its departure the message may have arrived: it is answered at `now`, and an
    /// answer usually takes so many milliseconds.
    pub fn note<C: Counters>(&self, counters: &mut C, account: &str, usual: u64, now: u64) -> Result<(), C::Error> {
        let late = now.saturating_sub(self.left.unwrap_or(now)).saturating_sub(usual);
        if late > NOTABLE && now < self.ends() + SLOT + GRACE {
            let late = i64::try_from(late.min(LONGEST_NOTE)).unwrap_or_default();
            counters.increment(&keys::slot(account, self.slot), late * NOTE)?;
        }
        Ok(())
    }

    /// When it left; none if it has not.
    pub const fn left(&self) -> Option<u64> {
        self.left
    }

    fn ends(&self) -> u64 {
        (self.slot + 1) * SLOT
    }
}

/// Every counter that a message of the account can have touched, accepted at `from` and gone at `until`.
pub fn keys(account: &str, from: u64, until: u64) -> impl Iterator<Item = String> {
    (from / SLOT..=until / SLOT).map(move |slot| keys::slot(account, slot))
}

#[cfg(test)]
mod tests;
