//! The JSON Schemas (2020-12) of events.
//!
//! No field of a callback's content is required: what the platform leaves out or writes in another type is left out, and
//! the event is handed on all the same. Fields may be added; readers skip what they do not know.

use super::{EventType, Field, MESSAGE, Media, MediaKind, Role, Shape, UNKNOWN, qr_code};
use serde_json::{Map, Value, json};

const DIRECTIONS: &[&str] = &["inbound", "outbound", "none"];

/// Describes the events of a documented type.
pub fn of(row: &EventType) -> Value {
    let directions = if row.is_message { DIRECTIONS } else { &["none"] };
    let data = data(directions, content(row.fields), media(row.media));
    let mut schema = event(&json!({ "const": row.name }), data);
    let summary = format!("{} · {}", row.summary, row.summary_english);
    let note = if row.note.is_empty() { summary.clone() } else { format!("{summary}。{}", row.note) };
    head(&mut schema, row.name, &note);
    schema
}

/// Describes the events of types that the table does not name.
pub fn unknown() -> Value {
    let mut data = data(DIRECTIONS, json!({ "type": "object", "maxProperties": 0 }), media(&[]));
    if let Some(Value::Object(properties)) = data.get_mut("properties") {
        properties.insert("platformType".into(), json!({ "type": "string", "description": "平台的类型名" }));
    }
    let mut schema = event(&json!({ "const": UNKNOWN }), data);
    head(&mut schema, UNKNOWN, "文档未列出的类型 · A type that the document does not list");
    schema
}

/// Describes an event of any type, as a part of another document.
pub fn any() -> Value {
    let any = json!({ "type": "array", "items": { "type": "object" } });
    let kind = json!({ "type": "string", "description": "平台的类型名;文档未列出的类型为 unknown" });
    event(&kind, data(DIRECTIONS, json!({ "type": "object", "description": "按类型不同,见 docs/events.md" }), any))
}

/// Names a schema that is a document of its own.
fn head(schema: &mut Value, name: &str, description: &str) {
    if let Value::Object(members) = schema {
        members.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
        members.insert("$id".into(), format!("urn:wecom-gateway:event:{name}").into());
        members.insert("title".into(), name.into());
        members.insert("description".into(), description.into());
    }
}

fn event(kind: &Value, data: Value) -> Value {
    json!({
        "type": "object",
        "properties": {
            "id": { "type": "string", "description": "事件id,与 webhook-id 相同" },
            "type": kind,
            "timestamp": time("平台发起回调的时间;平台没有给出时为接收时间"),
            "data": data,
        },
        "required": ["id", "type", "timestamp", "data"],
    })
}

