//! Asking after events and deliveries.

use super::{Gateway, answer::Answer, credentials, eventually};
use crate::PATIENCE;
use serde_json::Value;

impl Gateway {
    /// Lists events.
    pub async fn events(&self, query: &str) -> Answer {
        self.ask(self.get(&format!("/v1/events?{query}")).bearer_auth(credentials::CRM)).await
    }

    /// Asks after an event and its deliveries.
    pub async fn event(&self, id: &str) -> Answer {
        self.ask(self.get(&format!("/v1/events/{id}")).bearer_auth(credentials::CRM)).await
    }

    /// Lists deliveries.
    pub async fn deliveries(&self, query: &str) -> Vec<Value> {
        let request = self.get(&format!("/v1/deliveries?{query}")).bearer_auth(credentials::CRM);
        let mut answer = self.ask(request).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let Value::Array(deliveries) = answer.body["deliveries"].take() else { panic!("no deliveries: {answer:?}") };
        deliveries
    }

    /// Waits until a subscriber has so many deliveries in a state, and returns them.
    pub async fn delivered(&self, subscriber: &str, state: &str, count: usize) -> Vec<Value> {
        let query = format!("subscriber={subscriber}&state={state}&limit=500");
        let look = async || Some(self.deliveries(&query).await).filter(|found| found.len() >= count);
        eventually(&format!("{count} deliveries to {subscriber} are {state}"), PATIENCE, look).await
    }

    /// Hands events on again.
    pub async fn replay(&self, body: &Value) -> Answer {
        self.ask(self.post("/v1/events/replay").bearer_auth(credentials::CRM).json(body)).await
    }
}

/// Returns the ids of the callbacks that events tell of.
pub fn message_ids(events: &Value) -> Vec<&str> {
    let events = events["events"].as_array().expect("a list of events");
    events.iter().map(|event| event["data"]["raw"]["msgId"].as_str().expect("a callback has an id")).collect()
}
