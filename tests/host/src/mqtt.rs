//! `spin:mqtt@3`: messages that guests publish.

pub(crate) mod trigger;

use std::sync::Arc;
use std::time::Duration;

use rumqttc::{AsyncClient, Event, EventLoop, Incoming, MqttOptions, OptionError, Outgoing, QoS};
use tokio::sync::Mutex;
use wasmtime::component::{Accessor, HasSelf, Resource};

use crate::bindings::spin::mqtt::mqtt::{Error, Host, HostConnection, HostConnectionWithStore, Qos};
use crate::state::State;

/// How many packets may wait to be sent.
const WAITING: usize = 16;

/// A connection to a broker. The first message opens it.
#[derive(Clone)]
pub struct Connection {
    client: AsyncClient,
    events: Arc<Mutex<EventLoop>>,
}

/// Describes a connection to `mqtt://host[:port]?client_id=…`, or `mqtts:` for TLS with the system's root certificates.
pub(super) fn options(
    address: &str,
    username: &str,
    password: &str,
    keep_alive: Duration,
) -> Result<MqttOptions, OptionError> {
    let mut options = MqttOptions::parse_url(address)?;
    options.set_keep_alive(keep_alive).set_credentials(username, password);
    Ok(options)
}

impl Connection {
    fn new(options: MqttOptions) -> Self {
        let (client, events) = AsyncClient::new(options, WAITING);
        Self { client, events: Arc::new(Mutex::new(events)) }
    }

    /// Publishes a message, and resolves when the broker has it as surely as was asked for.
    async fn publish(&self, topic: String, payload: Vec<u8>, qos: QoS) -> Result<(), Error> {
        // From here on the connection is this message's, so that what the broker acknowledges is this message.
        let mut events = self.events.lock().await;
        self.client.publish(topic, qos, false, payload).await.map_err(|error| Error::Other(error.to_string()))?;
        loop {
            let event = events.poll().await.map_err(|error| Error::ConnectionFailed(error.to_string()))?;
            match (qos, event) {
                (QoS::AtMostOnce, Event::Outgoing(Outgoing::Publish(_)))
                | (QoS::AtLeastOnce, Event::Incoming(Incoming::PubAck(_)))
                | (QoS::ExactlyOnce, Event::Incoming(Incoming::PubComp(_))) => return Ok(()),
                _ => {}
            }
        }
    }
}

impl Host for State {}

impl HostConnection for State {
    fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        Ok(())
    }
}

impl<T: Send> HostConnectionWithStore<T> for HasSelf<State> {
    async fn open(
        accessor: &Accessor<T, Self>,
        address: String,
        username: String,
        password: String,
        keep_alive_interval_in_secs: u64,
    ) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        accessor.with(|mut access| {
            let state = access.get();
            let allowed = address.parse().is_ok_and(|uri| state.grants().allowed_outbound_hosts.allows(&uri));
            if !allowed {
                tracing::warn!(
                    component = state.grants().component,
                    "refused an MQTT connection: not in allowed_outbound_hosts"
                );
                return Ok(Err(Error::ConnectionFailed("the address is not permitted".into())));
            }
            let keep_alive = Duration::from_secs(keep_alive_interval_in_secs);
            let Ok(options) = options(&address, &username, &password, keep_alive) else {
                return Ok(Err(Error::InvalidAddress));
            };
            Ok(Ok(state.table.push(Connection::new(options))?))
        })
    }

    async fn publish(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
        topic: String,
        payload: Vec<u8>,
        qos: Qos,
    ) -> wasmtime::Result<Result<(), Error>> {
        let connection = accessor.with(|mut access| access.get().table.get(&connection).cloned())?;
        let qos = match qos {
            Qos::AtMostOnce => QoS::AtMostOnce,
            Qos::AtLeastOnce => QoS::AtLeastOnce,
            Qos::ExactlyOnce => QoS::ExactlyOnce,
        };
        Ok(connection.publish(topic, payload, qos).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_its_broker_and_its_client() {
        let options = |address| options(address, "", "", Duration::from_secs(30));
        let found = options("mqtt://127.0.0.1:1884?client_id=a-1").unwrap();
        assert_eq!((found.broker_address(), found.client_id()), (("127.0.0.1".to_owned(), 1884), "a-1".to_owned()));
        assert_eq!(options("mqtt://broker?client_id=a").unwrap().broker_address().1, 1883);
        assert_eq!(options("mqtts://broker?client_id=a").unwrap().broker_address().1, 8883);
        for address in
            ["", "broker:1883", "http://broker?client_id=a", "mqtt://broker", "mqtt://broker?client_id=a&b=c"]
        {
            assert!(options(address).is_err(), "{address}");
        }
    }
}
