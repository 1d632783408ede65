//! A queue whose gateway is killed again and again.

use super::{STUCK, arrivals, closest, size, ticking};
use crate::gateway::{Gateway, eventually, messages::ACCOUNT};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queued_messages_arrive_in_order_and_once_through_kills() {
    let (messages, kills) = size((8, 2), (1_000, 10));
    let mut gateway = Gateway::start().await;
    let mut ids = Vec::new();
    for number in 0..messages {
        let answer = gateway.ask(gateway.chat(ACCOUNT, &number.to_string()).header("prefer", "respond-async")).await;
        assert_eq!(answer.status, 202, "{answer:?}");
        ids.push(answer.message_id().to_owned());
    }
    for kill in 1..=kills {
        ticking(&gateway, messages * kill / (kills + 1)).await;
        gateway.restart().await;
    }
    eventually("the last one has left", STUCK, async || {
        gateway.tick("send").await;
        ["delivered", "submitted"].contains(&gateway.state(ids.last()?).await.as_str()).then_some(())
    })
    .await;
    let arrived = arrivals(&gateway);
    let order: Vec<usize> = arrived.iter().map(|(content, _)| content.parse().unwrap()).collect();
    assert!(order.windows(2).all(|pair| pair[0] < pair[1]), "in their order, each once: {order:?}");
    assert!(order.len() >= messages - kills, "{} of {messages} arrived", order.len());
    let mut open = 0;
    for (number, id) in ids.iter().enumerate() {
        let state = gateway.state(id).await;
        // One may have been on its way when the gateway died: it is not sent again, and its outcome is told or unknown.
        assert!(["delivered", "submitted", "sending", "unknown"].contains(&state.as_str()), "{number} is {state}");
        let came = order.binary_search(&number).is_ok();
        assert!(came || ["sending", "unknown"].contains(&state.as_str()), "{number} is {state}, and did not arrive");
        open += usize::from(state != "delivered");
    }
    let times: Vec<u64> = arrived.iter().map(|(_, at)| *at).collect();
    let took = times[times.len() - 1] - times[0];
    println!(
        "{} of {messages} arrived in {took} ms through {kills} kills: {:.3}/s; closest {} ms; {open} without an outcome",
        order.len(),
        (times.len() - 1) as f64 * 1_000.0 / took as f64,
        closest(&times),
    );
}
