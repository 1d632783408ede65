//! Offers what a host does for the gateway, one primitive operation per route: the stores, the clock, work after the
//! answer, the way out.
//!
//! It goes through the same crates as the gateway (`store`, `runtime`), and decides nothing: what has to hold stands in
//! `tests/host-contract`. It is no part of the gateway. Whoever knows `probe_token` reads and writes everything in the
//! stores, so it is removed when the host has been checked.
//!
//! Every route takes `POST` with a JSON object and `Authorization: Bearer`, and answers
//! `{"instance", "microseconds", "result"}`, with `"error"` for `"result"` when the host failed: which instance it was,
//! how long the host took, and what it did.

mod execution;
mod key_value;
mod sqlite;

use contract::Problem;
use http::{Method, Response};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use spin_sdk::{
    http::{IntoResponse, Request},
    http_service,
};
use std::time::Instant;
use surface::{Answer, Refusal, Secret, Surface, body, credential};

/// The largest body that is read, in bytes: the gateway's own limit as base64, and what stands around it.
const LIMIT: usize = 2 * body::LIMIT;

thread_local! {
    static INSTANCE: String = runtime::identifier();
}

/// Answers 200 and does nothing, for anybody: what a request costs before a component does its work.
const EMPTY: &str = "/empty";

/// A route without arguments.
#[derive(Deserialize)]
struct Nothing {}

/// The entry point: does one operation, and answers under an id of its own.
#[http_service]
async fn handle(request: Request) -> impl IntoResponse {
    if request.uri().path() == EMPTY {
        return Ok::<_, spin_sdk::http::Error>(Response::default());
    }
    let request_id = runtime::identifier();
    let answer = route(request).await.unwrap_or_else(|refusal| Surface::Gateway.refuse(&refusal, &request_id));
    Ok(answer.into_response(&request_id))
}

async fn route(request: Request) -> Result<Answer, Refusal> {
    let (head, incoming) = request.into_parts();
    let token = Secret::new(runtime::variable("probe_token").await);
    if !credential::bearer(&head.headers).is_some_and(|presented| token.matches(presented)) {
        return Err(Refusal::new(Problem::Unauthorized, ""));
    }
    if head.method != Method::POST {
        let mut refusal = Refusal::new(Problem::MethodNotAllowed, "");
        refusal.allow = Some("POST".into());
        return Err(refusal);
    }
    let bytes = body::read_within(LIMIT, &head.headers, incoming).await?;
    let object = body::object(&head.headers, &bytes)?;
    let begun = Instant::now();
    let outcome = match head.uri.path() {
        "/clock" => execution::clock(read(object)?),
        "/identifier" => execution::identifier(read(object)?),
        "/sleep" => execution::sleep(read(object)?).await,
        "/background" => execution::background(read(object)?),
        "/outbound" => execution::outbound(read(object)?).await,
        "/key-value/get" => key_value::get(read(object)?),
        "/key-value/set" => key_value::set(read(object)?),
        "/key-value/set-many" => key_value::set_many(read(object)?),
        "/key-value/increment" => key_value::increment(read(object)?),
        "/key-value/count" => key_value::count(read(object)?),
        "/key-value/delete" => key_value::delete(read(object)?),
        "/sqlite/execute" => sqlite::execute(read(object)?),
        "/sqlite/insert" => sqlite::insert(read(object)?).await,
        _ => return Err(Refusal::new(Problem::UnknownPath, "")),
    };
    let microseconds = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    let instance = INSTANCE.with(Clone::clone);
    Ok(Answer::json(
        200,
        &match outcome {
            Ok(result) => json!({ "instance": instance, "microseconds": microseconds, "result": result }),
            Err(error) => json!({ "instance": instance, "microseconds": microseconds, "error": error }),
        },
    ))
}

fn read<T: DeserializeOwned>(object: Map<String, Value>) -> Result<T, Refusal> {
    serde_json::from_value(Value::Object(object))
        .map_err(|error| Refusal::new(Problem::InvalidParameter, error.to_string()))
}
