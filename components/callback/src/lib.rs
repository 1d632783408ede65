//! Takes Quntool's callbacks, keeps them, hands them on to the subscribers, and shows them to those who ask.

mod allow_list;
mod api;
mod configuration;
mod delivery;
mod document;
mod envelope;
mod event;
mod intake;
mod journal;
mod origin;
mod pipeline;
mod retention;
mod seen;
mod subscriber;
mod tick;

/// What the fuzz targets reach.
#[cfg(fuzzing)]
pub mod fuzzing {
    pub use crate::{
        envelope::Envelope,
        event::{Context, body},
        origin::of as origin,
    };
}

use contract::Problem;
use http::Method;
use runtime::task;
use spin_sdk::{
    http::{IntoResponse, Request},
    http_service,
};
use surface::{Answer, Refusal, Surface};

/// The entry point: routes a request, and answers it under an id of its own.
#[http_service]
async fn handle(request: Request) -> impl IntoResponse {
    let _begun = task::begin();
    let request_id = runtime::identifier();
    let answer = route(request).await.unwrap_or_else(|refusal| Surface::Gateway.refuse(&refusal, &request_id));
    Ok::<_, spin_sdk::http::Error>(answer.into_response(&request_id))
}

async fn route(request: Request) -> Result<Answer, Refusal> {
    let path = request.uri().path().to_owned();
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match (segments.as_slice(), request.method()) {
        (["callback", "quntool", token], &Method::POST) => intake::take(token, request).await,
        (["internal", "callback", "tick"], &Method::POST) => tick::tick(request.headers()).await,
        (["v1", "events", "replay"], &Method::POST) => api::replay(request).await,
        (["v1", "events"], &Method::GET) => api::events(request).await,
        (["v1", "events", id], &Method::GET) if *id != "replay" => api::show(request, id).await,
        (["v1", "deliveries"], &Method::GET) => api::deliveries(request).await,
        (["callback", "quntool", _] | ["internal", "callback", "tick"] | ["v1", "events", "replay"], _) => {
            Err(not_allowed("POST"))
        }
        (["v1", "events" | "deliveries"] | ["v1", "events", _], _) => Err(not_allowed("GET")),
        _ => Err(Refusal::new(Problem::UnknownPath, "")),
    }
}

fn not_allowed(allow: &str) -> Refusal {
    let mut refusal = Refusal::new(Problem::MethodNotAllowed, "");
    refusal.allow = Some(allow.into());
    refusal
}
