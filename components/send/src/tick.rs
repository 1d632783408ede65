//! `POST /internal/send/tick`: the queue, leases and what is old.

use crate::Unanswered;
use caller::messages::{self, Budget};
use contract::Problem;
use http::HeaderMap;
use serde_json::json;
use surface::{Answer, Refusal, Secret, credential};

/// What one tick may do.
const BUDGET: Budget = Budget { messages: 500, milliseconds: 30_000 };

/// Works what is due, and tells what was done.
pub async fn tick(headers: &HeaderMap) -> Result<Answer, Unanswered> {
    let expected = Secret::new(runtime::variable("tick_token").await);
    if !credential::bearer(headers).is_some_and(|token| expected.matches(token)) {
        return Err(Refusal::new(Problem::Unauthorized, "").into());
    }
    let drained = messages::drain(BUDGET).await?;
    Ok(Answer::json(
        200,
        &json!({
            "sent": drained.sent, "unknown": drained.unknown, "refused": drained.refused, "expired": drained.expired,
            "deleted": drained.deleted,
        }),
    ))
}
