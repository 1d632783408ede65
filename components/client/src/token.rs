//! Access tokens: cached, and renewed by one gateway at a time.
//!
//! A token lives in the instance and, sealed, in the key-value store, where every instance and replica finds it.

pub mod kdocs;
mod wanwang;

use crate::{
    configuration::Configuration,
    dispatch::Ending,
    platform::Refusal,
    seal,
    upstream::{self, Answer, Outbound, Silence},
};
use runtime::{
    clock,
    log::{self, Level},
};
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

/// Who issues a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issuer {
    /// 万网中台, by client credentials.
    Wanwang,
    /// KDocs, by a refresh token.
    Kdocs,
}

impl Issuer {
    const fn name(self) -> &'static str {
        match self {
            Self::Wanwang => "wanwang",
            Self::Kdocs => "kdocs",
        }
    }

    /// Returns the client's id and secret; the secret seals what is kept.
    fn client(self, configuration: &Configuration) -> (&str, &str) {
        match self {
            Self::Wanwang => (&configuration.wanwang_client_id, &configuration.wanwang_client_secret),
            Self::Kdocs => (&configuration.kdocs_client_id, &configuration.kdocs_client_secret),
        }
    }

    /// Returns what the operator gave the gateway to begin with; a token that came of something else is not used.
    fn grant(self, configuration: &Configuration) -> String {
        match self {
            Self::Wanwang => String::new(),
            Self::Kdocs => fingerprint(&configuration.kdocs_refresh_token),
        }
    }

    async fn fetch(self, configuration: &Configuration) -> Result<Token, Ending> {
        match self {
            Self::Wanwang => wanwang::fetch(configuration).await,
            Self::Kdocs => kdocs::fetch(configuration).await,
        }
    }
}

/// An access token.
#[derive(Clone)]
pub struct Token {
    /// The token itself.
    pub text: String,
    /// Until when it is used, in milliseconds.
    pub expires_at: u64,
    /// What the next one is asked for with, where the issuer gives something.
    pub refresh: Option<String>,
}

/// A renewal that the platform refused.
#[derive(Clone)]
struct Refused {
    issuer: Issuer,
    at: u64,
    refusal: Refusal,
}

thread_local! {
    static KNOWN: RefCell<Vec<(Issuer, Token)>> = const { RefCell::new(Vec::new()) };
    static REFUSED: RefCell<Option<Refused>> = const { RefCell::new(None) };
}

/// Returns a token that is valid as far as is known.
pub async fn current(issuer: Issuer, configuration: &Configuration) -> Result<String, Ending> {
    renewed(issuer, configuration, None).await
}

/// Returns another token than the one that the platform refused.
///
/// Whoever comes first to a lease on what is to be replaced fetches; the others wait for what comes of it.
pub async fn renewed(issuer: Issuer, configuration: &Configuration, dead: Option<&str>) -> Result<String, Ending> {
    let since = clock::now();
    let mut contended = None;
    loop {
        if let Some(text) = known(issuer, configuration, dead) {
            return Ok(text);
        }
        let refused = REFUSED.with_borrow(Clone::clone);
        if let Some(refused) = refused.filter(|refused| refused.issuer == issuer && refused.at >= since) {
            return Err(Ending::Unauthorized(refused.refusal));
        }
        let now = clock::now();
        if now > since + PATIENCE {
            let reason = "等待访问令牌超时".into();
            return Err(Ending::Silence(Silence::Unreached { reason, timed_out: true }));
        }
        let bucket = now / LEASE;
        // Who came in the slice before may still be at it; what a crash left there counts for one slice more.
        if contended != Some(bucket) && !is_leased(issuer, dead, bucket.saturating_sub(1)) {
            contended = Some(bucket);
            let lease = lease(issuer, dead, bucket);
            // Without the store there is nobody to wait for.
            let count = KeyValue::open().and_then(|store| store.increment(&lease, 1));
            if count.map_or(true, |count| count == 1) {
                return renew(issuer, configuration, dead, &lease).await;
            }
        }
        clock::sleep(GLANCE).await;
    }
}

