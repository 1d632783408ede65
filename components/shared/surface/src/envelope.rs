//! The envelopes of the surfaces.

use crate::{Answer, Refusal, rate_limit};
use caller::types::Standing;
use contract::System;
use http::{HeaderName, header};
use serde_json::{Map, Value, json};

/// A group of routes that share a credential and an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// `/integration/wx_work/…`: `{code,msg,data,requestId,ok}`.
    Wanwang,
    /// `/gnapi/open/…`: `{msg,code,data}`.
    Quntool,
    /// `/api/v1/openapi/…`: `{code,data,msg,hint}`.
    Kdocs,
    /// `/oauth2/token`: RFC 6749 §5.2.
    Token,
    /// Everything else: plain JSON, and RFC 9457 problems.
    Gateway,
}

impl Surface {
    /// Returns the surface that a path belongs to.
    pub fn of(path: &str) -> Self {
        const SURFACES: &[(&str, Surface)] = &[
            ("/integration/", Surface::Wanwang),
            ("/gnapi/", Surface::Quntool),
            ("/api/v1/openapi/", Surface::Kdocs),
            ("/oauth2/", Surface::Token),
        ];
        SURFACES
            .iter()
            .find(|(prefix, _)| path.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)))
            .map_or(Self::Gateway, |(_, surface)| *surface)
    }

    /// Returns the platform that the surface stands in for.
    pub const fn system(self) -> Option<System> {
        match self {
            Self::Wanwang => Some(System::Wanwang),
            Self::Quntool => Some(System::Quntool),
            Self::Kdocs => Some(System::Kdocs),
            Self::Token | Self::Gateway => None,
        }
    }

    /// Answers a refusal of the gateway in the surface's envelope, with the fitting HTTP status.
    pub fn refuse(self, refusal: &Refusal, request_id: &str) -> Answer {
        let entry = refusal.problem.entry();
        let message = refusal.message();
        let data = || refusal.id.as_ref().map_or(Value::Null, |id| json!({ "id": id }));
        let body = match self {
            Self::Wanwang => json!({
                "code": entry.code, "msg": message, "data": data(), "requestId": request_id, "ok": false,
            }),
            Self::Quntool => json!({ "msg": message, "code": entry.code, "data": data() }),
            Self::Kdocs => {
                json!({ "code": entry.code, "msg": message, "hint": refusal.advice(), "data": data() })
            }
            Self::Token => json!({ "error": token_error(entry.name), "error_description": message }),
            Self::Gateway => problem(refusal, request_id),
        };
        let mut answer = Answer::json(entry.status(), &body);
        if self == Self::Gateway {
            answer.media_type = "application/problem+json; charset=utf-8";
        }
        if entry.status() == 401 {
            let scheme = if self == Self::Token { "Basic realm=\"wecom-gateway\"" } else { "Bearer" };
            answer = answer.with(header::WWW_AUTHENTICATE, scheme);
        }
        if let Some(milliseconds) = refusal.retry_after {
            answer = answer.with(header::RETRY_AFTER, &milliseconds.div_ceil(1_000).max(1).to_string());
        }
        if let (Some(limit), Some((quota, window_ms)), Some(reset_ms)) =
            (&refusal.limit, refusal.policy, refusal.retry_after)
        {
            let standing = Standing { limit: limit.clone(), quota, window_ms, remaining: 0, reset_ms };
            answer = rate_limit::tell(answer, &[standing]);
        }
        if let Some(allow) = &refusal.allow {
            answer = answer.with(header::ALLOW, allow);
        }
        if let Some(id) = &refusal.id {
            answer = answer.with(crate::answer::MESSAGE_ID, id);
        }
        answer
    }

    /// Finds the credential that the surface asks for.
    pub fn credential(self, headers: &http::HeaderMap, query: &str) -> Option<String> {
        const API_KEY: HeaderName = HeaderName::from_static("apikey");
        let bearer = || crate::credential::bearer(headers).map(str::to_owned);
        let api_key = || headers.get(API_KEY).and_then(|value| value.to_str().ok()).map(str::to_owned);
        match self {
            Self::Wanwang => bearer(),
            Self::Quntool => api_key(),
            Self::Kdocs => crate::query::get(query, "access_token"),
            Self::Token => None,
            Self::Gateway => bearer().or_else(api_key),
        }
        .filter(|credential| !credential.is_empty())
    }

    /// Says where the surface looks for the credential.
    pub const fn credential_place(self) -> &'static str {
        match self {
            Self::Wanwang => "请在 Authorization 请求头中携带 Bearer 令牌",
            Self::Quntool => "请在请求头中携带 apikey",
            Self::Kdocs => "请在查询参数中携带 access_token",
            Self::Token => "请使用 client_id 与 client_secret",
            Self::Gateway => "请携带 Authorization: Bearer 或 apikey 请求头",
        }
    }
}

