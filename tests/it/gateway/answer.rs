//! What the gateway answers.

use reqwest::{Response, header::HeaderMap};
use serde_json::{Map, Value};

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub text: String,
    /// The body as JSON; null if it is none.
    pub body: Value,
}

impl Answer {
    /// Reads an answer.
    pub async fn read(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("the answer has a body");
        let body = serde_json::from_str(&text).unwrap_or_default();
        Self { status, headers, text, body }
    }

    /// Returns a header; fails if it is missing.
    pub fn header(&self, name: &str) -> &str {
        let header = self.headers.get(name).unwrap_or_else(|| panic!("{name} is missing in {self:?}"));
        header.to_str().expect("a header is text")
    }

    /// Returns the gateway's id of the message that was sent.
    pub fn message_id(&self) -> &str {
        self.header("x-message-id")
    }

    /// Returns the platform's id of the message that was sent.
    pub fn upstream_id(&self) -> &str {
        self.text_at("/data/msgId")
    }

    /// Returns the text at a JSON pointer; fails if there is none.
    pub fn text_at(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {self:?}"))
    }

    /// Whether this says what a platform said, field by field; what became of each message may stand in `data` too.
    pub fn repeats(&self, said: &Value) -> bool {
        let fields = |value: &Value| value.as_object().cloned().unwrap_or_default();
        let (own, said) = (fields(&self.body), fields(said));
        let data = fields(own.get("data").unwrap_or(&Value::Null));
        said.iter().all(|(name, value)| match (name.as_str(), value) {
            ("data", Value::Null) => data.keys().all(|name| name == "results"),
            ("data", Value::Object(said)) => said.iter().all(|(name, value)| data.get(name) == Some(value)),
            _ => own.get(name) == Some(value),
        })
    }

    /// Returns the body's fields; fails if it is no object.
    pub fn fields(&self) -> &Map<String, Value> {
        self.body.as_object().unwrap_or_else(|| panic!("no object: {self:?}"))
    }
}

/// Returns the names of the fields of an object, sorted.
pub fn names(object: &Value) -> Vec<&str> {
    object.as_object().unwrap_or_else(|| panic!("no object: {object}")).keys().map(String::as_str).collect()
}

/// Replaces the texts at these JSON pointers, which differ from run to run; fails if there is none, or an empty one.
pub fn redacted(value: &Value, pointers: &[&str]) -> Value {
    let mut value = value.clone();
    for pointer in pointers {
        match value.pointer_mut(pointer) {
            Some(Value::String(text)) if !text.is_empty() => *text = "…".to_owned(),
            _ => panic!("no text at {pointer} in {value}"),
        }
    }
    value
}
