//! The key-value store `default`, through `wasi:keyvalue`: it has the atomic increment that the limits need.
//!
//! Calls are synchronous in the host: they hold the instance while they run. Compare-and-swap and `get-many` are not
//! used, because Redis backends answer them wrongly.

use crate::Error;
use spin_sdk::experimental::wasi::keyvalue::{atomics, batch, store};
use std::{cell::RefCell, rc::Rc};

thread_local! {
    static OPEN: RefCell<Option<KeyValue>> = const { RefCell::new(None) };
}

/// The store `default`, opened once per instance.
#[derive(Clone)]
pub struct KeyValue(Rc<store::Bucket>);

impl KeyValue {
    /// Returns the instance's handle, opening it at the first call.
    pub fn open() -> Result<Self, Error> {
        if let Some(open) = OPEN.with_borrow(Clone::clone) {
            return Ok(open);
        }
        let open = Self(Rc::new(store::open("default").map_err(failed)?));
        OPEN.set(Some(open.clone()));
        Ok(open)
    }

    /// Reads a value.
    pub fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        self.0.get(key).map_err(failed)
    }

    /// Writes a value.
    pub fn set(&self, key: &str, value: &[u8]) -> Result<(), Error> {
        self.0.set(key, value).map_err(failed)
    }

    /// Writes values, in one call.
    pub fn set_many(&self, values: &[(String, Vec<u8>)]) -> Result<(), Error> {
        if values.is_empty() {
            return Ok(());
        }
        batch::set_many(&self.0, values).map_err(failed)
    }

    /// Adds to a counter, and returns its new value; one that does not exist counts from zero.
    pub fn increment(&self, key: &str, delta: i64) -> Result<i64, Error> {
        atomics::increment(&self.0, key, delta).map_err(failed)
    }

    /// Reads a counter without writing; one that does not exist is zero.
    pub fn count(&self, key: &str) -> Result<i64, Error> {
        let Some(value) = self.get(key)? else { return Ok(0) };
        decode(&value).ok_or_else(|| Error::KeyValue("a counter holds something else".into()))
    }

    /// Deletes keys, in one call.
    pub fn delete(&self, keys: &[String]) -> Result<(), Error> {
        if keys.is_empty() {
            return Ok(());
        }
        batch::delete_many(&self.0, keys).map_err(failed)
    }
}

/// Backends keep counters in two ways: SQLite as eight bytes, little-endian; Redis as decimal text. The last byte
/// of the first is 00 or ff for every count between -2^56 and 2^56, and text has neither.
fn decode(value: &[u8]) -> Option<i64> {
    match <[u8; 8]>::try_from(value) {
        Ok(bytes) if matches!(bytes.last(), Some(0 | 0xff)) => Some(i64::from_le_bytes(bytes)),
        _ => std::str::from_utf8(value).ok()?.parse().ok(),
    }
}

fn failed(error: store::Error) -> Error {
    Error::KeyValue(match error {
        store::Error::NoSuchStore => "there is no store `default`".into(),
        store::Error::AccessDenied => "the component was not granted the store `default`".into(),
        store::Error::Other(reason) => reason,
    })
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn reads_the_counters_of_both_backends() {
        for count in [0, 1, 20, 50_000, 12_345_678, (100 << 40) + (1 << 20) + 3, -1, -2, -1_000_000, -9_999_999] {
            assert_eq!(decode(&i64::to_le_bytes(count)), Some(count));
            assert_eq!(decode(count.to_string().as_bytes()), Some(count));
        }
        assert_eq!(decode(b"token"), None);
    }
}
