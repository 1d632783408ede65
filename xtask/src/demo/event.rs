//! Events: what customers do, handed on to a subscriber that is a real HTTP receiver in this process.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use simulator::subscriber::{Received, Subscriber};
use standardwebhooks::Webhook;

use super::customer::{ACCOUNT, CUSTOMER};
use super::stage::{Answer, PATIENCE, Stage, shortened};

/// The secret that the gateway signs with, as Standard Webhooks writes one: 32 bytes.
const SECRET: &str = "whsec_dGhlIHNlY3JldCBvZiB0aGUgZGVtbyByZWNlaXZlciE=";

/// A subscriber of every event, which checks the signatures with the standard's own library.
pub struct Subscription {
    subscriber: Subscriber,
    webhook: Webhook,
}

impl Subscription {
    /// Starts the receiver on a free port.
    pub async fn start() -> Result<Self> {
        let subscriber = Subscriber::start().await.context("the subscriber does not start")?;
        Ok(Self { subscriber, webhook: Webhook::new(SECRET)? })
    }

    /// Returns the gateway's variables that make it a subscriber.
    pub fn variables(&self) -> [(String, String); 2] {
        let origin = self.subscriber.url();
        let subscribers = json!([{"name": "demo", "url": format!("{origin}/events"), "secret": SECRET}]);
        [("SUBSCRIBERS".to_owned(), subscribers.to_string()), ("SUBSCRIBER_URL".to_owned(), origin)]
    }

    /// Waits until an event with this text has arrived, and returns every arrival of it so far.
    async fn arrivals(&self, text: &str) -> Result<Vec<Received>> {
        let mut seen = 0;
        loop {
            let mut received = self.subscriber.wait_for(seen + 1, PATIENCE).await?;
            seen = received.len();
            received.retain(|request| String::from_utf8_lossy(&request.body).contains(text));
            if !received.is_empty() {
                return Ok(received);
            }
        }
    }

    /// Verifies an event's signature, and returns the event.
    fn open(&self, request: &Received) -> Result<Value> {
        self.webhook.verify(&request.body, &request.headers).context("the signature does not fit")?;
        let event = serde_json::from_slice(&request.body).context("the event is no JSON")?;
        println!("   ⇒ {} {} {}", request.method, request.path, shortened(&Value::to_string(&event)));
        Ok(event)
    }
}

/// A customer's message reaches the subscriber, signed.
pub async fn is_handed_on(stage: &Stage, subscription: &Subscription) -> Result<()> {
    let text = "When will it arrive?";
    writes(stage, text).await?;
    for request in subscription.arrivals(text).await? {
        let event = subscription.open(&request)?;
        ensure!(event.get("type") == Some(&json!("text_msg")), "the event is of another type: {event}");
    }
    Ok(())
}

/// The same callback comes twice. The next event of the conversation comes after both, so that nothing is on its way
/// when the arrivals are counted.
pub async fn is_handed_on_once(stage: &Stage, subscription: &Subscription) -> Result<()> {
    let (repeated, next) = ("Is it on its way?", "Thank you.");
    let callback = writes(stage, repeated).await?;
    stage.order("/simulator/callback", callback.at("/body")?).await?.expect("/status", 200)?;
    writes(stage, next).await?;
    for request in subscription.arrivals(next).await? {
        subscription.open(&request)?;
    }
    let arrivals = subscription.arrivals(repeated).await?.len();
    ensure!(arrivals == 1, "the subscriber got it {arrivals} times");
    Ok(())
}

/// Lets the customer write, and expects that the gateway acknowledges the callback.
async fn writes(stage: &Stage, text: &str) -> Result<Answer> {
    let message = json!({"account": ACCOUNT, "sender": CUSTOMER, "content": text});
    let delivery = stage.order("/simulator/inbound", &message).await?;
    delivery.expect("/status", 200)?;
    Ok(delivery)
}
