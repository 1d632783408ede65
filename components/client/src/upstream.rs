//! The one place where a request leaves for a platform.

use futures::{FutureExt, future::Either, future::select, pin_mut};
use http::{HeaderValue, Request};
use http_body_util::BodyExt;
use runtime::announced_length;
use serde_json::Value;
use spin_sdk::wasip3::{
    http::types::{ErrorCode, RequestOptions},
    http_compat::RequestOptionsExtension,
};

const SECOND: u64 = 1_000_000_000;
/// Connecting may take so long, in nanoseconds; what fails here was never sent.
const CONNECT: u64 = 5 * SECOND;
/// From then on the answer may take so long to begin.
const FIRST_BYTE: u64 = 15 * SECOND;
/// And so long to go on.
const BETWEEN_BYTES: u64 = 10 * SECOND;
/// All of it together, in milliseconds: the timer that the platform's pace cannot stretch.
const TOTAL: u64 = 20_000;
/// The largest answer that is read, in bytes.
const ANSWER_LIMIT: usize = 1024 * 1024;

/// The shortest secret that is looked for in answers, in bytes.
const SHORTEST_SECRET: usize = 8;

/// A request to a platform.
pub struct Outbound {
    /// The method.
    pub method: &'static str,
    /// The whole address.
    pub url: String,
    /// Headers beside `content-length`.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// What the answer must not repeat.
    pub secrets: Vec<String>,
}

impl Outbound {
    /// A `POST` of a JSON body.
    pub fn post(url: String, body: &Value) -> Self {
        Self::json("POST", url, body)
    }

    /// A request with a JSON body.
    pub fn json(method: &'static str, url: String, body: &Value) -> Self {
        let headers = vec![("content-type", "application/json".into()), ("accept", "application/json".into())];
        Self { method, url, headers, body: body.to_string().into_bytes(), secrets: Vec::new() }
    }

    /// A request without a body.
    pub fn get(url: String) -> Self {
        let headers = vec![("accept", "application/json".into())];
        Self { method: "GET", url, headers, body: Vec::new(), secrets: Vec::new() }
    }

    /// The same request with one more header.
    #[must_use]
    pub fn with(mut self, header: (&'static str, String)) -> Self {
        self.headers.push(header);
        self
    }

    /// The same request with Quntool's API key.
    #[must_use]
    pub fn with_apikey(self, key: &str) -> Self {
        self.with(("apikey", key.to_owned())).hiding(key)
    }

    /// The same request with a secret that its answer must not repeat.
    #[must_use]
    pub fn hiding(mut self, secret: &str) -> Self {
        self.secrets.push(secret.to_owned());
        self
    }
}

/// A platform's answer.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// Why there is no answer. Reasons are in words, and hold no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Silence {
    /// The host is not on the allow-list.
    NotAllowed,
    /// The platform was not reached: nothing was sent.
    Unreached {
        /// Why.
        reason: String,
        /// Whether it was waited for until the time ran out.
        timed_out: bool,
    },
    /// The request may have arrived.
    Lost {
        /// How the answer was lost.
        reason: String,
        /// Whether it was waited for until the time ran out.
        timed_out: bool,
    },
}

/// Sends a request and reads the answer. No redirect is followed: the platforms' documents know none.
pub async fn exchange(outbound: Outbound) -> Result<Answer, Silence> {
    let answer = transfer(outbound).fuse();
    let timer = runtime::clock::sleep(TOTAL).fuse();
    pin_mut!(answer, timer);
    match select(answer, timer).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => Err(Silence::Lost { reason: "应答超时".into(), timed_out: true }),
    }
}

async fn transfer(outbound: Outbound) -> Result<Answer, Silence> {
    let options = RequestOptions::new();
    set_timeouts(&options);
    let mut request = Request::builder()
        .method(outbound.method)
        .uri(outbound.url)
        .header("content-length", HeaderValue::from(outbound.body.len()))
        .extension(RequestOptionsExtension(options));
    for (name, value) in outbound.headers {
        request = request.header(name, value);
    }
    let secrets = outbound.secrets;
    let request = request
        .body(outbound.body)
        .map_err(|_| Silence::Unreached { reason: "平台地址或凭证的配置无效".into(), timed_out: false })?;
    let response = runtime::outbound::send(request).await.map_err(|error| silence(&error))?;
    let status = response.status().as_u16();
    Ok(Answer { status, body: hidden(body(response).await?, &secrets) })
}

