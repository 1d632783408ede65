//! Wanwang's access token: cached, and renewed by one gateway at a time.
//!
//! The token lives in the instance and, sealed, in the key-value store, where every instance and replica finds it.

use crate::{
    configuration::Configuration,
    dispatch::Ending,
    hexadecimal,
    platform::Refusal,
    seal,
    upstream::{self, Answer, Outbound, Silence},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use contract::wanwang::TOKEN_PATH;
use runtime::clock;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use store::{KeyValue, keys};

/// A token is not used for the last milliseconds of its life.
const MARGIN: u64 = 60_000;
/// One renewal at a time: a renewer that has not come back after one or two times so many milliseconds is not waited
/// for.
const LEASE: u64 = 3_000;
/// How long, and how often, the others look for the renewer's token, in milliseconds.
const PATIENCE: u64 = 15_000;
const GLANCE: u64 = 50;

#[derive(Clone)]
struct Token {
    text: String,
    expires_at: u64,
}

/// A renewal that the platform refused.
#[derive(Clone)]
struct Refused {
    at: u64,
    refusal: Refusal,
}

thread_local! {
    static KNOWN: RefCell<Option<Token>> = const { RefCell::new(None) };
    static REFUSED: RefCell<Option<Refused>> = const { RefCell::new(None) };
}

/// Returns a token that is valid as far as is known.
pub async fn current(configuration: &Configuration) -> Result<String, Ending> {
    renewed(configuration, None).await
}

/// Returns another token than the one that the platform refused.
///
/// Whoever comes first to a lease on what is to be replaced fetches; the others wait for what comes of it.
pub async fn renewed(configuration: &Configuration, dead: Option<&str>) -> Result<String, Ending> {
    let since = clock::now();
    let mut contended = None;
    loop {
        if let Some(text) = known(configuration, dead) {
            return Ok(text);
        }
        if let Some(refused) = REFUSED.with_borrow(Clone::clone).filter(|refused| refused.at >= since) {
            return Err(Ending::Unauthorized(refused.refusal));
        }
        let now = clock::now();
        if now > since + PATIENCE {
            let reason = "等待访问令牌超时".into();
            return Err(Ending::Silence(Silence::Unreached { reason, timed_out: true }));
        }
        let bucket = now / LEASE;
        // Who came in the slice before may still be at it; what a crash left there counts for one slice more.
        if contended != Some(bucket) && !is_leased(dead, bucket.saturating_sub(1)) {
            contended = Some(bucket);
            let lease = lease(dead, bucket);
            // Without the store there is nobody to wait for.
            let count = KeyValue::open().and_then(|store| store.increment(&lease, 1));
            if count.map_or(true, |count| count == 1) {
                return renew(configuration, dead, &lease).await;
            }
        }
        clock::sleep(GLANCE).await;
    }
}

async fn renew(configuration: &Configuration, dead: Option<&str>, lease: &str) -> Result<String, Ending> {
    // Someone else may have finished between the look and the lease.
    if let Some(text) = known(configuration, dead) {
        return Ok(text);
    }
    let fetched = fetch(configuration).await;
    match &fetched {
        Ok(token) => keep(configuration, token),
        Err(Ending::Unauthorized(refusal)) => {
            REFUSED.set(Some(Refused { at: clock::now(), refusal: refusal.clone() }));
        }
        Err(Ending::Silence(_)) => {}
    }
    if let Ok(store) = KeyValue::open() {
        // A lease that is left behind costs a key, nothing else.
        let _ = store.delete(&[lease.to_owned()]);
    }
    fetched.map(|token| token.text)
}

fn is_leased(dead: Option<&str>, bucket: u64) -> bool {
    KeyValue::open().and_then(|store| store.count(&lease(dead, bucket))).is_ok_and(|count| count > 0)
}

/// The key of the lease on replacing a token; none is the first one.
fn lease(dead: Option<&str>, bucket: u64) -> String {
    let replaced =
        dead.map_or_else(|| "none".to_owned(), |dead| hexadecimal(Sha256::digest(dead).get(..8).unwrap_or_default()));
    keys::lease(&format!("token/wanwang/{replaced}"), bucket)
}

/// The token of the instance or of the store, if it still lives and is not the dead one.
fn known(configuration: &Configuration, dead: Option<&str>) -> Option<String> {
    let usable = |token: &Token| token.expires_at > clock::now() && Some(token.text.as_str()) != dead;
    if let Some(token) = KNOWN.with_borrow(|known| known.clone().filter(usable)) {
        return Some(token.text);
    }
    let sealed = KeyValue::open().and_then(|store| store.get(&key(configuration))).ok()??;
    let stored: Value = serde_json::from_str(&seal::open(&configuration.wanwang_client_secret, &sealed)?).ok()?;
    let token =
        Token { text: stored.get("token")?.as_str()?.to_owned(), expires_at: stored.get("expiresAt")?.as_u64()? };
    if !usable(&token) {
        return None;
    }
    KNOWN.set(Some(token.clone()));
    Some(token.text)
}

fn keep(configuration: &Configuration, token: &Token) {
    KNOWN.set(Some(token.clone()));
    let stored = json!({ "token": token.text, "expiresAt": token.expires_at }).to_string();
    let sealed = seal::seal(&configuration.wanwang_client_secret, runtime::random(), &stored);
    if let (Ok(store), Some(sealed)) = (KeyValue::open(), sealed) {
        // Other instances then fetch one of their own.
        let _ = store.set(&key(configuration), &sealed);
    }
}

fn key(configuration: &Configuration) -> String {
    keys::token("wanwang", &configuration.wanwang_client_id)
}

/// Asks for a token by client credentials: with HTTP Basic, which every server supports (RFC 6749 §2.3.1), and for
/// servers that do not, with the credentials in the body.
async fn fetch(configuration: &Configuration) -> Result<Token, Ending> {
    let (id, secret) = (&configuration.wanwang_client_id, &configuration.wanwang_client_secret);
    let basic = BASE64_STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret)));
    let now = clock::now();
    let mut answer = ask(configuration, Some(format!("Basic {basic}")), &[]).await?;
    if matches!(answer.status, 400 | 401) {
        answer = ask(configuration, None, &[("client_id", id), ("client_secret", secret)]).await?;
    }
    read(&answer, now)
}

