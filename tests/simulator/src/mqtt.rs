//! Quntool's other way in (seed 001, MQTT方式发送消息): messages are published, and their answers too.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use rumqttc::{AsyncClient, Event, Incoming, MqttOptions, QoS};
use serde_json::{Map, Value, json};
use tokio::task::JoinHandle;
use url::Url;
use uuid::Uuid;

use crate::call::Call;
use crate::platform;
use crate::world::World;

/// Where messages are published.
const SEND: &str = "SendMessage";

/// Where their answers are.
const ANSWER: &str = "SendMessageResp";

/// The types that can be sent this way.
const KINDS: [&str; 10] =
    ["text", "image", "personCard", "link", "file", "video", "miniProgram", "roomAt", "gif", "videoNum"];

/// How long to wait before connecting again.
const PAUSE: Duration = Duration::from_millis(100);

/// The largest packet, in bytes.
const PACKET: usize = 16 * 1024 * 1024;

/// How many packets may wait.
const WAITING: usize = 64;

/// The connection to a broker; it ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Mqtt {
    is_subscribed: Arc<AtomicBool>,
    listening: JoinHandle<()>,
}

/// Takes messages from a broker for as long as the world lives; a connection that breaks is made again.
pub(crate) fn start(world: &Arc<World>, address: &str) -> Result<Mqtt> {
    let address = Url::parse(address).context("the broker's address is no URL")?;
    let host = address.host_str().context("the broker's address has no host")?;
    let id = format!("quntool-{}", Uuid::new_v4().simple());
    let mut options = MqttOptions::new(id, host, address.port().unwrap_or(1884));
    options.set_max_packet_size(PACKET, PACKET);
    let (client, mut events) = AsyncClient::new(options, WAITING);
    let world = Arc::clone(world);
    let subscribed = Arc::new(AtomicBool::new(false));
    let is_subscribed = Arc::clone(&subscribed);
    let listening = tokio::spawn(async move {
        loop {
            match events.poll().await {
                Ok(Event::Incoming(Incoming::ConnAck(_))) => {
                    if let Err(error) = client.try_subscribe(SEND, QoS::AtLeastOnce) {
                        tracing::warn!(%error, "cannot subscribe");
                    }
                }
                Ok(Event::Incoming(Incoming::SubAck(_))) => subscribed.store(true, Ordering::Relaxed),
                Ok(Event::Incoming(Incoming::Publish(message))) => {
                    let (taking, client) = (Arc::clone(&world), client.clone());
                    world.spawn(async move { take(&taking, &client, &message.payload).await });
                }
                Ok(_) => {}
                Err(error) => {
                    subscribed.store(false, Ordering::Relaxed);
                    tracing::debug!(%error, "the connection to the broker broke");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    });
    Ok(Mqtt { is_subscribed, listening })
}

impl Mqtt {
    /// Tells whether messages that are published now arrive.
    pub(crate) fn is_subscribed(&self) -> bool {
        self.is_subscribed.load(Ordering::Relaxed)
    }
}

impl Drop for Mqtt {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// Takes a message as if it had come by HTTP. What is refused gets no answer: the document knows none.
async fn take(world: &Arc<World>, client: &AsyncClient, payload: &[u8]) {
    let Ok(Value::Object(mut fields)) = serde_json::from_slice::<Value>(payload) else {
        world.violated("mqtt_payload", "the payload is no JSON object".to_owned());
        return;
    };
    let (kind, id) = (text(&mut fields, "type"), text(&mut fields, "id"));
    if !KINDS.contains(&kind.as_str()) || id.is_empty() {
        world.violated("mqtt_payload", format!("type {kind:?}, id {id:?}"));
        return;
    }
    let header = |name: &'static str, value: &str| {
        (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap_or(HeaderValue::from_static("")))
    };
    let headers = HeaderMap::from_iter([header("apikey", &world.config.quntool_apikey), header("x-transport", "mqtt")]);
    let call = Call {
        at: world.clock.now(),
        method: Method::POST,
        path: format!("/gnapi/open/msg/{kind}"),
        query: Vec::new(),
        headers,
        body: Value::Object(fields).to_string().into(),
        parts: Vec::new(),
    };
    let (fault, answer) = platform::meet(world, &call).await;
    let shown = answer.shown();
    if let (None, Some(msg_id)) = (fault.cut, shown.pointer("/data/msgId")) {
        let answer = json!({"id": id, "msgId": msg_id}).to_string();
        if let Err(error) = client.publish(ANSWER, QoS::AtLeastOnce, false, answer).await {
            tracing::warn!(%error, "cannot answer");
        }
    }
}

fn text(fields: &mut Map<String, Value>, name: &str) -> String {
    match fields.remove(name) {
        Some(Value::String(text)) => text,
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}
