//! Deliveries, a page at a time.

use crate::{
    gateway::{Gateway, credentials::CRM, messages::ACCOUNT},
    receiver::Receiver,
};
use serde_json::{Value, json};
use simulator::subscriber::Reply;

#[tokio::test]
async fn deliveries_are_listed_by_state_and_subscriber_a_page_at_a_time() {
    let (good, bad) = (Receiver::start().await, Receiver::answering(Reply::status(410)).await);
    let gateway =
        Gateway::builder().subscriber("good", &good.url(), &[]).subscriber("bad", &bad.url(), &[]).start().await;
    for number in 0..5 {
        gateway.call_back(&json!({"msgId": number.to_string(), "type": "text_msg", "wxid": ACCOUNT})).await;
    }
    gateway.delivered("good", "delivered", 5).await;
    let dead = gateway.delivered("bad", "dead", 5).await;
    assert!(dead.iter().all(|delivery| delivery["reason"].as_str().unwrap().contains("410")), "{dead:?}");

    let (mut paged, mut after) = (Vec::new(), String::new());
    loop {
        let request = gateway.get(&format!("/v1/deliveries?limit=3{after}")).bearer_auth(CRM);
        let page = gateway.ask(request).await.body;
        paged.extend(page["deliveries"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }

    let of = |name: &str| paged.iter().filter(|delivery| delivery["subscriber"] == name).collect::<Vec<&Value>>();
    assert_eq!((paged.len(), of("good").len()), (10, 5));
    assert!(of("bad").into_iter().eq(&dead));
}
