//! The gateway's own surface: problems of RFC 9457.

use super::nothing_left;
use crate::gateway::{
    Gateway,
    answer::Answer,
    credentials::{ALL, CRM, ERP},
};
use reqwest::{Method, RequestBuilder};

/// Expects a problem with this status and this type, and returns the answer.
pub async fn refuses(gateway: &Gateway, request: RequestBuilder, status: u16, name: &str) -> Answer {
    let answer = gateway.ask(request).await;
    assert_eq!((answer.status, answer.body["status"].as_u64()), (status, Some(u64::from(status))), "{answer:?}");
    assert!(answer.header("content-type").starts_with("application/problem+json"), "{answer:?}");
    assert_eq!(answer.text_at("/type"), format!("urn:wecom-gateway:problem:{name}"));
    assert!(!answer.text_at("/title").is_empty() && !answer.text_at("/detail").is_empty());
    assert_eq!(answer.text_at("/requestId"), answer.header("x-request-id"));
    answer
}

#[tokio::test]
async fn messages_are_shown_to_callers_only() {
    let gateway = Gateway::start().await;
    let path = "/v1/messages/0193b3c4-0000-7000-8000-000000000000";
    refuses(&gateway, gateway.get(path), 401, "unauthorized").await;
    for (_, secret) in ALL.into_iter().filter(|(_, secret)| ![CRM, ERP].contains(secret)).chain([("", "wrong")]) {
        refuses(&gateway, gateway.get(path).bearer_auth(secret), 401, "unauthorized").await;
        refuses(&gateway, gateway.get(path).header("apikey", secret), 401, "unauthorized").await;
    }
    nothing_left(&gateway);
}

#[tokio::test]
async fn a_message_that_nobody_sent_is_unknown_by_any_id() {
    let gateway = Gateway::start().await;
    let ids = ["0193b3c4-0000-7000-8000-000000000000", "x", "%27%20OR%201=1--", "%00", "汉"];
    for id in ids {
        let path = format!("/v1/messages/{id}");
        refuses(&gateway, gateway.get(&path).bearer_auth(CRM), 404, "unknown-message").await;
        refuses(&gateway, gateway.get(&path).header("apikey", CRM), 404, "unknown-message").await;
    }
    nothing_left(&gateway);
}

#[tokio::test]
async fn paths_and_methods_that_are_not_there_are_problems() {
    let gateway = Gateway::start().await;
    for path in ["/", "/nothing", "/v1", "/v1/nothing", "/v1/messages/a/b", "/v2/messages/a", "/internal/x/tick"] {
        refuses(&gateway, gateway.get(path).bearer_auth(CRM), 404, "unknown-path").await;
    }
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let request = gateway.request(method, "/v1/messages/a").bearer_auth(CRM);
        let answer = refuses(&gateway, request, 405, "method-not-allowed").await;
        assert_eq!(answer.header("allow"), "GET");
    }
    nothing_left(&gateway);
}
