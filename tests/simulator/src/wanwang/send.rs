//! Sending: who gets a message, and who silently does not.

use std::collections::{BTreeSet, VecDeque};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;
use uuid::Uuid;

use super::content::Kind;
use super::{Refusal, Sent, Wanwang, company};
use crate::config::Limits;
use crate::truth::{Message, MessageState, System};
use crate::world::World;

/// WeCom takes no more recipients at once (path/90236), and answers this code.
const RECIPIENTS_LIMIT: usize = 1000;
const TOO_MANY_RECIPIENTS: i64 = 40032;

/// WeCom's code for a message whose recipients all do not exist.
const NO_RECIPIENT: i64 = 81013;

const MINUTE_MS: u64 = 60 * 1000;
const HOUR_MS: u64 = 60 * MINUTE_MS;

/// Sends a message, and returns its id.
pub(super) fn send(world: &World, kind: &Kind, body: &Value) -> Result<String, Refusal> {
    let recipients = recipients(body)?;
    let (content, cut) = (kind.read)(body)?;
    let company = company(body);
    let now = world.clock.now();
    let id = message_id();
    let mut broken = Vec::new();
    let (reached, dropped): (Vec<String>, Vec<String>) = {
        let mut wanwang = world.wanwang.lock();
        let known = wanwang.known(recipients);
        if known.is_empty() {
            return Err(Refusal::new(NO_RECIPIENT, "user & party & tag all invalid"));
        }
        let sent = Sent { at: now, company: company.clone(), recalled: false };
        wanwang.messages.insert(id.clone(), sent);
        known.into_iter().partition(|member| match wanwang.reach(&company, member, now, &world.config.limits) {
            Ok(()) => true,
            Err(rule) => {
                broken.push((rule, member.clone()));
                false
            }
        })
    };
    for (rule, member) in broken {
        world.violated(rule, format!("member {member} of app {company:?} did not get {id}"));
    }
    let state = if reached.is_empty() { MessageState::Dropped } else { MessageState::Delivered };
    world.record.lock().accepted(Message {
        id: id.clone(),
        system: System::Wanwang,
        at: now,
        account: Some(company).filter(|company| !company.is_empty()),
        conversation: None,
        recipients: reached.iter().chain(&dropped).cloned().collect(),
        dropped,
        kind: kind.name.to_owned(),
        content,
        cut,
        state,
        code: 0,
        outcomes: 0,
    });
    Ok(id)
}

fn recipients(body: &Value) -> Result<BTreeSet<String>, Refusal> {
    let work_ids = body.get("workIds").and_then(Value::as_array).filter(|ids| !ids.is_empty());
    let work_ids = work_ids.ok_or_else(|| Refusal::missing("workIds"))?;
    if work_ids.len() > RECIPIENTS_LIMIT {
        return Err(Refusal::new(TOO_MANY_RECIPIENTS, "too many users"));
    }
    let text = |id: &Value| id.as_str().filter(|id| !id.trim().is_empty()).map(str::to_owned);
    work_ids.iter().map(text).collect::<Option<_>>().ok_or_else(|| Refusal::missing("workIds"))
}

impl Wanwang {
    fn known(&self, recipients: BTreeSet<String>) -> BTreeSet<String> {
        match &self.employees {
            Some(employees) => recipients.intersection(employees).cloned().collect(),
            None => recipients,
        }
    }

    /// Counts a message to a member, or tells the rule that it would break.
    fn reach(&mut self, company: &str, member: &str, now: u64, limits: &Limits) -> Result<(), &'static str> {
        let key = (company.to_owned(), member.to_owned());
        let reached: &mut VecDeque<u64> = self.reached.entry(key).or_default();
        while reached.front().is_some_and(|at| now.saturating_sub(*at) >= HOUR_MS) {
            reached.pop_front();
        }
        if reached.len() >= limits.wanwang_per_hour {
            return Err("wanwang_per_hour");
        }
        if reached.iter().rev().take_while(|at| now.saturating_sub(**at) < MINUTE_MS).count()
            >= limits.wanwang_per_minute
        {
            return Err("wanwang_per_minute");
        }
        reached.push_back(now);
        Ok(())
    }
}

/// Makes an id of 107 characters, as in the document.
fn message_id() -> String {
    let bytes: Vec<u8> = (0..5).flat_map(|_| Uuid::new_v4().into_bytes()).collect();
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
