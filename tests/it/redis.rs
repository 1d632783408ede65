//! Key-value in Redis, as in production: what gateways count and share does not depend on the backend.

use crate::gateway::{Gateway, messages::ACCOUNT, redis::Redis};
use futures::future::join_all;
use redis::AsyncCommands;
use std::time::Duration;

async fn on(redis: &Redis) -> Gateway {
    Gateway::builder().variable("max_wait_ms", "8000").redis(redis).start().await
}

#[tokio::test]
async fn counters_are_decimal_text_and_are_read_as_such() {
    let redis = Redis::start().await;
    let gateway = on(&redis).await;
    for _ in 0..2 {
        gateway.chatted(ACCOUNT, "你好").await;
    }
    let robot = gateway.ask(gateway.post_to_robot("0b1c-2", &["你好"; 20])).await;
    assert_eq!((robot.status, robot.body["code"].as_u64()), (200, Some(0)), "{robot:?}");
    assert!(robot.header("ratelimit").contains("\"robot-minute\";r=0;"), "{robot:?}");

    let refused = gateway.ask(gateway.post_to_robot("0b1c-2", &["你好"])).await;

    assert_eq!((refused.status, refused.body["code"].as_u64()), (429, Some(429_001)), "{refused:?}");
    let mut connection = redis.connect().await;
    for (prefix, sum) in [("quota/company-hour/", 2_i64), ("quota/robot-minute/", 20)] {
        let mut counted = 0;
        for key in redis.keys(prefix).await {
            let text: String = connection.get(&key).await.unwrap();
            counted += text.parse::<i64>().unwrap_or_else(|error| panic!("{key} is {text}: {error}"));
        }
        assert_eq!(counted, sum, "{prefix}");
    }
    assert!(redis.keys("slot/").await.len() >= 2);
    assert!(!gateway.stored().contains_key("key_value.db"), "nothing is kept in a file beside it");
}

#[tokio::test]
async fn an_account_is_spaced_over_two_gateways() {
    let redis = Redis::start().await;
    let gateway = on(&redis).await;
    let replica = gateway.replica().await;

    let answers = join_all((0..6).map(|number| {
        let request = gateway.chat(ACCOUNT, &number.to_string());
        gateway.ask(if number % 2 == 0 { request } else { gateway.at(&replica, request) })
    }))
    .await;

    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    let times: Vec<u64> = gateway.simulator.truth().messages.iter().map(|message| message.at).collect();
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= 500), "{times:?}");
}

#[tokio::test]
async fn two_gateways_share_a_token() {
    let redis = Redis::start().await;
    let gateway = on(&redis).await;
    let replica = gateway.replica().await;

    let answers = join_all((0..16).map(|number| {
        let request = gateway.notice(&format!("ww{number:04}"), "你好");
        gateway.ask(if number % 2 == 0 { request } else { gateway.at(&replica, request) })
    }))
    .await;

    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    let truth = gateway.simulator.truth();
    assert_eq!((truth.tokens.issued, truth.messages.len()), (1, 16));
    assert_eq!(redis.keys("token/").await.len(), 1);
}

#[tokio::test]
async fn counters_that_nobody_needs_are_deleted() {
    let redis = Redis::start().await;
    let mut gateway = on(&redis).await;
    for number in 0..3 {
        gateway.chatted(&format!("168885435526000{number}"), "你好").await;
    }
    let waited = gateway.ask(gateway.chat("1688854355260000", "你好").header("prefer", "respond-async")).await;
    gateway.becomes(waited.message_id(), "delivered").await;
    gateway.ask(gateway.post_to_robot("0b1c-2", &["你好"])).await;
    gateway.ask(gateway.notice("ww0517", "你好")).await;

    gateway.skip(Duration::from_secs(3 * 3_600)).await;
    let counts = gateway.tick("send").await;

    assert!(counts["deleted"].as_u64().unwrap() > 0, "{counts}");
    for prefix in ["slot/", "quota/"] {
        assert_eq!(redis.keys(prefix).await, [""; 0], "{prefix}");
    }
    assert_eq!(redis.keys("token/").await.len(), 1, "what is no counter stays");
}
