//! Tokens: the client credentials grant of RFC 6749 §4.4.

use std::sync::Arc;

use axum::http::{HeaderValue, Method, StatusCode, header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use url::form_urlencoded;
use uuid::Uuid;

use crate::call::{Answer, Call};
use crate::clock::milliseconds;
use crate::world::World;

/// Answers `POST /oauth2/token`.
pub(super) fn answer(world: &Arc<World>, call: &Call) -> Answer {
    if call.method != Method::POST {
        return refused("invalid_request").with_status(StatusCode::METHOD_NOT_ALLOWED);
    }
    let form = call.form();
    let field = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let basic = basic(call);
    let form_pair =
        field("client_id").zip(field("client_secret")).map(|(id, secret)| (id.to_owned(), secret.to_owned()));
    if basic.is_some() && form_pair.is_some() {
        // RFC 6749 §2.3: no more than one method of authentication.
        return refused("invalid_request");
    }
    let config = &world.config;
    let expected = (&config.wanwang_client_id, &config.wanwang_client_secret);
    let by_header = call.headers.contains_key(header::AUTHORIZATION);
    if basic.or(form_pair).as_ref().map(|(id, secret)| (id, secret)) != Some(expected) {
        let mut answer = refused("invalid_client").with_status(StatusCode::UNAUTHORIZED);
        if by_header {
            answer.headers.push((header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"wanwang\"")));
        }
        return answer;
    }
    match field("grant_type") {
        Some("client_credentials") => issue(world),
        Some(_) => refused("unsupported_grant_type"),
        None => refused("invalid_request"),
    }
}

/// Tells whether a request carries a live token.
pub(super) fn is_valid(world: &World, call: &Call) -> bool {
    let credential = call.header(&header::AUTHORIZATION).and_then(|value| value.split_once(' '));
    let Some(token) = credential.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token)
    else {
        return false;
    };
    let now = world.clock.now();
    world.wanwang.lock().tokens.get(token.trim()).is_some_and(|expiry| now < *expiry)
}

fn issue(world: &World) -> Answer {
    let token = Uuid::new_v4().to_string();
    let lifetime = world.config.token_lifetime;
    let now = world.clock.now();
    {
        let tokens = &mut world.wanwang.lock().tokens;
        tokens.retain(|_, expiry| now < *expiry);
        tokens.insert(token.clone(), now + milliseconds(lifetime));
    }
    world.record.lock().truth.tokens.issued += 1;
    let body = json!({"access_token": token, "token_type": "Bearer", "expires_in": lifetime.as_secs()});
    uncached(Answer::json(body))
}

fn refused(error: &str) -> Answer {
    uncached(Answer::json(json!({"error": error})).with_status(StatusCode::BAD_REQUEST))
}

/// RFC 6749 §5.1 forbids caching any answer of this endpoint.
fn uncached(mut answer: Answer) -> Answer {
    answer.headers.push((header::CACHE_CONTROL, HeaderValue::from_static("no-store")));
    answer
}

/// Reads HTTP Basic credentials; both halves are form-encoded first, says RFC 6749 §2.3.1.
fn basic(call: &Call) -> Option<(String, String)> {
    let (scheme, encoded) = call.header(&header::AUTHORIZATION)?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((decoded(id), decoded(secret)))
}

fn decoded(text: &str) -> String {
    form_urlencoded::parse(text.as_bytes()).map(|(key, value)| format!("{key}{value}")).collect()
}
