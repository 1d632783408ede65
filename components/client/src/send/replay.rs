//! The first answer again, for an idempotency key that is known.

use super::Work;
use crate::{
    bindings::exports::wecom::gateway::types::{Ambiguity, Conflict, Failure, Receipt, State},
    ledger::Known,
    platform::{self, Refusal, Verdict},
    upstream::Answer,
};

/// Says what was said to the first request with this key, or why that cannot be said. A request that is queued is told
/// where its message stands.
pub fn replay(known: Known, work: &Work, queued: bool) -> Result<Receipt, Failure> {
    if known.fingerprint != work.fingerprint() {
        return Err(Failure::Conflict(Conflict::KeyReused));
    }
    if queued && known.answer.is_none() && known.state != State::Accepted {
        let eta = super::queue::eta(&work.database, &known.id)?;
        let Known { id, state, request_id, upstream_id, .. } = known;
        return Ok(Receipt { id, request_id, upstream_id, eta, replayed: true, ..work.receipt(state) });
    }
    if matches!(known.state, State::Accepted | State::Queued | State::Sending) {
        return Err(Failure::Conflict(Conflict::InFlight));
    }
    let status = known.answer_status.and_then(|status| u16::try_from(status).ok()).unwrap_or(200);
    match (known.answer, known.code) {
        (Some(answer), _) => match platform::read(&Answer { status, body: answer.clone().into_bytes() }) {
            Verdict::Refused(refusal) => Err(Failure::Rejected(refusal.of(Some(known.id), work.prepared.system))),
            _ => Ok(Receipt {
                id: known.id,
                upstream_id: known.upstream_id,
                state: known.state,
                answer: Some(answer),
                request_id: known.request_id,
                replayed: true,
                eta: None,
                limits: Vec::new(),
            }),
        },
        (None, Some(code)) => {
            let message = known.reason.unwrap_or_default();
            let refusal = Refusal { status: 502, code, message, hint: None, body: None };
            Err(Failure::Rejected(refusal.of(Some(known.id), work.prepared.system)))
        }
        (None, None) => Err(Failure::Ambiguous(Ambiguity {
            id: Some(known.id),
            system: work.prepared.system,
            reason: known.reason.unwrap_or_default(),
            timed_out: false,
        })),
    }
}
