//! What the gateway refuses: with the fitting status, in the surface's own envelope, with a text that names what is
//! wrong; and nothing of it reaches a platform.

mod bodies;
mod callback;
mod credentials;
mod fields;
pub mod problem;
mod routes;
pub mod surface;
mod tick;
mod token;

use crate::gateway::Gateway;

/// Fails if anything at all reached a platform.
pub fn nothing_left(gateway: &Gateway) {
    let truth = gateway.simulator.truth();
    assert!(truth.requests.is_empty(), "these left: {:?}", truth.requests);
}
