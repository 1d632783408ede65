//! The HTTP server: HTTP/1.1 and HTTP/2 without TLS.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

use crate::app::App;

/// How long requests in flight may take to finish once the host stops.
const GRACE: Duration = Duration::from_secs(10);

/// How long to wait after the system refused a connection, for want of file descriptors above all.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves the application until `stop` resolves; then accepts nothing more and lets the requests in flight finish.
pub(crate) async fn serve(listener: TcpListener, app: Arc<App>, stop: impl Future<Output = ()>) {
    let builder = Builder::new(TokioExecutor::new());
    let connections = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, client)) => connect(&builder, &connections, &app, stream, client),
            Err(error) => {
                tracing::warn!("cannot accept a connection: {error}");
                sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    if timeout(GRACE, connections.shutdown()).await.is_err() {
        tracing::warn!("requests were still in flight after {} s", GRACE.as_secs());
    }
}

fn connect(
    builder: &Builder<TokioExecutor>,
    connections: &GracefulShutdown,
    app: &Arc<App>,
    stream: TcpStream,
    client: SocketAddr,
) {
    // The head and the body of a response may leave in two writes: the second must not wait for the first's
    // acknowledgement.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("cannot set TCP_NODELAY: {error}");
    }
    let app = app.clone();
    let service = service_fn(move |request| {
        let app = app.clone();
        async move { app.answer(request, client).await }
    });
    let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
    let connection = connections.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!("a connection from {client} ended: {error}");
        }
    });
}
