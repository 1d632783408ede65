//! How a connection to another server is made.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tower_service::Service;
use wasmtime_wasi_http::Error;

use super::DEFAULT_TIMEOUT;

tokio::task_local! {
    /// How long the request of this task waits for a connection: the client has no other way to hand it down.
    pub(super) static CONNECT_TIMEOUT: Duration;
}

/// Opens TCP connections.
#[derive(Clone)]
pub(super) struct TcpConnector;

/// Why a server was not reached.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    #[error("the URI has no host")]
    NoHost,
    #[error("the host's name is not known")]
    UnknownHost(#[source] io::Error),
    #[error("the connection was refused")]
    Refused(#[source] io::Error),
    #[error("connecting took too long")]
    Timeout,
}

impl From<&ConnectError> for Error {
    fn from(error: &ConnectError) -> Self {
        match error {
            ConnectError::NoHost => Self::HttpRequestUriInvalid,
            ConnectError::UnknownHost(_) => {
                Self::DnsError { rcode: Some("address not available".into()), info_code: Some(0) }
            }
            ConnectError::Refused(_) => Self::ConnectionRefused,
            ConnectError::Timeout => Self::ConnectionTimeout,
        }
    }
}

impl Service<Uri> for TcpConnector {
    type Response = TokioIo<TcpStream>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let limit = CONNECT_TIMEOUT.try_with(|limit| *limit).unwrap_or(DEFAULT_TIMEOUT);
        Box::pin(async move { timeout(limit, connect(&uri)).await.map_err(|_| ConnectError::Timeout)? })
    }
}

async fn connect(uri: &Uri) -> Result<TokioIo<TcpStream>, ConnectError> {
    let host = uri.host().ok_or(ConnectError::NoHost)?.trim_start_matches('[').trim_end_matches(']');
    let default_port = if uri.scheme_str() == Some("https") { 443 } else { 80 };
    let port = uri.port_u16().unwrap_or(default_port);
    let addresses: Vec<_> = lookup_host((host, port)).await.map_err(ConnectError::UnknownHost)?.collect();
    let stream = TcpStream::connect(addresses.as_slice()).await.map_err(ConnectError::Refused)?;
    stream.set_nodelay(true).map_err(ConnectError::Refused)?;
    Ok(TokioIo::new(stream))
}
