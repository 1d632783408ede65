//! The three platforms behind the gateway, as their documents describe them: 万网中台 (Wanwang), 聚合聊天 (Quntool), KDocs,
//! and the WeCom group robots that KDocs posts to.
//!
//! They check credentials, enforce the documented limits, answer with the documented bodies and call back with outcomes
//! and events. What really happened is kept in the [`Truth`], so that a test can compare it with what a gateway says;
//! [`FaultRule`] and the other orders of [`Simulator`] make things go wrong. Where the documents are silent the platforms
//! behave as WeCom is known to, and else as strictly as is plausible.
//!
//! Nothing here shares code with the gateway: it is what the gateway is tested against.

mod call;
mod callbacks;
mod clock;
mod config;
mod control;
pub mod documents;
mod faults;
mod json;
mod kdocs;
mod mask;
mod mqtt;
mod platform;
mod quntool;
mod robot;
mod server;
mod shared;
pub mod subscriber;
#[cfg(test)]
mod tests;
mod truth;
mod wanwang;
mod world;

pub use callbacks::Delivery;
pub use config::{Config, Limits};
pub use control::{Simulator, TokenOf};
pub use faults::{Cut, Fault, FaultRule};
pub use quntool::outcomes::{FORGER, OutcomePlan};
pub use quntool::{AccountSetting, Inbound};
pub use robot::{RobotState, robot_name};
pub use truth::{Callback, Message, MessageState, Request, System, Tokens, Truth, Violation};
