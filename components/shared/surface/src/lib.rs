//! What callers see: credentials, bodies, envelopes, request ids.
//!
//! A *surface* is a group of routes that share a credential and an envelope. The drop-in surfaces answer exactly as the
//! platforms' documents do, refusals included; the gateway's own answers are plain JSON and RFC 9457 problems.

pub mod answer;
pub mod body;
pub mod credential;
pub mod envelope;
pub mod failure;
pub mod idempotency;
pub mod link;
pub mod preference;
pub mod query;
pub mod rate_limit;
pub mod token;

pub use answer::Answer;
pub use credential::{Callers, Secret};
pub use envelope::Surface;
pub use failure::Refusal;
