//! The three drop-in surfaces: how they are called, and the envelopes of their refusals.

use crate::gateway::{
    Gateway,
    answer::Answer,
    credentials::CRM,
    messages::{ACCOUNT, EMPLOYEES, ROBOT, TEXT, conversation, webhook},
};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

/// A drop-in surface, with a request that it takes.
pub struct Surface {
    /// The path of the request.
    pub path: &'static str,
    /// The body of the request.
    pub sample: fn() -> Value,
    /// Puts a credential where the surface looks for it.
    pub authorize: fn(RequestBuilder, &str) -> RequestBuilder,
    /// Checks the envelope of a refusal, and returns its text.
    envelope: fn(&Answer) -> &str,
}

/// 万网中台.
pub const WANWANG: Surface = Surface {
    path: EMPLOYEES,
    sample: || json!({"workIds": ["ww0517", "ww0518"], "content": "这是一条测试消息", "companyId": "corp001"}),
    authorize: |request, secret| request.bearer_auth(secret),
    envelope: |answer| {
        assert_eq!(sorted(answer), ["code", "data", "msg", "ok", "requestId"]);
        assert_eq!((&answer.body["ok"], &answer.body["data"]), (&json!(false), &Value::Null));
        assert_eq!(answer.text_at("/requestId"), answer.header("x-request-id"));
        answer.text_at("/msg")
    },
};

/// 聚合聊天.
pub const QUNTOOL: Surface = Surface {
    path: TEXT,
    sample: || json!({"wxId": ACCOUNT, "conversationId": conversation(ACCOUNT), "content": "你真的是又美又仙啊"}),
    authorize: |request, secret| request.header("apikey", secret),
    envelope: |answer| {
        assert_eq!(sorted(answer), ["code", "data", "msg"]);
        assert_eq!(answer.body["data"], Value::Null);
        answer.text_at("/msg")
    },
};

/// KDocs.
pub const KDOCS: Surface = Surface {
    path: ROBOT,
    sample: || {
        let text = json!({"msgtype": "text", "text": {"content": "这是要发送的消息"}});
        let markdown = json!({"msgtype": "markdown", "markdown": {"content": "## 这是要发送的markdown"}});
        json!({"link": webhook("xxx"), "data": [text, markdown]})
    },
    authorize: |request, secret| request.query(&[("access_token", secret)]),
    envelope: |answer| {
        assert_eq!(sorted(answer), ["code", "data", "hint", "msg"]);
        assert_eq!(answer.body["data"], Value::Null);
        assert!(!answer.text_at("/hint").is_empty());
        answer.text_at("/msg")
    },
};

/// All of them.
pub const SURFACES: [&Surface; 3] = [&WANWANG, &QUNTOOL, &KDOCS];

impl Surface {
    /// Begins a request with the credential of `crm` and no body.
    pub fn request(&self, gateway: &Gateway) -> RequestBuilder {
        (self.authorize)(gateway.post(self.path), CRM)
    }

    /// Expects that a request is refused with this status, in the surface's envelope, and that the text names this.
    pub async fn refuses(&self, gateway: &Gateway, case: &str, request: RequestBuilder, status: u16, named: &str) {
        let answer = gateway.ask(request).await;
        assert_eq!(answer.status, status, "{} {case}: {answer:?}", self.path);
        let code = answer.body["code"].as_u64().expect("a refusal has a code");
        assert_eq!(code / 1_000, u64::from(status), "{} {case}: {answer:?}", self.path);
        assert!(answer.header("content-type").starts_with("application/json"), "{answer:?}");
        let text = (self.envelope)(&answer);
        assert!(text.contains(named), "{} {case}: {named:?} is not named in {text:?}", self.path);
    }
}

fn sorted(answer: &Answer) -> Vec<&str> {
    let mut names: Vec<&str> = answer.fields().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}
