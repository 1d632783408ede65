//! A send, from the ledger's first row to the platform's answer.

mod end;
mod files;
pub mod leave;
mod parts;
pub mod queue;
mod replay;

use crate::{
    bindings::exports::wecom::gateway::types::{
        self, Failure, Message, Options, Receipt, Recipient, Retry, Robot, Standing, State, System,
    },
    configuration::{self, Configuration, Transport},
    dispatch::{self, Ending},
    ledger::{self, Entry, Leave, schema::MIGRATIONS},
    mqtt,
    platform::{self, Prepared, Verdict},
    robots,
};
use contract::{catalog, wanwang::RECIPIENTS_PER_CALL};
use leave::{NotNow, Passage};
use runtime::clock;
use sha2::{Digest, Sha256};
use std::rc::Rc;
use store::Database;

/// A worker that has not come back after so many milliseconds per call has vanished: longer than a token and a call
/// take.
const LEASE: u64 = 60_000;
/// A message touches no counter later than so many milliseconds after its patience ended.
const COUNTED: u64 = 2_000;
/// A message whose answer is lost is sent so often at most, if its caller wants it to be sent again.
const TRIES: u32 = 3;

/// Sends a message; see `wit/messages.wit`.
pub async fn send(message: Message) -> Result<Receipt, Failure> {
    let configuration = configuration::read().await;
    let message = robots::resolve(&configuration, message)?;
    let prepared = platform::prepare(&message, |webhook| robot_hash(&configuration, webhook))?;
    let database = Database::open(&MIGRATIONS).map_err(internal)?;
    files::check(&database, &prepared)?;
    let Message { caller, request_id, recipient, idempotency_key, options, .. } = message;
    let robot = match recipient {
        Recipient::Robot(robot) => Some(robot),
        Recipient::Employees(_) | Recipient::Conversation(_) => None,
    };
    let again = options.retry == Retry::AtLeastOnce;
    let mqtt = by_mqtt(&configuration, &prepared, options.transport);
    if mqtt && options.transport.is_some() && configuration.quntool_mqtt_url.is_empty() {
        return Err(platform::invalid("transport", "网关未配置 MQTT,只能为 http"));
    }
    let work = Work { id: runtime::identifier(), request_id, prepared, robot, again, mqtt, configuration, database };
    if options.respond_async || options.send_at.is_some() {
        return work.enqueue(&caller, idempotency_key.as_deref(), &options).await;
    }
    match work.accept(&caller, idempotency_key.as_deref(), Some(&options)).await.map_err(internal)? {
        Some(known) => replay::replay(known, &work, false),
        None => work.run(&options).await,
    }
}

/// A message on its way.
pub struct Work {
    /// Its id.
    pub id: String,
    request_id: String,
    /// The message in the terms of its platform.
    pub prepared: Prepared,
    robot: Option<Robot>,
    /// Whether it is sent again when its answer is lost.
    again: bool,
    /// Whether it is published by MQTT.
    mqtt: bool,
    configuration: Rc<Configuration>,
    database: Database,
}

impl Work {
    /// Puts the message into the ledger; the message that its idempotency key is known from is returned instead.
    /// Without options it is queued.
    async fn accept(
        &self,
        caller: &str,
        idempotency_key: Option<&str>,
        options: Option<&Options>,
    ) -> Result<Option<ledger::Known>, store::Error> {
        let now = clock::now();
        let recipients = serde_json::Value::from(self.prepared.recipients.as_slice()).to_string();
        let patience = options.map(|options| self.latest(options, now).saturating_sub(now));
        let entry = Entry {
            id: &self.id,
            caller,
            request_id: &self.request_id,
            system: self.prepared.system,
            kind: &self.prepared.kind,
            account: self.prepared.account.as_deref(),
            company: self.prepared.company.as_deref(),
            recipients: &recipients,
            idempotency_key,
            fingerprint: &self.fingerprint(),
            echo: self.prepared.echo.as_deref(),
            now,
            lease_until: now + self.lease() + patience.unwrap_or_default(),
            counted_until: patience.map(|patience| now + patience + COUNTED),
            queued: options.is_none(),
        };
        ledger::insert(&self.database, &entry).await
    }

    async fn run(&self, options: &Options) -> Result<Receipt, Failure> {
        let latest = self.latest(options, clock::now());
        let mut passage = match Passage::ask(&self.prepared, &self.configuration, latest).await {
            Ok(passage) => passage,
            Err(reason) => return Err(self.not_left(reason)?),
        };
        let left = match self.mark(&mut passage, None).await {
            Ok(()) => passage.depart().await,
            Err(reason) => Err(reason),
        };
        match left {
            Ok(()) => self.deliver(passage).await,
            Err(reason) => {
                passage.give_back().map_err(internal)?;
                Err(self.not_left(reason)?)
            }
        }
    }

    /// Waits until shortly before the limits let the message leave, and marks it as `sending`. `counted` is when the
    /// limits' counters learnt of it, if that is not when it was accepted.
    pub async fn mark(&self, passage: &mut Passage, counted: Option<(u64, u64)>) -> Result<(), NotNow> {
        passage.approach().await?;
        let now = clock::now();
        let waited = passage.waited();
        match ledger::leave(&self.database, &self.id, now, now + self.lease(), counted, waited.as_deref()).await? {
            Leave::Left => Ok(()),
            Leave::Taken => Err(NotNow::Taken),
            Leave::UsedUp(used_up) => Err(NotNow::UsedUp(used_up)),
        }
    }

