//! How often guests called the host.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

/// Counters, all from the start of the host; each host call is counted once, whether it succeeds or not.
#[derive(Debug, Default)]
pub struct Metrics {
    /// HTTP requests that a component served.
    pub requests: Counter,
    /// Instances that were created.
    pub instances: Counter,
    /// Key-value calls that only read; a batch is one call.
    pub key_value_reads: Counter,
    /// Key-value calls that write; a batch is one call.
    pub key_value_writes: Counter,
    /// SQLite connections that were opened.
    pub sqlite_opens: Counter,
    /// SQLite statements that were run.
    pub sqlite_statements: Counter,
    /// HTTP requests that a component sent, those that were refused included.
    pub outbound_requests: Counter,
}

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

/// The counters at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "each field is that of Metrics")]
pub struct Snapshot {
    pub requests: u64,
    pub instances: u64,
    pub key_value_reads: u64,
    pub key_value_writes: u64,
    pub sqlite_opens: u64,
    pub sqlite_statements: u64,
    pub outbound_requests: u64,
}

impl Metrics {
    /// Reads all counters.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            requests: self.requests.get(),
            instances: self.instances.get(),
            key_value_reads: self.key_value_reads.get(),
            key_value_writes: self.key_value_writes.get(),
            sqlite_opens: self.sqlite_opens.get(),
            sqlite_statements: self.sqlite_statements.get(),
            outbound_requests: self.outbound_requests.get(),
        }
    }
}

impl Counter {
    /// The number.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn increment(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}
