//! What operations share: envelopes, refusals, headers, credentials.

use super::{event, message, schema};
use crate::{
    kdocs,
    preference::{PREFER, PREFERENCES},
    problem::Problem,
    routes::{DOCUMENTED, Envelope, ROUTES},
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Refers to a component.
pub fn reference(kind: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{kind}/{name}") })
}

/// Returns the name of the schema in which documented endpoints answer.
pub const fn answer_name(envelope: Envelope, sends: bool) -> &'static str {
    match (envelope, sends) {
        (Envelope::Wanwang, true) => "WanwangReceipt",
        (Envelope::Wanwang, false) => "WanwangAnswer",
        (Envelope::Quntool, true) => "QuntoolReceipt",
        (Envelope::Quntool, false) => "QuntoolAnswer",
        (Envelope::Kdocs, _) => "KdocsAnswer",
        (Envelope::OAuth | Envelope::Gateway, _) => "Message",
    }
}

/// Returns the name of the response with which an envelope refuses.
pub fn refusal_name(envelope: Envelope, status: u16) -> String {
    format!("{}{status}", refusal_schema(envelope))
}

const fn refusal_schema(envelope: Envelope) -> &'static str {
    match envelope {
        Envelope::Wanwang => "WanwangRefusal",
        Envelope::Quntool => "QuntoolRefusal",
        Envelope::Kdocs => "KdocsRefusal",
        Envelope::OAuth => "TokenError",
        Envelope::Gateway => "Problem",
    }
}

/// Returns every component.
pub fn all() -> Value {
    json!({
        "schemas": schemas(),
        "responses": responses(),
        "headers": headers(),
        "parameters": parameters(),
        "securitySchemes": {
            "bearer": { "type": "http", "scheme": "bearer", "description": "由 /oauth2/token 签发的令牌,或调用方的密钥" },
            "apikey": { "type": "apiKey", "in": "header", "name": "apikey", "description": "调用方的密钥" },
            "accessToken": {
                "type": "apiKey", "in": "query", "name": "access_token", "description": "调用方的密钥",
            },
            "client": { "type": "http", "scheme": "basic", "description": "client_id 与 client_secret,也可放在请求体中" },
            "tick": { "type": "http", "scheme": "bearer", "description": "定时任务的令牌(变量 tick_token)" },
        },
    })
}

