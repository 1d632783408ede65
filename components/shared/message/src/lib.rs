//! From checked arguments to messages, for every surface.
//!
//! What arguments there are, and which rules they keep, stands in the tables of `contract`; here they get their place
//! in the content cases of the WIT.

pub mod documented;
pub mod robot;

use caller::types::{Options, Priority, Retry};

/// How a message is sent when the request says nothing of it.
pub const OPTIONS: Options = Options {
    max_wait_ms: None,
    respond_async: false,
    priority: Priority::Normal,
    send_at: None,
    expires_at: None,
    retry: Retry::Never,
};
