//! Keeps secrets out of the truth.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use serde_json::{Map, Value};

const MASK: &str = "***";

/// Fields and query parameters whose values are secrets, in lower case.
const SECRETS: [&str; 9] =
    ["access_token", "apikey", "app_key", "client_secret", "key", "refresh_token", "sk", "authorization", "cookie"];

/// Shows a query, its secrets masked; the values of a repeated parameter are joined with commas.
pub(crate) fn query(query: &[(String, String)]) -> BTreeMap<String, String> {
    let mut shown = BTreeMap::<String, String>::new();
    for (name, value) in query {
        let value = if is_secret(name) { MASK } else { value };
        shown.entry(name.clone()).and_modify(|all| *all = format!("{all},{value}")).or_insert_with(|| value.to_owned());
    }
    shown
}

/// Shows headers, secrets masked.
pub(crate) fn headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    let show = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers
        .iter()
        .map(|(name, value)| (name.to_string(), if is_secret(name.as_str()) { MASK.to_owned() } else { show(value) }))
        .collect()
}

/// Shows a body or an answer: secret fields are masked, and so are secrets in the query of an address.
pub(crate) fn body(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(fields.into_iter().map(field).collect::<Map<_, _>>()),
        Value::Array(items) => items.into_iter().map(body).collect(),
        Value::String(text) => Value::String(addresses(&text)),
        other => other,
    }
}

fn field((name, value): (String, Value)) -> (String, Value) {
    // `key` is a robot's secret in a query, and an ordinary name in a body.
    let secret = name != "key" && is_secret(&name) && value.is_string();
    let value = if secret { Value::String(MASK.to_owned()) } else { body(value) };
    (name, value)
}

fn is_secret(name: &str) -> bool {
    SECRETS.iter().any(|secret| secret.eq_ignore_ascii_case(name))
}

/// Masks the values of `?key=` and `&access_token=` and the like, wherever they stand in a text.
fn addresses(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for (index, piece) in text.split_inclusive(['?', '&']).enumerate() {
        match piece.split_once('=') {
            Some((name, value)) if index > 0 && is_secret(name) => {
                let rest = value.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "-_.~%+".contains(c));
                shown.extend([name, "=", MASK, rest]);
            }
            _ => shown.push_str(piece),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn masks_a_robot_key_in_an_address_and_leaves_the_rest() {
        let shown = body(json!({"link": "https://a.test/send?key=0b1c-2&x=1", "key": "6E16", "sk": "s"}));
        assert_eq!(shown, json!({"link": "https://a.test/send?key=***&x=1", "key": "6E16", "sk": "***"}));
    }

    #[test]
    fn masks_a_query_parameter_whatever_its_case() {
        let shown = query(&[("Access_Token".to_owned(), "t".to_owned()), ("a".to_owned(), "1".to_owned())]);
        assert_eq!(
            shown,
            BTreeMap::from([("Access_Token".to_owned(), "***".to_owned()), ("a".to_owned(), "1".to_owned())])
        );
    }
}