async fn renew(
    issuer: Issuer,
    configuration: &Configuration,
    dead: Option<&str>,
    lease: &str,
) -> Result<String, Ending> {
    // Someone else may have finished between the look and the lease.
    if let Some(text) = known(issuer, configuration, dead) {
        return Ok(text);
    }
    let fetched = issuer.fetch(configuration).await;
    match &fetched {
        Ok(token) => keep(issuer, configuration, token),
        Err(Ending::Unauthorized(refusal)) => {
            REFUSED.set(Some(Refused { issuer, at: clock::now(), refusal: refusal.clone() }));
        }
        Err(Ending::Silence(_)) => {}
    }
    if let Ok(store) = KeyValue::open() {
        // A lease that is left behind costs a key, nothing else.
        let _ = store.delete(&[lease.to_owned()]);
    }
    fetched.map(|token| token.text)
}

fn is_leased(issuer: Issuer, dead: Option<&str>, bucket: u64) -> bool {
    KeyValue::open().and_then(|store| store.count(&lease(issuer, dead, bucket))).is_ok_and(|count| count > 0)
}

/// The key of the lease on replacing a token; none is the first one.
fn lease(issuer: Issuer, dead: Option<&str>, bucket: u64) -> String {
    let replaced = dead.map_or_else(|| "none".to_owned(), fingerprint);
    keys::lease(&format!("token/{}/{replaced}", issuer.name()), bucket)
}

fn fingerprint(secret: &str) -> String {
    hex::encode(Sha256::digest(secret).get(..8).unwrap_or_default())
}

/// The token of the instance or of the store, if it still lives and is not the dead one.
fn known(issuer: Issuer, configuration: &Configuration, dead: Option<&str>) -> Option<String> {
    let usable = |token: &Token| token.expires_at > clock::now() && Some(token.text.as_str()) != dead;
    let own =
        KNOWN.with_borrow(|known| known.iter().find(|(found, _)| *found == issuer).map(|(_, token)| token.clone()));
    if let Some(token) = own.filter(usable) {
        return Some(token.text);
    }
    let token = kept(issuer, configuration).filter(usable)?;
    remember(issuer, &token);
    Some(token.text)
}

/// The token of the store, whether or not it still lives.
fn kept(issuer: Issuer, configuration: &Configuration) -> Option<Token> {
    let (_, secret) = issuer.client(configuration);
    let sealed = KeyValue::open().and_then(|store| store.get(&key(issuer, configuration))).ok()??;
    let stored: Value = serde_json::from_str(&seal::open(secret, &sealed)?).ok()?;
    let text = |name: &str| stored.get(name).and_then(Value::as_str).map(str::to_owned);
    if text("grant").unwrap_or_default() != issuer.grant(configuration) {
        return None;
    }
    Some(Token { text: text("token")?, expires_at: stored.get("expiresAt")?.as_u64()?, refresh: text("refresh") })
}

fn keep(issuer: Issuer, configuration: &Configuration, token: &Token) {
    remember(issuer, token);
    let stored = json!({
        "token": token.text, "expiresAt": token.expires_at, "refresh": token.refresh,
        "grant": issuer.grant(configuration),
    });
    let (_, secret) = issuer.client(configuration);
    let kept = seal::seal(secret, runtime::random(), &stored.to_string()).is_some_and(|sealed| {
        KeyValue::open().and_then(|store| store.set(&key(issuer, configuration), &sealed)).is_ok()
    });
    if !kept {
        // Other instances then fetch one of their own, unless what they would ask with has been replaced by this one.
        log::write(Level::Error, "an access token could not be kept", &[("issuer", issuer.name())]);
    }
}

fn remember(issuer: Issuer, token: &Token) {
    KNOWN.with_borrow_mut(|known| {
        known.retain(|(found, _)| *found != issuer);
        known.push((issuer, token.clone()));
    });
}

