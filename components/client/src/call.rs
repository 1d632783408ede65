//! Quntool's operations that are not messages.

pub mod form;
pub mod recording;
pub mod transfer;

use crate::{
    bindings::exports::wecom::gateway::{
        quntool::Answer,
        types::{Failure, System},
    },
    configuration,
    dispatch::Ending,
    platform::invalid,
    upstream::{self, Outbound, Silence},
};
use contract::{Endpoint, Method, quntool};
use serde_json::{Map, Value};

/// Calls an operation; see `wit/quntool.wit`.
pub async fn call(operation: &str, arguments: &str) -> Result<Answer, Failure> {
    let endpoint = find(operation).ok_or_else(|| invalid("operation", "没有该操作"))?;
    let Ok(Value::Object(arguments)) = serde_json::from_str(arguments) else {
        return Err(invalid("arguments", "应为 JSON 对象"));
    };
    let configuration = configuration::read().await;
    let url = format!("{}{}", configuration.quntool_url, endpoint.path);
    let outbound = match endpoint.method {
        Method::Get => Outbound::get(with_query(url, &arguments)),
        method => Outbound::json(method.as_str(), url, &Value::Object(arguments)),
    };
    let answer = upstream::exchange(outbound.with_apikey(&configuration.quntool_apikey)).await;
    read(answer.map_err(failure)?)
}

/// Finds an operation by its name; messages are sent, not called.
fn find(operation: &str) -> Option<&'static Endpoint> {
    quntool::ENDPOINTS.iter().find(|endpoint| endpoint.operation().as_deref() == Some(operation))
}

/// Lets an answer pass as it came if it is JSON; anything else is no answer of Quntool.
fn read(answer: upstream::Answer) -> Result<Answer, Failure> {
    let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(&answer.body).is_ok();
    match (answer.status, String::from_utf8(answer.body)) {
        (status @ ..=499, Ok(body)) if is_json => Ok(Answer { status, body }),
        (500.., _) => Err(lost("平台返回服务器错误")),
        _ => Err(lost("应答不是 JSON")),
    }
}

fn lost(reason: &str) -> Failure {
    failure(Silence::Lost { reason: reason.into(), timed_out: false })
}

/// Says why there is no answer to an operation; no message is at stake.
fn failure(silence: Silence) -> Failure {
    Ending::Silence(silence).failure(None, System::Quntool)
}

/// Writes arguments as a query; a list becomes one parameter per entry.
fn with_query(url: String, arguments: &Map<String, Value>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in arguments {
        let values = match value {
            Value::Array(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        };
        for value in values {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            query.append_pair(name, &text);
        }
    }
    let query = query.finish();
    if query.is_empty() { url } else { format!("{url}?{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn arguments_become_a_query() {
        let arguments = json!({"wxId": "1 2", "IsOnline": false, "HostName": ["a", "b&c"]});
        let Value::Object(arguments) = arguments else { panic!("not an object") };
        let url = with_query("http://q/x".into(), &arguments);
        let (path, query) = url.split_once('?').unwrap();
        assert_eq!(path, "http://q/x");
        let mut pairs: Vec<&str> = query.split('&').collect();
        pairs.sort_unstable();
        assert_eq!(pairs, ["HostName=a", "HostName=b%26c", "IsOnline=false", "wxId=1+2"]);
        assert_eq!(with_query("http://q/x".into(), &Map::new()), "http://q/x");
    }

    #[test]
    fn messages_are_no_operations() {
        assert!(find("POST msg/text").is_none());
        assert!(find("msg/text").is_none());
    }

    #[test]
    fn only_json_passes() {
        let answer = |status, body: &str| read(upstream::Answer { status, body: body.as_bytes().to_vec() });
        assert_eq!(answer(200, r#"{"code":404,"msg":"x"}"#).unwrap().status, 200);
        assert_eq!(answer(400, "{}").unwrap().status, 400);
        assert!(matches!(answer(200, "<html>"), Err(Failure::Ambiguous(_))));
        assert!(matches!(answer(500, "{}"), Err(Failure::Ambiguous(_))));
    }
}
