//! The answer: what happened to each message of the list, in KDocs' envelope.

use caller::types::{Failure, Receipt};
use serde_json::{Value, json};
use surface::{Answer, Surface, answer::MESSAGE_ID, failure::refusal, idempotency};

/// Answers `{"code":0,"data":{"results":[…]}}` if every message went. The failure of a single message is answered as it
/// is; among several, the first one gives the code, and the HTTP status is 200 as soon as one message went.
pub fn answer(results: Vec<Result<Receipt, Failure>>, request_id: &str) -> Answer {
    if let [Err(failure)] = results.as_slice() {
        return Surface::Kdocs.fail(failure.clone(), request_id);
    }
    let entries: Vec<Value> = results.iter().map(entry).collect();
    let went = results.iter().any(Result::is_ok);
    let replayed = results.iter().all(|result| result.as_ref().is_ok_and(|receipt| receipt.replayed));
    let ids: Vec<&str> = entries.iter().filter_map(|entry| entry.get("id")?.as_str()).collect();
    let ids = ids.join(", ");
    let first = results.into_iter().find_map(Result::err).map(|failure| (code(&failure), refusal(failure)));
    let answer = match first {
        None => Answer::json(200, &json!({ "code": 0, "data": { "results": entries } })),
        Some((code, refusal)) => Answer::json(
            if went { 200 } else { refusal.problem.entry().status() },
            &json!({
                "code": code, "msg": refusal.message(), "hint": refusal.advice(), "data": { "results": entries },
            }),
        ),
    };
    let answer = answer.with(MESSAGE_ID, &ids);
    if replayed { answer.with(idempotency::REPLAYED, "true") } else { answer }
}

fn entry(result: &Result<Receipt, Failure>) -> Value {
    match result {
        Ok(receipt) => json!({ "state": "submitted", "id": receipt.id, "code": 0 }),
        Err(failure) => {
            let code = code(failure);
            let state = match failure {
                Failure::Ambiguous(_) => "unknown",
                Failure::Rejected(_) | Failure::Unauthorized(_) | Failure::Unavailable(_) => "failed",
                _ => "refused",
            };
            let refusal = refusal(failure.clone());
            json!({
                "state": state, "id": refusal.id, "code": code, "msg": refusal.message(), "hint": refusal.advice(),
            })
        }
    }
}

/// The platform's code where it gave one, else the gateway's.
fn code(failure: &Failure) -> i64 {
    match failure {
        Failure::Rejected(rejection) | Failure::Unauthorized(rejection) => rejection.code,
        other => i64::from(refusal(other.clone()).problem.entry().code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use caller::types::{Rejection, State, System};

    fn sent(id: &str) -> Result<Receipt, Failure> {
        Ok(Receipt {
            id: id.into(),
            upstream_id: None,
            state: State::Submitted,
            answer: Some("{}".into()),
            request_id: "r".into(),
            replayed: false,
            eta: None,
            limits: Vec::new(),
        })
    }

    fn rejected() -> Result<Receipt, Failure> {
        Err(Failure::Rejected(Rejection {
            id: Some("m-2".into()),
            system: System::Kdocs,
            status: 200,
            code: 93_000,
            message: "invalid webhook url".into(),
            hint: None,
            body: Some(r#"{"code":93000}"#.into()),
        }))
    }

    fn body(answer: &Answer) -> Value {
        serde_json::from_str(&answer.body).unwrap()
    }

    #[test]
    fn code_is_zero_only_if_every_message_went() {
        let all = answer(vec![sent("m-1"), sent("m-2")], "r");
        assert_eq!((body(&all)["code"].as_i64(), all.headers["x-message-id"].to_str().unwrap()), (Some(0), "m-1, m-2"));
        let some = answer(vec![sent("m-1"), rejected()], "r");
        assert_eq!((some.status, body(&some)["code"].as_i64()), (200, Some(93_000)));
        assert_eq!(body(&some)["data"]["results"][0]["state"], "submitted");
        assert_eq!(body(&some)["data"]["results"][1]["state"], "failed");
        assert_eq!(answer(vec![rejected(), rejected()], "r").status, 502);
    }

    #[test]
    fn a_single_refusal_of_the_platform_passes_through_as_it_came() {
        let one = answer(vec![rejected()], "r");
        assert_eq!((one.status, one.body.as_str()), (200, r#"{"code":93000}"#));
    }
}
