//! Idempotency keys (draft-ietf-httpapi-idempotency-key-header-07).

use crate::Refusal;
use contract::Problem;
use http::{HeaderMap, HeaderName};
use sfv::{BareItem, Parser};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// On an answer that was given before.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Reads the request's idempotency key: a structured-field string of 1 to 255 characters, in quotation marks.
pub fn key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let malformed = || Refusal::new(Problem::InvalidIdempotencyKey, "");
    let mut values = headers.get_all(KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(malformed());
    }
    let item: sfv::Item = Parser::new(value.as_bytes()).parse().map_err(|_| malformed())?;
    match item.bare_item {
        BareItem::String(key) if (1..=255).contains(&key.as_str().len()) => Ok(Some(key.as_str().to_owned())),
        _ => Err(malformed()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<Option<String>, Refusal> {
        let mut headers = HeaderMap::new();
        headers.insert(KEY, value.parse().unwrap());
        key(&headers)
    }

    #[test]
    fn a_key_is_a_quoted_string() {
        assert_eq!(key(&HeaderMap::new()).unwrap(), None);
        assert_eq!(read(r#""8e03978e-40d5""#).unwrap().as_deref(), Some("8e03978e-40d5"));
        assert_eq!(read(r#""a\"b""#).unwrap().as_deref(), Some("a\"b"));
        for value in ["8e03978e", "\"\"", "\"a", "7", &format!("\"{}\"", "k".repeat(256)), "\"a\", \"b\""] {
            assert_eq!(read(value).unwrap_err().problem, Problem::InvalidIdempotencyKey, "{value}");
        }
    }
}