fn data(directions: &[&str], content: Value, media: Value) -> Value {
    let party = json!({ "type": "object", "properties": { "id": text(""), "name": text("") }, "required": ["id"] });
    let mut sender = party.clone();
    if let Some(Value::Object(properties)) = sender.get_mut("properties") {
        let mut user = party.clone();
        describe(&mut user, "在聚合聊天中发送该消息的用户");
        properties.insert("user".into(), user);
    }
    json!({
        "type": "object",
        "properties": {
            "account": text("企业微信id"),
            "source": text("容器id"),
            "user": text("聚合聊天的登录用户id"),
            "conversation": {
                "type": "object",
                "properties": {
                    "kind": { "enum": ["direct", "group"] },
                    "id": text("会话id"),
                    "otherParty": text("个人会话的另一方"),
                    "room": text("群id"),
                },
                "required": ["kind", "id"],
            },
            "direction": { "enum": directions, "description": "inbound 为收到,outbound 为账号发出,none 为不是消息或无法判断" },
            "sender": sender,
            "receiver": { "type": "object", "properties": { "id": text("") }, "required": ["id"] },
            "sentBy": { "enum": ["api", "hand"], "description": "账号发出的消息:通过接口,或人工" },
            "sentMessageId": text("发送接口返回的 msgId"),
            "outcome": {
                "type": "object",
                "properties": {
                    "code": { "type": "integer", "description": "0 为发送成功;平台的错误码无法识别时为 -1" },
                    "message": text("平台的失败原因"),
                },
                "required": ["code"],
            },
            "mentions": { "type": "array", "items": party, "description": "被@的成员;id 为 0 是所有人" },
            "content": content,
            "media": media,
            "message": content_of("每条消息都有的平台字段", MESSAGE),
            "sentAt": time("消息的发送时间"),
            "sentAtMs": milliseconds("消息的发送时间(毫秒)"),
            "timestampMs": milliseconds("与 timestamp 相同(毫秒)"),
            "receivedAt": time("网关的接收时间"),
            "receivedAtMs": milliseconds("网关的接收时间(毫秒)"),
            "unverified": { "const": true, "description": "回调给出了发送结果,但没有与之匹配的消息" },
            "timestampImplausible": { "const": true, "description": "平台的时间与接收时间相差超过10分钟,或无法识别" },
            "raw": { "type": "object", "description": "平台的回调,原样" },
        },
        "required": [
            "direction", "mentions", "content", "media", "timestampMs", "receivedAt", "receivedAtMs", "raw",
        ],
    })
}

fn content(fields: &[Field]) -> Value {
    content_of("内容", fields)
}

fn content_of(description: &str, fields: &[Field]) -> Value {
    let properties: Map<String, Value> = fields.iter().map(|field| (field.name.to_owned(), described(field))).collect();
    json!({ "type": "object", "properties": properties, "description": description })
}

fn described(field: &Field) -> Value {
    let mut schema = match field.shape {
        Shape::Text | Shape::FileName => json!({ "type": "string" }),
        Shape::Integer => json!({ "type": "integer" }),
        Shape::Number => json!({ "type": "number" }),
        Shape::Boolean => json!({ "type": "boolean" }),
        Shape::People => json!({
            "type": "array",
            "items": { "type": "object", "properties": { "id": text(""), "name": text("") }, "required": ["id"] },
        }),
        Shape::QrCodeState => json!({ "enum": qr_code::STATES.map(|(name, _)| name) }),
    };
    describe(&mut schema, field.about);
    schema
}

fn media(table: &[Media]) -> Value {
    let all = table.is_empty();
    let roles: Vec<&str> =
        Role::ALL.into_iter().filter(|role| all || table.iter().any(|row| row.role == *role)).map(Role::name).collect();
    let kinds: Vec<&str> = MediaKind::ALL
        .into_iter()
        .filter(|kind| all || table.iter().any(|row| row.kind == *kind))
        .map(MediaKind::name)
        .collect();
    let mut schema = json!({
        "type": "array",
        "maxItems": table.len(),
        "items": {
            "type": "object",
            "properties": {
                "role": { "enum": roles },
                "kind": { "enum": kinds },
                "url": {
                    "type": "string",
                    "pattern": r"^[Hh][Tt][Tt][Pp][Ss]?://[^/\s][^\s]*$",
                    "description": "绝对地址;平台的文件经网关签名,无需凭证,其他地址原样",
                },
                "expiresAt": time("签名的失效时间"),
            },
            "required": ["role", "kind", "url"],
        },
    });
    describe(&mut schema, "媒体文件");
    schema
}

fn text(description: &str) -> Value {
    let mut schema = json!({ "type": "string" });
    if !description.is_empty() {
        describe(&mut schema, description);
    }
    schema
}

fn time(description: &str) -> Value {
    json!({ "type": "string", "format": "date-time", "description": description })
}

fn milliseconds(description: &str) -> Value {
    json!({ "type": "integer", "minimum": 0, "description": description })
}

fn describe(schema: &mut Value, description: &str) {
    if let Value::Object(members) = schema {
        members.insert("description".into(), description.into());
    }
}
