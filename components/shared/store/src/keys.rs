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

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Names that look like parts of keys, or end in the number of a slice.
    const NAMES: [&str; 14] =
        ["", "a", "a/", "/a", "a//", "a/1", "a/1/1", "1", "1/1", "slot/a", "quota/a", "a\0", "a/01", "token/a"];

    #[test]
    fn no_name_leads_into_the_keys_of_another() {
        let kinds: [fn(&str, u64) -> String; 3] = [slot, quota, lease];
        let slices = [0, 1, 11, u64::MAX];
        let counters = |name: &'static str| kinds.into_iter().flat_map(move |key| slices.map(|slice| key(name, slice)));
        let keys = NAMES.into_iter().flat_map(counters);
        let marks = NAMES.iter().map(|name| seen("quntool", name));
        let tokens = NAMES.iter().map(|name| token("wanwang", name));
        let all: Vec<String> = keys.chain(marks).chain(tokens).collect();
        let different: BTreeSet<&String> = all.iter().collect();
        assert_eq!((all.len(), different.len()), (196, 196));
    }
}
