//! What a row of the gateway's own route table says.

use crate::{
    endpoint::{Method, Parameter, System},
    problem::Problem,
};

/// What a route asks of whoever calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// Nothing.
    None,
    /// A client id and secret, by HTTP Basic or in the body.
    Client,
    /// A caller's bearer token or API key.
    Caller,
    /// A caller's API key, or the signature of a link that the gateway issued.
    ApiKeyOrSignature,
    /// The tick token, as a bearer token.
    Tick,
    /// The callback token, in the path.
    Path,
}

impl Credential {
    /// Returns what it is, in Chinese, for the documentation.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "无",
            Self::Client => "client_id 与 client_secret",
            Self::Caller => "Bearer 令牌或 apikey",
            Self::ApiKeyOrSignature => "apikey 或链接签名",
            Self::Tick => "Bearer 定时任务令牌",
            Self::Path => "路径中的回调令牌",
        }
    }
}

/// The envelope of answers and refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Envelope {
    /// Wanwang's.
    Wanwang,
    /// Quntool's.
    Quntool,
    /// KDocs'.
    Kdocs,
    /// RFC 6749 §5.
    OAuth,
    /// Plain JSON, and problems of RFC 9457.
    Gateway,
}

impl Envelope {
    /// Returns the envelope of a system's endpoints.
    pub const fn of(system: System) -> Self {
        match system {
            System::Wanwang => Self::Wanwang,
            System::Quntool => Self::Quntool,
            System::Kdocs => Self::Kdocs,
        }
    }
}

/// What a route reads or answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// Nothing.
    None,
    /// A JSON document with this schema of the OpenAPI document.
    Json(&'static str),
    /// The same, or a form with the same fields.
    JsonOrForm(&'static str),
    /// A multipart form with the fields of this schema.
    Multipart(&'static str),
    /// Bytes of any type.
    Bytes,
}

/// One route.
#[derive(Debug)]
pub struct Route {
    /// Its method.
    pub method: Method,
    /// Its path; `{name}` stands for a segment, and a last `{path}` for all that are left.
    pub path: &'static str,
    /// Its credential.
    pub credential: Credential,
    /// The parameters of its query.
    pub query: &'static [Parameter],
    /// Whether it takes the header `Idempotency-Key`.
    pub idempotent: bool,
    /// What it reads.
    pub request: Body,
    /// What it answers, with the HTTP status.
    pub answers: &'static [(u16, Body)],
    /// What it refuses, in groups.
    pub problems: &'static [&'static [Problem]],
    /// The envelope of its refusals.
    pub envelope: Envelope,
    /// What it does, in Chinese.
    pub summary: &'static str,
    /// What it does, in English.
    pub summary_english: &'static str,
}
