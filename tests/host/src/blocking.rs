//! How the host waits on behalf of a guest without holding up the others.
//!
//! A statement itself runs on the thread that calls it: most take less time than handing the thread's other tasks to
//! another one does. Waiting for somebody else's statement is another matter: the one waited for may be among those
//! tasks.

use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::Duration;

use tokio::task::block_in_place;

/// How long to wait before each of the first tries to write while another connection writes; later waits are as long
/// as the last. SQLite's own handler soon waits for 25 ms and more, while a write takes less than one.
const WAITS: [Duration; 3] = [Duration::from_micros(50), Duration::from_micros(100), Duration::from_micros(250)];
const LONGEST_WAIT: Duration = Duration::from_millis(1);

/// How often to try: for about 5 s.
const TRIES: i32 = 5_000;

/// Locks what another guest may hold.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    match mutex.try_lock() {
        Ok(guard) => guard,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(TryLockError::WouldBlock) => block_in_place(|| mutex.lock().unwrap_or_else(PoisonError::into_inner)),
    }
}

/// SQLite's busy handler: waits a little while another connection writes; false once that has taken too long.
pub(crate) fn busy(tries: i32) -> bool {
    let wait = usize::try_from(tries).ok().and_then(|tries| WAITS.get(tries)).unwrap_or(&LONGEST_WAIT);
    block_in_place(|| thread::sleep(*wait));
    tries < TRIES
}
