//! Without configuration: the gateway starts, and every surface refuses.

use crate::gateway::{
    Gateway,
    builder::Builder,
    messages::{ACCOUNT, EMPLOYEES, ROBOT, TEXT, conversation, webhook},
};
use reqwest::RequestBuilder;
use serde_json::json;

/// What somebody might try who has been given nothing: nothing, and what a careless default would be.
const GUESSES: [&str; 6] = ["", "sandbox", "[]", "null", "undefined", "{{ callers }}"];

/// One request to each surface with a credential.
fn requests(gateway: &Gateway, credential: &str) -> Vec<RequestBuilder> {
    let text = json!({"wxId": ACCOUNT, "conversationId": conversation(ACCOUNT), "content": "你好"});
    let data = json!([{"msgtype": "text", "text": {"content": "你好"}}]);
    let client = [("grant_type", "client_credentials"), ("client_id", credential), ("client_secret", credential)];
    vec![
        gateway.post(EMPLOYEES).bearer_auth(credential).json(&json!({"workIds": ["ww0517"], "content": "你好"})),
        gateway.post(TEXT).header("apikey", credential).json(&text),
        gateway.post(ROBOT).query(&[("access_token", credential)]).json(&json!({"link": webhook("xxx"), "data": data})),
        gateway.post("/oauth2/token").form(&client),
        gateway.get("/v1/messages/x").bearer_auth(credential),
        gateway.post(&format!("/callback/quntool/{credential}")).json(&json!({"msgId": "1"})),
        gateway.post("/internal/send/tick").bearer_auth(credential),
        gateway.post("/internal/callback/tick").bearer_auth(credential),
    ]
}

async fn refuses_everything(builder: Builder) {
    let gateway = builder.start().await;
    for guess in GUESSES {
        for request in requests(&gateway, guess) {
            let answer = gateway.ask(request).await;
            assert_eq!(answer.status, 401, "{guess:?}: {answer:?}");
        }
    }
    assert!(gateway.simulator.truth().requests.is_empty());
}

#[tokio::test]
async fn with_no_variable_at_all_every_surface_refuses() {
    refuses_everything(Gateway::builder().unconfigured()).await;
}

#[tokio::test]
async fn with_empty_variables_every_surface_refuses() {
    let secrets = ["callers", "callback_token", "tick_token", "subscribers", "quntool_apikey", "kdocs_access_token"];
    let empty = secrets.into_iter().fold(Gateway::builder().unconfigured(), |builder, name| builder.variable(name, ""));
    refuses_everything(empty).await;
}

#[tokio::test]
async fn callers_that_cannot_be_read_are_nobody_and_the_log_says_so() {
    let hidden = "hidden-in-callers";
    let callers =
        [format!(r#"{{"name":"crm","secret":"{hidden}"}}"#), format!(r#"[{{"name":"","secret":"{hidden}"}}]"#)];
    for callers in callers {
        let gateway = Gateway::builder().variable("callers", callers).start().await;
        for request in requests(&gateway, hidden) {
            let answer = gateway.ask(request).await;
            assert_eq!(answer.status, 401, "{answer:?}");
        }
        let printed = gateway.printed();
        assert!(printed.contains("callers") && !printed.contains(hidden), "{printed}");
    }
}
