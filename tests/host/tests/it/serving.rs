//! What the library serves.

use std::time::Duration;

use host::{Host, Manifest};
use http::StatusCode;
use tokio::time::timeout;

use crate::fixture::{App, Upstream, cache, post};

async fn serve(app: &App) -> (String, std::sync::Arc<host::Metrics>) {
    let manifest = Manifest::load(app.manifest()).unwrap();
    let host = Host::builder(manifest, app.data()).cache(cache()).build().await.unwrap();
    let started = (format!("http://{}", host.address()), host.metrics());
    tokio::spawn(host.serve(std::future::pending()));
    started
}

#[tokio::test(flavor = "multi_thread")]
async fn hands_a_request_to_its_component_and_the_answer_back() {
    let upstream = Upstream::start(Duration::ZERO).await;
    let app = App::new(&["forward"], &format!("http://{}", upstream.address));
    let (url, metrics) = serve(&app).await;
    let body = vec![7; 3_000_000];

    let answer = post(&format!("{url}/forward/a?b"), &upstream.address.to_string(), body.clone()).await;

    assert_eq!(answer.status(), StatusCode::CREATED);
    assert_eq!(answer.headers()["x-upstream"], "yes");
    assert!(answer.body() == &body, "the body came back changed");
    let counts = metrics.snapshot();
    assert_eq!((counts.requests, counts.outbound_requests, counts.instances), (1, 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_a_request_to_a_host_that_is_not_allowed() {
    let (allowed, other) = (Upstream::start(Duration::ZERO).await, Upstream::start(Duration::ZERO).await);
    let app = App::new(&["forward"], &format!("http://{}", allowed.address));
    let (url, metrics) = serve(&app).await;

    let answer = post(&format!("{url}/forward"), &other.address.to_string(), "").await;

    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(other.requests(), 0);
    assert_eq!(metrics.snapshot().outbound_requests, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_for_the_paths_that_no_component_serves() {
    let app = App::new(&["forward"], "http://localhost");
    let (url, metrics) = serve(&app).await;
    let health = post(&format!("{url}/.well-known/spin/health"), "localhost", "").await;
    assert_eq!((health.status(), health.body().as_ref()), (StatusCode::OK, &b"OK"[..]));
    let nowhere = post(&format!("{url}/nowhere"), "localhost", "").await;
    assert_eq!((nowhere.status(), nowhere.body().len()), (StatusCode::NOT_FOUND, 0));
    assert_eq!(metrics.snapshot().requests, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_that_never_answers_holds_up_nobody() {
    let upstream = Upstream::start(Duration::ZERO).await;
    let app = App::new(&["forward", "hang"], &format!("http://{}", upstream.address));
    let (url, _) = serve(&app).await;
    for _ in 0..4 {
        let url = format!("{url}/hang");
        tokio::spawn(async move { post(&url, "localhost", "").await });
    }
    let request = async { post(&format!("{url}/forward"), &upstream.address.to_string(), "still here").await };
    let answer = timeout(Duration::from_secs(30), request).await.unwrap();
    assert_eq!(answer.body().as_ref(), b"still here");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_serves_128_requests() {
    let upstream = Upstream::start(Duration::ZERO).await;
    let app = App::new(&["forward"], &format!("http://{}", upstream.address));
    let (url, metrics) = serve(&app).await;
    for _ in 0..129 {
        post(&format!("{url}/forward"), &upstream.address.to_string(), "").await;
    }
    // More only if the machine paused for a second in between.
    let instances = metrics.snapshot().instances;
    assert!((2..6).contains(&instances), "{instances} instances");
}
