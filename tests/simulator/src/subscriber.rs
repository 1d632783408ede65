//! A receiver of webhooks that records what it gets and answers as it is told.

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::sync::watch;

use crate::clock::Clock;
use crate::server::{Server, hang_up};
use crate::shared::Shared;

/// The largest body that is read.
const BODY_LIMIT: usize = 16 << 20;

/// A request that arrived.
#[derive(Clone, Debug)]
pub struct Received {
    /// When, in milliseconds since the Unix epoch.
    pub at: u64,
    /// Its method.
    pub method: Method,
    /// Its path and query.
    pub path: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, byte for byte.
    pub body: Bytes,
    /// What it is answered.
    pub reply: Reply,
}

/// What a request is answered.
#[derive(Clone, Debug)]
pub struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    delay: Duration,
    end: End,
}

#[derive(Clone, Copy, Debug)]
enum End {
    Answer,
    /// So many bytes of a body, a moment between two.
    Trickle(usize, Duration),
    HangUp,
    Never,
}

impl Default for Reply {
    /// Status 200 at once.
    fn default() -> Self {
        Self { status: StatusCode::OK, headers: HeaderMap::new(), delay: Duration::ZERO, end: End::Answer }
    }
}

impl Reply {
    /// Answers a status; one that does not exist is 500.
    pub fn status(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, ..Self::default() }
    }

    /// Closes the connection without an answer.
    pub fn hang_up() -> Self {
        Self { end: End::HangUp, ..Self::default() }
    }

    /// Leads elsewhere, with the method and the body.
    pub fn redirect(to: &str) -> Self {
        let location = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
        Self::status(307).header(LOCATION, location)
    }

    /// Sends a body of so many bytes, and waits a moment before each.
    pub fn trickle(self, bytes: usize, pause: Duration) -> Self {
        Self { end: End::Trickle(bytes, pause), ..self }
    }

    /// Tells whether it takes what came: its status says so, and gets out in this time.
    pub fn accepts(&self, within: Duration) -> bool {
        let answers = matches!(self.end, End::Answer | End::Trickle(..));
        answers && self.status.is_success() && self.delay < within
    }

    /// Never answers, and keeps the connection.
    pub fn never() -> Self {
        Self { end: End::Never, ..Self::default() }
    }

    /// Adds a header (`Retry-After`, say).
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// Waits before it answers.
    pub fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    async fn give(self) -> Response {
        tokio::time::sleep(self.delay).await;
        match self.end {
            End::Answer => (self.status, self.headers).into_response(),
            End::Trickle(bytes, pause) => {
                let trickle = stream::repeat(Bytes::from_static(b".")).take(bytes).then(move |byte| async move {
                    tokio::time::sleep(pause).await;
                    Ok::<_, io::Error>(byte)
                });
                (self.status, self.headers, Body::from_stream(trickle)).into_response()
            }
            End::HangUp => hang_up(),
            End::Never => std::future::pending().await,
        }
    }
}

#[derive(Debug, Default)]
struct Plan {
    usual: Reply,
    next: VecDeque<Reply>,
    every: Option<(usize, Reply)>,
    random: Option<Random>,
    received: Vec<Received>,
}

/// Replies that come by chance.
#[derive(Debug)]
struct Random {
    dice: StdRng,
    replies: Vec<(f64, Reply)>,
}

#[derive(Debug)]
struct Inbox {
    clock: Clock,
    plan: Shared<Plan>,
    count: watch::Sender<usize>,
}

/// A running receiver; it stops when it is dropped.
#[derive(Debug)]
pub struct Subscriber {
    server: Server,
    inbox: Arc<Inbox>,
}

impl Subscriber {
    /// Starts on a free local port.
    pub async fn start() -> Result<Self> {
        Self::start_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await
    }

    /// Starts on a given address.
    pub async fn start_at(listen: SocketAddr) -> Result<Self> {
        let (count, _) = watch::channel(0);
        let inbox = Arc::new(Inbox { clock: Clock::default(), plan: Shared::default(), count });
        let router = Router::new().fallback(receive).with_state(Arc::clone(&inbox));
        Ok(Self { server: Server::start(listen, router).await?, inbox })
    }

    /// Tells its origin: scheme, host and port.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Gives what arrived so far, oldest first.
    pub fn received(&self) -> Vec<Received> {
        self.inbox.plan.lock().received.clone()
    }

    /// Forgets what arrived.
    pub fn forget(&self) {
        self.inbox.plan.lock().received.clear();
        self.inbox.count.send_replace(0);
    }

    /// Answers every request so from now on, unless told otherwise for it.
    pub fn answer(&self, reply: Reply) {
        self.inbox.plan.lock().usual = reply;
    }

    /// Answers the next requests so, after those told before.
    pub fn answer_next(&self, replies: impl IntoIterator<Item = Reply>) {
        self.inbox.plan.lock().next.extend(replies);
    }

    /// Answers every `nth` request so from now on; 0 is none.
    pub fn answer_every(&self, nth: usize, reply: Reply) {
        self.inbox.plan.lock().every = (nth > 0).then_some((nth, reply));
    }

    /// Answers requests so from now on by chance: the first reply whose probability (0 to 1) meets; none of them is the
    /// usual one. The same seed gives the same replies.
    pub fn answer_randomly(&self, seed: u64, replies: Vec<(f64, Reply)>) {
        self.inbox.plan.lock().random = Some(Random { dice: StdRng::seed_from_u64(seed), replies });
    }

    /// Waits until this many requests have arrived, and gives all that did. Fails when the time is up.
    pub async fn wait_for(&self, count: usize, timeout: Duration) -> Result<Vec<Received>> {
        let mut arrived = self.inbox.count.subscribe();
        let waited = tokio::time::timeout(timeout, arrived.wait_for(|arrived| *arrived >= count)).await;
        let seen = self.received();
        waited.with_context(|| format!("{} of {count} requests arrived in {timeout:?}", seen.len()))??;
        Ok(seen)
    }
}

async fn receive(State(inbox): State<Arc<Inbox>>, request: Request) -> Response {
    let at = inbox.clock.now();
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let (count, reply) = {
        let mut plan = inbox.plan.lock();
        let (path, reply) = (head.uri.to_string(), plan.reply());
        plan.received.push(Received {
            at,
            method: head.method,
            path,
            headers: head.headers,
            body,
            reply: reply.clone(),
        });
        (plan.received.len(), reply)
    };
    inbox.count.send_replace(count);
    reply.give().await
}

impl Plan {
    fn reply(&mut self) -> Reply {
        if let Some(reply) = self.next.pop_front() {
            return reply;
        }
        if let Some((_, reply)) = self.every.as_ref().filter(|(nth, _)| (self.received.len() + 1).is_multiple_of(*nth))
        {
            return reply.clone();
        }
        let Some(Random { dice, replies }) = &mut self.random else { return self.usual.clone() };
        let met = replies.iter().find(|(probability, _)| dice.random_bool(probability.clamp(0.0, 1.0)));
        met.map_or(&self.usual, |(_, reply)| reply).clone()
    }
}
