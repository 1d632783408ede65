//! `GET /v1/messages`: the caller's messages, a page at a time.

use super::{PATH, post, text};
use crate::{
    gateway::{
        Gateway,
        credentials::{CRM, ERP},
    },
    refusals::problem,
};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use simulator::OutcomePlan;

const ACCOUNTS: [&str; 7] = [
    "1688854355260001",
    "1688854355260002",
    "1688854355260003",
    "1688854355260004",
    "1688854355260005",
    "1688854355260006",
    "1688854355260007",
];

fn list(gateway: &Gateway, query: &[(&str, &str)]) -> RequestBuilder {
    gateway.get(PATH).bearer_auth(CRM).query(query)
}

/// Returns the ids of a page, and the `after` of the next one.
async fn page(gateway: &Gateway, query: &[(&str, &str)]) -> (Vec<String>, Option<String>) {
    let answer = gateway.ask(list(gateway, query)).await;
    assert_eq!((answer.status, answer.fields().len()), (200, 2), "{answer:?}");
    let messages = answer.body["messages"].as_array().expect("a page has messages");
    let ids = messages.iter().map(|message| message["id"].as_str().expect("a message has an id").to_owned());
    (ids.collect(), answer.body["next"].as_str().map(str::to_owned))
}

/// Sends a text from every account, and returns the ids in order.
async fn sent(gateway: &Gateway) -> Vec<String> {
    let mut ids = Vec::new();
    for account in ACCOUNTS {
        let answer = gateway.ask(post(gateway, &text(account, "你好"))).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        ids.push(answer.message_id().to_owned());
    }
    ids
}

#[tokio::test]
async fn pages_follow_each_other_in_the_order_in_which_messages_were_accepted() {
    let gateway = Gateway::start().await;
    let ids = sent(&gateway).await;
    assert_eq!(page(&gateway, &[]).await, (ids.clone(), None));
    for size in [1, 3, 7, 100] {
        let (mut found, mut after) = (Vec::new(), None::<String>);
        loop {
            let limit = size.to_string();
            let (part, next) =
                page(&gateway, &[("limit", &limit), ("after", after.as_deref().unwrap_or_default())]).await;
            assert!(part.len() <= size && (next.is_none() || next.as_ref() == part.last()), "{part:?} {next:?}");
            found.extend(part);
            after = next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found, ids, "{size} at a time");
    }
}

#[tokio::test]
async fn a_message_in_a_page_is_shown_as_it_is_alone_but_for_its_history() {
    let gateway = Gateway::start().await;
    let notice = json!({"to": {"workIds": ["ww0517", "ww0518"]}, "content": {"type": "text", "content": "你好"}});
    let sent = gateway.ask(post(&gateway, &notice)).await;

    let answer = gateway.ask(list(&gateway, &[])).await;

    let mut alone = gateway.message(sent.message_id()).await.body;
    alone.as_object_mut().unwrap().remove("attempts");
    assert_eq!(answer.body, json!({"messages": [alone], "next": Value::Null}));
}

#[tokio::test]
async fn messages_are_selected_by_state_and_by_account() {
    let gateway = Gateway::start().await;
    gateway.simulator.order_outcome(OutcomePlan::failure(1, -7, "blocked")).unwrap();
    let ids = sent(&gateway).await;
    gateway.becomes(&ids[0], "failed").await;
    for id in &ids[1..] {
        gateway.becomes(id, "delivered").await;
    }
    let notice = gateway.ask(gateway.notice("ww0517", "你好")).await;
    let found = async |query: &[(&str, &str)]| page(&gateway, query).await.0;

    assert_eq!(found(&[("state", "failed")]).await, ids[..1]);
    assert_eq!(found(&[("state", "delivered")]).await, ids[1..]);
    assert_eq!(found(&[("state", "submitted")]).await, [notice.message_id()]);
    assert_eq!(found(&[("account", ACCOUNTS[3])]).await, ids[3..4]);
    assert_eq!(found(&[("account", ACCOUNTS[3]), ("state", "failed")]).await, [""; 0]);
    assert_eq!(found(&[("account", "nobody")]).await, [""; 0]);
    assert_eq!(found(&[("state", "delivered"), ("after", &ids[4])]).await, ids[5..]);
    let (two, next) = page(&gateway, &[("state", "delivered"), ("limit", "2")]).await;
    assert_eq!((&two[..], next.as_ref()), (&ids[1..3], Some(&ids[2])));
}

#[tokio::test]
async fn a_caller_lists_its_own_messages_only() {
    let gateway = Gateway::start().await;
    gateway.ask(gateway.notice("ww0517", "你好")).await;
    let others = gateway.ask(gateway.get(PATH).bearer_auth(ERP)).await;
    assert_eq!((others.status, others.body), (200, json!({"messages": [], "next": null})));
    problem::refuses(&gateway, gateway.get(PATH), 401, "unauthorized").await;
}

#[tokio::test]
async fn what_cannot_be_selected_by_is_named() {
    let gateway = Gateway::start().await;
    let cases =
        [("state", "sent"), ("state", "DELIVERED"), ("limit", "0"), ("limit", "101"), ("limit", "x"), ("limit", "-1")];
    for (name, value) in cases {
        let refused = problem::refuses(&gateway, list(&gateway, &[(name, value)]), 400, "invalid-parameter").await;
        assert_eq!(refused.body["field"], name, "{value}: {refused:?}");
    }
}
