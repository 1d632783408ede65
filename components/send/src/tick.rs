//! `POST /internal/send/tick`: the queue, leases and what is old.

use crate::Unanswered;
use contract::Problem;
use http::HeaderMap;
use message::queue;
use serde_json::json;
use surface::{Answer, Refusal, Secret, credential};

/// Works what is due, and tells what was done.
pub async fn tick(headers: &HeaderMap) -> Result<Answer, Unanswered> {
    let expected = Secret::new(runtime::variable("tick_token").await);
    if !credential::bearer(headers).is_some_and(|token| expected.matches(token)) {
        return Err(Refusal::new(Problem::Unauthorized, "").into());
    }
    let drained = queue::tick().await?;
    Ok(Answer::json(
        200,
        &json!({
            "sent": drained.sent, "unknown": drained.unknown, "refused": drained.refused, "expired": drained.expired,
            "deleted": drained.deleted,
        }),
    ))
}
