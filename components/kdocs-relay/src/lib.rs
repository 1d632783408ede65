//! Relays messages to WeCom group robots, through KDocs or straight.

mod media;
mod notification;
mod outcome;
mod plan;

/// What the fuzz targets reach.
#[cfg(fuzzing)]
pub mod fuzzing {
    pub use crate::plan::{Part, plan};
}

use contract::{Problem, kdocs};
use http::Method;
use runtime::task;
use spin_sdk::{
    http::{IntoResponse, Request},
    http_service,
};
use surface::{Answer, Refusal, Surface};

/// The entry point: routes a request, and answers it in its surface's envelope under an id of its own.
#[http_service]
async fn handle(request: Request) -> impl IntoResponse {
    let _begun = task::begin();
    let request_id = runtime::identifier();
    let surface = Surface::of(request.uri().path());
    let answer = match route(request, &request_id).await {
        Ok(answer) => answer,
        Err(refusal) => surface.refuse(&refusal, &request_id),
    };
    Ok::<_, spin_sdk::http::Error>(answer.into_response(&request_id))
}

async fn route(request: Request, request_id: &str) -> Result<Answer, Refusal> {
    let path = request.uri().path();
    let is_upload = path == kdocs::media::ROUTE;
    if !is_upload && !kdocs::ENDPOINTS.iter().any(|endpoint| endpoint.path == path) {
        return Err(unknown(path));
    }
    if request.method() != Method::POST {
        let mut refusal = Refusal::new(Problem::MethodNotAllowed, "");
        refusal.allow = Some("POST".into());
        return Err(refusal);
    }
    if is_upload { media::upload(request, request_id).await } else { notification::relay(request, request_id).await }
}

/// Says what there is instead of a path that is not served.
fn unknown(path: &str) -> Refusal {
    let supported: Vec<&str> = kdocs::ENDPOINTS.iter().map(|endpoint| endpoint.path).collect();
    let supported = supported.join("、");
    let detail = if path.starts_with(kdocs::SIBLINGS) { "网关不转发该平台的通知" } else { "" };
    Refusal::new(Problem::UnknownPath, detail).hinting(format!("只支持 {supported}(企业微信群聊机器人)"))
}
