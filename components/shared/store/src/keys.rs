//! Every key of the key-value store, so that no two uses can meet.
//!
//! Counters live under prefixes that nothing else writes: incrementing a value that is not a counter fails in the host.

/// An upstream access token and its expiry, sealed. Value: bytes.
pub fn token(system: &str, company: &str) -> String {
    format!("token/{system}/{company}")
}

/// The right to do `name` in the time slice `bucket`; whoever counts to one has it. Counter.
pub fn lease(name: &str, bucket: u64) -> String {
    format!("lease/{name}/{bucket}")
}

/// The mark of a callback that left the journal. Value: the gateway's id of its event.
pub fn seen(source: &str, message_id: &str) -> String {
    format!("seen/{source}/{message_id}")
}

/// A sending slot of an account. Counter.
pub fn slot(account: &str, slot: u64) -> String {
    format!("slot/{account}/{slot}")
}

/// What a scope used of a quota in the time slice `bucket`. Counter.
pub fn quota(scope: &str, bucket: u64) -> String {
    format!("quota/{scope}/{bucket}")
}
