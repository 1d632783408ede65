//! WeCom's group robots: HTTP 200 always, the truth in `errcode`.

mod content;
mod media;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::http::Method;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::call::{Answer, Call};
use crate::json::overlay;
use crate::truth::{Message, MessageState, System};
use crate::world::World;

const MINUTE_MS: u64 = 60 * 1000;

/// What a robot's key leads to.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RobotState {
    /// A robot that works.
    #[default]
    Active,
    /// No robot, or one that was removed: 93000.
    Unknown,
    /// A robot that was disabled: 93004.
    Disabled,
    /// A robot that is no longer in its group: 93008.
    Outside,
}

/// What the robots remember, by key.
#[derive(Debug, Default)]
pub(crate) struct Robots {
    states: BTreeMap<String, RobotState>,
    /// The current minute of each robot, and how many messages it has had in it.
    windows: HashMap<String, (u64, u32)>,
    /// Uploads: whose they are, and when they were made.
    media: HashMap<String, media::Upload>,
}

/// A refusal: `errcode`, and the words that `errmsg` begins with.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) code: i64,
    pub(crate) message: String,
}

impl Refusal {
    fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// Names a robot in the truth without giving its key away: `robot:` and the start of the key's MD5.
pub fn robot_name(key: &str) -> String {
    let digest = Md5::digest(key.as_bytes());
    format!("robot:{}", digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// Answers a request to the robots.
pub(crate) fn answer(world: &Arc<World>, call: &Call) -> Answer {
    let key = call.query("key").unwrap_or_default();
    let done = match (call.path.as_str(), &call.method) {
        ("/cgi-bin/webhook/send", &Method::POST) => match call.json() {
            Ok(message) => send(world, System::Robot, key, &message).map(|()| json!({})),
            Err(_) => Err(Refusal::new(47001, "data format error")),
        },
        ("/cgi-bin/webhook/upload_media", &Method::POST) => media::upload(world, key, call),
        ("/cgi-bin/webhook/send" | "/cgi-bin/webhook/upload_media", _) => {
            Err(Refusal::new(43002, "require POST method"))
        }
        _ => Err(Refusal::new(40066, "invalid url")),
    };
    Answer::json(match done {
        Ok(fields) => overlay(json!({"errcode": 0, "errmsg": "ok"}), fields),
        Err(refusal) => json!({"errcode": refusal.code, "errmsg": refusal.explained(world.clock.now())}),
    })
}

impl Refusal {
    /// Adds what WeCom adds to every refusal.
    fn explained(&self, now: u64) -> String {
        let (seconds, hint) = (now / 1000, Uuid::new_v4().simple());
        let Self { code, message } = self;
        let more = "more info at https://open.work.weixin.qq.com/devtool/query?e=";
        format!("{message}, hint: [{seconds}_{hint}], from ip: 127.0.0.1, {more}{code}")
    }
}

/// Posts a message to a robot's group; `system` is where it came from.
pub(crate) fn send(world: &World, system: System, key: &str, message: &Value) -> Result<(), Refusal> {
    let now = world.clock.now();
    let accepted = {
        let mut robots = world.robots.lock();
        robots.check_key(key)?;
        let media = |media_id: &str| robots.has_media(key, media_id, now);
        content::read(message, &media).and_then(|(kind, content)| {
            robots.count(key, now, world.config.limits.robot_per_minute)?;
            Ok((kind.to_owned(), content))
        })
    };
    let (kind, content) = accepted.inspect_err(|refusal| {
        if refusal.code == 45009 {
            world.violated("robot_per_minute", robot_name(key));
        }
    })?;
    world.record.lock().accepted(Message {
        id: Uuid::new_v4().to_string(),
        system,
        at: now,
        account: None,
        conversation: Some(robot_name(key)),
        recipients: Vec::new(),
        dropped: Vec::new(),
        kind,
        content,
        cut: false,
        state: MessageState::Delivered,
        code: 0,
        outcomes: 0,
    });
    Ok(())
}

impl Robots {
    /// Sets what a key leads to.
    pub(crate) fn set(&mut self, key: &str, state: RobotState) {
        self.states.insert(key.to_owned(), state);
    }

    /// Refuses a key that leads to no working robot. Any key of the right shape leads to one, unless it was set.
    fn check_key(&self, key: &str) -> Result<(), Refusal> {
        let well_formed =
            (1..=64).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let state = if well_formed { self.states.get(key).copied().unwrap_or_default() } else { RobotState::Unknown };
        match state {
            RobotState::Active => Ok(()),
            RobotState::Unknown => Err(Refusal::new(93000, "invalid webhook url")),
            RobotState::Disabled => Err(Refusal::new(93004, "webhook is disabled")),
            RobotState::Outside => Err(Refusal::new(93008, "webhook is not in the group")),
        }
    }

    /// Counts a message against the robot's minute.
    fn count(&mut self, key: &str, now: u64, limit: u32) -> Result<(), Refusal> {
        let minute = now / MINUTE_MS;
        let window = self.windows.entry(key.to_owned()).or_default();
        if window.0 != minute {
            *window = (minute, 0);
        }
        if window.1 >= limit {
            return Err(Refusal::new(45009, "api freq out of limit"));
        }
        window.1 += 1;
        Ok(())
    }
}
