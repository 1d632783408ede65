//! From rows of the tables to operations.

use super::{components, schema};
use crate::{
    endpoint::{Endpoint, Location, Parameter, System},
    problem::Problem,
    routes::{Body, Credential, DOCUMENTED, Envelope, Route},
};
use serde_json::{Map, Value, json};

/// Describes a documented endpoint.
pub fn of_endpoint(endpoint: &Endpoint, tag: &str) -> Value {
    let envelope = Envelope::of(endpoint.system);
    let answer = components::answer_name(envelope, endpoint.message.is_some());
    let sends = endpoint.message.is_some();
    let mut operation = operation(endpoint.method.as_str(), endpoint.path, tag, endpoint.summary);
    let mut parameters: Vec<Value> = match endpoint.location {
        Location::Query => endpoint.parameters.iter().map(in_query).collect(),
        Location::BodyOrQuery => endpoint.parameters.iter().map(|parameter| query(parameter, false)).collect(),
        Location::Body | Location::Multipart => Vec::new(),
    };
    if sends {
        parameters.extend(headers_of_a_send());
    }
    let scheme = match endpoint.system {
        System::Wanwang => "bearer",
        System::Quntool => "apikey",
        System::Kdocs => "accessToken",
    };
    schema::set(&mut operation, "description", description(endpoint).into());
    schema::set(&mut operation, "security", json!([{ scheme: [] }]));
    schema::set(&mut operation, "parameters", parameters.into());
    if let Some(body) = request_body(endpoint) {
        schema::set(&mut operation, "requestBody", body);
    }
    let queued = sends.then(|| (202, success(&Body::Json(answer), sends)));
    let answers = [(200, success(&Body::Json(answer), sends))].into_iter().chain(queued);
    schema::set(&mut operation, "responses", responses(answers, DOCUMENTED, envelope).into());
    operation
}

/// Describes one of the gateway's own routes.
pub fn of_route(route: &Route, tag: &str) -> Value {
    let mut operation = operation(route.method.as_str(), route.path, tag, route.summary);
    let mut parameters: Vec<Value> = in_path(route.path).collect();
    parameters.extend(route.query.iter().map(in_query));
    if route.idempotent {
        parameters.extend(headers_of_a_send());
    }
    schema::set(&mut operation, "description", route.summary_english.into());
    schema::set(&mut operation, "security", security(route.credential));
    schema::set(&mut operation, "parameters", parameters.into());
    if let Some(content) = content(&route.request) {
        schema::set(&mut operation, "requestBody", json!({ "required": true, "content": content }));
    }
    let answers = route.answers.iter().map(|(status, body)| (*status, success(body, route.idempotent)));
    schema::set(&mut operation, "responses", responses(answers, route.problems, route.envelope).into());
    operation
}

fn operation(method: &str, path: &str, tag: &str, summary: &str) -> Value {
    let words = path.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let id: Vec<String> = [method.to_ascii_lowercase()].into_iter().chain(words.map(str::to_owned)).collect();
    json!({ "operationId": id.join("_"), "tags": [tag], "summary": summary })
}

/// Writes what the endpoint does in English, and what the documents and the table add.
fn description(endpoint: &Endpoint) -> String {
    let mut lines = vec![format!("{}.", endpoint.summary_english)];
    lines.extend(Some(endpoint.note.to_owned()).filter(|note| !note.is_empty()));
    lines.extend(endpoint.checks.iter().map(ToString::to_string));
    lines.extend(endpoint.mqtt.then(|| crate::quntool::mqtt::ABOUT.to_owned()));
    lines.extend(endpoint.limits().iter().map(|limit| limit.about.to_owned()));
    lines.push(format!("Source: {}", endpoint.source));
    lines.join("\n\n")
}

fn in_query(parameter: &Parameter) -> Value {
    query(parameter, parameter.required)
}

fn query(parameter: &Parameter, required: bool) -> Value {
    json!({
        "name": parameter.name, "in": "query", "required": required, "schema": schema::in_query(parameter),
    })
}

/// The parameters that a path names.
fn in_path(path: &str) -> impl Iterator<Item = Value> {
    path.split('/').filter_map(|segment| {
        let name = segment.strip_prefix('{')?.strip_suffix('}')?;
        Some(json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string", "minLength": 1 } }))
    })
}

fn headers_of_a_send() -> impl Iterator<Item = Value> {
    components::parameter_names().map(|name| components::reference("parameters", name))
}

fn request_body(endpoint: &Endpoint) -> Option<Value> {
    if endpoint.parameters.is_empty() {
        return None;
    }
    let (media_type, required, schema) = match endpoint.location {
        Location::Query => return None,
        Location::Body => ("application/json", true, schema::object(endpoint.parameters)),
        Location::BodyOrQuery => ("application/json", false, schema::object(endpoint.parameters)),
        Location::Multipart => ("multipart/form-data", true, schema::object(endpoint.parameters)),
    };
    Some(json!({ "required": required, "content": { media_type: { "schema": schema } } }))
}

fn security(credential: Credential) -> Value {
    match credential {
        Credential::None | Credential::Path => json!([]),
        Credential::Client => json!([{ "client": [] }, {}]),
        Credential::Caller => json!([{ "bearer": [] }, { "apikey": [] }]),
        Credential::ApiKeyOrSignature => json!([{ "apikey": [] }, {}]),
        Credential::Tick => json!([{ "tick": [] }]),
    }
}

fn content(body: &Body) -> Option<Value> {
    let reference = |name: &str| json!({ "schema": components::reference("schemas", name) });
    match body {
        Body::None => None,
        Body::Json(name) => Some(json!({ "application/json": reference(name) })),
        Body::JsonOrForm(name) => Some(json!({
            "application/json": reference(name), "application/x-www-form-urlencoded": reference(name),
        })),
        Body::Multipart(name) => Some(json!({ "multipart/form-data": reference(name) })),
        Body::Bytes => Some(json!({ "*/*": {} })),
    }
}

fn success(body: &Body, sends: bool) -> Value {
    let mut headers = json!({ "x-request-id": components::reference("headers", "RequestId") });
    if sends {
        schema::set(&mut headers, "x-message-id", components::reference("headers", "MessageId"));
        for (header, name) in [
            ("idempotency-replayed", "IdempotencyReplayed"),
            ("preference-applied", "PreferenceApplied"),
            ("ratelimit", "RateLimit"),
            ("ratelimit-policy", "RateLimitPolicy"),
        ] {
            schema::set(&mut headers, header, components::reference("headers", name));
        }
    }
    let mut answer = json!({ "description": "成功", "headers": headers });
    if let Some(content) = content(body) {
        schema::set(&mut answer, "content", content);
    }
    answer
}

/// What the host's HTTP server answers by itself, without a body: the request does not come here.
const HOST: &[(&str, &str)] = &[("414", "请求地址过长"), ("431", "请求头过大")];

fn responses(
    answers: impl IntoIterator<Item = (u16, Value)>,
    problems: &[&[Problem]],
    envelope: Envelope,
) -> Map<String, Value> {
    let mut responses: Map<String, Value> =
        answers.into_iter().map(|(status, answer)| (status.to_string(), answer)).collect();
    for problem in problems.iter().copied().flatten() {
        let status = problem.entry().status();
        responses.insert(
            status.to_string(),
            components::reference("responses", &components::refusal_name(envelope, status)),
        );
    }
    for (status, description) in HOST {
        responses.insert((*status).to_owned(), json!({ "description": description }));
    }
    responses
}
