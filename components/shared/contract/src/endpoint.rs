//! What a row of an endpoint table says.

pub mod check;
pub mod parameter;
pub mod rule;

use crate::limit::{self, Limit};
pub use check::Check;
pub use parameter::{Kind, Parameter};
pub use rule::Rule;

/// Whose documents describe the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum System {
    /// 万网中台 (seed 000).
    Wanwang,
    /// 聚合聊天 (seed 001). Parameter names and paths are case-insensitive.
    Quntool,
    /// KDocs (seed 002).
    Kdocs,
}

impl System {
    /// Every system, in the order of the seeds.
    pub const ALL: &'static [Self] = &[Self::Wanwang, Self::Quntool, Self::Kdocs];

    /// Returns the system's name, for the documentation.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wanwang => "万网中台",
            Self::Quntool => "聚合聊天",
            Self::Kdocs => "KDocs",
        }
    }
}

/// The HTTP methods that the documents use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// `GET`: parameters in the query.
    Get,
    /// `POST`: parameters in a JSON body.
    Post,
    /// `PUT`: parameters in a JSON body.
    Put,
    /// `DELETE`: parameters in a JSON body.
    Delete,
}

impl Method {
    /// Returns the method's name as HTTP writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// Where a request carries its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// In the query, as text.
    Query,
    /// In a JSON body.
    Body,
    /// In a JSON body or in the query: the documents leave it open.
    BodyOrQuery,
    /// In the parts of a multipart form, which is streamed and not checked.
    Multipart,
}

/// One documented endpoint.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint {
    /// Whose it is.
    pub system: System,
    /// Its method.
    pub method: Method,
    /// Its path, from the root of the host.
    pub path: &'static str,
    /// Where its parameters are.
    pub location: Location,
    /// The type of message that it sends, unique within its system and named as the documents name it; none if it
    /// sends none.
    pub message: Option<&'static str>,
    /// Whether the documents let its message be sent by MQTT too ([`crate::quntool::mqtt`]).
    pub mqtt: bool,
    /// Its parameters, in the documents' order; credentials are not among them.
    pub parameters: &'static [Parameter],
    /// What its parameters must be to each other; checked in order, after each of them was.
    pub checks: &'static [Check],
    /// What it does, in Chinese, as the documents title it.
    pub summary: &'static str,
    /// What it does, in English.
    pub summary_english: &'static str,
    /// What the documents warn of, in Chinese; empty if nothing.
    pub note: &'static str,
    /// Where it stands: the seed's number and line.
    pub source: &'static str,
}

impl Endpoint {
    /// An endpoint without parameters. Those of a `GET` are in the query, all others in a JSON body.
    pub const fn new(system: System, method: Method, path: &'static str, source: &'static str) -> Self {
        Self {
            system,
            method,
            path,
            location: if matches!(method, Method::Get) { Location::Query } else { Location::Body },
            message: None,
            mqtt: false,
            parameters: &[],
            checks: &[],
            summary: "",
            summary_english: "",
            note: "",
            source,
        }
    }

    /// The same endpoint under its title, in Chinese and in English.
    pub(crate) const fn titled(self, summary: &'static str, summary_english: &'static str) -> Self {
        Self { summary, summary_english, ..self }
    }

    /// The same endpoint with the documents' warning.
    pub(crate) const fn noted(self, note: &'static str) -> Self {
        Self { note, ..self }
    }

    /// The same endpoint, sending a type of message.
    pub(crate) const fn sending(self, message: &'static str) -> Self {
        Self { message: Some(message), ..self }
    }

    /// The same endpoint, whose message can be sent by MQTT too.
    pub(crate) const fn by_mqtt(self) -> Self {
        Self { mqtt: true, ..self }
    }

    /// The same endpoint with its parameters elsewhere.
    pub(crate) const fn reading(self, location: Location) -> Self {
        Self { location, ..self }
    }

    /// The same endpoint with parameters.
    pub(crate) const fn taking(self, parameters: &'static [Parameter]) -> Self {
        Self { parameters, ..self }
    }

    /// The same endpoint with checks across its parameters.
    pub(crate) const fn checked(self, checks: &'static [Check]) -> Self {
        Self { checks, ..self }
    }

    /// Returns the name under which `quntool.call` takes the endpoint, its method and its path below `/gnapi/open`; none
    /// if it sends a message, takes a file, or is not Quntool's.
    pub fn operation(&self) -> Option<String> {
        if self.message.is_some() || self.location == Location::Multipart {
            return None;
        }
        let path = self.path.strip_prefix(crate::quntool::ROOT)?.strip_prefix('/')?;
        Some(format!("{} {path}", self.method.as_str()))
    }

    /// Whether a path is this endpoint's. Quntool's paths are case-insensitive, as its server is.
    pub fn has_path(&self, path: &str) -> bool {
        match self.system {
            System::Quntool => self.path.eq_ignore_ascii_case(path),
            System::Wanwang | System::Kdocs => self.path == path,
        }
    }

    /// Returns the limits that a request counts against.
    pub const fn limits(&self) -> &'static [&'static Limit] {
        match self.message {
            Some(_) => limit::of(self.system),
            None => &[],
        }
    }
}

/// A chapter of a system's documents.
#[derive(Clone, Copy, Debug)]
pub struct Chapter {
    /// Its title, in Chinese.
    pub title: &'static str,
    /// Its title, in English.
    pub title_english: &'static str,
    /// Its endpoints, in the documents' order.
    pub endpoints: &'static [Endpoint],
}
