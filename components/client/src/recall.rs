//! Taking a message back.

use crate::{
    bindings::exports::wecom::gateway::types::{Conflict, Failure, Receipt, State, System},
    configuration, dispatch,
    dispatch::Ending,
    ledger::{self, recall::Known, schema::MIGRATIONS},
    platform::{self, Verdict},
    send::internal,
};
use contract::wanwang::RECALL_PATH;
use runtime::clock;
use serde_json::{Map, Value};
use store::Database;

/// The platform takes a message back for so many milliseconds (seed 000: 24 小时).
const WINDOW: u64 = 24 * 3_600_000;

/// Takes a message back; see `wit/messages.wit`.
pub async fn recall(
    caller: &str,
    id: &str,
    company_id: Option<String>,
    extra: Option<&str>,
) -> Result<Receipt, Failure> {
    let extra = platform::extra(extra)?;
    let database = Database::open(&MIGRATIONS).map_err(internal)?;
    let known = ledger::recall::find(&database, id).map_err(internal)?;
    if let Some(known) = &known {
        if known.caller == caller && ledger::queue::cancel(&database, &known.id, clock::now()).map_err(internal)? {
            return Ok(receipt(known.id.clone(), None, None));
        }
        check(known, caller)?;
    }
    let company = company_id.or_else(|| known.as_ref()?.company.clone());
    // What the ledger does not know, the platform may.
    let upstream_ids = known.as_ref().map_or_else(|| vec![id.to_owned()], |known| known.upstream_ids.clone());
    let mut last = None;
    for upstream_id in &upstream_ids {
        last = Some(take_back(upstream_id, company.as_deref(), &extra, known.as_ref()).await?);
        if let Some(known) = &known {
            ledger::recall::part(&database, &known.id, upstream_id).map_err(internal)?;
        }
    }
    if let Some(known) = &known {
        ledger::recall::recalled(&database, &known.id, clock::now()).map_err(internal)?;
    }
    let id = known.map_or_else(|| id.to_owned(), |known| known.id);
    Ok(receipt(id, upstream_ids.into_iter().next(), last))
}

fn receipt(id: String, upstream_id: Option<String>, answer: Option<String>) -> Receipt {
    Receipt {
        id,
        upstream_id,
        state: State::Recalled,
        answer,
        request_id: String::new(),
        replayed: false,
        eta: None,
        limits: Vec::new(),
    }
}

/// Whether the message is this caller's, and can still be taken back.
fn check(known: &Known, caller: &str) -> Result<(), Failure> {
    if known.caller != caller {
        return Err(Failure::NotFound);
    }
    let taken = matches!(known.state, State::Submitted | State::Delivered) && !known.upstream_ids.is_empty();
    if known.system != System::Wanwang || !taken {
        return Err(Failure::Conflict(Conflict::State));
    }
    if clock::now() > known.created_at + WINDOW {
        return Err(Failure::Conflict(Conflict::TooLate));
    }
    Ok(())
}

/// Asks the platform to take back what one call sent, and returns its answer.
async fn take_back(
    upstream_id: &str,
    company: Option<&str>,
    extra: &Map<String, Value>,
    known: Option<&Known>,
) -> Result<String, Failure> {
    let configuration = configuration::read().await;
    let mut body = platform::object([("msgId", Some(upstream_id.into())), ("companyId", company.map(Value::from))]);
    platform::add(&mut body, extra.clone());
    match dispatch::wanwang(&configuration, RECALL_PATH, &body).await {
        Ok(Verdict::Taken { answer, .. }) => Ok(answer),
        Ok(Verdict::Refused(refusal)) => {
            Err(Failure::Rejected(refusal.of(known.map(|known| known.id.clone()), System::Wanwang)))
        }
        // Nothing was sent, so that these speak of no message.
        Ok(Verdict::Unclear(reason)) => Err(Ending::unclear(reason).failure(None, System::Wanwang)),
        Err(ending) => Err(ending.failure(None, System::Wanwang)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(state: State, created_at: u64) -> Known {
        Known {
            id: "m-1".into(),
            caller: "crm".into(),
            system: System::Wanwang,
            state,
            created_at,
            company: None,
            upstream_ids: vec!["u-1".into()],
        }
    }

    #[test]
    fn only_its_own_caller_takes_a_message_back_within_a_day() {
        let now = clock::now();
        assert!(check(&known(State::Submitted, now), "crm").is_ok());
        assert!(matches!(check(&known(State::Submitted, now), "erp"), Err(Failure::NotFound)));
        assert!(matches!(check(&known(State::Recalled, now), "crm"), Err(Failure::Conflict(Conflict::State))));
        assert!(matches!(check(&known(State::Refused, now), "crm"), Err(Failure::Conflict(Conflict::State))));
        let yesterday = now - WINDOW - 1;
        assert!(matches!(check(&known(State::Submitted, yesterday), "crm"), Err(Failure::Conflict(Conflict::TooLate))));
    }
}
