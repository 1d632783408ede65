//! Faults on command: late answers, other answers, connections that close.

use anyhow::{Result, ensure};
use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::{StreamExt, future, stream};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use std::io;
use std::time::Duration;

use crate::call::{Answer, Content};

/// From the first half of an answer to the end of its connection: long enough that the half leaves.
const HALF_ANSWER_PAUSE: Duration = Duration::from_millis(20);

/// Padding is sent in chunks of so many bytes.
const PADDING_CHUNK: usize = 64 << 10;

/// Which requests meet which fault.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FaultRule {
    /// What the path of such a request begins with; empty is every request to a platform.
    #[serde(default)]
    pub path: String,
    /// How many requests still meet it; none is all.
    #[serde(default)]
    pub times: Option<u32>,
    /// How likely such a request meets it, from 0 to 1.
    #[serde(default = "certain")]
    pub probability: f64,
    /// What they meet.
    pub fault: Fault,
}

/// What happens to a request.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// Milliseconds from the effect to the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<u64>,
    /// Answers this status. From 400 on the request has no effect, unless `effect` says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Answers this body instead; a text is sent as HTML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<serde_json::Value>,
    /// Ends the body in its middle, as if that were its end.
    #[serde(default, skip_serializing_if = "is_false")]
    pub truncated: bool,
    /// Sends so many bytes of white space after the body: JSON stays what it is, and is that much longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub padding: Option<u64>,
    /// Closes the connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<Cut>,
    /// Ends the tokens of the platform before the request is looked at.
    #[serde(default, skip_serializing_if = "is_false")]
    pub token_dies: bool,
    /// Whether the platform does what the request asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<bool>,
}

/// When a connection closes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Cut {
    /// Before the effect: the platform does nothing.
    Before,
    /// After the effect, without an answer.
    After,
    /// After the effect, in the middle of the answer's body.
    Middle,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_false(value: &bool) -> bool {
    !value
}

fn certain() -> f64 {
    1.0
}

impl FaultRule {
    /// Lets the next `times` requests whose path begins so meet a fault.
    pub fn next(times: u32, path: &str, fault: Fault) -> Self {
        Self { path: path.to_owned(), times: Some(times), probability: certain(), fault }
    }
}

impl Fault {
    /// Closes the connection.
    pub fn cut(cut: Cut) -> Self {
        Self { cut: Some(cut), ..Self::default() }
    }

    /// Answers late.
    pub fn latency(latency: Duration) -> Self {
        Self { latency_ms: Some(crate::clock::milliseconds(latency)), ..Self::default() }
    }

    /// Answers a status with an HTML page, as a proxy does.
    pub fn status(status: u16) -> Self {
        Self { status: Some(status), ..Self::default() }
    }

    /// Tells whether the platform does what the request asks.
    pub(crate) fn has_effect(&self) -> bool {
        let refused = self.status.is_some_and(|status| status >= 400);
        self.cut != Some(Cut::Before) && self.effect.unwrap_or(!refused)
    }

    /// Replaces a platform's answer as ordered.
    pub(crate) fn replace(&self, answer: Answer) -> Answer {
        let status = self.status.and_then(|status| StatusCode::from_u16(status).ok());
        let content = match (&self.body, status) {
            (Some(serde_json::Value::String(text)), _) => Content::Text(text.clone()),
            (Some(value), _) => Content::Json(value.clone()),
            (None, Some(status)) => Content::Text(format!("<html><body><h1>{status}</h1></body></html>")),
            (None, None) => answer.content,
        };
        let content = if self.truncated { content.truncated() } else { content };
        Answer { status: status.unwrap_or(answer.status), headers: answer.headers, content }
    }
}

/// Sends an answer with so many bytes of white space after its body.
pub(crate) fn padded(answer: Answer, padding: u64) -> Response {
    let (_, bytes) = answer.body();
    let mut response = answer.into_response();
    response.headers_mut().remove(header::CONTENT_LENGTH);
    let white = Bytes::from_static(&[b' '; PADDING_CHUNK]);
    let chunks = stream::unfold(padding, move |left| {
        let size = usize::try_from(left).unwrap_or(usize::MAX).min(PADDING_CHUNK);
        let chunk = (size > 0).then(|| (Ok::<_, io::Error>(white.slice(..size)), left - size as u64));
        future::ready(chunk)
    });
    *response.body_mut() = Body::from_stream(stream::once(future::ready(Ok(bytes))).chain(chunks));
    response
}

/// Sends the first half of an answer under the length of the whole, and then closes the connection.
pub(crate) fn half(answer: Answer) -> Response {
    let (_, bytes) = answer.body();
    let mut response = answer.into_response();
    response.headers_mut().insert(header::CONTENT_LENGTH, bytes.len().into());
    let first = bytes.slice(..bytes.len() / 2);
    let end = stream::once(async {
        tokio::time::sleep(HALF_ANSWER_PAUSE).await;
        Err(io::Error::from(io::ErrorKind::ConnectionAborted))
    });
    *response.body_mut() = Body::from_stream(stream::once(future::ready(Ok(first))).chain(end));
    response
}

/// The rules in force.
#[derive(Debug)]
pub(crate) struct Faults {
    rules: Vec<FaultRule>,
    random: StdRng,
}

impl Faults {
    /// Starts without rules.
    pub(crate) fn new(seed: u64) -> Self {
        Self { rules: Vec::new(), random: StdRng::seed_from_u64(seed) }
    }

    /// Adds a rule after the others.
    pub(crate) fn add(&mut self, rule: FaultRule) -> Result<()> {
        ensure!((0.0..=1.0).contains(&rule.probability), "probability must lie between 0 and 1");
        ensure!(
            rule.fault.status.is_none_or(|status| (200..=599).contains(&status)),
            "status must lie between 200 and 599"
        );
        self.rules.push(rule);
        Ok(())
    }

    /// Takes the fault of the first rule that applies to a request.
    pub(crate) fn take(&mut self, path: &str) -> Option<Fault> {
        let Self { rules, random } = self;
        let mut applies = |rule: &FaultRule| {
            path.starts_with(&rule.path) && rule.times != Some(0) && random.random_bool(rule.probability)
        };
        let rule = rules.iter_mut().find(|rule| applies(rule))?;
        rule.times = rule.times.map(|times| times - 1);
        Some(rule.fault.clone())
    }

    /// Lists the rules, the used-up ones too.
    pub(crate) fn rules(&self) -> Vec<FaultRule> {
        self.rules.clone()
    }

    /// Removes every rule.
    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }
}
