//! A subscriber that hangs costs nobody else anything.

use crate::{
    PATIENCE,
    gateway::{Gateway, messages::ACCOUNT},
    receiver::Receiver,
};
use futures::future::join_all;
use serde_json::json;
use simulator::subscriber::Reply;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// So many tries of one subscriber are under way at once, and each is given up after so many seconds.
const AT_ONCE: u64 = 16;
const GIVEN_UP: u64 = 15;

#[tokio::test]
async fn a_subscriber_that_hangs_holds_up_no_other_and_takes_its_share_only() {
    let (hanging, good) = (Receiver::answering(Reply::never()).await, Receiver::start().await);
    let gateway = Gateway::builder()
        .subscriber("hanging", &hanging.url(), &[])
        .subscriber("good", &good.url(), &[])
        .start()
        .await;
    let begun = Instant::now();
    join_all((0..8).map(async |connection| {
        for number in 0..25 {
            // A conversation each, so that none waits for another.
            let id = format!("{connection}/{number}");
            let callback = json!({"msgId": id, "type": "text_msg", "wxid": id});
            assert_eq!(gateway.call_back(&callback).await.status, 200);
        }
    }))
    .await;

    good.wait_for(200, PATIENCE * 3).await.unwrap();

    let tried = hanging.received().len();
    // Twice, because a machine that stands still for seconds makes the gateway believe that a worker has vanished.
    let most = 2 * AT_ONCE * (1 + begun.elapsed().as_secs() / GIVEN_UP);
    assert!(tried as u64 <= most, "{tried} tries in {:?}", begun.elapsed());
    let waiting = gateway.deliveries("subscriber=hanging&state=pending&limit=500").await.len();
    assert!(waiting >= 100, "{waiting} wait for the one that hangs");
    gateway.tick("send").await;
}

#[tokio::test]
async fn one_conversation_that_hangs_costs_a_subscriber_one_place() {
    let receiver = Receiver::start().await;
    receiver.answer_next([Reply::never()]);
    let gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
    for number in 0..150 {
        let callback = json!({"msgId": format!("hangs/{number}"), "type": "text_msg", "wxid": ACCOUNT});
        gateway.call_back(&callback).await;
    }
    assert_eq!(gateway.delivered("all", "waiting", 149).await.len(), 149);

    for number in 0..50 {
        let id = format!("passes/{number}");
        gateway.call_back(&json!({"msgId": id, "type": "text_msg", "wxid": id})).await;
    }

    receiver.wait_for(51, PATIENCE).await.unwrap();
}

#[tokio::test]
async fn what_comes_while_a_subscriber_hangs_does_not_wait_for_what_is_under_way() {
    let receiver = Receiver::answering(Reply::never()).await;
    let gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
    // The second one of each pair comes while whoever hands on the first one still looks for more.
    for pair in 1..=AT_ONCE as usize / 2 {
        for number in [1, 2] {
            let id = format!("{pair}/{number}");
            gateway.call_back(&json!({"msgId": id, "type": "text_msg", "wxid": id})).await;
            sleep(Duration::from_millis(3)).await;
        }

        receiver.wait_for(2 * pair, PATIENCE).await.unwrap();

        // Now it looks no longer.
        sleep(Duration::from_millis(50)).await;
    }
}
