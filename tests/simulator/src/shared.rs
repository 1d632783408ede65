//! State that several requests use at once.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A value behind a lock that a panicking holder does not take away from the others.
#[derive(Debug, Default)]
pub(crate) struct Shared<T>(Mutex<T>);

impl<T> Shared<T> {
    /// Puts a value behind a lock.
    pub(crate) fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    /// Waits for the lock. It is never held across an `await`, nor while another one is taken.
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
