//! Takes what Quntool answers to messages that were published by MQTT, and tells `client`.
//!
//! It owns nothing. An answer of a message that another sender published on the same broker is none of ours.

mod bindings;

use bindings::{
    Component, Guest,
    spin::mqtt_trigger::spin_mqtt_types::{Error, Metadata},
    wecom::gateway::{messages, types::Failure},
};
use contract::quntool::mqtt;
use runtime::log::{self, Level};

impl Guest for Component {
    async fn handle_message(message: Vec<u8>, metadata: Metadata) -> Result<(), Error> {
        take(&message, &metadata.topic, messages::answered)
    }
}

/// Hands an answer to the ledger. Fails only if the ledger does: whatever else a broker brings is handled once it was
/// looked at.
fn take(message: &[u8], topic: &str, answered: impl FnOnce(&str, &str) -> Result<bool, Failure>) -> Result<(), Error> {
    let Some(answer) = mqtt::answer(message) else {
        log::write(Level::Warn, "an MQTT message is no answer", &[("topic", topic)]);
        return Ok(());
    };
    match answered(&answer.id, &answer.upstream_id) {
        Ok(_) => Ok(()),
        // The cause is in the log of `client`; the outcome's callback settles the message.
        Err(_) => Err(Error::Other("the ledger did not take an answer".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes a message with a ledger that answers so; returns what it was asked, and what came of it.
    fn taken(message: &str, ledger: Result<bool, Failure>) -> (Option<(String, String)>, Result<(), Error>) {
        let mut asked = None;
        let took = take(message.as_bytes(), mqtt::ANSWER, |id, upstream_id| {
            asked = Some((id.to_owned(), upstream_id.to_owned()));
            ledger
        });
        (asked, took)
    }

    #[test]
    fn an_answer_is_handed_to_the_ledger_whether_or_not_a_message_waits_for_it() {
        for waits in [true, false] {
            let (asked, took) =
                taken(r#"{"id": "1234567", "msgId":"7B8D35DA-1D52-46E0-8A7C-356CF52C3007"}"#, Ok(waits));
            assert_eq!(asked, Some(("1234567".into(), "7B8D35DA-1D52-46E0-8A7C-356CF52C3007".into())));
            assert!(took.is_ok());
        }
    }

    #[test]
    fn what_is_no_answer_is_handled_and_reaches_no_ledger() {
        for message in ["", "{", "[]", r#"{"id":"1"}"#, r#"{"msgId":"1"}"#, r#"{"id":true,"msgId":"1"}"#] {
            let (asked, took) = taken(message, Ok(true));
            assert!(asked.is_none() && took.is_ok(), "{message}");
        }
    }

    #[test]
    fn a_ledger_that_fails_is_told_to_the_trigger_without_its_cause() {
        let (_, took) = taken(r#"{"id":"1","msgId":"2"}"#, Err(Failure::Other("disk full".into())));
        assert!(matches!(took, Err(Error::Other(reason)) if !reason.contains("disk")));
    }
}
