//! Events of one conversation arrive in the order in which they were received, and hold up no other conversation.

use crate::{
    gateway::{
        Gateway,
        messages::{ACCOUNT, CUSTOMER},
    },
    receiver::{Event, Receiver},
};
use futures::future::join_all;
use simulator::{Inbound, subscriber::Reply};
use std::time::Duration;

fn contents(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.raw()["data"]["content"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_conversation_keeps_its_order() {
    let receiver = Receiver::answering(Reply::default().after(Duration::from_millis(20))).await;
    let gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
    let sent: Vec<String> = (0..30).map(|number| format!("{number:02}")).collect();
    for content in &sent {
        gateway.simulator.inbound(Inbound::text(ACCOUNT, CUSTOMER, content)).await.unwrap();
    }

    let events = receiver.events(sent.len()).await;

    assert_eq!(contents(&events), sent);
    let overlapping = events.windows(2).filter(|pair| pair[1].request.at < pair[0].request.at + 20).count();
    assert_eq!(overlapping, 0, "the next one leaves when the last one was taken");
}

#[tokio::test]
async fn each_of_many_conversations_keeps_its_order() {
    let receiver = Receiver::answering(Reply::default().after(Duration::from_millis(10))).await;
    let gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
    let customers: Vec<String> = (0..8).map(|number| format!("788130083907{number:04}")).collect();
    join_all(customers.iter().map(async |customer| {
        for number in 0..8 {
            let text = Inbound::text(ACCOUNT, customer, &number.to_string());
            gateway.simulator.inbound(text).await.unwrap();
        }
    }))
    .await;

    let events = receiver.events(64).await;

    for customer in &customers {
        let of_customer = |event: &&Event| event.raw()["data"]["sender"] == customer.as_str();
        let numbers: Vec<&str> =
            events.iter().filter(of_customer).map(|event| event.raw()["data"]["content"].as_str().unwrap()).collect();
        assert_eq!(numbers, ["0", "1", "2", "3", "4", "5", "6", "7"], "{customer}");
    }
    assert_eq!(events.len(), 64);
}

#[tokio::test]
async fn a_conversation_that_hangs_holds_up_no_other() {
    let receiver = Receiver::start().await;
    receiver.answer_next([Reply::never()]);
    let gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
    gateway.simulator.inbound(Inbound::text(ACCOUNT, CUSTOMER, "hangs")).await.unwrap();
    receiver.events(1).await;

    gateway.simulator.inbound(Inbound::text(ACCOUNT, CUSTOMER, "waits")).await.unwrap();
    gateway.simulator.inbound(Inbound::text(ACCOUNT, "7881300839070002", "passes")).await.unwrap();

    assert_eq!(contents(&receiver.events(2).await), ["hangs", "passes"]);
}