/// Strikes secrets out of what a platform says, for its words reach callers and the ledger. A secret too short to be one
/// stays: it may be a part of any word.
pub fn hidden(body: Vec<u8>, secrets: &[String]) -> Vec<u8> {
    match String::from_utf8(body) {
        // What is no text is shown to nobody.
        Err(error) => error.into_bytes(),
        Ok(text) => {
            let found = secrets.iter().filter(|secret| secret.len() >= SHORTEST_SECRET && text.contains(*secret));
            found.fold(text.clone(), |text, secret| text.replace(secret.as_str(), "***")).into_bytes()
        }
    }
}

/// Sets the timeouts of a request.
pub fn set_timeouts(options: &RequestOptions) {
    // A host that cannot set one of them still has the timer.
    let _ = options.set_connect_timeout(Some(CONNECT));
    let _ = options.set_first_byte_timeout(Some(FIRST_BYTE));
    let _ = options.set_between_bytes_timeout(Some(BETWEEN_BYTES));
}

/// Reads the body of an answer, up to the limit. What was announced is all: its end is not waited for, which under load
/// comes much later than what was before it, or never.
pub async fn body(response: spin_sdk::http::Response) -> Result<Vec<u8>, Silence> {
    let announced = announced_length(response.headers());
    let mut incoming = response.into_body();
    let mut body = Vec::new();
    while announced.is_none_or(|length| length > body.len() as u64)
        && let Some(frame) = incoming.frame().await
    {
        let frame = frame.map_err(|_| Silence::Lost { reason: "应答中断".into(), timed_out: false })?;
        if let Ok(data) = frame.into_data() {
            if body.len() + data.len() > ANSWER_LIMIT {
                return Err(Silence::Lost { reason: "应答过大".into(), timed_out: false });
            }
            body.extend_from_slice(&data);
        }
    }
    Ok(body)
}

/// Tells what was surely not sent from what may have been.
pub fn silence(error: &ErrorCode) -> Silence {
    let unreached = |reason: &str, timed_out| Silence::Unreached { reason: reason.into(), timed_out };
    match error {
        ErrorCode::HttpRequestDenied | ErrorCode::DestinationIpProhibited => Silence::NotAllowed,
        ErrorCode::DnsTimeout | ErrorCode::ConnectionTimeout => unreached("连接超时", true),
        ErrorCode::DnsError(_) | ErrorCode::DestinationNotFound => unreached("域名无法解析", false),
        ErrorCode::DestinationUnavailable | ErrorCode::DestinationIpUnroutable | ErrorCode::ConnectionRefused => {
            unreached("连接被拒绝", false)
        }
        ErrorCode::ConnectionLimitReached => unreached("连接数已达上限", false),
        ErrorCode::TlsProtocolError | ErrorCode::TlsCertificateError | ErrorCode::TlsAlertReceived(_) => {
            unreached("TLS 握手失败", false)
        }
        ErrorCode::HttpRequestUriInvalid
        | ErrorCode::HttpRequestMethodInvalid
        | ErrorCode::HttpRequestUriTooLong
        | ErrorCode::ConfigurationError => unreached("请求无法构造", false),
        ErrorCode::ConnectionReadTimeout | ErrorCode::ConnectionWriteTimeout | ErrorCode::HttpResponseTimeout => {
            Silence::Lost { reason: "应答超时".into(), timed_out: true }
        }
        _ => Silence::Lost { reason: "连接中断".into(), timed_out: false },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_platform_says_repeats_no_secret() {
        let hidden = |body: &[u8], secret: &str| hidden(body.to_vec(), &["other-secret".into(), secret.into()]);
        assert_eq!(hidden(br#"{"msg":"bad key 0ps7e2f1-Xw"}"#, "0ps7e2f1-Xw"), br#"{"msg":"bad key ***"}"#);
        assert_eq!(hidden(br#"{"msg":"sandbox"}"#, "sandbox"), br#"{"msg":"sandbox"}"#);
        assert_eq!(hidden(b"\xff 0ps7e2f1-Xw", "0ps7e2f1-Xw"), b"\xff 0ps7e2f1-Xw");
    }

    #[test]
    fn only_what_failed_before_sending_counts_as_unreached() {
        for error in [ErrorCode::ConnectionRefused, ErrorCode::ConnectionTimeout, ErrorCode::DnsTimeout] {
            assert!(matches!(silence(&error), Silence::Unreached { .. }), "{error:?}");
        }
        for error in [
            ErrorCode::ConnectionTerminated,
            ErrorCode::HttpResponseTimeout,
            ErrorCode::HttpResponseIncomplete,
            ErrorCode::HttpProtocolError,
            ErrorCode::InternalError(None),
        ] {
            assert!(matches!(silence(&error), Silence::Lost { .. }), "{error:?}");
        }
        assert_eq!(silence(&ErrorCode::HttpRequestDenied), Silence::NotAllowed);
    }
}