/// The headers that every request that sends can have, by name.
fn parameters() -> Map<String, Value> {
    let header = |name: &str, schema: Value, about: &str| json!({ "name": name, "in": "header", "required": false, "description": about, "schema": schema });
    let key = json!({ "type": "string", "pattern": r#"^"[ !#-\[\]-~]{1,255}"$"# });
    let about = "带双引号的字符串,1 到 255 个字符;同一键的请求只发送一次,重复时返回首次的应答";
    let mut parameters = Map::new();
    parameters.insert("idempotency-key".into(), header("Idempotency-Key", key, about));
    parameters.insert(PREFER.0.into(), header(PREFER.0, json!({ "type": "string" }), PREFER.1));
    for preference in PREFERENCES {
        parameters
            .insert(preference.header.into(), header(preference.header, message::wish(preference), preference.about));
    }
    parameters
}

/// The names of these headers.
pub fn parameter_names() -> impl Iterator<Item = &'static str> {
    ["idempotency-key", PREFER.0].into_iter().chain(PREFERENCES.iter().map(|preference| preference.header))
}

fn schemas() -> Map<String, Value> {
    let mut schemas = message::schemas();
    schemas.extend(event::schemas());
    schemas.extend(envelopes());
    schemas.insert("RobotMessage".into(), robot_message());
    schemas
}

/// A message of the list that KDocs takes, `{"msgtype": kind, kind: {…}}`.
fn robot_message() -> Value {
    let kinds = kdocs::ROBOT_MESSAGES.iter().map(|message| {
        json!({
            "type": "object",
            "title": message.summary,
            "properties": { "msgtype": { "const": message.kind }, message.kind: schema::object(message.parameters) },
            "required": ["msgtype", message.kind],
        })
    });
    json!({ "oneOf": kinds.collect::<Vec<_>>() })
}

fn envelopes() -> impl Iterator<Item = (String, Value)> {
    let code = json!({ "type": "integer", "description": "0 为成功;其他为平台或网关的错误码" });
    let text = json!({ "type": ["string", "null"] });
    let receipt = json!({
        "type": ["object", "null"],
        "properties": {
            "msgId": { "type": "string", "description": "平台的消息id" },
            "id": { "type": "string", "description": "网关的消息id,平台未返回id时给出" },
        },
    });
    let wanwang = |data: &Value| {
        object(json!({ "code": code, "msg": text, "data": data, "requestId": text, "ok": { "type": "boolean" } }))
    };
    let quntool = |data: &Value| object(json!({ "msg": text, "code": code, "data": data }));
    let kdocs = object(json!({ "code": code, "data": {}, "msg": text, "hint": text }));
    let any = json!({});
    [
        ("WanwangReceipt", wanwang(&receipt)),
        ("WanwangAnswer", wanwang(&any)),
        ("WanwangRefusal", wanwang(&any)),
        ("QuntoolReceipt", quntool(&receipt)),
        ("QuntoolAnswer", quntool(&any)),
        ("QuntoolRefusal", quntool(&any)),
        ("KdocsAnswer", kdocs.clone()),
        ("KdocsRefusal", kdocs),
    ]
    .map(|(name, schema)| (name.to_owned(), schema))
    .into_iter()
}

/// An envelope: platforms leave out everything but the code at times.
fn object(properties: Value) -> Value {
    json!({ "type": "object", "properties": properties, "required": ["code"] })
}

/// The refusals of every envelope, by status; each says which codes it can carry.
fn responses() -> Map<String, Value> {
    let documented = [Envelope::Wanwang, Envelope::Quntool, Envelope::Kdocs].map(|envelope| (envelope, DOCUMENTED));
    let own = ROUTES.iter().map(|route| (route.envelope, route.problems));
    let mut refusals: BTreeMap<(Envelope, u16), Vec<Problem>> = BTreeMap::new();
    for (envelope, groups) in documented.into_iter().chain(own) {
        for problem in groups.iter().copied().flatten() {
            let problems = refusals.entry((envelope, problem.entry().status())).or_default();
            if !problems.contains(problem) {
                problems.push(*problem);
            }
        }
    }
    refusals
        .into_iter()
        .map(|((envelope, status), problems)| (refusal_name(envelope, status), response(envelope, status, &problems)))
        .collect()
}

fn response(envelope: Envelope, status: u16, problems: &[Problem]) -> Value {
    let lines = problems.iter().map(|problem| {
        let entry = problem.entry();
        format!("{} {}。{}", entry.code, entry.title, entry.advice)
    });
    let media_type = match envelope {
        Envelope::Gateway => "application/problem+json",
        _ => "application/json",
    };
    let mut headers = json!({ "x-request-id": reference("headers", "RequestId") });
    match status {
        401 => schema::set(&mut headers, "www-authenticate", reference("headers", "WwwAuthenticate")),
        405 => schema::set(&mut headers, "allow", reference("headers", "Allow")),
        429 => {
            schema::set(&mut headers, "retry-after", reference("headers", "RetryAfter"));
            schema::set(&mut headers, "ratelimit", reference("headers", "RateLimit"));
            schema::set(&mut headers, "ratelimit-policy", reference("headers", "RateLimitPolicy"));
        }
        _ => {}
    }
    json!({
        "description": lines.collect::<Vec<_>>().join("\n\n"),
        "headers": headers,
        "content": { media_type: { "schema": reference("schemas", refusal_schema(envelope)) } },
    })
}

fn headers() -> Value {
    let header = |description: &str, kind: &str| json!({ "description": description, "schema": { "type": kind } });
    json!({
        "RequestId": header("请求的id", "string"),
        "MessageId": header("网关的消息id", "string"),
        "IdempotencyReplayed": header("true:此前已应答过,这是首次的应答", "string"),
        "WwwAuthenticate": header("需要的凭证", "string"),
        "Allow": header("该路径支持的方法", "string"),
        "RetryAfter": header("多少秒后可以重试", "integer"),
        "PreferenceApplied": header("respond-async:消息已排队", "string"),
        "RateLimit": header("各限制剩余的条数 r 与恢复的秒数 t", "string"),
        "RateLimitPolicy": header("各限制的条数 q 与窗口秒数 w", "string"),
    })
}
