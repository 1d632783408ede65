//! Relays messages to WeCom group robots, through KDocs or straight.

mod notification;
mod outcome;

use contract::{Problem, kdocs};
use http::Method;
use spin_sdk::{
    http::{IntoResponse, Request},
    http_service,
};
use surface::{Answer, Refusal, Surface};

/// The entry point: routes a request, and answers it in KDocs' envelope under an id of its own.
#[http_service]
async fn handle(request: Request) -> impl IntoResponse {
    let request_id = runtime::identifier();
    let answer = match route(request, &request_id).await {
        Ok(answer) => answer,
        Err(refusal) => Surface::Kdocs.refuse(&refusal, &request_id),
    };
    Ok::<_, spin_sdk::http::Error>(answer.into_response(&request_id))
}

async fn route(request: Request, request_id: &str) -> Result<Answer, Refusal> {
    let path = request.uri().path();
    if !kdocs::ENDPOINTS.iter().any(|endpoint| endpoint.path == path) {
        return Err(Refusal::new(Problem::UnknownPath, "只支持 /api/v1/openapi/notification/wecom"));
    }
    if request.method() != Method::POST {
        let mut refusal = Refusal::new(Problem::MethodNotAllowed, "");
        refusal.allow = Some("POST".into());
        return Err(refusal);
    }
    notification::relay(request, request_id).await
}
