//! What happens to every request to a platform: it is noted, may meet a fault, and is answered.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::call::{Answer, Call, Content};
use crate::control::TokenOf;
use crate::faults::{Cut, Fault, half, padded};
use crate::server::hang_up;
use crate::truth::System;
use crate::world::World;
use crate::{kdocs, quntool, robot, wanwang};

impl System {
    /// Tells whose path this is.
    fn of(path: &str) -> Self {
        let systems = [
            ("/oauth2/", Self::Wanwang),
            ("/integration/", Self::Wanwang),
            ("/gnapi/", Self::Quntool),
            ("/api/v1/", Self::Kdocs),
            ("/cgi-bin/", Self::Robot),
        ];
        systems.iter().find(|(prefix, _)| path.starts_with(prefix)).map_or(Self::Unknown, |(_, system)| *system)
    }

    /// Tells which tokens open it; Quntool and the robots have keys that do not end.
    fn token(self) -> Option<TokenOf> {
        match self {
            Self::Wanwang => Some(TokenOf::Wanwang),
            Self::Kdocs => Some(TokenOf::Kdocs),
            Self::Quntool | Self::Robot | Self::Unknown => None,
        }
    }
}

/// Serves every path that is not the simulator's own.
pub(crate) async fn serve(State(world): State<Arc<World>>, request: Request) -> Response {
    let at = world.clock.now();
    let call = match Call::read(request, at).await {
        Ok(call) => call,
        Err(error) => {
            tracing::warn!(%error, "a request could not be read");
            return (StatusCode::BAD_REQUEST, error.to_string()).into_response();
        }
    };
    let (fault, answer) = meet(&world, &call).await;
    match (fault.cut, fault.padding) {
        (None, None) => answer.into_response(),
        (None, Some(padding)) => padded(answer, padding),
        (Some(Cut::Middle), _) => half(answer),
        (Some(Cut::Before | Cut::After), _) => hang_up(),
    }
}

/// Notes a request, and returns its answer and the fault that it met.
pub(crate) async fn meet(world: &Arc<World>, call: &Call) -> (Fault, Answer) {
    let system = System::of(&call.path);
    let fault = world.faults.lock().take(&call.path);
    let shown = fault.as_ref().and_then(|fault| serde_json::to_value(fault).ok());
    let number = world.record.lock().arrived(system, call, shown);
    tracing::info!(method = %call.method, path = %call.path, ?fault, "request");
    let fault = fault.unwrap_or_default();
    if fault.token_dies {
        system.token().into_iter().for_each(|of| world.expire_tokens(of));
    }

    let answer = if fault.has_effect() { answer(world, system, call) } else { nothing() };
    let answer = fault.replace(answer);
    if fault.cut != Some(Cut::Before) {
        world.record.lock().answered(number, &answer);
    }
    if let Some(latency) = fault.latency_ms {
        tokio::time::sleep(Duration::from_millis(latency)).await;
    }
    (fault, answer)
}

fn answer(world: &Arc<World>, system: System, call: &Call) -> Answer {
    match system {
        System::Wanwang => wanwang::answer(world, call),
        System::Quntool => quntool::answer(world, call),
        System::Kdocs => kdocs::answer(world, call),
        System::Robot => robot::answer(world, call),
        System::Unknown => {
            world.violated("unknown_route", format!("{} {}", call.method, call.path));
            nothing().with_status(StatusCode::NOT_FOUND)
        }
    }
}

fn nothing() -> Answer {
    Answer { status: StatusCode::OK, headers: Vec::new(), content: Content::Text(String::new()) }
}
