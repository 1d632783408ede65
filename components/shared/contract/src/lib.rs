//! The documented contracts of the three platforms as data, and what is derived from it.
//!
//! Endpoints, parameters, rules, limits, events and the gateway's own refusals are tables; routing, validation and the texts
//! that callers see come out of them. Nothing here touches the host: it is all natively testable.

pub mod arguments;
pub mod catalog;
pub mod conversation;
pub mod documentation;
pub mod endpoint;
pub mod events;
pub mod kdocs;
pub mod limit;
pub mod openapi;
pub mod preference;
pub mod problem;
pub mod quntool;
pub mod routes;
#[cfg(any(test, feature = "samples"))]
pub mod samples;
pub mod wanwang;

pub use arguments::{Arguments, Violation};
pub use endpoint::{Check, Endpoint, Kind, Location, Method, Parameter, Rule, System};
pub use problem::Problem;
