//! The platforms and a subscriber, which answer at once and remember nothing: what is measured is what stands before them.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::TokioIo;
use standardwebhooks::Webhook;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot::{self, Receiver, Sender};

use super::work::number_in;

/// The secret that events have to be signed with, as Standard Webhooks writes one.
pub const SECRET: &str = "whsec_dGhlIHNlY3JldCBvZiB0aGUgYmVuY2htYXJrJ3Mgc3ViIQ==";

/// The subscriber's path.
pub const EVENTS: &str = "/events";

/// What the platforms answer, by the beginning of the path; `{}` is a number that no other answer has.
const ANSWERS: [(&str, &str); 5] = [
    ("/gnapi/open/", r#"{"msg":"success","code":0,"data":{"msgId":"bench-{}"}}"#),
    ("/api/v1/openapi/", r#"{"code":0,"data":{}}"#),
    ("/cgi-bin/webhook/", r#"{"errcode":0,"errmsg":"ok"}"#),
    ("/oauth2/token", r#"{"access_token":"bench","token_type":"Bearer","expires_in":7200}"#),
    ("/integration/", r#"{"code":0,"msg":"","data":{"msgId":"bench-{}"},"requestId":"bench","ok":true}"#),
];

/// The platforms and the subscriber, at one origin.
pub struct Counterpart {
    url: String,
    webhook: Webhook,
    answered: AtomicU64,
    expected: Mutex<HashMap<u64, Sender<()>>>,
}

impl Counterpart {
    /// Listens from now on, for as long as this program runs.
    pub async fn start(listen: SocketAddr) -> Result<Arc<Self>> {
        let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
        let counterpart = Arc::new(Self {
            url: format!("http://{}", listener.local_addr()?),
            webhook: Webhook::new(SECRET)?,
            answered: AtomicU64::new(0),
            expected: Mutex::default(),
        });
        let accepting = Arc::clone(&counterpart);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(Arc::clone(&accepting).serve(stream));
            }
        });
        Ok(counterpart)
    }

    /// Its origin.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How many requests it has answered.
    pub fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }

    /// Resolves when the event with this number arrives, signed.
    pub fn expect(&self, number: u64) -> Receiver<()> {
        let (arrived, arrival) = oneshot::channel();
        self.expected().insert(number, arrived);
        arrival
    }

    /// Gives up what has not arrived.
    pub fn forget(&self) {
        self.expected().clear();
    }

    fn expected(&self) -> MutexGuard<'_, HashMap<u64, Sender<()>>> {
        self.expected.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn serve(self: Arc<Self>, stream: TcpStream) {
        // Without it answers are late, and the row shows it.
        let _ = stream.set_nodelay(true);
        let answer = service_fn(|request| self.answer(request));
        // A caller that hangs up sees it itself.
        let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        let number = self.answered.fetch_add(1, Ordering::Relaxed);
        let path = head.uri.path();
        if path == EVENTS {
            return Ok(status(if self.arrived(&head.headers, &body) { 200 } else { 400 }, ""));
        }
        let answer = ANSWERS.iter().find(|(beginning, _)| path.starts_with(beginning)).map(|(_, answer)| *answer);
        Ok(answer.map_or_else(|| status(404, ""), |answer| status(200, &answer.replace("{}", &number.to_string()))))
    }

    fn arrived(&self, headers: &HeaderMap, event: &[u8]) -> bool {
        let known = self.webhook.verify(event, headers).is_ok();
        if let Some(arrived) = number_in(event).filter(|_| known).and_then(|number| self.expected().remove(&number)) {
            // Whoever waited may have given up.
            let _ = arrived.send(());
        }
        known
    }
}

fn status(status: u16, body: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::copy_from_slice(body.as_bytes())));
    *response.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or_default();
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static("application/json"));
    response
}
