//! What subscribers get, and which of them gets it.

use crate::{
    PATIENCE,
    gateway::{
        Gateway,
        answer::names,
        credentials::SIGNING,
        messages::{ACCOUNT, CUSTOMER, conversation},
    },
    receiver::Receiver,
};
use serde_json::{Value, json};
use simulator::{Inbound, subscriber::Reply};
use standardwebhooks::Webhook;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[tokio::test]
async fn a_customers_text_arrives_signed_and_normalised() {
    let receiver = Receiver::start().await;
    let gateway = Gateway::builder().subscriber("all", &format!("{}/hook?a=1", receiver.url()), &[]).start().await;
    let text = Inbound { sender_name: Some("左脚".to_owned()), ..Inbound::text(ACCOUNT, CUSTOMER, "呼啦") };

    let callback = gateway.simulator.inbound(text).await.unwrap().body;

    let event = receiver.events(1).await.remove(0);
    let request = &event.request;
    Webhook::new(SIGNING).unwrap().verify(&request.body, &request.headers).expect("the standard's library agrees");
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/hook?a=1"));
    assert_eq!(request.headers["content-type"], "application/json");
    assert_eq!(request.headers["content-length"], request.body.len().to_string());
    let mut fields = names(&event.body);
    fields.sort_unstable();
    assert_eq!(fields, ["data", "id", "timestamp", "type"]);
    assert_eq!((&event.body["id"], &event.body["type"]), (&json!(event.id), &json!("text_msg")));
    let data = &event.body["data"];
    assert_eq!((&data["account"], &data["direction"]), (&json!(ACCOUNT), &json!("inbound")));
    assert_eq!(data["conversation"], json!({"id": conversation(ACCOUNT), "kind": "direct", "otherParty": CUSTOMER}));
    assert_eq!(data["sender"], json!({"id": CUSTOMER, "name": "左脚"}));
    assert_eq!(data["raw"], callback);
}

