//! Bindings of the WIT world `caller`: what `client` offers to the other components.
//!
//! See `wit/` for what each function and type means.

mod bindings;

pub use bindings::wecom::gateway::{messages, quntool, robots, types};
