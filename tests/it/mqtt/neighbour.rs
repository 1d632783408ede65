//! Another client of the broker: it sees what the gateway publishes, and publishes what it likes.

use super::broker::Broker;
use crate::{PATIENCE, gateway::eventually};
use contract::quntool::mqtt;
use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::{sync::watch, task::JoinHandle};

/// The largest packet, in bytes.
const PACKET: usize = 16 * 1024 * 1024;

/// A client that listens to the gateway's messages; it goes away when it is dropped.
pub struct Neighbour {
    client: AsyncClient,
    seen: Arc<Mutex<Vec<Value>>>,
    acknowledged: watch::Receiver<usize>,
    published: usize,
    running: JoinHandle<()>,
}

impl Neighbour {
    /// Connects to a broker, and resolves when it listens.
    pub async fn of(broker: &Broker) -> Self {
        let mut options = MqttOptions::new("", "127.0.0.1", broker.port());
        options.set_max_packet_size(PACKET, PACKET);
        let (client, mut events) = AsyncClient::new(options, 64);
        let (count, acknowledged) = watch::channel(0);
        let (ready, mut is_ready) = watch::channel(false);
        let seen = Arc::<Mutex<Vec<Value>>>::default();
        client.subscribe(mqtt::SEND, QoS::AtLeastOnce).await.expect("a subscription");
        let keeping = Arc::clone(&seen);
        let running = tokio::spawn(async move {
            loop {
                match events.poll().await.expect("the broker stays") {
                    Event::Incoming(Packet::SubAck(_)) => drop(ready.send_replace(true)),
                    Event::Incoming(Packet::PubAck(_)) => count.send_modify(|count| *count += 1),
                    Event::Incoming(Packet::Publish(message)) => {
                        let message = serde_json::from_slice(&message.payload).expect("messages are JSON");
                        keeping.lock().expect("nobody panicked").push(message);
                    }
                    _ => {}
                }
            }
        });
        is_ready.wait_for(|ready| *ready).await.expect("the broker takes the subscription");
        Self { client, seen, acknowledged, published: 0, running }
    }

    /// What was published for the platform so far.
    pub fn seen(&self) -> Vec<Value> {
        self.seen.lock().expect("nobody panicked").clone()
    }

    /// Waits until a message was published, and returns the first one.
    pub async fn sees_one(&self) -> Value {
        eventually("a message is published", PATIENCE, async || self.seen().into_iter().next()).await
    }

    /// Waits until the message with this id was published, and returns it.
    pub async fn sees(&self, id: &str) -> Value {
        let look = async || self.seen().into_iter().find(|message| message["id"] == id);
        eventually(&format!("{id} is published"), PATIENCE, look).await
    }

    /// Publishes something where the platform answers, and resolves when the broker has it.
    pub async fn say(&mut self, payload: impl Into<Vec<u8>>) {
        self.client.publish(mqtt::ANSWER, QoS::AtLeastOnce, false, payload).await.expect("it is sent");
        self.published += 1;
        let published = self.published;
        self.acknowledged.wait_for(|count| *count >= published).await.expect("the broker takes it");
    }

    /// Publishes an answer as the platform does.
    pub async fn answer(&mut self, id: &str, upstream_id: &str) {
        self.say(json!({"id": id, "msgId": upstream_id}).to_string()).await;
    }
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        self.running.abort();
    }
}
