//! Which robot a message is for: the webhook itself, or a name that the operator gave to its key.

pub mod upload;

use crate::{
    bindings::exports::wecom::gateway::types::{Failure, Message, Recipient},
    configuration::Configuration,
    platform::invalid,
};
use contract::kdocs::{ROBOT_ORIGIN, WEBHOOK_PATH, alias, check_link, link};
use runtime::log::{self, Level};
use std::collections::BTreeMap;

/// The robots of the variable `robots`: keys, by name. It holds secrets, and therefore does not print.
#[derive(Default)]
pub struct Robots(BTreeMap<String, String>);

impl Robots {
    /// Reads the variable, `{"name": "key"}`; one that is not valid is no robot, and is logged without its keys.
    pub fn configured(json: &str) -> Self {
        Self::parse(json).unwrap_or_else(|reason| {
            log::write(Level::Error, "the variable robots is not valid: no alias is known", &[("reason", reason)]);
            Self::default()
        })
    }

    fn parse(json: &str) -> Result<Self, &'static str> {
        if json.trim().is_empty() {
            return Ok(Self::default());
        }
        let robots: BTreeMap<String, String> =
            serde_json::from_str(json).map_err(|_| "it is no JSON object of names and keys")?;
        let valid = robots.iter().all(|(name, key)| link::is_word(name) && link::is_word(key));
        if valid { Ok(Self(robots)) } else { Err("a name or a key is not 1 to 64 letters, digits and hyphens") }
    }
}

/// Puts the webhook into a message to a robot that names it by an alias. What leads to no robot is refused, and not
/// repeated.
pub fn resolve(configuration: &Configuration, mut message: Message) -> Result<Message, Failure> {
    if let Recipient::Robot(robot) = &mut message.recipient {
        let key = key(configuration, &robot.webhook)?;
        if alias(&robot.webhook).is_some() {
            robot.webhook = format!("{ROBOT_ORIGIN}{WEBHOOK_PATH}?key={key}");
        }
    }
    Ok(message)
}

/// Returns the key that a webhook carries, or that an alias stands for.
fn key(configuration: &Configuration, webhook: &str) -> Result<String, Failure> {
    if let Some(name) = alias(webhook) {
        let unknown = || invalid("link", "没有该别名,请检查名称,或联系网关管理员在 robots 中配置");
        return configuration.robots.0.get(name).cloned().ok_or_else(unknown);
    }
    let origins = [ROBOT_ORIGIN, configuration.robot_url.as_str()];
    check_link(webhook, &origins).map(str::to_owned).map_err(|reason| invalid("link", reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names_and_keys_and_nothing_else() {
        assert_eq!(Robots::parse(r#"{"ops":"693a91f6-7xxx"}"#).ok().unwrap().0["ops"], "693a91f6-7xxx");
        assert!(Robots::parse(" ").ok().unwrap().0.is_empty());
        for json in ["[]", "{", r#"{"a b":"k"}"#, r#"{"a":""}"#, r#"{"a":7}"#, r#"{"a":"https://x"}"#] {
            let reason = Robots::parse(json).err().unwrap();
            assert!(!reason.contains("https"), "{json}");
        }
    }
}
