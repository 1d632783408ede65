//! The contract against hosts that keep it, and against hosts that break it.
//!
//! The local host needs `cargo xtask build probe`, the program `host`, and `redis-server`; `cargo xtask test` sees to
//! them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod broken;
mod fake;
mod local;
mod page;
