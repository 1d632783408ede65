//! The MQTT trigger: hands each message of a topic to a component.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use rumqttc::{AsyncClient, Event, Incoming, MqttOptions, Publish, QoS};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use wasmtime::{Engine, Store};

use crate::bindings::trigger::{SpinMqttPre, spin::mqtt_trigger::spin_mqtt_types::Metadata};
use crate::manifest::{MqttSettings, MqttTrigger};
use crate::state::{Grants, Shared, State};
use crate::variables::Variables;

/// How long to wait before connecting again.
const PAUSE: Duration = Duration::from_millis(250);

/// How many messages a component handles at once; the broker holds the others back.
const AT_ONCE: usize = 16;

/// The largest packet, in bytes: the largest that MQTT has.
const PACKET: usize = 268_435_455;

/// How long a message may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A component behind the trigger, ready to be instantiated.
pub(crate) struct Component {
    pub engine: Engine,
    pub service: SpinMqttPre<State>,
    pub grants: Arc<Grants>,
    pub shared: Arc<Shared>,
}

/// A topic, and who handles its messages.
pub(crate) struct Listener {
    options: MqttOptions,
    topic: String,
    qos: QoS,
    component: Arc<Component>,
}

impl Listener {
    /// Describes a listener.
    pub(crate) fn new(
        settings: &MqttSettings,
        trigger: &MqttTrigger,
        variables: &Variables,
        component: Arc<Component>,
    ) -> anyhow::Result<Self> {
        let address = variables.expand(&settings.address)?;
        let (username, password) = (variables.expand(&settings.username)?, variables.expand(&settings.password)?);
        let keep_alive = settings.keep_alive_interval.parse().context("keep_alive_interval is no number of seconds")?;
        // A client without an id gets one of the broker's.
        let address = format!("{address}?client_id=");
        let mut options = super::options(&address, &username, &password, Duration::from_secs(keep_alive))
            .context("the address is no mqtt://host:port")?;
        options.set_max_packet_size(PACKET, PACKET);
        let qos = match trigger.qos.as_str() {
            "0" => QoS::AtMostOnce,
            "1" => QoS::AtLeastOnce,
            "2" => QoS::ExactlyOnce,
            other => return Err(anyhow!("qos is {other:?}, not 0, 1 or 2")),
        };
        Ok(Self { options, topic: variables.expand(&trigger.topic)?, qos, component })
    }

    /// Listens for as long as the host lives; a connection that breaks is made again.
    pub(crate) async fn listen(self) {
        let (client, mut events) = AsyncClient::new(self.options, AT_ONCE);
        let mut calls = JoinSet::new();
        loop {
            match events.poll().await {
                // The broker forgets what a client that went away had subscribed to.
                Ok(Event::Incoming(Incoming::ConnAck(_))) => {
                    if let Err(error) = client.try_subscribe(&self.topic, self.qos) {
                        tracing::warn!("cannot subscribe to {}: {error}", self.topic);
                    }
                }
                Ok(Event::Incoming(Incoming::SubAck(_))) => tracing::info!("listening to the topic {}", self.topic),
                Ok(Event::Incoming(Incoming::Publish(message))) => {
                    while calls.len() >= AT_ONCE {
                        calls.join_next().await;
                    }
                    calls.spawn(handle(self.component.clone(), message));
                }
                Ok(_) => while calls.try_join_next().is_some() {},
                Err(error) => {
                    tracing::warn!("the connection to the MQTT broker broke: {error}");
                    sleep(PAUSE).await;
                }
            }
        }
    }
}

async fn handle(component: Arc<Component>, message: Publish) {
    let handled = timeout(PATIENCE, component.call(&message)).await.map_err(|_| anyhow!("it took too long"));
    if let Err(error) = handled.flatten() {
        tracing::error!(component = component.grants.component, "an MQTT message was not handled: {error:#}");
    }
}

impl Component {
    async fn call(&self, message: &Publish) -> anyhow::Result<()> {
        let mut store = Store::new(&self.engine, State::new(self.grants.clone(), self.shared.clone()));
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        let guest = self.service.instantiate_async(&mut store).await.map_err(anyhow::Error::from)?;
        self.shared.metrics.instances.increment();
        let metadata = Metadata { topic: message.topic.clone() };
        let payload = message.payload.to_vec();
        let called =
            store.run_concurrent(async |accessor| guest.call_handle_message(accessor, payload, metadata).await);
        called.await.flatten().map_err(anyhow::Error::from)?.map_err(|error| anyhow!("{error:?}"))
    }
}
