//! KDocs' access token: replaced when it dies, by one gateway at a time, and the operator's to mend when it cannot be.

use super::{Value, arrived, json, relay, text, webhook};
use crate::gateway::Gateway;
use futures::future::join_all;
use simulator::{Cut, Fault, FaultRule, TokenOf};
use std::time::Duration;

const RENEW: &str = "/api/v1/oauth2/refresh_token";

/// Sends so many messages at once, each to a robot of its own, and expects that all are taken.
async fn sent_at_once(gateway: &Gateway, count: usize) {
    let sends = (0..count).map(|number| gateway.ask(relay(gateway, &webhook_of(number), &[text("你好")])));
    for answer in join_all(sends).await {
        assert_eq!((answer.status, &answer.body["code"]), (200, &json!(0)), "{answer:?}");
    }
}

/// The webhook of one robot of many.
fn webhook_of(number: usize) -> String {
    webhook(&format!("robot-{number}"))
}

fn renewals(gateway: &Gateway) -> usize {
    gateway.simulator.truth().requests.iter().filter(|request| request.path == RENEW).count()
}

#[tokio::test]
async fn a_token_that_dies_early_is_renewed_once_for_all() {
    let mut gateway = Gateway::builder().renewing_kdocs().start().await;
    sent_at_once(&gateway, 2).await;
    assert_eq!(renewals(&gateway), 0, "the operator's own token is used first");
    gateway.simulator.expire_tokens(TokenOf::Kdocs);

    sent_at_once(&gateway, 16).await;

    assert_eq!((renewals(&gateway), gateway.simulator.truth().tokens.renewed), (1, 1));
    // The new one, and the refresh token that came with it, outlive the process.
    gateway.restart().await;
    sent_at_once(&gateway, 1).await;
    assert_eq!(renewals(&gateway), 1);
    gateway.simulator.expire_tokens(TokenOf::Kdocs);
    sent_at_once(&gateway, 4).await;
    assert_eq!(gateway.simulator.truth().tokens.renewed, 2);
    assert_eq!(arrived(&gateway).len(), 23);
}

#[tokio::test]
async fn a_token_is_replaced_before_it_expires() {
    let mut gateway = Gateway::builder().renewing_kdocs().variable("kdocs_access_token", "").start().await;
    sent_at_once(&gateway, 1).await;
    assert_eq!(renewals(&gateway), 1);
    let day = Duration::from_secs(24 * 3_600);
    gateway.simulator.advance(day);
    gateway.skip(day).await;
    sent_at_once(&gateway, 1).await;
    let truth = gateway.simulator.truth();
    assert_eq!(truth.tokens.renewed, 2);
    assert!(truth.requests.iter().all(|request| request.answer["code"] == 0), "no dead token was tried: {truth:?}");
}

#[tokio::test]
async fn a_refresh_token_that_is_refused_is_the_operators_to_mend() {
    let gateway = Gateway::builder().renewing_kdocs().variable("kdocs_refresh_token", "wrong").start().await;
    gateway.simulator.expire_tokens(TokenOf::Kdocs);

    let answer = gateway.ask(relay(&gateway, &webhook_of(1), &[text("你好")])).await;

    assert_eq!((answer.status, &answer.body["code"]), (502, &json!(502_002)), "{answer:?}");
    assert!(!answer.text.contains("wrong"), "{answer:?}");
    assert_eq!(gateway.state(answer.message_id()).await, "failed");
    assert!(arrived(&gateway).is_empty());
}

#[tokio::test]
async fn a_renewal_that_does_not_answer_sends_nothing() {
    let gateway = Gateway::builder().renewing_kdocs().start().await;
    gateway.simulator.expire_tokens(TokenOf::Kdocs);
    gateway.simulator.fault(FaultRule::next(1, RENEW, Fault::cut(Cut::Before))).unwrap();

    let lost = gateway.ask(relay(&gateway, &webhook_of(1), &[text("你好")])).await;

    assert_eq!((lost.status, &lost.body["code"]), (502, &json!(502_004)), "{lost:?}");
    assert_eq!(lost.body["data"]["results"][0]["state"], Value::from("failed"));
    sent_at_once(&gateway, 1).await;
}
