//! Quntool's messages.

use std::time::Duration;

use contract::samples::Direction;
use reqwest::{Method, multipart};
use serde_json::{Value, json};

use super::support::{ACCOUNT, CONVERSATION, CUSTOMER, GROUP, PATIENCE, Platforms, assert_shape, samples};
use crate::{AccountSetting, Config, Limits, MessageState};

/// A request for each of the fourteen endpoints that send, without account and conversation.
fn messages() -> Vec<(&'static str, Value)> {
    let file = json!({"fileUrl": "http://a.test/files/test1026.png"});
    vec![
        ("msg/text", json!({"content": "早晨阳光里!"})),
        ("msg/roomAt", json!({"conversationId": GROUP, "content": "你好{$@}", "atList": ["0"]})),
        ("msg/image", file.clone()),
        ("msg/file", file.clone()),
        ("msg/gif", file.clone()),
        ("msg/video", file.clone()),
        ("msg/voice", file),
        ("msg/personCard", json!({"personCardUserId": "788", "nickname": "C奕", "avatar": "http://a.test/0"})),
        ("msg/link", json!({"title": "t", "desc": "d", "url": "https://a.test", "imageUrl": "http://a.test/i.jpg"})),
        (
            "msg/miniProgram",
            json!({
                "username": "gh_1@app", "appid": "wx1", "appname": "n", "appicon": "http://a.test", "title": "t",
                "page_path": "p", "cover_path": "/gnapi/files/Cache/c.png",
            }),
        ),
        (
            "msg/videoNum",
            json!({
                "cover_url": "http://a.test", "desc": "d", "feed_type": 4, "nickname": "n", "thumb_url": "http://a.test",
                "url": "https://a.test", "extras": "", "avatar": "http://a.test",
            }),
        ),
        ("msg/quote", json!({"content": "我很好", "serverId": "1107070", "quote": "安坚实:\n你好吗?"})),
        ("miniProgram/send", json!({"miniProgramId": 7})),
        ("videonum/send", json!({"videoNumId": 20})),
    ]
}

fn addressed(mut fields: Value) -> Value {
    fields["wxId"] = json!(ACCOUNT);
    if fields.get("conversationId").is_none() {
        fields["conversationId"] = json!(CONVERSATION);
    }
    fields
}

#[tokio::test]
async fn calls_back_for_every_message_in_the_documents_shape() {
    let (platforms, subscriber) = Platforms::with_callbacks().await;
    let samples = samples(Direction::Sent);
    for (index, (path, fields)) in messages().into_iter().enumerate() {
        platforms.simulator.advance(Duration::from_millis(500));
        let answer = platforms.post(&format!("/gnapi/open/{path}"), addressed(fields)).await;
        assert_eq!(answer["code"], 0, "{path}: {answer}");
        let outcome = platforms.callback(index + 1).await;
        assert_shape(&outcome, &samples[outcome["type"].as_str().unwrap()], path);
        assert_eq!(outcome["sendMsgId"], answer["data"]["msgId"]);
        let data = &outcome["data"];
        assert_eq!(
            (&data["isOpenApi"], &data["error_code"], &data["error_message"]),
            (&json!(true), &json!(0), &json!(""))
        );
    }
    let truth = platforms.simulator.truth();
    assert!(truth.messages.iter().all(|message| message.state == MessageState::Delivered && message.outcomes == 1));
    assert_eq!((truth.violations.len(), subscriber.received().len()), (0, 14));
}

#[tokio::test]
async fn puts_what_was_sent_into_the_outcome() {
    let (platforms, _subscriber) = Platforms::with_callbacks().await;
    let answer = platforms.text("早晨阳光里!").await;
    assert_eq!(answer["msg"], "");
    let outcome = platforms.callback(1).await;
    let data = &outcome["data"];
    assert_eq!((&outcome["wxid"], &outcome["type"]), (&json!(ACCOUNT), &json!("text_msg")));
    assert_eq!((&data["content"], &data["conversation_id"]), (&json!("早晨阳光里!"), &json!(CONVERSATION)));
    assert_eq!((&data["sender"], &data["receiver"]), (&json!(ACCOUNT), &json!(CUSTOMER)));
    let body = json!({"conversationId": GROUP, "content": "你好{$@}", "atList": ["0"]});
    platforms.simulator.advance(Duration::from_millis(500));
    platforms.post("/gnapi/open/msg/roomAt", addressed(body)).await;
    let data = &platforms.callback(2).await["data"];
    assert_eq!((&data["content"], &data["at_list"]), (&json!("你好@所有人"), &json!(["0"])));
}

#[tokio::test]
async fn reads_parameter_names_in_any_case() {
    let platforms = Platforms::start().await;
    let body = json!({"WXID": ACCOUNT, "conversationid": CONVERSATION, "CONTENT": "hello"});
    assert_eq!(platforms.post("/gnapi/open/msg/text", body).await["code"], 0);
}

#[tokio::test]
async fn refuses_a_wrong_apikey_and_an_unknown_path() {
    let platforms = Platforms::start().await;
    let url = format!("{}/gnapi/open/msg/text", platforms.simulator.url());
    let response = reqwest::Client::new().post(url).header("apikey", "no").json(&json!({})).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.json::<Value>().await.unwrap()["code"], 401);
    assert_eq!(platforms.call(Method::POST, "/gnapi/open/msg/poem", json!({})).await.0, 404);
    assert_eq!(platforms.call(Method::PUT, "/gnapi/open/msg/text", json!({})).await.0, 405);
    let truth = platforms.simulator.truth();
    assert_eq!((truth.requests.len(), truth.messages.len()), (3, 0));
    assert_eq!(truth.requests[0].headers["apikey"], "***");
}

