//! Limits: when a message may leave.
//!
//! The algorithms take the clock and the counters as arguments. They need nothing of the store but an atomic increment,
//! so that any number of gateways can share one.

pub mod spacing;
pub mod window;

use contract::limit::Limit;

/// Counters that count atomically, whoever else counts on them.
pub trait Counters {
    /// Why counting failed.
    type Error;
    /// Adds to a counter, and returns its new value; a new one counts from zero.
    fn increment(&mut self, key: &str, delta: i64) -> Result<i64, Self::Error>;
    /// Reads a counter; one that does not exist is zero.
    fn count(&mut self, key: &str) -> Result<i64, Self::Error>;
}

/// A limit that is used up.
#[derive(Clone, Debug)]
pub struct UsedUp {
    /// Which.
    pub limit: &'static Limit,
    /// Whose.
    pub scope: Option<String>,
    /// When a retry can succeed, in milliseconds from now.
    pub retry_after: u64,
}

#[cfg(test)]
impl Counters for store::memory::Counters {
    type Error = std::convert::Infallible;

    fn increment(&mut self, key: &str, delta: i64) -> Result<i64, Self::Error> {
        Ok(store::memory::Counters::increment(self, key, delta))
    }

    fn count(&mut self, key: &str) -> Result<i64, Self::Error> {
        Ok(store::memory::Counters::count(self, key))
    }
}

impl Counters for store::KeyValue {
    type Error = store::Error;

    fn increment(&mut self, key: &str, delta: i64) -> Result<i64, Self::Error> {
        store::KeyValue::increment(self, key, delta)
    }

    fn count(&mut self, key: &str) -> Result<i64, Self::Error> {
        store::KeyValue::count(self, key)
    }
}