#[tokio::test]
async fn a_changed_event_does_not_verify() {
    let receiver = Receiver::start().await;
    let gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
    gateway.simulator.inbound(Inbound::text(ACCOUNT, CUSTOMER, "呼啦")).await.unwrap();
    let request = receiver.events(1).await.remove(0).request;

    let webhook = Webhook::new(SIGNING).unwrap();
    let changed = String::from_utf8(request.body.to_vec()).unwrap().replace("呼啦", "哗啦");
    assert!(webhook.verify(changed.as_bytes(), &request.headers).is_err());
    for name in ["webhook-id", "webhook-timestamp"] {
        let mut headers = request.headers.clone();
        headers.insert(name, "1".parse().unwrap());
        assert!(webhook.verify(&request.body, &headers).is_err(), "{name}");
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let signed: u64 = request.headers["webhook-timestamp"].to_str().unwrap().parse().unwrap();
    assert!(now.abs_diff(signed) <= 10, "the time of the try is signed");
}

#[tokio::test]
async fn an_outcome_arrives_as_an_event_that_names_its_message() {
    let receiver = Receiver::start().await;
    let gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;

    let sent = gateway.chatted(ACCOUNT, "你好").await;

    let event = receiver.events(1).await.remove(0);
    let data = &event.body["data"];
    assert_eq!((&data["sentMessageId"], &data["direction"]), (&json!(sent.upstream_id()), &json!("outbound")));
    // Whoever learns of the outcome finds the message settled.
    assert_eq!(gateway.state(sent.message_id()).await, "delivered");
}

#[tokio::test]
async fn a_subscriber_gets_the_types_that_it_asked_for() {
    let (all, star, texts, nothing) =
        (Receiver::start().await, Receiver::start().await, Receiver::start().await, Receiver::start().await);
    let gateway = Gateway::builder()
        .subscriber("all", &all.url(), &[])
        .subscriber("star", &star.url(), &["*"])
        .subscriber("texts", &texts.url(), &["text_msg", "user_login"])
        .subscriber("nothing", &nothing.url(), &["image"])
        .start()
        .await;
    let kinds = ["text_msg", "image_msg", "user_login", "text_msg"];
    for kind in kinds {
        let happening = Inbound { kind: Some(kind.to_owned()), ..Inbound::text(ACCOUNT, CUSTOMER, "呼啦") };
        gateway.simulator.inbound(happening).await.unwrap();
    }

    for (receiver, count) in [(&all, 4), (&star, 4), (&texts, 3)] {
        receiver.events(count).await;
    }

    let kinds = |receiver: &Receiver| -> Vec<Value> {
        let mut kinds: Vec<_> = receiver.so_far().iter().map(|event| event.body["type"].clone()).collect();
        kinds.sort_by_key(Value::to_string);
        kinds
    };
    assert_eq!(kinds(&all), ["image_msg", "text_msg", "text_msg", "user_login"]);
    assert_eq!(
        (kinds(&star), kinds(&texts)),
        (kinds(&all), vec![json!("text_msg"), json!("text_msg"), json!("user_login")])
    );
    assert!(kinds(&nothing).is_empty());
}

#[tokio::test]
async fn one_event_has_one_id_for_all_subscribers() {
    let (one, two) = (Receiver::start().await, Receiver::start().await);
    let gateway =
        Gateway::builder().subscriber("one", &one.url(), &[]).subscriber("two", &two.url(), &[]).start().await;
    gateway.simulator.inbound(Inbound::text(ACCOUNT, CUSTOMER, "呼啦")).await.unwrap();
    let (one, two) = (one.events(1).await.remove(0), two.events(1).await.remove(0));
    assert_eq!((&one.id, &one.request.body), (&two.id, &two.request.body));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Receiver::start().await;
    let receiver = Receiver::start().await;
    let location = elsewhere.url().parse().unwrap();
    receiver.answer_next([Reply::status(307).header(reqwest::header::LOCATION, location)]);
    let gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;

    gateway.simulator.inbound(Inbound::text(ACCOUNT, CUSTOMER, "呼啦")).await.unwrap();
    gateway.prints("HTTP 307", 1).await;

    assert_eq!((receiver.received().len(), elsewhere.received().len()), (1, 0));
}

#[tokio::test]
async fn a_subscriber_on_a_host_that_is_not_allowed_gets_nothing_and_holds_nobody_up() {
    let (allowed, other) = (Receiver::start().await, Receiver::start().await);
    let gateway = Gateway::builder()
        .variable("subscriber_url", allowed.url())
        .subscriber("other", &other.url(), &[])
        .subscriber("allowed", &allowed.url(), &[])
        .start()
        .await;
    gateway.simulator.inbound(Inbound::text(ACCOUNT, CUSTOMER, "呼啦")).await.unwrap();
    allowed.wait_for(1, PATIENCE).await.unwrap();
    gateway.prints("the subscriber's host is not allowed", 1).await;
    assert!(other.received().is_empty());
}

#[tokio::test]
async fn events_wait_while_the_subscribers_cannot_be_read() {
    let receiver = Receiver::start().await;
    let hidden = r#"[{"name":"all","url":"http://127.0.0.1:1","secret":"whsec_not base64 at all"}]"#;
    let mut gateway = Gateway::builder().variable("subscribers", hidden).start().await;
    assert_eq!(gateway.call_back(&json!({"msgId": "1", "type": "text_msg"})).await.status, 200);
    let printed = gateway.printed();
    assert!(printed.contains("subscribers") && !printed.contains("not base64 at all"), "{printed}");

    let mended = json!([{"name": "all", "url": receiver.url(), "secret": SIGNING}]);
    gateway.set("subscribers", &mended.to_string());
    gateway.skip(Duration::from_secs(60)).await;
    gateway.call_back(&json!({"msgId": "2", "type": "text_msg"})).await;
    gateway.tick("callback").await;

    let ids: Vec<Value> = receiver.events(2).await.iter().map(|event| event.raw()["msgId"].clone()).collect();
    assert_eq!(ids, ["1", "2"]);
}