#[tokio::test]
async fn refuses_what_the_document_does_not_allow() {
    let platforms = Platforms::start().await;
    let reversed = format!("S:{CUSTOMER}_{ACCOUNT}");
    let broken = [
        ("msg/text", json!({"content": " "})),
        ("msg/text", json!({"content": "a", "conversationId": "S:1_"})),
        ("msg/text", json!({"content": "a", "conversationId": reversed})),
        ("msg/text", json!({"content": "a", "conversationId": ACCOUNT})),
        ("msg/roomAt", json!({"content": "a", "atList": ["0"]})),
        ("msg/image", json!({"fileUrl": "test.png"})),
        ("msg/link", json!({"title": " ", "url": "https://a.test"})),
        ("miniProgram/send", json!({"miniProgramId": 8})),
    ];
    for (path, fields) in broken {
        let answer = platforms.post(&format!("/gnapi/open/{path}"), addressed(fields.clone())).await;
        assert_ne!(answer["code"], 0, "{path} {fields}");
        assert_eq!(answer["data"], Value::Null);
    }
    assert_eq!(platforms.simulator.truth().messages.len(), 0);
}

#[tokio::test]
async fn accepts_a_message_too_soon_after_the_last_and_fails_it() {
    let (platforms, _subscriber) = Platforms::with_callbacks().await;
    let send = |account: &'static str, customer: &'static str| {
        let body = json!({"wxId": account, "conversationId": format!("S:{account}_{customer}"), "content": "a"});
        platforms.post("/gnapi/open/msg/text", body)
    };
    assert_eq!(send("1688", "7881").await["code"], 0);
    assert_eq!(send("1689", "7881").await["code"], 0);
    assert_eq!(send("1688", "7882").await["code"], 0);
    platforms.simulator.advance(Duration::from_millis(500));
    assert_eq!(send("1688", "7881").await["code"], 0);
    let settled = |truth: &crate::Truth| truth.messages.iter().all(|message| message.outcomes == 1);
    let truth = platforms.simulator.wait_until(PATIENCE, settled).await.unwrap();
    let codes: Vec<i64> = truth.messages.iter().map(|message| message.code).collect();
    assert_eq!(codes, [0, 0, -1_000_999, 0]);
    assert_eq!((truth.violations.len(), truth.violations[0].rule.as_str()), (1, "quntool_spacing"));
    let failed = truth.callbacks.iter().find(|callback| callback.body["data"]["error_code"] == -1_000_999).unwrap();
    assert_eq!(failed.body["data"]["error_message"], "Abnormal request frequency");
    assert_eq!(failed.body["sendMsgId"], json!(truth.messages[2].id));
}

#[tokio::test]
async fn fails_what_exceeds_the_companys_hour() {
    let limits = Limits { quntool_per_hour: 3, ..Limits::default() };
    let platforms = Platforms::with(Config { limits, ..Config::default() }).await;
    for _ in 0..4 {
        platforms.text("hello").await;
    }
    platforms.simulator.advance(Duration::from_secs(3600));
    platforms.text("hello").await;
    let settled = |truth: &crate::Truth| truth.messages.iter().all(|message| message.state != MessageState::Accepted);
    let truth = platforms.simulator.wait_until(PATIENCE, settled).await.unwrap();
    let codes: Vec<i64> = truth.messages.iter().map(|message| message.code).collect();
    assert_eq!(codes, [0, 0, 0, -1_000_999, 0]);
    assert_eq!(truth.violations[0].rule, "quntool_per_hour");
}

#[tokio::test]
async fn refuses_an_account_that_is_offline_or_unknown() {
    let platforms = Platforms::start().await;
    let offline = AccountSetting { wx_id: ACCOUNT.to_owned(), online: false, username: None };
    platforms.simulator.set_accounts(vec![offline.clone()], false);
    assert_eq!(platforms.text("hello").await["code"], 409);
    platforms.simulator.set_accounts(vec![AccountSetting { online: true, ..offline }], true);
    assert_eq!(platforms.text("hello").await["code"], 0);
    let unknown = json!({"wxId": "1", "conversationId": "S:1_2", "content": "a"});
    assert_eq!(platforms.post("/gnapi/open/msg/text", unknown).await["code"], 404);
}

#[tokio::test]
async fn sends_an_uploaded_file_and_fails_one_that_is_too_large() {
    let (platforms, _subscriber) = Platforms::with_callbacks().await;
    let part = multipart::Part::bytes(vec![7; (5 << 20) + 1]).file_name("发布.gif");
    let request = platforms.request(Method::POST, "/gnapi/open/file/upload");
    let response = request.multipart(multipart::Form::new().part("file", part)).send().await.unwrap();
    let path = response.json::<Value>().await.unwrap()["data"].clone();
    for kind in ["file", "gif"] {
        platforms.simulator.advance(Duration::from_millis(500));
        platforms.post(&format!("/gnapi/open/msg/{kind}"), addressed(json!({"fileUrl": path}))).await;
    }
    let truth = platforms.simulator.wait_until(PATIENCE, |truth| truth.callbacks.len() == 2).await.unwrap();
    let code = |kind: &str| truth.messages.iter().find(|message| message.kind == kind).unwrap().code;
    assert_eq!((code("file"), code("gif")), (0, -1));
    let file = &truth.callbacks.iter().find(|callback| callback.kind.as_deref() == Some("file_msg")).unwrap().body;
    assert_eq!((&file["data"]["file_path"], &file["data"]["cdn"]["size"]), (&path, &json!((5 << 20) + 1)));
    let served = platforms.request(Method::GET, path.as_str().unwrap()).send().await.unwrap();
    assert_eq!((served.status().as_u16(), served.bytes().await.unwrap().len()), (200, (5 << 20) + 1));
}
