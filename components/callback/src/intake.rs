//! `POST /callback/quntool/{token}`: nothing is acknowledged before it is durable, and nothing slow stands before the
//! answer.

mod commit;

use crate::{
    configuration,
    envelope::Envelope,
    journal::{Entry, System, schema::MIGRATIONS},
    origin,
    pipeline::ROUTING_LEASE,
};
use contract::Problem;
use runtime::{
    clock,
    log::{self, Level},
};
use spin_sdk::http::Request;
use std::borrow::Cow;
use store::Database;
use surface::{Answer, Refusal, body};

/// What Quntool is answered.
const TAKEN: &str = r#"{"code":0,"msg":""}"#;

/// Takes a callback: 200 once it is in the journal, a repeat included.
pub async fn take(token: &str, request: Request) -> Result<Answer, Refusal> {
    let configuration = configuration::read().await;
    if !configuration.callback_token.matches(token) {
        return Err(Refusal::new(Problem::Unauthorized, "回调地址中的令牌错误"));
    }
    let (parts, incoming) = request.into_parts();
    let raw = body::read(&parts.headers, incoming).await?;
    let Some(envelope) = Envelope::read(&raw) else {
        return Err(Refusal::new(Problem::InvalidBody, "应为 JSON 对象"));
    };
    let allow_list =
        configuration.allow_list.as_ref().map_err(|reason| Refusal::new(Problem::NotConfigured, reason))?;
    allow_list.check(&envelope)?;
    let origin = origin::of(&parts.uri, &parts.headers);
    let database = Database::open(&MIGRATIONS).map_err(internal)?;
    let now = clock::now();
    let account = envelope.account.clone().unwrap_or_default();
    // Where an outcome is of, the ledger is asked first.
    let subscribers = match envelope.outcome() {
        None => configuration.wanting(System::Quntool, &envelope.kind, Some(&envelope)),
        Some(_) => None,
    };
    let entry = Entry {
        id: runtime::identifier_at(now),
        message_id: envelope.message_id.clone(),
        kind: envelope.kind.clone(),
        conversation: envelope.conversation().map_or_else(|| account.clone(), Cow::into_owned),
        account,
        origin,
        raw,
        now,
        lease_until: now + ROUTING_LEASE,
        subscribers: subscribers.map(|names| names.into_iter().map(str::to_owned).collect()),
    };
    commit::insert(database, entry, envelope).await.map_err(internal)?;
    Ok(Answer::raw(200, TAKEN.into()))
}

/// A failure of the gateway itself: the cause goes to the log, once.
pub fn internal(error: store::Error) -> Refusal {
    let reason = error.to_string();
    log::write(Level::Error, "the store failed", &[("reason", &reason)]);
    Refusal::new(Problem::Internal, "")
}
