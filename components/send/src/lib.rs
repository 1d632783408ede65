//! A drop-in for the documented APIs of Wanwang and Quntool, and the gateway's own API.
//!
//! It owns nothing: it authenticates, parses, validates, calls `client`, and shapes the answer.

mod create;
mod document;
mod documented;
mod messages;
mod tick;
mod token;
mod transfer;

/// What the fuzz targets reach.
#[cfg(fuzzing)]
pub mod fuzzing {
    pub use crate::create::read;
}

use caller::quntool;
use contract::{Problem, quntool::files};
use http::{HeaderMap, Method};
use runtime::task;
use spin_sdk::{
    http::{IntoResponse, Request},
    http_service,
    wasip3::http::types,
};
use surface::{Answer, Refusal, Surface};

/// A request that has an id, and the surface that answers it.
struct Exchange {
    request_id: String,
    surface: Surface,
    path: String,
    query: String,
}

/// Why a request is not answered as it wishes.
enum Unanswered {
    /// The gateway says no.
    Refused(Refusal),
    /// `client` did not do it.
    Failed(caller::types::Failure),
}

impl From<Refusal> for Unanswered {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<caller::types::Failure> for Unanswered {
    fn from(failure: caller::types::Failure) -> Self {
        Self::Failed(failure)
    }
}

/// What a request is answered with.
enum Reply {
    /// An answer that is there as a whole.
    Answer(Answer),
    /// A file, as it comes.
    File(quntool::File),
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self::Answer(answer)
    }
}

/// The entry point: routes a request, and answers it in its surface's envelope under an id of its own.
#[http_service]
async fn handle(request: Request) -> Result<types::Response, spin_sdk::http::Error> {
    let _begun = task::begin();
    let path = request.uri().path().to_owned();
    let exchange = Exchange {
        request_id: runtime::identifier(),
        surface: Surface::of(&path),
        query: request.uri().query().unwrap_or_default().to_owned(),
        path,
    };
    let answer = match route(&exchange, request).await {
        Ok(Reply::Answer(answer)) => answer,
        Ok(Reply::File(file)) => return Ok(transfer::respond(file, &exchange.request_id)?),
        Err(Unanswered::Refused(refusal)) => exchange.surface.refuse(&refusal, &exchange.request_id),
        Err(Unanswered::Failed(failure)) => exchange.surface.fail(failure, &exchange.request_id),
    };
    Ok(answer.into_response(&exchange.request_id).into_response()?)
}

/// The routes. Documented endpoints stand in the tables of `contract`.
async fn route(exchange: &Exchange, request: Request) -> Result<Reply, Unanswered> {
    if files::is_file(&exchange.path) {
        allow(&request, &[Method::GET], "GET")?;
        return transfer::download(exchange, request.headers()).await.map(Reply::File);
    }
    if exchange.surface.system().is_some() {
        return Ok(documented::answer(exchange, request).await?.into());
    }
    let segments: Vec<&str> = exchange.path.trim_start_matches('/').split('/').collect();
    let answer = match segments.as_slice() {
        ["oauth2", "token"] => {
            allow(&request, &[Method::POST], "POST")?;
            token::issue(request).await?
        }
        ["v1", "messages"] => {
            allow(&request, &[Method::GET, Method::POST], "GET, POST")?;
            match *request.method() {
                Method::POST => create::create(exchange, request).await?,
                _ => messages::list(exchange, request.headers()).await?,
            }
        }
        ["v1", "messages", id] => {
            allow(&request, &[Method::GET], "GET")?;
            messages::show(exchange, request.headers(), id).await?
        }
        ["v1", "messages", id, "recall"] => {
            allow(&request, &[Method::POST], "POST")?;
            messages::recall(exchange, request.headers(), id).await?
        }
        ["v1", "summary"] => {
            allow(&request, &[Method::GET], "GET")?;
            messages::summary(exchange, request.headers()).await?
        }
        ["v1", "files", "link"] => {
            allow(&request, &[Method::POST], "POST")?;
            transfer::sign(exchange, request).await?
        }
        ["openapi.json"] => {
            allow(&request, &[Method::GET], "GET")?;
            document::answer()?
        }
        ["internal", "send", "tick"] => {
            allow(&request, &[Method::POST], "POST")?;
            tick::tick(request.headers()).await?
        }
        _ => return Err(Refusal::new(Problem::UnknownPath, "").into()),
    };
    Ok(answer.into())
}

fn allow(request: &Request, methods: &[Method], names: &'static str) -> Result<(), Refusal> {
    if methods.contains(request.method()) { Ok(()) } else { Err(not_allowed(names)) }
}

fn not_allowed(allow: impl Into<String>) -> Refusal {
    let mut refusal = Refusal::new(Problem::MethodNotAllowed, "");
    refusal.allow = Some(allow.into());
    refusal
}

impl Exchange {
    /// Returns the name of the caller whose credential came along.
    async fn authenticate(&self, headers: &HeaderMap) -> Result<String, Refusal> {
        surface::credential::authenticate(self.surface, headers, &self.query).await
    }
}
