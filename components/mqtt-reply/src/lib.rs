//! Takes what Quntool answers to messages that were published by MQTT, and tells `client`.
//!
//! It owns nothing. An answer of a message that another sender published on the same broker is none of ours.

mod bindings;

use bindings::{
    Component, Guest,
    spin::mqtt_trigger::spin_mqtt_types::{Error, Metadata},
    wecom::gateway::messages,
};
use contract::quntool::mqtt;
use runtime::log::{self, Level};

impl Guest for Component {
    fn handle_message(message: Vec<u8>, metadata: Metadata) -> Result<(), Error> {
        let Some(answer) = mqtt::answer(&message) else {
            log::write(Level::Warn, "an MQTT message is no answer", &[("topic", &metadata.topic)]);
            return Ok(());
        };
        match messages::answered(&answer.id, &answer.upstream_id) {
            Ok(_) => Ok(()),
            // The cause is in the log of `client`; the outcome's callback settles the message.
            Err(_) => Err(Error::Other("the ledger did not take an answer".into())),
        }
    }
}
