//! What customers do: write, join, leave; each becomes a callback.

use std::sync::Arc;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::accounts::event;
use super::contacts::conversation;
use super::template::{RECEIVED, Values, render};
use super::{Quntool, envelope};
use crate::callbacks::Delivery;
use crate::clock::day;
use crate::json::overlay;
use crate::world::World;

/// Something that a customer does, or that happens to an account.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Inbound {
    /// The account that it happens to.
    pub account: String,
    /// The customer.
    pub sender: String,
    /// The customer's name; none is the one by which the account knows them.
    pub sender_name: Option<String>,
    /// The conversation; none is that of the two.
    pub conversation_id: Option<String>,
    /// The text of a `text_msg`.
    pub content: Option<String>,
    /// One of the 24 types of callbacks; none is `text_msg`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Fields of `data` that differ from the document's sample.
    pub data: Map<String, Value>,
}

impl Inbound {
    /// A customer writes a text.
    pub fn text(account: &str, sender: &str, content: &str) -> Self {
        Self {
            account: account.to_owned(),
            sender: sender.to_owned(),
            content: Some(content.to_owned()),
            ..Self::default()
        }
    }
}

impl World {
    /// Lets something happen, and calls back with it.
    pub(crate) async fn receive(self: &Arc<Self>, inbound: Inbound) -> Result<Delivery> {
        let now = self.clock.now();
        let body = self.quntool.lock().received(inbound, now)?;
        Ok(self.call_back(body).await)
    }
}

impl Quntool {
    /// Makes the callback.
    fn received(&mut self, inbound: Inbound, at: u64) -> Result<Value> {
        let kind = inbound.kind.as_deref().unwrap_or("text_msg");
        let message = RECEIVED.get("messages").and_then(|messages| messages.get(kind));
        let known = message.or_else(|| RECEIVED.get("events").and_then(|events| events.get(kind)));
        known.with_context(|| format!("there is no type {kind}"))?;
        let unknown = |refusal: super::Refusal| anyhow::anyhow!(refusal.message);
        let account = self.account(&inbound.account).map_err(unknown)?.clone();
        let values = self.happening(&inbound, at);
        let mut own = inbound.data;
        if let Some(content) = inbound.content {
            own.insert("content".to_owned(), json!(content));
        }
        let mut body = match message {
            Some(message) => {
                let common = RECEIVED.get("common").map(|common| render(common, &values)).unwrap_or_default();
                envelope(&account, kind, overlay(common, render(message, &values)), None, at)
            }
            None => event(&account, kind, values, at),
        };
        if let Some(data) = body.get_mut("data").filter(|data| data.is_object() || !own.is_empty()) {
            *data = overlay(data.take(), Value::Object(own));
        }
        Ok(body)
    }

    /// Gives everything that the templates have places for.
    fn happening(&mut self, inbound: &Inbound, at: u64) -> Values {
        let Inbound { account, sender, .. } = inbound;
        let name = match &inbound.sender_name {
            Some(name) => name.clone(),
            None if sender.is_empty() => String::new(),
            None => self.meet(account, sender).username.clone(),
        };
        if !sender.is_empty() {
            self.meet(account, sender).username.clone_from(&name);
        }
        let conversation_id = inbound.conversation_id.clone().unwrap_or_else(|| conversation(account, sender));
        let seconds = at / 1000;
        let number = self.next();
        let own = [
            ("account", json!(account)),
            ("sender", json!(sender)),
            ("sendername", json!(name)),
            ("conversationid", json!(conversation_id)),
            ("sendtime", json!(seconds)),
            ("sendtimetext", json!(seconds.to_string())),
            ("serverid", json!(self.server_id())),
            ("localid", json!((1_000 + number).to_string())),
            ("appinfo", json!((5_079_167_612_398_453_673 + number).to_string())),
            ("day", json!(day(at))),
            ("memberlist", json!([{"name": name, "user_id": sender}])),
            ("roomname", json!(format!("{name}的群"))),
        ];
        own.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
    }
}
