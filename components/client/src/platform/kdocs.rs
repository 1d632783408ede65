//! KDocs (seed 002): posts messages to a group robot.

use super::{maybe, object, some};
use crate::bindings::exports::wecom::gateway::types::Robot;
use serde_json::Value;

/// The path that relays to WeCom robots.
pub const PATH: &str = "/api/v1/openapi/notification/wecom";

/// Puts one robot message into KDocs' envelope.
pub fn body(robot: &Robot, message: Value) -> Value {
    object([
        ("link", some(robot.webhook.as_str())),
        ("sk", maybe(robot.signing_secret.as_ref())),
        ("data", some(vec![message])),
    ])
}
