//! Idempotency keys on the own surface.

use super::{PATH, post, text};
use crate::{
    gateway::{
        Gateway,
        credentials::ERP,
        messages::{ACCOUNT, history},
    },
    refusals::problem,
};
use futures::future::join_all;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

const KEY: &str = "\"0b6d3d6e-5a0e-4a7c-9d6e-6a3f4f0f4d0b\"";

fn keyed(request: RequestBuilder) -> RequestBuilder {
    request.header("idempotency-key", KEY)
}

fn notice(content: &str) -> Value {
    json!({"to": {"workIds": ["ww0517"]}, "content": {"type": "text", "content": content}})
}

#[tokio::test]
async fn the_same_message_again_is_shown_and_not_sent() {
    let gateway = Gateway::start().await;
    for message in [notice("你好"), text(ACCOUNT, "你好")] {
        let request =
            || post(&gateway, &message).header("idempotency-key", format!("\"{}\"", message["to"].to_string().len()));
        let first = gateway.ask(request()).await;
        assert_eq!((first.status, first.headers.get("idempotency-replayed")), (201, None), "{first:?}");

        let again = gateway.ask(request()).await;

        assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"), "{again:?}");
        assert_eq!((again.message_id(), again.header("location")), (first.message_id(), first.header("location")));
        assert_eq!(again.body["createdAt"], first.body["createdAt"]);
        assert_eq!(history(&again.body).iter().filter(|state| **state == "sending").count(), 1);
    }
    assert_eq!(gateway.simulator.truth().messages.len(), 2);
}

#[tokio::test]
async fn a_key_belongs_to_one_message_of_one_caller() {
    let gateway = Gateway::start().await;
    assert_eq!(gateway.ask(keyed(post(&gateway, &notice("你好")))).await.status, 201);

    for other in [notice("再见"), text(ACCOUNT, "你好")] {
        problem::refuses(&gateway, keyed(post(&gateway, &other)), 422, "idempotency-key-reused").await;
    }
    let others = gateway.post(PATH).bearer_auth(ERP).json(&notice("你好"));
    let answer = gateway.ask(keyed(others)).await;
    assert_eq!((answer.status, answer.headers.get("idempotency-replayed")), (201, None), "{answer:?}");
    let unquoted = post(&gateway, &notice("你好")).header("idempotency-key", "0b6d3d6e");
    problem::refuses(&gateway, unquoted, 400, "invalid-idempotency-key").await;
    assert_eq!(gateway.simulator.truth().messages.len(), 2);
}

#[tokio::test]
async fn a_key_holds_across_the_surfaces() {
    let gateway = Gateway::start().await;
    let first = gateway.ask(keyed(gateway.notice("ww0517", "你好"))).await;

    let again = gateway.ask(keyed(post(&gateway, &notice("你好")))).await;

    assert_eq!((again.status, again.message_id()), (201, first.message_id()), "{again:?}");
    assert_eq!(gateway.simulator.truth().messages.len(), 1);
}

#[tokio::test]
async fn messages_with_one_key_at_once_are_one() {
    let gateway = Gateway::start().await;

    let answers = join_all((0..8).map(|_| gateway.ask(keyed(post(&gateway, &notice("你好")))))).await;

    let taken: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert!(!taken.is_empty() && taken.iter().all(|answer| answer.message_id() == taken[0].message_id()));
    for other in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!((other.status, other.text_at("/type")), (409, "urn:wecom-gateway:problem:in-flight"));
    }
    assert_eq!(gateway.simulator.truth().messages.len(), 1);
}
