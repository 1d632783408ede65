//! What the gateway refuses: with the fitting status, in the surface's own envelope, with a text that names what is
//! wrong; and nothing of it reaches a platform.

mod bodies;
mod callback;
mod credentials;
mod depth;
mod fields;
pub mod problem;
mod routes;
pub mod surface;
mod tick;
mod token;

use crate::gateway::Gateway;

/// JSON of so many levels, each of which opens and closes so.
pub fn nested(open: &str, close: &str, levels: usize) -> String {
    format!("{}1{}", open.repeat(levels), close.repeat(levels))
}

/// How many levels of JSON are read at most.
pub const DEEPEST: usize = 127;

/// Fails if anything at all reached a platform.
pub fn nothing_left(gateway: &Gateway) {
    let truth = gateway.simulator.truth();
    assert!(truth.requests.is_empty(), "these left: {:?}", truth.requests);
}
