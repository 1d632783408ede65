//! HTTP requests that guests send: the one place through which they leave.

mod body;
mod connector;

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;
use http::header::HOST;
use http_body_util::BodyExt as _;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::timeout;
use wasmtime_wasi_http::{DEFAULT_FORBIDDEN_HEADERS, Error, RequestOptions, Result, WasiBody, WasiHttpHooks};

use self::body::BetweenBytes;
use self::connector::{CONNECT_TIMEOUT, ConnectError, TcpConnector};
use crate::state::{Grants, Shared};

/// Each timeout of a request that names none, as on Spin.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);

type Request = http::Request<WasiBody>;
type Response = http::Response<WasiBody>;
type Transmission = Box<dyn Future<Output = Result<()>> + Send>;

/// The connections to other servers, kept open between requests.
#[derive(Clone)]
pub(crate) struct Client(legacy::Client<HttpsConnector<TcpConnector>, WasiBody>);

impl Client {
    pub(crate) fn new() -> Self {
        let connector = HttpsConnectorBuilder::new()
            .with_webpki_roots()
            .https_or_http()
            .enable_http1()
            .enable_http2()
            .wrap_connector(TcpConnector);
        Self(legacy::Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector))
    }

    /// Sends a request and resolves with the head of its response. Redirects are not followed.
    async fn send(self, mut request: Request, options: RequestOptions) -> Result<Response> {
        // The client derives it from the URI, in the form that the protocol version wants.
        request.headers_mut().remove(HOST);
        let connect = options.connect_timeout.unwrap_or(DEFAULT_TIMEOUT);
        let first_byte = options.first_byte_timeout.unwrap_or(DEFAULT_TIMEOUT);
        let between_bytes = options.between_bytes_timeout.unwrap_or(DEFAULT_TIMEOUT);
        let response = CONNECT_TIMEOUT.scope(connect, self.0.request(request));
        let response = timeout(first_byte, response).await.map_err(|_| Error::ConnectionReadTimeout)?;
        Ok(response.map_err(classify)?.map(|body| BetweenBytes::new(body, between_bytes).boxed_unsync()))
    }
}

/// An instance's way out: only to the hosts that its component is granted.
pub(crate) struct Outbound {
    grants: Arc<Grants>,
    shared: Arc<Shared>,
}

impl Outbound {
    pub(crate) fn new(grants: Arc<Grants>, shared: Arc<Shared>) -> Self {
        Self { grants, shared }
    }

    pub(crate) fn grants(&self) -> &Grants {
        &self.grants
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

impl WasiHttpHooks for Outbound {
    fn is_forbidden_header(&mut self, name: &HeaderName) -> bool {
        DEFAULT_FORBIDDEN_HEADERS.contains(name)
    }

    fn send_request(
        &mut self,
        request: Request,
        options: Option<RequestOptions>,
        // What the guest makes of the response concerns nobody here.
        _: Transmission,
    ) -> Box<dyn Future<Output = Result<(Response, Transmission)>> + Send> {
        self.shared.metrics.outbound_requests.increment();
        if !self.grants.allowed_outbound_hosts.allows(request.uri()) {
            let uri = request.uri();
            tracing::warn!(
                component = self.grants.component,
                "refused a request to {}://{}: not in allowed_outbound_hosts",
                uri.scheme_str().unwrap_or_default(),
                uri.authority().map_or("", |authority| authority.as_str()),
            );
            return Box::new(async { Err(Error::HttpRequestDenied) });
        }
        let client = self.shared.client.clone();
        Box::new(async move {
            let response = client.send(request, options.unwrap_or_default()).await?;
            Ok((response, Box::new(async { Ok(()) }) as Transmission))
        })
    }
}

/// Finds the reason of a failed request in the errors that led to it.
fn classify(error: legacy::Error) -> Error {
    let mut source: Option<&(dyn StdError + 'static)> = error.source();
    while let Some(cause) = source {
        if let Some(connect) = cause.downcast_ref::<ConnectError>() {
            return connect.into();
        }
        source = cause.source();
    }
    tracing::debug!("a request failed: {error:?}");
    if error.is_connect() { Error::TlsProtocolError } else { Error::HttpProtocolError }
}

#[cfg(test)]
mod tests;
