//! Ticks: only with their own token.

use super::problem::refuses;
use crate::gateway::{
    Gateway,
    credentials::{ALL, TICK},
};

const PATHS: [&str; 2] = ["/internal/send/tick", "/internal/callback/tick"];

#[tokio::test]
async fn only_the_tick_token_ticks() {
    let gateway = Gateway::start().await;
    for path in PATHS {
        refuses(&gateway, gateway.post(path), 401, "unauthorized").await;
        refuses(&gateway, gateway.post(path).bearer_auth(""), 401, "unauthorized").await;
        refuses(&gateway, gateway.post(path).header("apikey", TICK), 401, "unauthorized").await;
        refuses(&gateway, gateway.post(path).query(&[("token", TICK)]), 401, "unauthorized").await;
        for (_, secret) in ALL.into_iter().filter(|(_, secret)| *secret != TICK) {
            refuses(&gateway, gateway.post(path).bearer_auth(secret), 401, "unauthorized").await;
        }
        assert_eq!(gateway.ask(gateway.post(path).bearer_auth(TICK)).await.status, 200);
    }
}

#[tokio::test]
async fn a_tick_is_a_post() {
    let gateway = Gateway::start().await;
    for path in PATHS {
        let answer = refuses(&gateway, gateway.get(path).bearer_auth(TICK), 405, "method-not-allowed").await;
        assert_eq!(answer.header("allow"), "POST");
        let beside = gateway.post(&format!("{path}/x")).bearer_auth(TICK);
        refuses(&gateway, beside, 404, "unknown-path").await;
    }
}
