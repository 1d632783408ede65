//! What the gateway needs of a Spin host, as checks that run against one.
//!
//! The host runs the probe (`tests/probe`), which offers each primitive over HTTP; the checks are native. [`requirements`]
//! is the whole contract; [`Trial`] is one run of it; [`Report`] is what came out. `cargo xtask contract` is its command.

mod check;
mod hosts;
mod latency;
mod local;
mod probe;
mod report;
mod requirement;
mod trial;

pub use hosts::{Commands, Hosts};
pub use local::{Backend, Local};
pub use probe::Probe;
pub use report::{Report, Row, Verdict};
pub use requirement::{Requirement, requirements};
pub use trial::Trial;
