//! Who of an instance looks for what is due: whoever hands on also takes what comes meanwhile, because several who look
//! for it at once take less each, and what a claim costs hardly depends on how much it is about.

use std::cell::Cell;

/// Where whoever acknowledges something leaves word for the run of his instance.
pub struct Lookout {
    /// Until when somebody looks again; nobody does after.
    until: Cell<u64>,
    /// Whether word was left since somebody last looked.
    word: Cell<bool>,
}

impl Lookout {
    /// Nobody looks.
    pub const fn new() -> Self {
        Self { until: Cell::new(0), word: Cell::new(false) }
    }

    /// Leaves word that something is due; false if nobody looks for it.
    pub fn tell(&self, now: u64) -> bool {
        let is_there = now < self.until.get();
        if is_there {
            self.word.set(true);
        }
        is_there
    }

    /// Whether word was left; whoever asks looks for what is due.
    pub fn hear(&self) -> bool {
        self.word.take()
    }

    /// Says that somebody asks again, before this time.
    pub fn stay(&self, until: u64) {
        self.until.set(until);
    }

    /// Says that nobody asks for now.
    pub fn leave(&self) {
        self.until.set(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn word_is_left_where_somebody_looks_and_heard_once() {
        let lookout = Lookout::new();
        assert!(!lookout.tell(1_000));
        assert!(!lookout.hear());

        lookout.stay(2_000);
        assert!(lookout.tell(1_999) && lookout.tell(1_999));
        assert!(lookout.hear());
        assert!(!lookout.hear());

        // Whoever was to look has vanished.
        assert!(!lookout.tell(2_000));
        assert!(!lookout.hear());
    }

    #[test]
    fn word_that_was_left_before_somebody_left_is_for_the_next_one() {
        let lookout = Lookout::new();
        lookout.stay(2_000);
        assert!(lookout.tell(1_000));
        lookout.leave();
        assert!(!lookout.tell(1_000));
        assert!(lookout.hear());
    }
}