/// A problem of RFC 9457.
fn problem(refusal: &Refusal, request_id: &str) -> Value {
    let entry = refusal.problem.entry();
    let mut body = Map::new();
    body.insert("type".into(), format!("urn:wecom-gateway:problem:{}", entry.name).into());
    body.insert("title".into(), entry.title.into());
    body.insert("status".into(), entry.status().into());
    body.insert("detail".into(), refusal.message().into());
    body.insert("code".into(), entry.code.into());
    body.insert("requestId".into(), request_id.into());
    let optional = [
        ("field", refusal.field.clone().map(Value::from)),
        ("id", refusal.id.clone().map(Value::from)),
        ("limit", refusal.limit.clone().map(Value::from)),
        ("retryAfterMs", refusal.retry_after.map(Value::from)),
        ("upstream", refusal.upstream.clone()),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            body.insert(name.into(), value);
        }
    }
    Value::Object(body)
}

/// The error codes of RFC 6749 §5.2.
fn token_error(name: &str) -> &'static str {
    match name {
        "invalid-client" => "invalid_client",
        "internal" | "not-configured" => "server_error",
        _ => "invalid_request",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Problem;

    #[test]
    fn every_surface_refuses_in_its_own_envelope() {
        let refusal = Refusal::new(Problem::InvalidParameter, "参数 content 不能为空").of_field("content");
        let body = |surface: Surface| -> Value { serde_json::from_str(&surface.refuse(&refusal, "r-1").body).unwrap() };
        let message = "参数错误:参数 content 不能为空。请按文档修正该参数后重试";
        assert_eq!(
            body(Surface::Wanwang),
            json!({"code": 400_002, "msg": message, "data": null, "requestId": "r-1", "ok": false})
        );
        assert_eq!(body(Surface::Quntool), json!({"msg": message, "code": 400_002, "data": null}));
        assert_eq!(
            body(Surface::Kdocs),
            json!({"code": 400_002, "msg": message, "hint": "请按文档修正该参数后重试", "data": null})
        );
        assert_eq!(body(Surface::Token), json!({"error": "invalid_request", "error_description": message}));
        assert_eq!(
            body(Surface::Gateway),
            json!({
                "type": "urn:wecom-gateway:problem:invalid-parameter", "title": "参数错误", "status": 400,
                "detail": message, "code": 400_002, "requestId": "r-1", "field": "content",
            })
        );
    }

    #[test]
    fn headers_say_when_and_how_to_come_again() {
        let mut refusal = Refusal::new(Problem::Throttled, "");
        refusal.retry_after = Some(1_200);
        refusal.id = Some("m-1".into());
        let answer = Surface::Quntool.refuse(&refusal, "r-1");
        assert_eq!(answer.status, 429);
        assert_eq!(answer.headers["retry-after"], "2");
        assert_eq!(answer.headers["x-message-id"], "m-1");
        assert_eq!(
            Surface::Gateway.refuse(&Refusal::new(Problem::Unauthorized, ""), "r").headers["www-authenticate"],
            "Bearer"
        );
    }

    #[test]
    fn paths_belong_to_their_surface() {
        assert_eq!(Surface::of("/integration/wx_work/sendByWorkIds"), Surface::Wanwang);
        assert_eq!(Surface::of("/GNAPI/open/msg/text"), Surface::Quntool);
        assert_eq!(Surface::of("/api/v1/openapi/notification/wecom"), Surface::Kdocs);
        assert_eq!(Surface::of("/oauth2/token"), Surface::Token);
        assert_eq!(Surface::of("/v1/messages/1"), Surface::Gateway);
        assert_eq!(Surface::of("/汉"), Surface::Gateway);
    }
}
