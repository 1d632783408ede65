//! `POST /oauth2/token`: access tokens by client credentials (RFC 6749 §4.4).

use crate::Unanswered;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use contract::Problem;
use http::{HeaderMap, header};
use runtime::clock;
use serde_json::{Map, Value, json};
use spin_sdk::http::Request;
use surface::{Answer, Refusal, body, credential, query, token};

/// Issues a token to a caller: its name is the client id, its secret the client secret, by HTTP Basic or in the body
/// (form or JSON).
pub async fn issue(request: Request) -> Result<Answer, Unanswered> {
    let (parts, incoming) = request.into_parts();
    let bytes = body::read(&parts.headers, incoming).await?;
    let fields = fields(&parts.headers, &bytes)?;
    let field = |name: &str| fields.get(name).and_then(Value::as_str);
    match field("grant_type") {
        Some("client_credentials") => {}
        Some(_) => return Ok(refuse("unsupported_grant_type", "grant_type 只支持 client_credentials")),
        None => return Ok(refuse("invalid_request", "参数 grant_type 缺失:必填,取值为 client_credentials")),
    }
    let in_body = || Some((field("client_id")?.to_owned(), field("client_secret")?.to_owned()));
    let callers = credential::configured().await;
    let presented = basic(&parts.headers).or_else(in_body);
    let caller = presented.as_ref().and_then(|(name, secret)| {
        // Many clients leave out the encoding that RFC 6749 §2.3.1 asks for inside of Basic.
        let found = callers.by_name_and_secret(name, secret);
        found.or_else(|| callers.by_name_and_secret(&decode(name), &decode(secret)))
    });
    let Some(caller) = caller else {
        return Err(Refusal::new(Problem::InvalidClient, "").into());
    };
    let issued = token::issue(&caller.name, &caller.secret, clock::now(), token::LIFETIME * 1_000);
    let Some(access_token) = issued else { return Err(Refusal::new(Problem::Internal, "").into()) };
    let body = json!({ "access_token": access_token, "token_type": "Bearer", "expires_in": token::LIFETIME });
    Ok(Answer::json(200, &body).with(header::CACHE_CONTROL, "no-store"))
}

fn fields(headers: &HeaderMap, bytes: &[u8]) -> Result<Map<String, Value>, Refusal> {
    let is_json = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    if is_json {
        return body::object(headers, bytes);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Refusal::new(Problem::InvalidBody, "应为 UTF-8 文本"))?;
    Ok(query::object(text))
}

/// Reads HTTP Basic credentials, as they stand.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (name, secret) = decoded.split_once(':')?;
    Some((name.to_owned(), secret.to_owned()))
}

fn decode(text: &str) -> String {
    query::get(&format!("text={text}"), "text").unwrap_or_default()
}

fn refuse(error: &str, description: &str) -> Answer {
    Answer::json(400, &json!({ "error": error, "error_description": description }))
}
