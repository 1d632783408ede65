//! Events for those who ask instead of being called.

use crate::{
    gateway::{Gateway, credentials::CRM, events::message_ids, messages::ACCOUNT},
    receiver::Receiver,
    refusals::problem::refuses,
};
use futures::future::{join, join_all};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn callback(id: &str, kind: &str, account: &str) -> Value {
    json!({"msgId": id, "type": kind, "wxid": account, "data": {"content": "呼啦"}})
}

#[tokio::test]
async fn what_is_pulled_is_what_is_handed_on() {
    let receiver = Receiver::start().await;
    let gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
    let raw = "{ \"msgId\":\"1\",\t\"type\":\"text_msg\", \"n\":1.0e2, \"big\":12345678901234567890123 }";
    let request = gateway.post(&format!("/callback/quntool/{}", crate::gateway::credentials::CALLBACK)).body(raw);
    assert_eq!(gateway.ask(request).await.status, 200);
    let event = receiver.events(1).await.remove(0);
    let handed = String::from_utf8(event.request.body.to_vec()).unwrap();

    let pulled = gateway.events("").await;
    let shown = gateway.event(&event.id).await;

    assert!(pulled.text.contains(&handed) && handed.contains(raw), "{}", pulled.text);
    assert!(shown.text.starts_with(handed.trim_end_matches('}')), "{}", shown.text);
    assert_eq!((&shown.body["id"], &shown.body["state"]), (&json!(event.id), &json!("routed")));
    let all = gateway.delivered("all", "delivered", 1).await;
    assert_eq!(
        (&all[0]["eventId"], &all[0]["attempts"], &all[0]["type"]),
        (&json!(event.id), &json!(1), &json!("text_msg"))
    );
    assert_eq!(gateway.event(&event.id).await.body["deliveries"], json!(all));
}

#[tokio::test]
async fn a_cursor_goes_on_where_it_was_and_filters_select() {
    let gateway = Gateway::start().await;
    let empty = gateway.events("limit=5").await.body;
    assert_eq!((empty["events"].as_array().unwrap().len(), empty["next"].is_string()), (0, true));
    for (id, kind, account) in
        [("1", "text_msg", "a"), ("2", "user_login", "a"), ("3", "text_msg", "b"), ("4", "image_msg", "c")]
    {
        gateway.call_back(&callback(id, kind, account)).await;
    }

    let mut ids = Vec::new();
    let mut next = empty["next"].as_str().unwrap().to_owned();
    for _ in 0..3 {
        let page = gateway.events(&format!("after={next}&limit=3")).await.body;
        ids.extend(message_ids(&page).into_iter().map(str::to_owned));
        next = page["next"].as_str().unwrap().to_owned();
    }

    assert_eq!(ids, ["1", "2", "3", "4"]);
    for (query, ids) in [
        ("type=text_msg", &["1", "3"][..]),
        ("type=text_msg&type=user_login&account=a", &["1", "2"]),
        ("type=image_msg,user_login", &["2", "4"]),
        ("account=b,c", &["3", "4"]),
        ("type=video_msg", &[]),
        (&format!("after={next}"), &[]),
    ] {
        let page = gateway.events(query).await.body;
        assert_eq!(message_ids(&page), ids, "{query}");
        assert!(page["next"].as_str().unwrap() >= next.as_str() || !ids.is_empty(), "{query}: {page}");
    }
}

#[tokio::test]
async fn whoever_waits_is_answered_when_something_comes() {
    let gateway = Gateway::start().await;
    gateway.call_back(&callback("before", "text_msg", ACCOUNT)).await;
    let next = gateway.events("").await.body["next"].as_str().unwrap().to_owned();
    let begun = Instant::now();
    assert!(message_ids(&gateway.events(&format!("after={next}&wait=1")).await.body).is_empty());
    assert!(begun.elapsed() >= Duration::from_millis(900), "nothing came, and it was waited for");

    let begun = Instant::now();
    let query = format!("after={next}&wait=30");
    let waiting = gateway.events(&query);
    let later = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        gateway.call_back(&callback("after", "text_msg", ACCOUNT)).await;
    };
    let (page, ()) = join(waiting, later).await;

    assert_eq!(message_ids(&page.body), ["after"]);
    assert!(begun.elapsed() < Duration::from_secs(25), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_cursor_skips_nothing_that_sixteen_write_at_once() {
    let gateway = Gateway::start().await;
    let write = join_all((0..16).map(async |writer| {
        for number in 0..20 {
            let callback = callback(&format!("{writer}/{number}"), "text_msg", &writer.to_string());
            assert_eq!(gateway.call_back(&callback).await.status, 200);
        }
    }));
    let read = async {
        let (mut ids, mut next) = (Vec::new(), "0".to_owned());
        while ids.len() < 320 {
            let page = gateway.events(&format!("after={next}&limit=7&wait=10")).await.body;
            let found = message_ids(&page);
            assert!(!found.is_empty(), "{} of 320 came", ids.len());
            ids.extend(found.into_iter().map(str::to_owned));
            next = page["next"].as_str().unwrap().to_owned();
        }
        ids
    };

    let (_, mut ids) = join(write, read).await;

    for writer in 0..16 {
        let of_writer: Vec<&String> = ids.iter().filter(|id| id.starts_with(&format!("{writer}/"))).collect();
        let expected: Vec<String> = (0..20).map(|number| format!("{writer}/{number}")).collect();
        assert!(of_writer.into_iter().eq(&expected), "{ids:?}");
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 320);
}

#[tokio::test]
async fn what_does_not_exist_is_refused_and_names_the_parameter() {
    let gateway = Gateway::start().await;
    let get = |path: &str| gateway.get(path).bearer_auth(CRM);
    refuses(&gateway, get("/v1/events/0190-unknown"), 404, "unknown-event").await;
    for (query, field) in [
        ("after=x", "after"),
        ("after=-1", "after"),
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("wait=31", "wait"),
        ("wait=soon", "wait"),
    ] {
        let answer = refuses(&gateway, get(&format!("/v1/events?{query}")), 400, "invalid-parameter").await;
        assert_eq!(answer.body["field"], field, "{query}");
    }
    for (query, field) in [("state=lost", "state"), ("after=x", "after"), ("limit=x", "limit")] {
        let answer = refuses(&gateway, get(&format!("/v1/deliveries?{query}")), 400, "invalid-parameter").await;
        assert_eq!(answer.body["field"], field, "{query}");
    }
    for path in ["/v1/events", "/v1/events/x", "/v1/deliveries"] {
        refuses(&gateway, gateway.get(path), 401, "unauthorized").await;
        refuses(&gateway, gateway.get(path).bearer_auth("wrong"), 401, "unauthorized").await;
    }
}
