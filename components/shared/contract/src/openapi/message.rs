//! The schemas of the gateway's own API.

use super::{components::reference, schema};
use crate::{
    endpoint::{Endpoint, Kind, Parameter},
    kdocs::{self, media},
    preference::{PREFERENCES, Preference},
    quntool, routes, wanwang,
};
use serde_json::{Map, Value, json};

/// Returns the schemas that the route table names.
pub fn schemas() -> Map<String, Value> {
    let text = json!({ "type": "string" });
    let time = json!({ "type": "string", "format": "date-time" });
    let code = json!({ "type": "integer", "description": "平台的错误码" });
    let state = reference("schemas", "State");
    [
        ("SendRequest", send_request()),
        ("Message", object(
            json!({
                "id": text, "system": { "enum": ["wanwang", "quntool", "kdocs"] }, "kind": text, "account": text,
                "state": state, "upstreamId": text, "createdAt": time, "eta": time,
                "recipients": { "type": "array", "items": object(
                    json!({ "recipient": text, "state": state, "code": code, "message": text }),
                    &["recipient", "state"],
                ) },
                "attempts": { "type": "array", "items": object(
                    json!({ "at": time, "state": state, "code": code, "message": text }),
                    &["at", "state"],
                ) },
            }),
            &["id", "state"],
        )),
        ("Messages", object(
            json!({
                "messages": { "type": "array", "items": reference("schemas", "Message") },
                "next": { "type": ["string", "null"], "description": "下一页的 after;没有下一页时为 null" },
            }),
            &["messages", "next"],
        )),
        ("Summary", object(
            json!({
                "since": time, "until": time,
                "totals": { "type": "object", "additionalProperties": { "type": "integer" } },
                "hours": { "type": "array", "items": object(
                    json!({ "hour": time, "state": state, "count": { "type": "integer" } }),
                    &["hour", "state", "count"],
                ) },
            }),
            &["since", "until", "totals", "hours"],
        )),
        ("State", json!({ "enum": routes::STATES })),
        ("RobotMediaForm", schema::object(routes::ROBOT_MEDIA_FORM)),
        ("RobotMedia", object(
            json!({ "mediaId": text, "type": { "enum": media::MEDIA.iter().map(|media| media.kind).collect::<Vec<_>>() }, "createdAt": time }),
            &["mediaId", "type", "createdAt"],
        )),
        ("FileLinkRequest", schema::object(routes::FILE_LINK)),
        ("FileLink", object(json!({ "url": text, "expiresAt": time }), &["url", "expiresAt"])),
        ("Problem", object(
            json!({
                "type": { "type": "string", "format": "uri" }, "title": text, "status": { "type": "integer" },
                "detail": text, "code": { "type": "integer" }, "requestId": text, "field": text, "id": text,
                "limit": text, "retryAfterMs": { "type": "integer" }, "upstream": { "type": "object" },
            }),
            &["type", "title", "status", "detail", "code", "requestId"],
        )),
        ("TokenRequest", object(
            json!({ "grant_type": { "const": "client_credentials" }, "client_id": text, "client_secret": text }),
            &["grant_type"],
        )),
        ("Token", object(
            json!({ "access_token": text, "token_type": { "const": "Bearer" }, "expires_in": { "type": "integer" } }),
            &["access_token", "token_type", "expires_in"],
        )),
        ("TokenError", object(json!({ "error": text, "error_description": text }), &["error"])),
        ("Callback", json!({ "type": "object", "description": "聚合聊天的回调,原样保存" })),
        ("CallbackAnswer", object(json!({ "code": { "const": 0 }, "msg": text }), &["code"])),
        ("Counts", json!({ "type": "object", "additionalProperties": { "type": "integer" } })),
        ("Document", json!({ "type": "object" })),
    ]
    .map(|(name, schema)| (name.to_owned(), schema))
    .into_iter()
    .collect()
}

/// A message to one kind of recipient; the content's fields are the documented ones of its type.
fn send_request() -> Value {
    let robots = kdocs::ROBOT_MESSAGES.iter().map(|message| typed(message.kind, message.parameters, message.summary));
    let link =
        json!({ "type": "string", "minLength": 1, "description": "群机器人的 webhook 地址,或网关配置的机器人名称" });
    json!({ "oneOf": [
        request(recipient(wanwang::ENDPOINTS, wanwang::ADDRESS), contents(wanwang::ENDPOINTS, wanwang::ADDRESS)),
        request(recipient(quntool::ENDPOINTS, quntool::ADDRESS), contents(quntool::ENDPOINTS, quntool::ADDRESS)),
        request(closed(json!({ "robot": link }), &["robot"]), robots.collect()),
    ] })
}

fn request(to: Value, contents: Vec<Value>) -> Value {
    let mut properties = json!({ "to": to, "content": { "oneOf": contents } });
    for preference in PREFERENCES {
        schema::set(&mut properties, preference.field, wish(preference));
    }
    closed(properties, &["to", "content"])
}

/// Describes what one wish of how a message is sent can be.
pub fn wish(preference: &Preference) -> Value {
    let mut schema = match preference.words {
        [] => json!({ "type": "string", "format": "date-time" }),
        words => json!({ "enum": words }),
    };
    schema::set(&mut schema, "description", preference.about.into());
    schema
}

/// Describes `to`: the documented parameters that say whom a message is for, under their names in `/v1`.
fn recipient(endpoints: &[Endpoint], address: &[(&str, &str)]) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (name, documented) in address {
        let sending = endpoints.iter().filter(|endpoint| endpoint.message.is_some());
        let found = sending.flat_map(|endpoint| endpoint.parameters).find(|found| found.name == *documented);
        if let Some(parameter) = found {
            properties.insert((*name).to_owned(), schema::in_body(parameter));
            required.extend(parameter.required.then_some(*name));
        }
    }
    closed(properties.into(), &required)
}

/// Describes `content` for every message of a table.
fn contents(endpoints: &[Endpoint], address: &[(&str, &str)]) -> Vec<Value> {
    let mut contents = Vec::new();
    for endpoint in endpoints {
        let Some(kind) = endpoint.message else { continue };
        let is_content = |parameter: &&Parameter| !address.iter().any(|(_, name)| *name == parameter.name);
        let fields: Vec<Parameter> = endpoint.parameters.iter().filter(is_content).copied().collect();
        contents.push(match fields.as_slice() {
            // Fields that the documents keep in an object of the type's name stand beside the type here.
            [Parameter { name, kind: Kind::Object(fields), .. }] if *name == kind => {
                typed(kind, fields, endpoint.summary)
            }
            fields => typed(kind, fields, endpoint.summary),
        });
    }
    contents
}

fn typed(kind: &str, fields: &[Parameter], title: &str) -> Value {
    let mut described = schema::object(fields);
    if let Some(Value::Object(properties)) = described.get_mut("properties") {
        properties.insert("type".into(), json!({ "const": kind }));
    }
    if let Some(Value::Array(required)) = described.get_mut("required") {
        required.push("type".into());
    }
    schema::set(&mut described, "title", title.into());
    described
}

fn object(properties: Value, required: &[&str]) -> Value {
    json!({ "type": "object", "properties": properties, "required": required })
}

/// An object that takes nothing else.
fn closed(properties: Value, required: &[&str]) -> Value {
    let mut described = object(properties, required);
    schema::set(&mut described, "additionalProperties", false.into());
    described
}
