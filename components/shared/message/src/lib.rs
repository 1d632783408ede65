//! From checked arguments to messages, for every surface.
//!
//! What arguments there are, and which rules they keep, stands in the tables of `contract`; here they get their place
//! in the content cases of the WIT.

pub mod documented;
pub mod queue;
pub mod robot;
pub mod state;