    /// Sends a message that is marked as `sending`, and records what came of it.
    pub async fn deliver(&self, mut passage: Passage) -> Result<Receipt, Failure> {
        let mut tries = 1;
        loop {
            let verdict = if self.prepared.recipients.len() > RECIPIENTS_PER_CALL {
                self.in_parts().await?
            } else {
                passage.send(self.dispatch()).await
            };
            passage.arrived();
            let limits = standings(&passage);
            if !self.again || tries >= TRIES || !is_lost(&verdict) {
                return self.judge(verdict).await.map(|receipt| Receipt { limits, ..receipt });
            }
            tries += 1;
            let lost = self.judge(verdict).await;
            let latest = clock::now() + self.configuration.max_wait;
            let Ok(another) = Passage::ask(&self.prepared, &self.configuration, latest).await else { return lost };
            passage = another;
            let now = clock::now();
            if !ledger::again(&self.database, &self.id, now, now + self.lease()).map_err(internal)? {
                return lost;
            }
            if passage.approach().await.is_err() || passage.depart().await.is_err() {
                self.unknown("再次发送前未获得发送时机")?;
                return lost;
            }
        }
    }

    async fn dispatch(&self) -> Result<Verdict, Ending> {
        let (path, body) = (self.prepared.path.as_ref(), &self.prepared.body);
        match (&self.robot, self.prepared.system) {
            (Some(robot), _) => dispatch::robot(&self.configuration, robot, body).await,
            (None, System::Wanwang) => dispatch::wanwang(&self.configuration, path, body).await,
            (None, _) if self.mqtt => {
                mqtt::send(&self.configuration, &self.database, &self.id, &self.prepared.kind, body).await
            }
            (None, _) => dispatch::quntool(&self.configuration, path, body).await,
        }
    }

    /// Records the verdict, and says it to the caller.
    async fn judge(&self, verdict: Result<Verdict, Ending>) -> Result<Receipt, Failure> {
        match verdict {
            Ok(Verdict::Taken { upstream_id, answer }) => {
                let now = clock::now();
                let said = Some((200, answer.as_str()));
                let upstream = upstream_id.as_deref();
                let state = ledger::submitted(&self.database, &self.id, upstream, said, now).await.map_err(internal)?;
                Ok(Receipt { upstream_id, answer: Some(answer), ..self.receipt(state) })
            }
            Ok(Verdict::Refused(refusal)) => Err(self.refused(refusal)?),
            Ok(Verdict::Unclear(reason)) => Err(self.ended(Ending::unclear(reason))?),
            Err(ending) => Err(self.ended(ending)?),
        }
    }

    fn receipt(&self, state: State) -> Receipt {
        Receipt {
            id: self.id.clone(),
            upstream_id: None,
            state,
            answer: None,
            request_id: self.request_id.clone(),
            replayed: false,
            eta: None,
            limits: Vec::new(),
        }
    }

    /// Until when the message may wait for its limits.
    fn latest(&self, options: &Options, now: u64) -> u64 {
        let latest = now + options.max_wait_ms.map_or(self.configuration.max_wait, u64::from);
        options.expires_at.map_or(latest, |expires_at| latest.min(expires_at))
    }

    /// How long its worker may take, in milliseconds.
    fn lease(&self) -> u64 {
        let calls = self.prepared.recipients.len().div_ceil(RECIPIENTS_PER_CALL).max(1);
        LEASE * u64::try_from(calls).unwrap_or(1)
    }

    fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        let body = self.prepared.body.to_string();
        for part in [self.prepared.path.as_ref(), body.as_str(), &self.prepared.recipients.join("\n")] {
            hash.update(part);
            hash.update([0]);
        }
        hex::encode(hash.finalize())
    }
}

/// Whether a message is published by MQTT: as its request or the gateway wishes, if its type can be.
fn by_mqtt(configuration: &Configuration, prepared: &Prepared, wished: Option<types::Transport>) -> bool {
    let wished =
        wished.map_or(configuration.quntool_transport == Transport::Mqtt, |wished| wished == types::Transport::Mqtt);
    wished && catalog::message(platform::system(prepared.system), &prepared.kind).is_some_and(|row| row.mqtt)
}

/// Whether the answer was lost: the message may have been sent, or not.
fn is_lost(verdict: &Result<Verdict, Ending>) -> bool {
    use crate::upstream::Silence;
    matches!(verdict, Ok(Verdict::Unclear(_)) | Err(Ending::Silence(Silence::Lost { .. } | Silence::Unreached { .. })))
}

fn standings(passage: &Passage) -> Vec<Standing> {
    let standing = |counted: &crate::limits::window::Counted| Standing {
        limit: counted.limit.name.into(),
        quota: counted.limit.quota,
        window_ms: counted.limit.window,
        remaining: counted.remaining,
        reset_ms: counted.reset,
    };
    passage.counted().iter().map(standing).collect()
}

/// What stands for a robot's key in the ledger and in counters: the same key gives the same text, and the text does not
/// give the key.
fn robot_hash(configuration: &Configuration, webhook: &str) -> String {
    let key = webhook.rsplit_once("key=").map_or(webhook, |(_, key)| key);
    let digest = Sha256::new()
        .chain_update("wecom-gateway robot\0")
        .chain_update(Sha256::digest(&configuration.robot_hash_key))
        .chain_update(key)
        .finalize();
    format!("robot:{}", hex::encode(digest.get(..16).unwrap_or_default()))
}

/// A failure of the gateway itself: the cause goes to the log, once.
pub fn internal(error: store::Error) -> Failure {
    let reason = error.to_string();
    runtime::log::write(runtime::log::Level::Error, "the store failed", &[("reason", &reason)]);
    Failure::Other(reason)
}
