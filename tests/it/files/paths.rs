//! Paths that try to reach something else than files.

use crate::gateway::{Gateway, credentials::CRM};
use reqwest::header::HOST;
use serde_json::{Value, json};

/// Paths as they stand on the wire.
const TRICKS: [&str; 15] = [
    "/gnapi/files/../open/inner/user/list",
    "/gnapi/files/a/../../open/inner/user/list",
    "/gnapi/files/%2e%2e/open/inner/user/list",
    "/gnapi/files/%2E./open/inner/user/list",
    "/gnapi/files/..%2fopen/inner/user/list",
    "/gnapi/files/..%5copen%5cinner%5cuser%5clist",
    "/gnapi/files/%252e%252e/open/inner/user/list",
    "/gnapi/files/./a.txt",
    "/gnapi/files/a.txt%3Fwxid=1",
    "/gnapi/files/a.txt%23b",
    "/gnapi/filesystem/a.txt",
    "/gnapi/open/../files/a.txt",
    "//gnapi/files/a.txt",
    "/x/gnapi/files/a.txt",
    "/gnapi/files",
];

#[tokio::test]
async fn a_path_that_is_no_files_is_refused_and_asks_nothing_of_the_platform() {
    let gateway = Gateway::builder().variable("link_secret", "link-Wd2nR7yKq9").start().await;
    for path in TRICKS {
        let (status, body) = gateway.raw("GET", path, &[("apikey", CRM)]).await;
        assert!([400, 404].contains(&status), "{path}: {status} {body}");
        let envelope: Value = serde_json::from_str(&body).unwrap_or_else(|_| panic!("{path}: {body}"));
        assert_eq!(envelope["code"].as_u64().map(|code| code / 1_000), Some(u64::from(status)), "{path}: {body}");
    }
    assert!(gateway.simulator.truth().requests.is_empty());
}

#[tokio::test]
async fn a_link_to_a_path_that_is_no_files_opens_nothing() {
    let gateway = Gateway::builder().variable("link_secret", "link-Wd2nR7yKq9").start().await;
    for path in [
        "/gnapi/files/../open/inner/user/list",
        "/gnapi/files/%2e%2e/open/x",
        "/gnapi/files/a.txt?b",
        "/gnapi/files/a\\b",
    ] {
        let request = gateway.post("/v1/files/link").bearer_auth(CRM).json(&json!({"path": path}));
        let signed = gateway.ask(request).await;
        if signed.status == 200 {
            let (status, body) = gateway.raw("GET", signed.text_at("/url"), &[]).await;
            assert!([400, 401, 404].contains(&status), "{path}: {status} {body}");
        } else {
            assert_eq!((signed.status, &signed.body["field"]), (400, &json!("path")), "{signed:?}");
        }
    }
    assert!(gateway.simulator.truth().requests.is_empty());
}

#[tokio::test]
async fn the_query_of_a_files_address_stays_here() {
    let gateway = Gateway::start().await;
    let request = gateway.get("/gnapi/files/a.txt?wxid=1&apikey=x").header("apikey", CRM).header(HOST, "evil.example");
    assert_eq!(gateway.ask(request).await.status, 404);
    let arrived = gateway.simulator.truth().requests.pop().unwrap();
    assert_eq!((arrived.path.as_str(), arrived.query.len()), ("/gnapi/files/a.txt", 0));
    assert!(gateway.simulator.url().ends_with(&arrived.headers["host"]), "{arrived:?}");
}
