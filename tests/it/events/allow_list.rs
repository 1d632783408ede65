//! Whose callbacks are taken: those of listed containers and accounts.

use crate::{
    gateway::{Gateway, credentials::CALLBACK, messages::ACCOUNT},
    receiver::Receiver,
    refusals::problem::refuses,
};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

fn post(gateway: &Gateway, callback: &Value) -> RequestBuilder {
    gateway.post(&format!("/callback/quntool/{CALLBACK}")).json(callback)
}

#[tokio::test]
async fn a_callback_of_another_container_or_account_is_refused_and_not_kept() {
    let receiver = Receiver::start().await;
    let gateway = Gateway::builder()
        .variable("callback_sources", r#"["40c10a375784"]"#)
        .variable("callback_accounts", json!([ACCOUNT, "1688"]).to_string())
        .subscriber("all", &receiver.url(), &[])
        .start()
        .await;
    let callback =
        |id: &str, source: Value, wxid: Value| json!({"msgId": id, "type": "text_msg", "source": source, "wxid": wxid});
    let ours = json!("40c10a375784");
    let refused = [
        (callback("1", json!("17eeb4b5a466"), json!(ACCOUNT)), "source"),
        (callback("2", Value::Null, json!(ACCOUNT)), "source"),
        (callback("3", ours.clone(), json!("1689")), "wxid"),
        (json!({"msgId": "4", "type": "text_msg"}), "source"),
    ];
    for (callback, field) in &refused {
        let answer = refuses(&gateway, post(&gateway, callback), 403, "callback-not-allowed").await;
        assert_eq!((answer.body["field"].as_str(), answer.body["code"].as_u64()), (Some(*field), Some(403_002)));
    }
    gateway.prints("a callback was refused", refused.len()).await;

    let taken = [
        callback("5", ours.clone(), json!(ACCOUNT)),
        callback("6", ours.clone(), json!(1688)),
        callback("7", ours, json!("")),
    ];
    for callback in &taken {
        assert_eq!(gateway.call_back(callback).await.status, 200, "{callback}");
    }
    let events = receiver.events(taken.len()).await;
    assert!(events.iter().all(|event| taken.contains(event.raw())), "what was refused is handed to nobody");
    gateway.tick("callback").await;
    assert_eq!(receiver.so_far().len(), taken.len());
}

#[tokio::test]
async fn a_list_that_cannot_be_read_takes_nothing_and_says_so() {
    for (variable, value) in [("callback_sources", "40c10a375784"), ("callback_accounts", r#"[1688]"#)] {
        let gateway = Gateway::builder().variable(variable, value).start().await;
        let callback = json!({"msgId": "1", "type": "text_msg", "wxid": ACCOUNT});
        let answer = refuses(&gateway, post(&gateway, &callback), 503, "not-configured").await;
        assert!(answer.text_at("/detail").contains(variable), "{answer:?}");
        gateway.prints(variable, 1).await;
    }
}
