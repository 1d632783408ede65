//! A send, from the ledger's first row to the platform's answer.

mod end;
mod leave;
mod parts;
mod replay;

use crate::{
    bindings::exports::wecom::gateway::types::{Failure, Message, Receipt, Recipient, State, System},
    configuration::{self, Configuration},
    dispatch::{self, Ending},
    hexadecimal,
    ledger::{self, Entry, schema::MIGRATIONS},
    platform::{self, Prepared, Verdict},
};
use contract::wanwang::RECIPIENTS_PER_CALL;
use runtime::clock;
use sha2::{Digest, Sha256};
use store::Database;

/// A worker that has not come back after so many milliseconds per call has vanished: longer than a token and a call
/// take.
const LEASE: u64 = 60_000;
/// A message touches no counter later than so many milliseconds after its patience ended.
const COUNTED: u64 = 2_000;

/// Sends a message; see `wit/messages.wit`.
pub async fn send(message: Message) -> Result<Receipt, Failure> {
    if message.options.respond_async || message.options.send_at.is_some() || message.options.expires_at.is_some() {
        return Err(platform::invalid("Prefer", "暂不支持异步发送"));
    }
    let configuration = configuration::read().await;
    let prepared = platform::prepare(&message, |webhook| robot_hash(&configuration, webhook))?;
    let database = Database::open(&MIGRATIONS).map_err(internal)?;
    let work = Work { id: runtime::identifier(), message: &message, prepared, configuration: &configuration, database };
    match work.accept()? {
        Some(known) => replay::replay(known, &work),
        None => work.run().await,
    }
}

/// A message on its way.
struct Work<'a> {
    id: String,
    message: &'a Message,
    prepared: Prepared,
    configuration: &'a Configuration,
    database: Database,
}

impl Work<'_> {
    /// Puts the message into the ledger; the message that its idempotency key is known from is returned instead.
    fn accept(&self) -> Result<Option<ledger::Known>, Failure> {
        let now = clock::now();
        let recipients = serde_json::Value::from(self.prepared.recipients.as_slice()).to_string();
        let counted = leave::limit_of(&self.prepared).is_some();
        let entry = Entry {
            id: &self.id,
            caller: &self.message.caller,
            request_id: &self.message.request_id,
            system: self.prepared.system,
            kind: self.prepared.kind,
            account: self.prepared.account.as_deref(),
            company: self.prepared.company.as_deref(),
            recipients: &recipients,
            idempotency_key: self.message.idempotency_key.as_deref(),
            fingerprint: &self.fingerprint(),
            echo: self.prepared.echo.as_deref(),
            now,
            lease_until: now + self.lease() + self.patience(),
            counted_until: counted.then(|| now + self.patience() + COUNTED),
        };
        ledger::insert(&self.database, &entry).map_err(internal)
    }

    async fn run(&self) -> Result<Receipt, Failure> {
        if let Err(reason) = self.leave_in_time().await {
            return Err(self.not_left(reason)?);
        }
        let verdict = match (self.prepared.system, &self.message.recipient) {
            (System::Wanwang, _) if self.prepared.recipients.len() > RECIPIENTS_PER_CALL => self.in_parts().await?,
            (System::Wanwang, _) => {
                dispatch::wanwang(self.configuration, self.prepared.path, &self.prepared.body).await
            }
            (_, Recipient::Robot(robot)) => dispatch::robot(self.configuration, robot, &self.prepared.body).await,
            _ => dispatch::quntool(self.configuration, self.prepared.path, &self.prepared.body).await,
        };
        self.judge(verdict)
    }

    /// Records the verdict, and says it to the caller.
    fn judge(&self, verdict: Result<Verdict, Ending>) -> Result<Receipt, Failure> {
        match verdict {
            Ok(Verdict::Taken { upstream_id, answer }) => {
                let now = clock::now();
                let said = Some((200, answer.as_str()));
                let state =
                    ledger::submitted(&self.database, &self.id, upstream_id.as_deref(), said, now).map_err(internal)?;
                Ok(self.receipt(upstream_id, state, answer))
            }
            Ok(Verdict::Refused(refusal)) => Err(self.refused(refusal)?),
            Ok(Verdict::Unclear(reason)) => Err(self.ended(Ending::unclear(reason))?),
            Err(ending) => Err(self.ended(ending)?),
        }
    }

    fn receipt(&self, upstream_id: Option<String>, state: State, answer: String) -> Receipt {
        Receipt {
            id: self.id.clone(),
            upstream_id,
            state,
            answer: Some(answer),
            request_id: self.message.request_id.clone(),
            replayed: false,
            eta: None,
            limits: Vec::new(),
        }
    }

    /// How long the message may wait for its limits, in milliseconds.
    fn patience(&self) -> u64 {
        self.message.options.max_wait_ms.map_or(self.configuration.max_wait, u64::from)
    }

    /// How long its worker may take, in milliseconds.
    fn lease(&self) -> u64 {
        let calls = self.prepared.recipients.len().div_ceil(RECIPIENTS_PER_CALL).max(1);
        LEASE * u64::try_from(calls).unwrap_or(1)
    }

    fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for part in [self.prepared.path, &self.prepared.body.to_string(), &self.prepared.recipients.join("\n")] {
            hash.update(part);
            hash.update([0]);
        }
        hexadecimal(&hash.finalize())
    }
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
    format!("robot:{}", hexadecimal(digest.get(..16).unwrap_or_default()))
}

/// A failure of the gateway itself: the cause goes to the log, once.
pub fn internal(error: store::Error) -> Failure {
    let reason = error.to_string();
    runtime::log::write(runtime::log::Level::Error, "the store failed", &[("reason", &reason)]);
    Failure::Other(reason)
}
