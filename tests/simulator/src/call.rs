//! A request as the platforms see it, and what they answer.

use anyhow::{Context, Result};
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};
use url::form_urlencoded;

/// The largest body that is read: a 50 MB video and its envelope fit.
const BODY_LIMIT: usize = 64 << 20;

/// A request, read as a whole.
#[derive(Debug)]
pub(crate) struct Call {
    /// When it arrived, in milliseconds since the Unix epoch.
    pub(crate) at: u64,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    /// Empty if it was `multipart/form-data`.
    pub(crate) body: Bytes,
    /// What came as `multipart/form-data`.
    pub(crate) parts: Vec<Part>,
}

/// A part of a `multipart/form-data` body.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) file_name: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) bytes: Bytes,
}

impl Call {
    /// Reads a request. Fails when its body ends early or is too large.
    pub(crate) async fn read(request: Request, at: u64) -> Result<Self> {
        let (head, body) = request.into_parts();
        let mut call = Self {
            at,
            method: head.method.clone(),
            path: head.uri.path().to_owned(),
            query: form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes()).into_owned().collect(),
            headers: head.headers.clone(),
            body: to_bytes(body, BODY_LIMIT).await.context("cannot read the body")?,
            parts: Vec::new(),
        };
        if call.header(&header::CONTENT_TYPE).is_some_and(|value| value.starts_with("multipart/form-data")) {
            let body = Body::from(std::mem::take(&mut call.body));
            let request = Request::from_parts(head, body);
            // What is no form has no parts: the endpoint says what it misses.
            if let Ok(form) = Multipart::from_request(request, &()).await {
                call.parts = parts(form).await.unwrap_or_default();
            }
        }
        Ok(call)
    }

    /// Gives a header's value, if it is text.
    pub(crate) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Gives the first query parameter of this name.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Reads the body as JSON.
    pub(crate) fn json(&self) -> Result<Value, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }

    /// Reads the body as an HTML form.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }

    /// Tells the body as it is shown in the truth: JSON, a form's fields, a list of the parts, or text.
    pub(crate) fn shown_body(&self) -> Value {
        if !self.parts.is_empty() {
            return self
                .parts
                .iter()
                .map(|part| json!({"name": part.name, "fileName": part.file_name, "size": part.bytes.len()}))
                .collect();
        }
        if self.body.is_empty() {
            return Value::Null;
        }
        if self
            .header(&header::CONTENT_TYPE)
            .is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"))
        {
            return Value::Object(self.form().into_iter().map(|(name, value)| (name, Value::String(value))).collect());
        }
        self.json().unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&self.body).into_owned()))
    }
}

async fn parts(mut multipart: Multipart) -> Result<Vec<Part>> {
    let mut parts = Vec::new();
    while let Some(field) = multipart.next_field().await? {
        parts.push(Part {
            name: field.name().unwrap_or_default().to_owned(),
            file_name: field.file_name().map(str::to_owned),
            content_type: field.content_type().map(str::to_owned),
            bytes: field.bytes().await?,
        });
    }
    Ok(parts)
}

/// What a platform answers.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) content: Content,
}

/// The body of an answer.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Json(Value),
    Text(String),
    File(String, Bytes),
}

impl Content {
    /// Cuts a text or JSON in its middle.
    pub(crate) fn truncated(self) -> Self {
        let text = match self {
            Self::Json(value) => value.to_string(),
            Self::Text(text) => text,
            Self::File(media_type, bytes) => return Self::File(media_type, bytes.slice(..bytes.len() / 2)),
        };
        Self::Text(text.chars().take(text.chars().count() / 2).collect())
    }
}

impl Answer {
    /// Answers with JSON and status 200.
    pub(crate) fn json(value: Value) -> Self {
        Self { status: StatusCode::OK, headers: Vec::new(), content: Content::Json(value) }
    }

    /// Answers with the same content under another status.
    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// Tells the body as it is shown in the truth.
    pub(crate) fn shown(&self) -> Value {
        match &self.content {
            Content::Json(value) => value.clone(),
            Content::Text(text) => Value::String(text.clone()),
            Content::File(_, bytes) => json!({"size": bytes.len()}),
        }
    }

    /// Gives the body's media type and bytes.
    pub(crate) fn body(&self) -> (HeaderValue, Bytes) {
        let (media_type, bytes) = match &self.content {
            Content::Json(value) => ("application/json; charset=utf-8", Bytes::from(value.to_string())),
            Content::Text(text) => ("text/html; charset=utf-8", Bytes::from(text.clone())),
            Content::File(media_type, bytes) => (media_type.as_str(), bytes.clone()),
        };
        let media_type = HeaderValue::from_str(media_type);
        (media_type.unwrap_or(HeaderValue::from_static("application/octet-stream")), bytes)
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let (media_type, bytes) = self.body();
        let mut response = (self.status, bytes).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, media_type);
        response.headers_mut().extend(self.headers.into_iter().collect::<HeaderMap>());
        response
    }
}
