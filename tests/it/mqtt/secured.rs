//! TLS, and the gateway's account at the broker.

use super::{
    broker::{Broker, PASSWORD, USER},
    builder,
    certificate::Certificate,
    subscribed, text,
};
use crate::gateway::{answer::Answer, messages::ACCOUNT};
use serde_json::json;

/// Sends a text through a broker that is secured by this certificate, and trusts this authority.
async fn sent(certificate: &Certificate, authority: &str, password: &str, succeeds: bool) -> Answer {
    let broker = Broker::secured(certificate).await;
    let gateway = builder(&broker, &broker.secured_url())
        .trusting(authority)
        .variable("quntool_mqtt_username", USER)
        .variable("quntool_mqtt_password", password)
        .start()
        .await;
    if succeeds {
        subscribed(&gateway, 1).await;
    } else {
        gateway.prints("the connection to the MQTT broker broke", 1).await;
    }
    let answer = gateway.ask(text(&gateway, ACCOUNT)).await;
    let state = if succeeds { "delivered" } else { "failed" };
    gateway.becomes(answer.message_id(), state).await;
    assert_eq!(gateway.simulator.truth().messages.len(), usize::from(succeeds));
    let seen = gateway.printed() + &gateway.seen().iter().map(|answer| answer.text.as_str()).collect::<String>();
    assert!(!seen.contains(password), "the password is shown:\n{seen}");
    answer
}

#[tokio::test]
async fn a_broker_with_tls_and_a_password_takes_messages_and_gives_answers() {
    let certificate = Certificate::new();
    let answer = sent(&certificate, &certificate.authority, PASSWORD, true).await;
    assert_eq!((answer.status, &answer.body["code"]), (200, &json!(0)), "{answer:?}");
}

#[tokio::test]
async fn a_broker_whose_certificate_is_not_trusted_gets_nothing() {
    let refused = sent(&Certificate::new(), &Certificate::new().authority, PASSWORD, false).await;
    assert_eq!((refused.status, refused.body["code"].as_u64()), (502, Some(502_004)), "{refused:?}");
    assert!(refused.text_at("/msg").contains("TLS"), "{refused:?}");
}

#[tokio::test]
async fn a_broker_that_does_not_take_the_password_gets_nothing() {
    let certificate = Certificate::new();
    let refused = sent(&certificate, &certificate.authority, "wrong-password-77", false).await;
    assert_eq!((refused.status, refused.body["code"].as_u64()), (502, Some(502_004)), "{refused:?}");
}
