//! The signals that ask a task to stop.

use anyhow::{Context, Result};
use tokio::signal::unix::{SignalKind, signal};

/// Begins to listen, and returns what waits for Ctrl-C, SIGTERM or the end of the terminal.
///
/// A signal that comes between the call and the wait is not lost: nothing started in between outlives this program.
pub fn stop() -> Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot wait for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    let mut hangup = signal(SignalKind::hangup()).context("cannot wait for SIGHUP")?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    })
}
