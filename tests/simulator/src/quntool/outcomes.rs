//! What becomes of messages: at once, later, otherwise or never.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::stamp;
use crate::json::overlay;
use crate::truth::MessageState;
use crate::world::World;

/// The account that forged outcomes come from.
pub const FORGER: &str = "1688850000000000";

/// The outcome of the next messages.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct OutcomePlan {
    /// For how many messages.
    #[serde(default = "one")]
    pub next: u32,
    /// Only for messages whose path begins so.
    #[serde(default)]
    pub path: String,
    /// 0: delivered; anything else: failed.
    #[serde(default)]
    pub error_code: i64,
    /// The words for it.
    #[serde(default)]
    pub error_message: String,
    /// Milliseconds from the acceptance to the callback; none is the usual delay.
    #[serde(default, rename = "delayMs")]
    pub delay_ms: Option<u64>,
    /// How many times it is told: 0 is never, 2 is a repeated callback.
    #[serde(default = "one")]
    pub callbacks: u32,
    /// How many forged callbacks come before it: they name the message, another account, and the opposite outcome.
    #[serde(default)]
    pub forged: u32,
    /// How likely such a message has this outcome, from 0 to 1.
    #[serde(default = "certain")]
    pub probability: f64,
}

fn certain() -> f64 {
    1.0
}

fn one() -> u32 {
    1
}

impl OutcomePlan {
    /// Lets the next messages fail.
    pub fn failure(next: u32, error_code: i64, error_message: &str) -> Self {
        Self { next, error_code, error_message: error_message.to_owned(), ..Self::default() }
    }
}

impl Default for OutcomePlan {
    /// The usual outcome of one message.
    fn default() -> Self {
        Self {
            next: 1,
            path: String::new(),
            error_code: 0,
            error_message: String::new(),
            delay_ms: None,
            callbacks: 1,
            forged: 0,
            probability: certain(),
        }
    }
}

/// What is to become of a message.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) message: String,
    pub(super) code: i64,
    pub(super) body: Value,
    pub(super) callbacks: u32,
    pub(super) forged: u32,
    pub(super) delay: Duration,
}

/// What was ordered, and what is held back.
#[derive(Debug)]
pub(crate) struct Outcomes {
    plans: Vec<OutcomePlan>,
    held: Option<Vec<Outcome>>,
    random: StdRng,
}

impl Outcomes {
    /// Starts without orders.
    pub(crate) fn new(seed: u64) -> Self {
        Self { plans: Vec::new(), held: None, random: StdRng::seed_from_u64(seed) }
    }

    /// Orders the outcome of the next messages, after what was ordered before. Fails on a probability outside 0 to 1.
    pub(crate) fn order(&mut self, plan: OutcomePlan) -> Result<()> {
        ensure!((0.0..=1.0).contains(&plan.probability), "probability must lie between 0 and 1");
        self.plans.push(plan);
        Ok(())
    }

    /// Takes back what was ordered; what is held back stays so.
    pub(crate) fn clear(&mut self) {
        self.plans.clear();
    }

    /// Holds outcomes back from now on.
    pub(crate) fn hold(&mut self) {
        self.held.get_or_insert_default();
    }

    /// Takes the plan for a message of this path below `/gnapi/open/`; without one, the usual outcome.
    pub(super) fn plan(&mut self, path: &str) -> OutcomePlan {
        self.plans.retain(|plan| plan.next > 0);
        let path = format!("/gnapi/open/{path}");
        let Self { plans, random, .. } = self;
        let mut applies = |plan: &OutcomePlan| path.starts_with(&plan.path) && random.random_bool(plan.probability);
        let Some(plan) = plans.iter_mut().find(|plan| applies(plan)) else {
            return OutcomePlan::default();
        };
        plan.next -= 1;
        plan.clone()
    }
}

impl World {
    /// Lets a message's outcome come about when it is time.
    pub(super) fn schedule(self: &Arc<Self>, outcome: Outcome) {
        if let Some(held) = &mut self.outcomes.lock().held {
            held.push(outcome);
            return;
        }
        let world = Arc::clone(self);
        self.spawn(async move {
            world.clock.pass(outcome.delay).await;
            world.settle(outcome).await;
        });
    }

    /// Lets the outcomes that were held back come about, one after the other, and returns how many there are.
    pub(crate) fn release_outcomes(self: &Arc<Self>, reversed: bool) -> usize {
        let mut held = self.outcomes.lock().held.take().unwrap_or_default();
        if reversed {
            held.reverse();
        }
        let count = held.len();
        let world = Arc::clone(self);
        self.spawn(async move {
            for outcome in held {
                world.settle(outcome).await;
            }
        });
        count
    }

    async fn settle(&self, mut outcome: Outcome) {
        stamp(&mut outcome.body, self.clock.now());
        if let Some(message) = self.record.lock().message(&outcome.message) {
            message.state = if outcome.code == 0 { MessageState::Delivered } else { MessageState::Failed };
            message.code = outcome.code;
        }
        if self.callbacks.url().is_none() {
            return;
        }
        for _ in 0..outcome.forged {
            self.call_back(forged(&outcome.body)).await;
        }
        for _ in 0..outcome.callbacks {
            self.call_back(outcome.body.clone()).await;
            if let Some(message) = self.record.lock().message(&outcome.message) {
                message.outcomes += 1;
            }
        }
    }
}

/// Makes an outcome of another account that says the opposite of a true one.
fn forged(outcome: &Value) -> Value {
    let code = outcome.pointer("/data/error_code").and_then(Value::as_i64).unwrap_or_default();
    let data = outcome.get("data").cloned().unwrap_or_default();
    let data = overlay(data, json!({"error_code": if code == 0 { -1 } else { 0 }}));
    overlay(outcome.clone(), json!({"msgId": Uuid::new_v4().to_string(), "wxid": FORGER, "data": data}))
}
