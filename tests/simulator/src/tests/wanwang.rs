//! Wanwang's rules.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::support::Platforms;
use crate::{MessageState, TokenOf};

const HOUR: Duration = Duration::from_secs(3600);

async fn token(platforms: &Platforms) -> String {
    let form = "grant_type=client_credentials&client_id=sandbox&client_secret=sandbox";
    let request = platforms.request(Method::POST, "/oauth2/token").body(form);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

async fn call(platforms: &Platforms, token: &str, operation: &str, body: &Value) -> (u16, Value) {
    let request = platforms.request(Method::POST, &format!("/integration/wx_work/{operation}"));
    let response = request.bearer_auth(token).json(body).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

fn text(content: &str) -> Value {
    json!({"workIds": ["ww0517"], "content": content})
}

#[tokio::test]
async fn issues_a_token_for_basic_credentials() {
    let platforms = Platforms::start().await;
    let request = platforms.request(Method::POST, "/oauth2/token").basic_auth("sandbox", Some("sandbox"));
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let answer: Value = request.body("grant_type=client_credentials").send().await.unwrap().json().await.unwrap();
    assert_eq!((&answer["token_type"], &answer["expires_in"]), (&json!("Bearer"), &json!(7200)));
    assert_eq!(platforms.simulator.truth().tokens.issued, 1);
}

#[tokio::test]
async fn refuses_a_wrong_client_and_another_grant() {
    let platforms = Platforms::start().await;
    let ask = |secret: &'static str, form: &'static str| {
        let request = platforms.request(Method::POST, "/oauth2/token").basic_auth("sandbox", Some(secret));
        request.header("content-type", "application/x-www-form-urlencoded").body(form).send()
    };
    let wrong = ask("no", "grant_type=client_credentials").await.unwrap();
    assert_eq!((wrong.status().as_u16(), wrong.headers().contains_key("www-authenticate")), (401, true));
    assert_eq!(wrong.json::<Value>().await.unwrap(), json!({"error": "invalid_client"}));
    let grant = ask("sandbox", "grant_type=password").await.unwrap();
    assert_eq!(grant.status(), 400);
    assert_eq!(grant.json::<Value>().await.unwrap(), json!({"error": "unsupported_grant_type"}));
    assert_eq!(platforms.simulator.truth().tokens.issued, 0);
}

#[tokio::test]
async fn refuses_a_send_without_a_token() {
    let platforms = Platforms::start().await;
    let (status, answer) = call(&platforms, "forged", "sendByWorkIds", &text("hello")).await;
    assert_eq!((status, &answer["code"], &answer["ok"]), (401, &json!(401), &json!(false)));
    let truth = platforms.simulator.truth();
    assert_eq!((truth.requests.len(), truth.messages.len()), (1, 0));
}

#[tokio::test]
async fn answers_a_send_as_the_document_does() {
    let platforms = Platforms::start().await;
    let token = token(&platforms).await;
    let (status, mut answer) = call(&platforms, &token, "sendByWorkIds", &text("hello")).await;
    let id = answer["data"]["msgId"].take();
    let request_id = answer["requestId"].take();
    assert_eq!((status, id.as_str().unwrap().len(), request_id.as_str().unwrap().len()), (200, 107, 19));
    assert_eq!(answer, json!({"code": 0, "msg": null, "data": {"msgId": null}, "requestId": null, "ok": true}));
    let message = platforms.simulator.truth().messages.remove(0);
    assert_eq!((message.id.as_str(), message.state), (id.as_str().unwrap(), MessageState::Delivered));
    assert_eq!((message.recipients, message.content), (vec!["ww0517".to_owned()], json!({"content": "hello"})));
}

#[tokio::test]
async fn takes_every_kind_of_message_and_refuses_it_without_a_required_field() {
    let platforms = Platforms::start().await;
    let token = token(&platforms).await;
    let article = json!({"title": "t", "description": "d", "picUrl": "https://a.test/p.png"});
    let card = json!({"title": "t", "description": "d", "url": "https://a.test"});
    let kinds = [
        ("sendByWorkIds", "content", json!("hello")),
        ("sendTextCardByWorkIds", "textCard", card),
        ("sendFileByWorkIds", "fileUrl", json!("https://a.test:443/2025/426.pdf")),
        ("sendImageByWorkIds", "images", json!([article])),
        ("sendMarkdownByWorkIds", "markdown", json!({"content": "**hello**"})),
    ];
    for (operation, field, value) in kinds {
        let (_, answer) = call(&platforms, &token, operation, &json!({"workIds": ["a", "b"], field: value})).await;
        assert_eq!(answer["code"], 0, "{operation}: {answer}");
        let (_, answer) = call(&platforms, &token, operation, &json!({"workIds": ["a"]})).await;
        assert_eq!((&answer["code"], &answer["ok"]), (&json!(400), &json!(false)), "{operation} without {field}");
        let (_, answer) = call(&platforms, &token, operation, &json!({field: value})).await;
        assert_eq!(answer["code"], 400, "{operation} without workIds");
    }
    assert_eq!(platforms.simulator.truth().messages.len(), 5);
}

#[tokio::test]
async fn refuses_a_confidential_file_of_an_unlisted_format_and_nine_articles() {
    let platforms = Platforms::start().await;
    let token = token(&platforms).await;
    let file = json!({"workIds": ["a"], "fileUrl": "https://a.test/a.zip", "safe": 1});
    assert_eq!(call(&platforms, &token, "sendFileByWorkIds", &file).await.1["code"], 40058);
    let article = json!({"title": "t", "description": "d", "picUrl": "https://a.test/p.png"});
    let news = json!({"workIds": ["a"], "images": vec![article; 9]});
    assert_eq!(call(&platforms, &token, "sendImageByWorkIds", &news).await.1["code"], 45008);
}

#[tokio::test]
async fn refuses_more_than_a_thousand_recipients() {
    let platforms = Platforms::start().await;
    let token = token(&platforms).await;
    let send = |count: usize| {
        let ids: Vec<String> = (0..count).map(|id| format!("ww{id}")).collect();
        json!({"workIds": ids, "content": "hello"})
    };
    assert_eq!(call(&platforms, &token, "sendByWorkIds", &send(1000)).await.1["code"], 0);
    assert_eq!(call(&platforms, &token, "sendByWorkIds", &send(1001)).await.1["code"], 40032);
}

#[tokio::test]
async fn cuts_a_long_text_at_the_end_of_a_character() {
    let platforms = Platforms::start().await;
    let token = token(&platforms).await;
    call(&platforms, &token, "sendByWorkIds", &text(&"a".repeat(2048))).await;
    call(&platforms, &token, "sendByWorkIds", &text(&"中".repeat(683))).await;
    let truth = platforms.simulator.truth();
    let arrived = |index: usize| truth.messages[index].content["content"].as_str().unwrap().len();
    assert_eq!((arrived(0), truth.messages[0].cut), (2048, false));
    assert_eq!((arrived(1), truth.messages[1].cut), (2046, true));
}

#[tokio::test]
async fn tokens_expire_and_can_be_killed_early() {
    let platforms = Platforms::start().await;
    let first = token(&platforms).await;
    platforms.simulator.advance(HOUR * 2 - Duration::from_secs(60));
    assert_eq!(call(&platforms, &first, "sendByWorkIds", &text("a")).await.0, 200);
    platforms.simulator.advance(Duration::from_secs(60));
    assert_eq!(call(&platforms, &first, "sendByWorkIds", &text("b")).await.0, 401);
    let second = token(&platforms).await;
    platforms.simulator.expire_tokens(TokenOf::Wanwang);
    assert_eq!(call(&platforms, &second, "sendByWorkIds", &text("c")).await.0, 401);
    assert_eq!(platforms.simulator.truth().tokens.issued, 2);
}

#[tokio::test]
async fn drops_the_thirty_first_message_of_a_minute_silently() {
    let platforms = Platforms::start().await;
    let token = token(&platforms).await;
    for _ in 0..31 {
        assert_eq!(call(&platforms, &token, "sendByWorkIds", &text("hello")).await.1["code"], 0);
    }
    let truth = platforms.simulator.truth();
    let dropped = |message: &&crate::Message| message.state == MessageState::Dropped;
    assert_eq!(truth.messages.iter().filter(dropped).count(), 1);
    assert_eq!((truth.violations.len(), truth.violations[0].rule.as_str()), (1, "wanwang_per_minute"));
    let another_app = json!({"workIds": ["ww0517", "ww2"], "content": "hello", "companyId": "corp001"});
    call(&platforms, &token, "sendByWorkIds", &another_app).await;
    call(&platforms, &token, "sendByWorkIds", &json!({"workIds": ["ww0517", "ww2"], "content": "hello"})).await;
    let truth = platforms.simulator.truth();
    assert_eq!((truth.messages[31].state, truth.messages[31].dropped.len()), (MessageState::Delivered, 0));
    assert_eq!(
        (truth.messages[32].state, &truth.messages[32].dropped),
        (MessageState::Delivered, &vec!["ww0517".to_owned()])
    );
}

#[tokio::test]
async fn drops_the_thousand_and_first_message_of_an_hour() {
    let platforms = Platforms::start().await;
    let token = token(&platforms).await;
    for count in 0..1001 {
        if count % 30 == 0 {
            platforms.simulator.advance(Duration::from_secs(61));
        }
        call(&platforms, &token, "sendByWorkIds", &text("hello")).await;
    }
    let truth = platforms.simulator.truth();
    assert_eq!(truth.messages.iter().filter(|message| message.state == MessageState::Dropped).count(), 1);
    assert_eq!(truth.violations[0].rule, "wanwang_per_hour");
}

#[tokio::test]
async fn recalls_once_within_a_day_and_only_by_the_same_app() {
    let platforms = Platforms::start().await;
    let mut token = token(&platforms).await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let (_, answer) = call(&platforms, &token, "sendByWorkIds", &text("hello")).await;
        ids.push(answer["data"]["msgId"].as_str().unwrap().to_owned());
    }
    let (_, other_app) = call(&platforms, &token, "recall", &json!({"msgId": ids[0], "companyId": "corp001"})).await;
    let (_, recalled) = call(&platforms, &token, "recall", &json!({"msgId": ids[0]})).await;
    let (_, again) = call(&platforms, &token, "recall", &json!({"msgId": ids[0]})).await;
    assert_eq!((&other_app["code"], &recalled["code"], &again["code"]), (&json!(40058), &json!(0), &json!(40058)));
    assert_eq!((&recalled["data"], &recalled["ok"]), (&Value::Null, &json!(true)));
    platforms.simulator.advance(HOUR * 24 + Duration::from_secs(1));
    token = self::token(&platforms).await;
    assert_eq!(call(&platforms, &token, "recall", &json!({"msgId": ids[1]})).await.1["code"], 40058);
    let states: Vec<MessageState> = platforms.simulator.truth().messages.iter().map(|message| message.state).collect();
    assert_eq!(states, [MessageState::Recalled, MessageState::Delivered]);
}

#[tokio::test]
async fn refuses_a_message_to_nobody_who_exists() {
    let platforms = Platforms::start().await;
    let token = token(&platforms).await;
    platforms.simulator.set_employees(Some(["ww2".to_owned()].into()));
    assert_eq!(call(&platforms, &token, "sendByWorkIds", &text("hello")).await.1["code"], 81013);
    let some = json!({"workIds": ["ww0517", "ww2"], "content": "hello"});
    assert_eq!(call(&platforms, &token, "sendByWorkIds", &some).await.1["code"], 0);
    assert_eq!(platforms.simulator.truth().messages[0].recipients, ["ww2"]);
}
