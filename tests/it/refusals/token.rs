//! `/oauth2/token`: the errors of RFC 6749 §5.2.

use super::nothing_left;
use crate::gateway::{
    Gateway,
    answer::Answer,
    credentials::{CRM, ERP, TICK},
};
use reqwest::{Method, RequestBuilder, header::CONTENT_TYPE};
use serde_json::json;

const PATH: &str = "/oauth2/token";
const GRANT: (&str, &str) = ("grant_type", "client_credentials");

async fn refuses(gateway: &Gateway, request: RequestBuilder, status: u16, error: &str) -> Answer {
    let answer = gateway.ask(request).await;
    assert_eq!((answer.status, answer.text_at("/error")), (status, error), "{answer:?}");
    assert!(!answer.text_at("/error_description").is_empty());
    assert_eq!(answer.fields().len(), 2, "{answer:?}");
    answer
}

#[tokio::test]
async fn a_wrong_client_is_refused() {
    let gateway = Gateway::start().await;
    let post = || gateway.post(PATH);
    let pairs = [("crm", ERP), ("erp", CRM), ("crm", "wrong"), ("crm", ""), ("nobody", CRM), ("", ""), ("crm", TICK)];
    for (name, secret) in pairs {
        let form = [GRANT, ("client_id", name), ("client_secret", secret)];
        refuses(&gateway, post().form(&form), 401, "invalid_client").await;
        let answer =
            refuses(&gateway, post().basic_auth(name, Some(secret)).form(&[GRANT]), 401, "invalid_client").await;
        // RFC 6749 §5.2 asks for the scheme that the client came with.
        assert!(answer.header("www-authenticate").starts_with("Basic "), "{answer:?}");
    }
    refuses(&gateway, post().form(&[GRANT]), 401, "invalid_client").await;
    let typed = json!({"grant_type": "client_credentials", "client_id": "crm", "client_secret": 7});
    refuses(&gateway, post().json(&typed), 401, "invalid_client").await;
    refuses(&gateway, post().bearer_auth(CRM).form(&[GRANT]), 401, "invalid_client").await;
    nothing_left(&gateway);
}

#[tokio::test]
async fn a_request_for_anything_else_is_refused() {
    let gateway = Gateway::start().await;
    let post = || gateway.post(PATH).basic_auth("crm", Some(CRM));
    refuses(&gateway, post(), 400, "invalid_request").await;
    refuses(&gateway, post().form(&[("grant", "x")]), 400, "invalid_request").await;
    refuses(&gateway, post().form(&[("grant_type", "password")]), 400, "unsupported_grant_type").await;
    refuses(&gateway, post().json(&json!({"grant_type": "password"})), 400, "unsupported_grant_type").await;
    refuses(&gateway, post().form(&[("grant_type", "")]), 400, "unsupported_grant_type").await;
    refuses(&gateway, post().json(&json!({"grant_type": 7})), 400, "invalid_request").await;
    refuses(&gateway, post().json(&json!({"grant_type": null})), 400, "invalid_request").await;
    refuses(&gateway, post().json(&json!([GRANT])), 400, "invalid_request").await;
    for body in [&b"{"[..], b"{\"grant_type\":}", b"\xff\xfe"] {
        let request = post().header(CONTENT_TYPE, "application/json").body(body.to_vec());
        refuses(&gateway, request, 400, "invalid_request").await;
    }
    refuses(&gateway, post().body(vec![b' '; 1024 * 1024 + 1]), 413, "invalid_request").await;
    refuses(&gateway, gateway.request(Method::GET, PATH), 405, "invalid_request").await;
    refuses(&gateway, gateway.post("/oauth2/nothing"), 404, "invalid_request").await;
    nothing_left(&gateway);
}
