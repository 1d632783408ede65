//! A broker that is not there, that dies, that is slow, and a gateway that is killed: nothing is lost, nothing is sent
//! twice, and what is in doubt is called so.

use super::{
    LEASE, account, arrived, broker::Broker, builder, neighbour::Neighbour, published, started, subscribed, text,
};
use crate::{
    PATIENCE,
    gateway::{
        Gateway, eventually,
        messages::{ACCOUNT, TEXT, history},
    },
    mqtt::{
        proxy::{ACKNOWLEDGEMENT, MESSAGE, Proxy},
        started_at,
    },
};
use serde_json::{Value, json};
use simulator::{Cut, Fault, FaultRule};

#[tokio::test]
async fn a_broker_that_is_not_there_leaves_nothing_in_doubt() {
    let mut broker = Broker::absent();
    let gateway = builder(&broker, &broker.url()).start().await;
    let answer = gateway.ask(text(&gateway, ACCOUNT)).await;
    assert_eq!((answer.status, answer.body["code"].as_u64()), (502, Some(502_004)), "{answer:?}");
    assert_eq!(gateway.state(answer.message_id()).await, "failed");
    assert!(gateway.simulator.truth().messages.is_empty());

    broker.run().await;
    subscribed(&gateway, 1).await;
    let answer = gateway.ask(text(&gateway, ACCOUNT)).await;
    assert_eq!((answer.status, &answer.body["code"]), (200, &json!(0)), "{answer:?}");
    gateway.becomes(answer.message_id(), "delivered").await;
}

#[tokio::test]
async fn a_broker_that_dies_and_comes_back_loses_nothing_that_is_not_told() {
    let mut broker = Broker::start().await;
    let gateway = started(&broker).await;
    let mut answers = Vec::new();
    for round in 0..3 {
        for number in 0..4 {
            answers.push(gateway.ask(text(&gateway, &account(4 * round + number))).await);
        }
        broker.kill();
        answers.push(gateway.ask(text(&gateway, &account(100 + round))).await);
        eventually("the platform has noticed", PATIENCE, async || (!gateway.simulator.is_subscribed()).then_some(()))
            .await;
        broker.run().await;
        subscribed(&gateway, round + 2).await;
    }
    let taken = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(taken, 12, "{answers:?}");
    for answer in &answers {
        let state = if answer.status == 200 { "delivered" } else { "failed" };
        gateway.becomes(answer.message_id(), state).await;
    }
    assert_eq!(gateway.simulator.truth().messages.len(), taken);
}

#[tokio::test]
async fn a_message_whose_broker_dies_before_it_acknowledges_is_unknown_until_its_outcome() {
    let mut broker = Broker::start().await;
    let proxy = Proxy::start(&broker).await;
    let gateway = started_at(&broker, &proxy.url).await;
    gateway.simulator.hold_outcomes();
    gateway.simulator.fault(FaultRule::next(1, TEXT, Fault::cut(Cut::After))).unwrap();
    proxy.keep(ACKNOWLEDGEMENT);
    let killed = async {
        arrived(&gateway, 1).await;
        broker.kill();
        drop(proxy);
    };

    let (answer, ()) = tokio::join!(gateway.ask(text(&gateway, ACCOUNT)), killed);

    assert_eq!(answer.status, 502, "{answer:?}");
    assert_eq!(gateway.state(answer.message_id()).await, "unknown");
    gateway.simulator.release_outcomes(false);
    gateway.becomes(answer.message_id(), "delivered").await;
    assert_eq!(gateway.simulator.truth().messages.len(), 1);
}

/// Queues a message, and kills the gateway when `until` says so; returns the message's id.
async fn killed(gateway: &mut Gateway, until: impl AsyncFnOnce(&Gateway)) -> String {
    let queued = gateway.ask(text(gateway, ACCOUNT).header("prefer", "respond-async")).await;
    assert_eq!(queued.status, 202, "{queued:?}");
    until(gateway).await;
    let message = gateway.message(queued.message_id()).await.body;
    assert_eq!((message["state"].as_str(), &message["upstreamId"]), (Some("sending"), &Value::Null));
    gateway.restart().await;
    queued.message_id().to_owned()
}

#[tokio::test]
async fn a_gateway_that_dies_before_the_acknowledgement_publishes_nothing_again() {
    let broker = Broker::start().await;
    let proxy = Proxy::start(&broker).await;
    let mut gateway = started_at(&broker, &proxy.url).await;
    gateway.simulator.hold_outcomes();
    gateway.simulator.fault(FaultRule::next(1, TEXT, Fault::cut(Cut::After))).unwrap();
    proxy.keep(ACKNOWLEDGEMENT);

    let id = killed(&mut gateway, async |gateway| drop(arrived(gateway, 1).await)).await;
    proxy.release();
    assert_eq!(gateway.tick("send").await["unknown"], 0, "its lease is not over");
    gateway.skip(LEASE).await;
    assert_eq!(gateway.tick("send").await["unknown"], 1);

    let message = gateway.becomes(&id, "unknown").await;
    assert_eq!(history(&message), ["queued", "sending", "unknown"]);
    gateway.simulator.release_outcomes(false);
    gateway.becomes(&id, "delivered").await;
    assert_eq!((published(&gateway).len(), gateway.simulator.truth().messages.len()), (1, 1));
}

#[tokio::test]
async fn the_answer_to_a_gateway_that_died_meanwhile_counts() {
    let broker = Broker::start().await;
    let mut gateway = started(&broker).await;
    let mut platform = Neighbour::of(&broker).await;
    gateway.simulator.hold_outcomes();
    gateway.simulator.fault(FaultRule::next(1, TEXT, Fault::cut(Cut::After))).unwrap();

    let id = killed(&mut gateway, async |gateway| drop(arrived(gateway, 1).await)).await;
    subscribed(&gateway, 2).await;
    let upstream_id = arrived(&gateway, 1).await;
    platform.answer(&id, &upstream_id).await;

    assert_eq!(gateway.becomes(&id, "submitted").await["upstreamId"], upstream_id);
    gateway.simulator.release_outcomes(false);
    gateway.becomes(&id, "delivered").await;
    assert_eq!(published(&gateway).len(), 1);
}

#[tokio::test]
async fn a_message_that_was_on_the_wire_when_the_gateway_died_is_settled_if_it_arrives() {
    let broker = Broker::start().await;
    let proxy = Proxy::start(&broker).await;
    let mut gateway = started_at(&broker, &proxy.url).await;
    gateway.simulator.hold_outcomes();
    proxy.keep(MESSAGE);

    let id = killed(&mut gateway, async |_| proxy.holds().await).await;
    subscribed(&gateway, 2).await;
    assert!(published(&gateway).is_empty());
    gateway.skip(LEASE).await;
    assert_eq!(gateway.tick("send").await["unknown"], 1);
    subscribed(&gateway, 3).await;
    proxy.release();

    // The platform answers it, and that is as good as an outcome.
    let upstream_id = arrived(&gateway, 1).await;
    assert_eq!(gateway.becomes(&id, "submitted").await["upstreamId"], upstream_id);
    gateway.simulator.release_outcomes(false);
    gateway.becomes(&id, "delivered").await;
    assert_eq!((published(&gateway).len(), gateway.simulator.truth().messages.len()), (1, 1));
}
