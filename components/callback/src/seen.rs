//! Marks of callbacks that left the journal: by them a repeat that comes late is known.
//!
//! The journal knows the callbacks of its own retention by the platform's ids. A mark lives for 30 days from the receipt; it
//! is written when its event leaves the journal, many at once, because single writes are the slowest thing that a
//! key-value store does (53-75 a second on a plain Spin). A row of the journal's table `mark` tells that there is one, so
//! that it is read for no callback that is new.

use crate::envelope::hash;
use store::{Error, KeyValue, keys};

/// Ids up to so many bytes stand in the key as they are.
const PLAIN: usize = 200;

/// Returns the id of the event that a callback repeats; none if it has no mark.
pub fn first(message_id: &str) -> Result<Option<String>, Error> {
    let value = KeyValue::open()?.get(&key(message_id))?;
    Ok(value.map(|id| String::from_utf8_lossy(&id).into_owned()))
}

/// Marks callbacks: the platform's ids, and the gateway's ids of their events.
pub fn mark<'a>(callbacks: impl Iterator<Item = (&'a str, &'a str)>) -> Result<(), Error> {
    let values: Vec<(String, Vec<u8>)> = callbacks.map(|(message_id, id)| (key(message_id), id.into())).collect();
    KeyValue::open()?.set_many(&values)
}

/// Deletes the marks of callbacks.
pub fn forget<'a>(message_ids: impl Iterator<Item = &'a str>) -> Result<(), Error> {
    let keys: Vec<String> = message_ids.map(key).collect();
    KeyValue::open()?.delete(&keys)
}

/// An id that stores may not take as a part of a key, too long or not plain, is replaced by its hash.
fn key(message_id: &str) -> String {
    let plain = message_id.len() <= PLAIN && message_id.bytes().all(|byte| byte.is_ascii_graphic());
    if plain { keys::seen("quntool", message_id) } else { keys::seen("quntool", &hash(message_id.as_bytes())) }
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn a_key_is_the_platforms_id_or_its_hash() {
        assert_eq!(key("fecd1bdc-0924"), "seen/quntool/fecd1bdc-0924");
        for id in ["m".repeat(10_000), "\0".into(), "汉".into(), "a b".into()] {
            let key = key(&id);
            assert!(key.starts_with("seen/quntool/sha256:") && key.len() == 84, "{key}");
        }
    }
}
