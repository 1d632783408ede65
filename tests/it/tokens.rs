//! The tokens that the gateway issues (RFC 6749 §4.4).

use crate::gateway::{Gateway, credentials::CRM, messages::EMPLOYEES};
use reqwest::RequestBuilder;
use serde_json::json;
use std::time::Duration;

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

fn notice(gateway: &Gateway, token: &str) -> RequestBuilder {
    gateway.post(EMPLOYEES).bearer_auth(token).json(&json!({"workIds": ["ww0517"], "content": "你好"}))
}

#[tokio::test]
async fn a_token_is_issued_in_each_way_that_clients_ask() {
    let gateway = Gateway::start().await;
    let post = || gateway.post("/oauth2/token");
    let fields = json!({"grant_type": "client_credentials", "client_id": "crm", "client_secret": CRM});
    let form = [GRANT, ("client_id", "crm"), ("client_secret", CRM)];
    for request in [post().basic_auth("crm", Some(CRM)).form(&[GRANT]), post().form(&form), post().json(&fields)] {
        let issued = gateway.ask(request).await;

        assert_eq!((issued.status, issued.header("cache-control")), (200, "no-store"), "{issued:?}");
        assert_eq!((issued.text_at("/token_type"), &issued.body["expires_in"]), ("Bearer", &json!(7_200)));
        let sent = gateway.ask(notice(&gateway, issued.text_at("/access_token"))).await;
        assert_eq!(sent.status, 200, "{sent:?}");
        // The message is the caller's, whichever credential it came with.
        assert_eq!(gateway.message(sent.message_id()).await.status, 200);
    }
}

#[tokio::test]
async fn a_token_ends_after_two_hours_and_with_the_callers_secret() {
    let mut gateway = Gateway::start().await;
    let request = gateway.post("/oauth2/token").basic_auth("crm", Some(CRM)).form(&[GRANT]);
    let issued = gateway.ask(request).await;
    let token = issued.text_at("/access_token");

    gateway.skip(Duration::from_secs(7_100)).await;
    assert_eq!(gateway.ask(notice(&gateway, token)).await.status, 200);
    gateway.skip(Duration::from_secs(7_300)).await;
    assert_eq!(gateway.ask(notice(&gateway, token)).await.status, 401);
    gateway.set("callers", &json!([{"name": "crm", "secret": "another"}]).to_string());
    gateway.restart().await;
    assert_eq!(gateway.ask(notice(&gateway, token)).await.status, 401);
    assert_eq!(gateway.ask(notice(&gateway, "another")).await.status, 200);
}
