//! Answers, on their way out.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, header};
use http_body_util::Full;
use serde_json::Value;

/// The id of the request, on every answer and in the log.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The gateway's id of a message, on every answer to a send.
pub const MESSAGE_ID: HeaderName = HeaderName::from_static("x-message-id");

/// An answer before it is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Headers beside `content-type`, `content-length` and `x-request-id`.
    pub headers: HeaderMap,
    /// The body's media type.
    pub media_type: &'static str,
    /// The body.
    pub body: String,
}

impl Answer {
    /// An answer with a JSON body.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::raw(status, body.to_string())
    }

    /// An answer whose JSON body is written already.
    pub fn raw(status: u16, body: String) -> Self {
        Self { status, headers: HeaderMap::new(), media_type: "application/json; charset=utf-8", body }
    }

    /// The same answer with one more header; a value that HTTP cannot carry is left out.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// Makes the HTTP response. It carries `content-length`: without it Spin writes head and body apart, and the body
    /// waits for the caller's delayed acknowledgement.
    pub fn into_response(self, request_id: &str) -> Response<Full<Bytes>> {
        let answer = self.with(REQUEST_ID, request_id);
        let mut headers = answer.headers;
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(answer.media_type));
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(answer.body.len()));
        let mut response = Response::new(Full::new(Bytes::from(answer.body)));
        *response.status_mut() = http::StatusCode::from_u16(answer.status).unwrap_or_default();
        *response.headers_mut() = headers;
        response
    }
}