fn key(issuer: Issuer, configuration: &Configuration) -> String {
    keys::token(issuer.name(), issuer.client(configuration).0)
}

/// Asks an issuer. The message has not left yet, however the answer was lost.
async fn ask(outbound: Outbound) -> Result<Answer, Ending> {
    upstream::exchange(outbound).await.map_err(|silence| match silence {
        Silence::Lost { reason, timed_out } => {
            Ending::Silence(Silence::Unreached { reason: format!("获取访问令牌失败:{reason}"), timed_out })
        }
        other => Ending::Silence(other),
    })
}

/// Reads a token that lives for `expires_in` seconds, or so many if the answer does not say it. What refuses is the
/// operator's to mend, as the hint says.
pub fn read(answer: &Answer, now: u64, lifetime: u64, hint: &str) -> Result<Token, Ending> {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    // Some servers put the fields of RFC 6749 §5.1 into `data`.
    let field = |name: &str| body.get(name).or_else(|| body.get("data")?.get(name));
    let text = field("access_token").and_then(Value::as_str).filter(|text| !text.is_empty());
    if let (200..=299, Some(text)) = (answer.status, text) {
        let lifetime = field("expires_in").and_then(Value::as_u64).unwrap_or(lifetime).saturating_mul(1_000);
        let usable = lifetime.saturating_sub(MARGIN.min(lifetime / 2));
        return Ok(Token {
            text: text.to_owned(),
            expires_at: now.saturating_add(usable),
            refresh: field("refresh_token").and_then(Value::as_str).map(str::to_owned),
        });
    }
    if answer.status >= 500 {
        let reason = format!("获取访问令牌失败:HTTP {}", answer.status);
        return Err(Ending::Silence(Silence::Unreached { reason, timed_out: false }));
    }
    let error = field("error_description").or_else(|| field("error")).or_else(|| field("msg"));
    let message = error.and_then(Value::as_str).unwrap_or("没有返回 access_token");
    Err(Ending::Unauthorized(Refusal {
        status: answer.status,
        code: field("code").and_then(Value::as_i64).unwrap_or_else(|| i64::from(answer.status)),
        message: format!("获取访问令牌失败:{message}"),
        hint: Some(hint.to_owned()),
        body: None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(status: u16, body: &str) -> Result<Token, Ending> {
        read(&Answer { status, body: body.as_bytes().to_vec() }, 1_000_000, 7_200, "检查")
    }

    #[test]
    fn reads_tokens_at_the_top_and_in_data_and_leaves_a_margin() {
        let at_top = token(200, r#"{"access_token":"t","token_type":"Bearer","expires_in":7200}"#).ok().unwrap();
        assert_eq!((at_top.text.as_str(), at_top.expires_at), ("t", 1_000_000 + 7_200_000 - 60_000));
        let in_data = r#"{"code":0,"data":{"access_token":"t","refresh_token":"r","expires_in":10}}"#;
        let in_data = token(200, in_data).ok().unwrap();
        assert_eq!((in_data.expires_at, in_data.refresh.as_deref()), (1_000_000 + 5_000, Some("r")));
        assert_eq!(token(200, r#"{"access_token":"t"}"#).ok().unwrap().expires_at, 1_000_000 + 7_140_000);
    }

    #[test]
    fn a_refusal_is_the_operators_and_a_server_error_is_not() {
        assert!(matches!(token(401, r#"{"error":"invalid_client"}"#), Err(Ending::Unauthorized(_))));
        let Err(Ending::Unauthorized(refusal)) = token(200, r#"{"code":20001,"msg":"x"}"#) else {
            panic!("not refused")
        };
        assert_eq!((refusal.code, refusal.hint.as_deref()), (20_001, Some("检查")));
        for without in ["{}", r#"{"access_token":""}"#, r#"{"access_token":7}"#] {
            assert!(matches!(token(200, without), Err(Ending::Unauthorized(_))), "{without}");
        }
        assert!(matches!(token(503, "<html>"), Err(Ending::Silence(Silence::Unreached { .. }))));
    }
}
