//! Sending messages, and asking after them.

use super::{Gateway, answer::Answer, credentials, eventually};
use crate::PATIENCE;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

/// The hosted account that sends unless a test says otherwise, and the customer whom it reaches.
pub const ACCOUNT: &str = "168885435526XXXX";
pub const CUSTOMER: &str = "788130083907XXXX";
/// The path of a text to a customer.
pub const TEXT: &str = "/gnapi/open/msg/text";
/// The path of a text to employees.
pub const EMPLOYEES: &str = "/integration/wx_work/sendByWorkIds";
/// The path of messages to a robot.
pub const ROBOT: &str = "/api/v1/openapi/notification/wecom";

/// Returns the conversation of an account with the customer.
pub fn conversation(account: &str) -> String {
    format!("S:{account}_{CUSTOMER}")
}

/// Returns the webhook of the robot with this key.
pub fn webhook(key: &str) -> String {
    format!("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={key}")
}

impl Gateway {
    /// Begins to send a text from an account to the customer.
    pub fn chat(&self, account: &str, content: &str) -> RequestBuilder {
        let message = json!({"wxId": account, "conversationId": conversation(account), "content": content});
        self.post(TEXT).header("apikey", credentials::CRM).json(&message)
    }

    /// Begins to send a text to an employee.
    pub fn notice(&self, work_id: &str, content: &str) -> RequestBuilder {
        self.post(EMPLOYEES).bearer_auth(credentials::CRM).json(&json!({"workIds": [work_id], "content": content}))
    }

    /// Begins to send texts to the group of a robot.
    pub fn post_to_robot(&self, key: &str, contents: &[&str]) -> RequestBuilder {
        let data: Vec<Value> =
            contents.iter().map(|content| json!({"msgtype": "text", "text": {"content": content}})).collect();
        let message = json!({"link": webhook(key), "data": data});
        self.post(ROBOT).query(&[("access_token", credentials::CRM)]).json(&message)
    }

    /// Sends a text from an account to the customer; fails if the platform does not take it.
    pub async fn chatted(&self, account: &str, content: &str) -> Answer {
        let answer = self.ask(self.chat(account, content)).await;
        assert_eq!((answer.status, &answer.body["code"]), (200, &json!(0)), "{answer:?}");
        answer
    }

    /// Asks after a message of `crm`, by either id.
    pub async fn message(&self, id: &str) -> Answer {
        self.ask(self.get(&format!("/v1/messages/{id}")).bearer_auth(credentials::CRM)).await
    }

    /// Returns the state of a message of `crm`.
    pub async fn state(&self, id: &str) -> String {
        self.message(id).await.text_at("/state").to_owned()
    }

    /// Waits until a message of `crm` has come to a state, and returns what is known of it.
    pub async fn becomes(&self, id: &str, state: &str) -> Value {
        let look = async || Some(self.message(id).await.body).filter(|message| message["state"] == state);
        eventually(&format!("{id} is {state}"), PATIENCE, look).await
    }
}

/// Returns the states that a message went through.
pub fn history(message: &Value) -> Vec<&str> {
    let attempts = message["attempts"].as_array().expect("a message has a history");
    attempts.iter().map(|attempt| attempt["state"].as_str().expect("a state is a text")).collect()
}
