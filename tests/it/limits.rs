//! The platforms' limits: kept by waiting a little, and by refusing what would have to wait longer.
//!
//! Whatever the tests do, the simulator notes no broken rule; see `Gateway`.

use crate::gateway::{
    Gateway,
    answer::Answer,
    messages::{ACCOUNT, history},
};
use futures::future::join_all;
use std::time::{Duration, Instant};

/// Expects that a message was refused by a limit, and returns the seconds after which a retry can succeed.
async fn throttled(gateway: &Gateway, answer: &Answer) -> u64 {
    assert_eq!((answer.status, answer.body["code"].as_u64()), (429, Some(429_001)), "{answer:?}");
    let message = gateway.message(answer.message_id()).await.body;
    assert_eq!(history(&message).last(), Some(&"refused"));
    answer.header("retry-after").parse().expect("seconds")
}

#[tokio::test]
async fn an_accounts_messages_are_spaced_and_those_beyond_the_wait_are_refused() {
    let gateway = Gateway::start().await;

    let answers = join_all((0..6).map(|_| gateway.ask(gateway.chat(ACCOUNT, "你好")))).await;

    let (taken, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    // Two seconds have room for one message at once and for three more that wait; a busy machine may miss a slot.
    assert!((2..=4).contains(&taken.len()), "{} were taken", taken.len());
    for answer in refused {
        assert!((1..=4).contains(&throttled(&gateway, answer).await));
    }
    let times: Vec<u64> = gateway.simulator.truth().messages.iter().map(|message| message.at).collect();
    assert_eq!(times.len(), taken.len());
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= 500), "{times:?}");
}

#[tokio::test]
async fn an_account_that_waits_holds_up_no_other() {
    let gateway = Gateway::builder().variable("max_wait_ms", "8000").start().await;
    let begun = Instant::now();
    let busy = async {
        join_all((0..5).map(async |_| gateway.chatted(ACCOUNT, "你好").await)).await;
        begun.elapsed()
    };
    let others = async {
        join_all((10..20).map(async |number| gateway.chatted(&format!("16888543552600{number}"), "你好").await)).await;
        begun.elapsed()
    };

    let (busy, others) = tokio::join!(busy, others);

    assert!(busy >= Duration::from_millis(2_000), "five messages of one account took {busy:?}");
    assert!(others < Duration::from_millis(1_500), "ten messages of ten accounts took {others:?}");
}

#[tokio::test]
async fn a_refused_message_is_taken_after_the_time_that_the_refusal_names() {
    let gateway = Gateway::start().await;
    let answers = join_all((0..6).map(|_| gateway.ask(gateway.chat(ACCOUNT, "你好")))).await;
    let refused = answers.iter().filter(|answer| answer.status == 429);
    let longest = refused.map(|answer| answer.header("retry-after").parse().expect("seconds")).max();

    tokio::time::sleep(Duration::from_secs(longest.expect("some were refused"))).await;

    gateway.chatted(ACCOUNT, "你好").await;
}

#[tokio::test]
async fn the_spacing_holds_across_a_restart() {
    let mut gateway = Gateway::start().await;
    for _ in 0..3 {
        gateway.chatted(ACCOUNT, "你好").await;
        gateway.restart().await;
    }
    assert_eq!(gateway.simulator.truth().messages.len(), 3);
}

#[tokio::test]
async fn a_robots_twenty_first_message_in_a_minute_is_refused() {
    let gateway = Gateway::start().await;
    let first = gateway.ask(gateway.post_to_robot("0b1c-2", &["你好"; 20])).await;
    assert_eq!((first.status, first.body["code"].as_u64()), (200, Some(0)), "{first:?}");

    let refused = gateway.ask(gateway.post_to_robot("0b1c-2", &["你好"])).await;

    assert!((50..=62).contains(&throttled(&gateway, &refused).await), "{refused:?}");
    assert_eq!(gateway.ask(gateway.post_to_robot("another", &["你好"])).await.status, 200);
    assert_eq!(gateway.simulator.truth().messages.len(), 21);
}

#[tokio::test]
async fn of_a_robots_messages_those_within_the_limit_go_out() {
    let gateway = Gateway::start().await;
    let lists = [&["你好"; 12][..], &["你好"; 12][..]];

    let mut answers = Vec::new();
    for contents in lists {
        answers.push(gateway.ask(gateway.post_to_robot("0b1c-2", contents)).await);
    }

    assert_eq!((answers[1].status, answers[1].body["code"].as_u64()), (200, Some(429_001)), "{:?}", answers[1]);
    let results = answers[1].body["data"]["results"].as_array().expect("a result for each message");
    let states: Vec<&str> = results.iter().map(|result| result["state"].as_str().unwrap()).collect();
    assert_eq!(states, [["submitted"; 8].as_slice(), &["refused"; 4]].concat());
    assert_eq!(gateway.simulator.truth().messages.len(), 20);
    for result in results {
        assert_eq!(gateway.state(result["id"].as_str().unwrap()).await, result["state"].as_str().unwrap());
    }
}
