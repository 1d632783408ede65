//! The body of a response, given up when too much time passes between two parts of it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Sleep, sleep};
use wasmtime_wasi_http::Error;

/// A body with a limit on the time between its parts.
pub(super) struct BetweenBytes {
    /// None once the limit was reached, so that the connection is closed at once.
    body: Option<Incoming>,
    limit: Duration,
    /// Runs while a part is waited for.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl BetweenBytes {
    pub(super) fn new(body: Incoming, limit: Duration) -> Self {
        Self { body: Some(body), limit, waiting: None }
    }
}

impl Body for BetweenBytes {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = self.get_mut();
        let Some(body) = &mut this.body else { return Poll::Ready(None) };
        if let Poll::Ready(part) = Pin::new(body).poll_frame(cx) {
            this.waiting = None;
            return Poll::Ready(part.map(|part| part.map_err(Error::from)));
        }
        ready!(this.waiting.get_or_insert_with(|| Box::pin(sleep(this.limit))).as_mut().poll(cx));
        this.body = None;
        Poll::Ready(Some(Err(Error::ConnectionReadTimeout)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}
