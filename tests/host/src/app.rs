//! The application: its routes, and the component behind each.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::Incoming;
use wasmtime::Trap;
use wasmtime_wasi_http::handler::{ProxyHandler, TrapOrPanicError};
use wasmtime_wasi_http::{Error, WasiBody};

use crate::request;
use crate::routes::{Routes, WELL_KNOWN};
use crate::state::Shared;
use crate::worker::Component;

/// The application as it is served.
pub(crate) struct App {
    pub routes: Routes,
    /// By id.
    pub components: HashMap<String, ProxyHandler<Component>>,
    pub shared: Arc<Shared>,
}

impl App {
    /// Answers a request; whatever goes wrong here is a status without a body, and a line in the log.
    pub(crate) async fn answer(
        &self,
        request: Request<Incoming>,
        client: SocketAddr,
    ) -> Result<Response<WasiBody>, Infallible> {
        if let Some(page) = request.uri().path().strip_prefix(WELL_KNOWN) {
            return Ok(match page {
                "health" => Response::new(Full::from("OK").map_err(Error::from).boxed_unsync()),
                _ => empty(StatusCode::NOT_FOUND),
            });
        }
        Ok(self.serve(request, client).await.unwrap_or_else(|error| {
            tracing::error!("a request failed: {error:#}");
            empty(StatusCode::INTERNAL_SERVER_ERROR)
        }))
    }

    async fn serve(&self, mut request: Request<Incoming>, client: SocketAddr) -> anyhow::Result<Response<WasiBody>> {
        let path = request.uri().path().to_owned();
        let Some(found) = self.routes.find(&path) else { return Ok(empty(StatusCode::NOT_FOUND)) };
        if let Err(error) = request::prepare(&mut request, &found, client) {
            tracing::debug!("refused a malformed request: {error:#}");
            return Ok(empty(StatusCode::BAD_REQUEST));
        }
        let id = &found.route.component;
        let component = self.components.get(id).context("the route has no component")?;
        self.shared.metrics.requests.increment();
        let request = request.map(|body| body.map_err(Error::from).boxed_unsync());
        let turn = component.state().turns.next().await;
        match component.handle(turn, request).await {
            Ok(response) => Ok(response),
            // The instance's own end was logged when it was dropped.
            Err(error) if error.is::<TrapOrPanicError>() || error.is::<Trap>() => {
                Ok(empty(StatusCode::INTERNAL_SERVER_ERROR))
            }
            Err(error) => Err(anyhow::Error::from(error).context(format!("the component {id}"))),
        }
    }
}

fn empty(status: StatusCode) -> Response<WasiBody> {
    let mut response = Response::new(Empty::new().map_err(Error::from).boxed_unsync());
    *response.status_mut() = status;
    response
}