async fn ask(
    configuration: &Configuration,
    authorization: Option<String>,
    credentials: &[(&str, &str)],
) -> Result<Answer, Ending> {
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "client_credentials")
        .extend_pairs(credentials)
        .finish();
    let mut headers = vec![
        ("content-type", "application/x-www-form-urlencoded".to_owned()),
        ("accept", "application/json".to_owned()),
    ];
    headers.extend(authorization.map(|value| ("authorization", value)));
    let url = format!("{}{TOKEN_PATH}", configuration.wanwang_token_url);
    let asked = upstream::exchange(Outbound { method: "POST", url, headers, body: body.into_bytes() }).await;
    // The message has not left yet, however the token was lost.
    asked.map_err(|silence| match silence {
        Silence::Lost { reason, timed_out } => {
            Ending::Silence(Silence::Unreached { reason: format!("获取访问令牌失败:{reason}"), timed_out })
        }
        other => Ending::Silence(other),
    })
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn read(answer: &Answer, now: u64) -> Result<Token, Ending> {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    // Some servers put the fields of RFC 6749 §5.1 into `data`.
    let field = |name: &str| body.get(name).or_else(|| body.get("data")?.get(name));
    if let (200..=299, Some(text)) = (answer.status, field("access_token").and_then(Value::as_str)) {
        let lifetime = field("expires_in").and_then(Value::as_u64).unwrap_or(7_200).saturating_mul(1_000);
        let usable = lifetime.saturating_sub(MARGIN.min(lifetime / 2));
        return Ok(Token { text: text.to_owned(), expires_at: now.saturating_add(usable) });
    }
    if answer.status >= 500 {
        let reason = format!("获取访问令牌失败:HTTP {}", answer.status);
        return Err(Ending::Silence(Silence::Unreached { reason, timed_out: false }));
    }
    let error = field("error_description").or_else(|| field("error")).or_else(|| field("msg"));
    let message = error.and_then(Value::as_str).unwrap_or("没有返回 access_token");
    Err(Ending::Unauthorized(Refusal {
        status: answer.status,
        code: i64::from(answer.status),
        message: format!("获取访问令牌失败:{message}"),
        hint: Some("请检查 wanwang_client_id 与 wanwang_client_secret".into()),
        body: None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(status: u16, body: &str) -> Result<Token, Ending> {
        read(&Answer { status, body: body.as_bytes().to_vec() }, 1_000_000)
    }

    #[test]
    fn reads_tokens_at_the_top_and_in_data_and_leaves_a_margin() {
        let at_top = token(200, r#"{"access_token":"t","token_type":"Bearer","expires_in":7200}"#).ok().unwrap();
        assert_eq!((at_top.text.as_str(), at_top.expires_at), ("t", 1_000_000 + 7_200_000 - 60_000));
        let in_data = token(200, r#"{"code":0,"data":{"access_token":"t","expires_in":10}}"#).ok().unwrap();
        assert_eq!(in_data.expires_at, 1_000_000 + 5_000);
    }

    #[test]
    fn a_refusal_is_the_operators_and_a_server_error_is_not() {
        assert!(matches!(token(401, r#"{"error":"invalid_client"}"#), Err(Ending::Unauthorized(_))));
        assert!(matches!(token(200, "{}"), Err(Ending::Unauthorized(_))));
        assert!(matches!(token(503, "<html>"), Err(Ending::Silence(Silence::Unreached { .. }))));
    }
}
