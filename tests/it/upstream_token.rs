//! Wanwang's access token: fetched once, renewed once, and the operator's to mend.

use crate::gateway::{
    Gateway,
    credentials::WANWANG,
    messages::{EMPLOYEES, history},
};
use futures::future::join_all;
use simulator::TokenOf;
use std::time::{Duration, Instant};

/// Sends so many messages at once, each to an employee of its own, and expects that all are taken.
async fn sent_at_once(gateway: &Gateway, count: usize) {
    let notices = (0..count).map(|number| gateway.ask(gateway.notice(&format!("ww{number:04}"), "你好")));
    for answer in join_all(notices).await {
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

#[tokio::test]
async fn one_token_serves_many_messages_and_a_restart() {
    let mut gateway = Gateway::start().await;

    sent_at_once(&gateway, 32).await;
    sent_at_once(&gateway, 32).await;
    gateway.restart().await;
    sent_at_once(&gateway, 1).await;

    let truth = gateway.simulator.truth();
    assert_eq!((truth.tokens.issued, truth.messages.len()), (1, 65));
}

#[tokio::test]
async fn a_token_is_replaced_before_it_expires() {
    let gateway = Gateway::builder().platforms(|config| config.token_lifetime = Duration::from_secs(2)).start().await;
    for _ in 0..3 {
        sent_at_once(&gateway, 1).await;
        tokio::time::sleep(Duration::from_millis(1_100)).await;
    }
    let truth = gateway.simulator.truth();
    assert!(truth.requests.iter().all(|request| request.status == Some(200)), "{:?}", truth.requests);
    assert_eq!((truth.tokens.issued, truth.messages.len()), (3, 3));
}

#[tokio::test]
async fn a_token_that_dies_early_is_renewed_once_for_all() {
    let gateway = Gateway::start().await;
    sent_at_once(&gateway, 1).await;
    gateway.simulator.expire_tokens(TokenOf::Wanwang);

    let begun = Instant::now();
    sent_at_once(&gateway, 32).await;

    let (truth, took) = (gateway.simulator.truth(), begun.elapsed());
    assert_eq!((truth.tokens.issued, truth.messages.len()), (2, 33), "after {took:?}");
    assert!(took < Duration::from_secs(3), "it took {took:?}");
}

#[tokio::test]
async fn a_wrong_client_secret_is_the_operators_to_mend() {
    let mut gateway = Gateway::builder().variable("wanwang_client_secret", "wrong").start().await;

    let answer = gateway.ask(gateway.notice("ww0517", "你好")).await;

    assert_eq!((answer.status, answer.body["code"].as_u64()), (502, Some(502_002)), "{answer:?}");
    assert!(answer.text_at("/msg").contains("请联系网关管理员"), "{answer:?}");
    let message = gateway.message(answer.message_id()).await.body;
    assert_eq!(history(&message), ["accepted", "sending", "failed"]);
    assert!(gateway.simulator.truth().requests.iter().all(|request| request.path != EMPLOYEES));
    // As soon as it is mended, messages go out.
    gateway.set("wanwang_client_secret", WANWANG);
    gateway.restart().await;
    sent_at_once(&gateway, 1).await;
}

#[tokio::test]
async fn a_dead_token_of_kdocs_is_the_operators_to_mend() {
    let gateway = Gateway::start().await;
    gateway.simulator.expire_tokens(TokenOf::Kdocs);

    let answer = gateway.ask(gateway.post_to_robot("0b1c-2", &["你好"])).await;

    assert_eq!((answer.status, answer.body["code"].as_u64()), (502, Some(502_002)), "{answer:?}");
    assert_eq!(gateway.state(answer.message_id()).await, "failed");
    gateway.simulator.restore_kdocs_token();
    assert_eq!(gateway.ask(gateway.post_to_robot("0b1c-2", &["你好"])).await.status, 200);
}

#[tokio::test]
async fn a_wrong_api_key_of_quntool_is_told_as_quntool_tells_it() {
    let gateway = Gateway::builder().variable("quntool_apikey", "wrong").start().await;

    let answer = gateway.ask(gateway.chat("1688854355260001", "你好")).await;

    let truth = gateway.simulator.truth();
    assert_eq!((answer.status, &answer.body), (200, &truth.requests[0].answer));
    assert_eq!(gateway.state(answer.message_id()).await, "failed");
    assert!(truth.messages.is_empty());
}
