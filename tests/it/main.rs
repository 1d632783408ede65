//! Integration tests: the components as they are built, `spin.toml` as it is shipped, real HTTP, real processes.
//!
//! Needs `cargo xtask build` and the program `host`; `cargo xtask test` sees to both. Everything else lies in the tests:
//! the platforms are the simulator, the subscribers are servers that record what they get, and the clock is put forward
//! instead of waited for.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod callback;
mod crash;
mod document;
mod endpoints;
mod events;
mod files;
mod gateway;
#[cfg(target_os = "linux")]
mod host_calls;
mod idempotency;
mod journal_chaos;
mod limits;
mod lost_answers;
mod messages;
mod mqtt;
mod parts;
mod queue;
mod recall;
mod receiver;
mod redis;
mod refusals;
mod replicas;
mod rivals;
mod robots;
mod runs;
mod samples;
mod security;
mod settlement;
mod ticks;
mod tokens;
mod unconfigured;
mod upstream_token;

use std::time::Duration;

/// Long enough for anything that happens at all.
const PATIENCE: Duration = Duration::from_secs(10);
