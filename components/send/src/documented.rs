//! The documented endpoints, as their platforms answer them.

use crate::{Exchange, Unanswered, not_allowed, transfer};
use caller::{
    messages, quntool as client,
    types::{Message, Receipt, State},
};
use contract::{
    Arguments, Endpoint, Problem,
    catalog::{self, Missing},
    endpoint::Location,
    wanwang::RECALL_PATH,
};
use message::{documented, queue};
use serde_json::{Map, Value, json};
use spin_sdk::http::Request;
use surface::{
    Answer, Refusal, Surface,
    answer::MESSAGE_ID,
    body, idempotency,
    preference::{self, APPLIED},
    query, rate_limit,
};

/// Answers a request to a documented endpoint: it sends a message, takes one back, or calls Quntool.
pub async fn answer(exchange: &Exchange, request: Request) -> Result<Answer, Unanswered> {
    let endpoint = find(exchange, request.method())?;
    if endpoint.path == transfer::UPLOAD {
        return transfer::upload(exchange, request).await;
    }
    let (parts, incoming) = request.into_parts();
    let caller = exchange.authenticate(&parts.headers).await?;
    let idempotency_key = idempotency::key(&parts.headers)?;
    let options = preference::options(&parts.headers)?;
    let bytes = body::read(&parts.headers, incoming).await?;
    let arguments = endpoint.check(given(exchange, endpoint, &parts.headers, &bytes)?).map_err(Refusal::from)?;
    if endpoint.path == RECALL_PATH {
        let (id, company, extra) =
            (arguments.text("msgId"), arguments.optional_text("companyId"), arguments.extra_json());
        return Ok(recalled(exchange, messages::recall(caller, id, company, extra).await?));
    }
    let Some((recipient, content)) = documented::of(endpoint.path, &arguments) else {
        return call(endpoint, arguments).await;
    };
    let message = Message {
        caller,
        request_id: exchange.request_id.clone(),
        recipient,
        content,
        extra: arguments.extra_json(),
        idempotency_key,
        options,
    };
    let receipt = messages::send(message).await?;
    queue::work_soon([&receipt].into_iter());
    Ok(shape(exchange, receipt))
}

/// Finds the parameters where the table says that they are.
fn given(
    exchange: &Exchange,
    endpoint: &Endpoint,
    headers: &http::HeaderMap,
    bytes: &[u8],
) -> Result<Map<String, Value>, Refusal> {
    let in_query = match endpoint.location {
        Location::Query => true,
        Location::BodyOrQuery => bytes.is_empty(),
        Location::Body | Location::Multipart => false,
    };
    if in_query {
        return Ok(endpoint.read_query(query::pairs(&exchange.query)));
    }
    body::object(headers, bytes)
}

/// Calls an operation of Quntool, and lets its answer pass as it came.
async fn call(endpoint: &Endpoint, arguments: Arguments) -> Result<Answer, Unanswered> {
    let Some(operation) = endpoint.operation() else { return Err(Refusal::new(Problem::UnknownPath, "").into()) };
    let arguments = Value::Object(arguments.merged()).to_string();
    let answer = client::call(operation, arguments).await?;
    Ok(Answer::raw(answer.status, answer.body))
}

/// Shapes the answer to a recall as seed 000 documents it.
fn recalled(exchange: &Exchange, receipt: Receipt) -> Answer {
    let body = json!({ "code": 0, "msg": null, "data": null, "requestId": exchange.request_id, "ok": true });
    Answer::json(200, &body).with(MESSAGE_ID, &receipt.id)
}

/// Finds the row of a path and method.
fn find(exchange: &Exchange, method: &http::Method) -> Result<&'static Endpoint, Refusal> {
    catalog::find(method.as_str(), &exchange.path).map_err(|missing| match missing {
        Missing::Method(allow) => not_allowed(allow),
        Missing::Path => Refusal::new(Problem::UnknownPath, ""),
    })
}

/// Shapes the answer to a send as the platform documents it.
fn shape(exchange: &Exchange, receipt: Receipt) -> Answer {
    // What the platform answered may hold more than the id.
    let upstream = || serde_json::from_str::<Value>(receipt.answer.as_deref()?).ok()?.get_mut("data").map(Value::take);
    let eta = receipt.eta.map(runtime::clock::rfc3339);
    let data = || upstream().unwrap_or_else(|| json!({ "id": receipt.id, "eta": eta }));
    let status = if receipt.state == State::Queued { 202 } else { 200 };
    let answer = match (exchange.surface, &receipt.answer) {
        // Its own answer has nothing that the gateway knows better.
        (Surface::Quntool, Some(answer)) => Answer::raw(200, answer.clone()),
        (Surface::Quntool, None) => Answer::json(status, &json!({ "msg": "", "code": 0, "data": data() })),
        _ => Answer::json(
            status,
            &json!({ "code": 0, "msg": null, "data": data(), "requestId": receipt.request_id, "ok": true }),
        ),
    };
    let mut answer = rate_limit::tell(answer.with(MESSAGE_ID, &receipt.id), &receipt.limits);
    if receipt.state == State::Queued {
        answer = answer.with(APPLIED, "respond-async");
    }
    if receipt.replayed { answer.with(idempotency::REPLAYED, "true") } else { answer }
}
