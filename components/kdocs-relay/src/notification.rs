//! `POST /api/v1/openapi/notification/wecom`: a list of messages for one robot.

use crate::outcome;
use caller::{
    messages,
    types::{Content, Message, Recipient},
};
use contract::{Arguments, Problem, Violation, arguments::Names, kdocs};
use message::robot;
use serde_json::{Map, Value};
use spin_sdk::http::Request;
use surface::{Answer, Refusal, Surface, body, credential, idempotency};

/// Checks every message, then sends one after the other; one that fails does not hold up the next.
pub async fn relay(request: Request, request_id: &str) -> Result<Answer, Refusal> {
    let (parts, incoming) = request.into_parts();
    let query = parts.uri.query().unwrap_or_default();
    let caller = credential::authenticate(Surface::Kdocs, &parts.headers, query).await?;
    let key = idempotency::key(&parts.headers)?;
    let bytes = body::read(&parts.headers, incoming).await?;
    let given = body::object(&parts.headers, &bytes)?;
    let Some(endpoint) = kdocs::ENDPOINTS.first() else { return Err(Refusal::new(Problem::UnknownPath, "")) };
    let mut arguments = Arguments::check(endpoint.parameters, given, Names::Exact)?;
    let robot = robot::recipient(arguments.text("link"), arguments.optional_text("sk")).await?;
    let data = arguments.objects("data");
    let contents: Vec<Content> =
        data.into_iter().enumerate().map(|(index, message)| content(index, message)).collect::<Result<_, _>>()?;
    let mut results = Vec::with_capacity(contents.len());
    for (index, content) in contents.into_iter().enumerate() {
        let message = Message {
            caller: caller.clone(),
            request_id: request_id.to_owned(),
            recipient: Recipient::Robot(robot.clone()),
            content,
            extra: None,
            // Each message of the list is one of its own.
            idempotency_key: key.as_ref().map(|key| format!("{key}/{index}")),
            options: message::OPTIONS,
        };
        results.push(messages::send(message).await);
    }
    Ok(outcome::answer(results, request_id))
}

/// Checks one message of the list, `{"msgtype": kind, kind: {…}}`.
fn content(index: usize, mut message: Map<String, Value>) -> Result<Content, Violation> {
    let violation = |field: &str, reason: String| Violation { field: format!("data[{index}].{field}"), reason };
    let Some(Value::String(kind)) = message.remove("msgtype") else {
        return Err(violation("msgtype", "缺失:必填,类型为字符串".into()));
    };
    let fields = match message.remove(&kind) {
        Some(Value::Object(fields)) => fields,
        None if !kdocs::ROBOT_MESSAGES.iter().any(|documented| documented.kind == kind) => Map::new(),
        _ => return Err(violation(&kind, "缺失:必填,类型为对象".into())),
    };
    robot::content(&kind, fields).map_err(|inner| match inner.field.as_str() {
        "msgtype" => violation("msgtype", inner.reason),
        field => violation(&format!("{kind}.{field}"), inner.reason),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use caller::types::Text;
    use serde_json::json;

    fn field(message: Value) -> String {
        let Value::Object(message) = message else { panic!("not an object") };
        content(1, message).unwrap_err().field
    }

    #[test]
    fn takes_the_messages_of_the_document() {
        let Value::Object(message) = json!({"msgtype": "markdown", "markdown": {"content": "## 这是要发送的markdown"}})
        else {
            panic!("not an object")
        };
        assert!(
            matches!(content(0, message), Ok(Content::RobotMarkdown(Text { content })) if content.starts_with("##"))
        );
    }

    #[test]
    fn names_the_message_and_the_field() {
        assert_eq!(field(json!({})), "data[1].msgtype");
        assert_eq!(field(json!({"msgtype": "video"})), "data[1].msgtype");
        assert_eq!(field(json!({"msgtype": "text"})), "data[1].text");
        assert_eq!(field(json!({"msgtype": "text", "text": {}})), "data[1].text.content");
        let long = "x".repeat(4_097);
        assert_eq!(field(json!({"msgtype": "markdown", "markdown": {"content": long}})), "data[1].markdown.content");
    }
}
