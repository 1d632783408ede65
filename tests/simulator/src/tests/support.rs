//! A started simulator, and requests to it.

use std::collections::BTreeMap;
use std::time::Duration;

use contract::samples::Direction;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::subscriber::Subscriber;
use crate::{Config, Simulator, documents};

/// Long enough for anything that happens at all.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

pub(super) const ACCOUNT: &str = "1688854355260001";
pub(super) const CUSTOMER: &str = "7881300839070001";
pub(super) const CONVERSATION: &str = "S:1688854355260001_7881300839070001";
pub(super) const GROUP: &str = "R:10849942805070001";

/// The platforms with the sandbox's credential everywhere.
pub(super) struct Platforms {
    pub(super) simulator: Simulator,
    client: reqwest::Client,
}

impl Platforms {
    pub(super) async fn start() -> Self {
        Self::with(Config::default()).await
    }

    pub(super) async fn with(config: Config) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(HeaderName::from_static("apikey"), HeaderValue::from_static("sandbox"));
        let client = reqwest::Client::builder().default_headers(headers).build().unwrap();
        Self { simulator: Simulator::start(config).await.unwrap(), client }
    }

    /// Starts with a receiver of the callbacks.
    pub(super) async fn with_callbacks() -> (Self, Subscriber) {
        let subscriber = Subscriber::start().await.unwrap();
        let platforms = Self::start().await;
        platforms.simulator.set_callback_url(Some(&subscriber.url()));
        (platforms, subscriber)
    }

    pub(super) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.simulator.url()))
    }

    /// Sends JSON and reads JSON.
    pub(super) async fn call(&self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        let response = self.request(method, path).json(&body).send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Value {
        self.call(Method::POST, path, body).await.1
    }

    pub(super) async fn get(&self, path: &str) -> Value {
        self.request(Method::GET, path).send().await.unwrap().json().await.unwrap()
    }

    /// Sends a text of an account, half a second after the one before by the platforms' clock.
    pub(super) async fn text(&self, content: &str) -> Value {
        self.simulator.advance(Duration::from_millis(500));
        let body = json!({"wxId": ACCOUNT, "conversationId": CONVERSATION, "content": content});
        self.post("/gnapi/open/msg/text", body).await
    }

    /// Waits for the `count`th callback, and gives its body.
    pub(super) async fn callback(&self, count: usize) -> Value {
        let truth = self.simulator.wait_until(PATIENCE, |truth| truth.callbacks.len() >= count).await.unwrap();
        truth.callbacks[count - 1].body.clone()
    }
}

/// Fails unless one document has every field of another, with values of the same types.
pub(super) fn assert_shape(actual: &Value, sample: &Value, at: &str) {
    let differences = documents::differences(actual, sample);
    assert!(differences.is_empty(), "{at}: {differences:?}");
}

/// The document's samples of callbacks by type: those that an account received, or those that it sent.
pub(super) fn samples(direction: Direction) -> BTreeMap<String, Value> {
    let samples = contract::samples::callbacks().unwrap().into_iter().filter(|sample| sample.direction == direction);
    samples.map(|sample| (sample.body["type"].as_str().unwrap().to_owned(), sample.body)).collect()
}
