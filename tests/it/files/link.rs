//! Links for those who have no credential: signed by the gateway, for one file and for a while.

use super::{content, uploaded};
use crate::{
    gateway::{Gateway, answer::Answer, credentials::CRM},
    refusals::problem,
};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use std::time::Duration;

const SECRET: &str = "link-Wd2nR7yKq9";
const LENGTH: usize = 100_000;

async fn gateway() -> Gateway {
    Gateway::builder().variable("link_secret", SECRET).start().await
}

fn sign(gateway: &Gateway, body: &Value) -> RequestBuilder {
    gateway.post("/v1/files/link").bearer_auth(CRM).json(body)
}

async fn link(gateway: &Gateway, path: &str, lifetime: u64) -> Answer {
    let answer = gateway.ask(sign(gateway, &json!({"path": path, "expiresIn": lifetime}))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

/// Expects that a link opens nothing, and that nothing is asked of the platform.
async fn is_refused(gateway: &Gateway, url: &str) {
    let before = gateway.simulator.truth().requests.len();
    let answer = gateway.ask(gateway.get(url)).await;
    assert_eq!((answer.status, answer.body["code"].as_u64()), (401, Some(401_001)), "{url}: {answer:?}");
    assert_eq!(gateway.simulator.truth().requests.len(), before, "{url}");
}

#[tokio::test]
async fn a_link_opens_its_file_without_a_credential() {
    let gateway = gateway().await;
    for (seed, name) in [(1, "a.mp4"), (2, "发布 群控.txt")] {
        let path = uploaded(&gateway, seed, LENGTH, name).await;
        for body in
            [json!({"path": path}), json!({"path": path, "expiresIn": 60}), json!({"path": path, "expiresIn": 604_800})]
        {
            let signed = gateway.ask(sign(&gateway, &body)).await;
            assert_eq!((signed.status, signed.fields().len()), (200, 2), "{signed:?}");
            assert!(signed.text_at("/expiresAt").ends_with('Z'), "{signed:?}");
            assert!(!signed.text.contains(SECRET));

            let answer = gateway.get(signed.text_at("/url")).send().await.unwrap();

            assert_eq!(answer.status(), 200, "{signed:?}");
            assert!(answer.bytes().await.unwrap() == content(seed, LENGTH));
            assert!(gateway.simulator.truth().requests.pop().unwrap().query.is_empty(), "the signature stays here");
        }
    }
}

#[tokio::test]
async fn a_link_ends_when_it_says() {
    let mut gateway = gateway().await;
    let path = uploaded(&gateway, 1, LENGTH, "a.mp4").await;
    let signed = link(&gateway, &path, 3_600).await;
    let url = signed.text_at("/url");

    gateway.skip(Duration::from_secs(3_500)).await;
    assert_eq!(gateway.get(url).send().await.unwrap().status(), 200);
    gateway.skip(Duration::from_secs(3_700)).await;

    is_refused(&gateway, url).await;
    assert_eq!(gateway.get(url).header("apikey", CRM).send().await.unwrap().status(), 200, "a caller needs no link");
}

#[tokio::test]
async fn a_link_that_was_changed_opens_nothing() {
    let gateway = gateway().await;
    let path = uploaded(&gateway, 1, LENGTH, "a.mp4").await;
    let other = uploaded(&gateway, 2, LENGTH, "b.mp4").await;
    let signed = link(&gateway, &path, 60).await;
    let url = signed.text_at("/url");
    let (_, query) = url.split_once('?').unwrap();
    let pairs: Vec<&str> = query.split('&').collect();
    let [expires, signature] = pairs[..] else { panic!("two parameters: {url}") };
    let (_, end) = expires.split_once('=').unwrap();
    let changed = [
        format!("{other}?{query}"),
        format!("{path}x?{query}"),
        format!("{}?{query}", path.replacen("/gnapi/files/", "/gnapi/Files/", 1)),
        format!("{path}?expires={}&{signature}", end.parse::<u64>().unwrap() + 1),
        format!("{path}?expires=0{end}0&{signature}"),
        format!("{path}?{expires}&expires=9999999999&{signature}"),
        format!("{path}?{expires}&signature="),
        format!("{path}?{expires}&{}", signature.replace('=', "=A")),
        format!("{path}?{expires}&{}", signature.split_at(signature.len() - 2).0),
        format!("{path}?{expires}"),
        format!("{path}?{signature}"),
        path.clone(),
    ];
    for (number, url) in changed.iter().enumerate() {
        // The first of two values counts: that one was signed.
        if number == 5 {
            assert_eq!(gateway.get(url).send().await.unwrap().status(), 200);
        } else {
            is_refused(&gateway, url).await;
        }
    }
}

#[tokio::test]
async fn a_link_of_another_secret_opens_nothing() {
    let mut gateway = gateway().await;
    let path = uploaded(&gateway, 1, LENGTH, "a.mp4").await;
    let signed = link(&gateway, &path, 3_600).await;
    for secret in ["link-another", ""] {
        gateway.set("link_secret", secret);
        gateway.skip(Duration::ZERO).await;
        is_refused(&gateway, signed.text_at("/url")).await;
    }
    // Without a secret of their own, links are signed with one that comes of the tick token.
    let signed = link(&gateway, &path, 3_600).await;
    assert_eq!(gateway.get(signed.text_at("/url")).send().await.unwrap().status(), 200);
    gateway.set("tick_token", "");
    gateway.skip(Duration::ZERO).await;
    is_refused(&gateway, signed.text_at("/url")).await;
    let refused = sign(&gateway, &json!({"path": path}));
    problem::refuses(&gateway, refused, 503, "not-configured").await;
}

#[tokio::test]
async fn only_callers_get_links_and_only_to_files() {
    let gateway = gateway().await;
    let body = json!({"path": "/gnapi/files/a.mp4"});
    problem::refuses(&gateway, gateway.post("/v1/files/link").json(&body), 401, "unauthorized").await;
    let long = format!("/gnapi/files/{}", "a".repeat(1_024));
    let cases = [
        (json!({}), "path"),
        (json!({"path": null}), "path"),
        (json!({"path": 7}), "path"),
        (json!({"path": ""}), "path"),
        (json!({"path": "/gnapi/open/inner/user/list"}), "path"),
        (json!({"path": "gnapi/files/a.mp4"}), "path"),
        (json!({"path": "https://evil.example/gnapi/files/a.mp4"}), "path"),
        (json!({"path": long}), "path"),
        (json!({"path": "/gnapi/files/a.mp4", "expiresIn": 0}), "expiresIn"),
        (json!({"path": "/gnapi/files/a.mp4", "expiresIn": -1}), "expiresIn"),
        (json!({"path": "/gnapi/files/a.mp4", "expiresIn": 604_801}), "expiresIn"),
        (json!({"path": "/gnapi/files/a.mp4", "expiresIn": "60"}), "expiresIn"),
    ];
    for (body, field) in cases {
        let refused = problem::refuses(&gateway, sign(&gateway, &body), 400, "invalid-parameter").await;
        assert_eq!(refused.body["field"], field, "{body}: {refused:?}");
    }
    assert!(gateway.simulator.truth().requests.is_empty());
}
