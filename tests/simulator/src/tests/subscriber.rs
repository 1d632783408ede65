//! The receiver of webhooks.

use std::time::{Duration, Instant};

use reqwest::header::{HeaderValue, RETRY_AFTER};

use crate::subscriber::{Reply, Subscriber};

async fn post(subscriber: &Subscriber, body: &'static str) -> reqwest::Result<reqwest::Response> {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(1)).build().unwrap();
    client.post(format!("{}/hook?a=1", subscriber.url())).header("webhook-id", "1").body(body).send().await
}

#[tokio::test]
async fn records_a_request_byte_for_byte() {
    let subscriber = Subscriber::start().await.unwrap();
    assert_eq!(post(&subscriber, "{ \"a\":1 }").await.unwrap().status(), 200);
    let received = subscriber.wait_for(1, Duration::from_secs(1)).await.unwrap();
    assert_eq!((received[0].path.as_str(), &received[0].body[..]), ("/hook?a=1", b"{ \"a\":1 }".as_slice()));
    assert_eq!(received[0].headers["webhook-id"], "1");
}

#[tokio::test]
async fn answers_as_it_is_told() {
    let subscriber = Subscriber::start().await.unwrap();
    let later = Reply::status(429).header(RETRY_AFTER, HeaderValue::from_static("7"));
    subscriber.answer_next([later, Reply::hang_up(), Reply::never()]);
    subscriber.answer_every(2, Reply::status(500));
    let throttled = post(&subscriber, "1").await.unwrap();
    assert_eq!((throttled.status().as_u16(), &throttled.headers()[RETRY_AFTER]), (429, &HeaderValue::from_static("7")));
    assert!(!post(&subscriber, "2").await.unwrap_err().is_timeout());
    assert!(post(&subscriber, "3").await.unwrap_err().is_timeout());
    assert_eq!(post(&subscriber, "4").await.unwrap().status(), 500);
    subscriber.answer(Reply::status(204).after(Duration::from_millis(50)));
    let start = Instant::now();
    assert_eq!(post(&subscriber, "5").await.unwrap().status(), 204);
    assert!(start.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn tells_how_many_requests_are_missing_when_the_time_is_up() {
    let subscriber = Subscriber::start().await.unwrap();
    post(&subscriber, "1").await.unwrap();
    let error = subscriber.wait_for(2, Duration::from_millis(50)).await.unwrap_err();
    assert!(error.to_string().starts_with("1 of 2 requests arrived"), "{error}");
    subscriber.forget();
    assert!(subscriber.received().is_empty());
}

#[tokio::test]
async fn leads_elsewhere_and_trickles() {
    let subscriber = Subscriber::start().await.unwrap();
    let trickle = Reply::default().trickle(5, Duration::from_millis(20));
    subscriber.answer_next([Reply::redirect("http://127.0.0.1:1/"), trickle]);
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let moved = client.post(subscriber.url()).send().await.unwrap();
    assert_eq!(
        (moved.status().as_u16(), &moved.headers()["location"]),
        (307, &HeaderValue::from_static("http://127.0.0.1:1/"))
    );
    let start = Instant::now();
    let body = post(&subscriber, "1").await.unwrap().text().await.unwrap();
    assert!(body == "....." && start.elapsed() >= Duration::from_millis(100), "{body} {:?}", start.elapsed());
    let within = Duration::from_secs(1);
    let accepted: Vec<bool> = subscriber.received().iter().map(|request| request.reply.accepts(within)).collect();
    assert_eq!(accepted, [false, true]);
}

#[tokio::test]
async fn answers_by_chance_and_the_seed_decides() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let subscriber = Subscriber::start().await.unwrap();
        subscriber.answer_randomly(7, vec![(0.3, Reply::status(500)), (0.3, Reply::status(429))]);
        let mut statuses = Vec::new();
        for _ in 0..30 {
            statuses.push(post(&subscriber, "1").await.unwrap().status().as_u16());
        }
        assert!([200, 429, 500].iter().all(|status| statuses.contains(status)), "{statuses:?}");
        runs.push(statuses);
    }
    assert_eq!(runs[0], runs[1]);
}
