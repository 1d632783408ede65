//! A subscriber that opens what it gets.

use crate::{PATIENCE, gateway::credentials::SIGNING};
use serde_json::Value;
use simulator::subscriber::{Received, Reply, Subscriber};
use standardwebhooks::Webhook;
use std::ops::Deref;

/// A receiver of events. Every event that it shows has been verified.
pub struct Receiver(Subscriber);

/// An event that arrived.
pub struct Event {
    /// `webhook-id`.
    pub id: String,
    /// The event.
    pub body: Value,
    /// The request that brought it.
    pub request: Received,
}

impl Deref for Receiver {
    type Target = Subscriber;

    fn deref(&self) -> &Subscriber {
        &self.0
    }
}

impl Receiver {
    /// Starts on a free port.
    pub async fn start() -> Self {
        Self(Subscriber::start().await.expect("the receiver starts"))
    }

    /// Starts on a free port, and answers so.
    pub async fn answering(reply: Reply) -> Self {
        let receiver = Self::start().await;
        receiver.answer(reply);
        receiver
    }

    /// Waits until so many requests have arrived, and returns the events of all that did.
    pub async fn events(&self, count: usize) -> Vec<Event> {
        self.wait_for(count, PATIENCE).await.expect("the events arrive").into_iter().map(Event::open).collect()
    }

    /// Returns the events that arrived so far.
    pub fn so_far(&self) -> Vec<Event> {
        self.received().into_iter().map(Event::open).collect()
    }
}

impl Event {
    /// Verifies an event, whatever clock it was signed by.
    fn open(request: Received) -> Self {
        let header = |name: &str| request.headers[name].to_str().expect("a header is text");
        let (id, timestamp) = (header("webhook-id").to_owned(), header("webhook-timestamp"));
        let webhook = Webhook::new(SIGNING).expect("a secret");
        let timestamp = timestamp.parse().expect("a time in seconds");
        let signature = webhook.sign(&id, timestamp, &request.body).expect("a signature");
        assert_eq!(header("webhook-signature"), signature);
        let body = serde_json::from_slice(&request.body).expect("an event is JSON");
        Self { id, body, request }
    }

    /// Returns the callback that the event tells of.
    pub fn raw(&self) -> &Value {
        &self.body["data"]["raw"]
    }
}
