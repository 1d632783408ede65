//! Tokens: renewed with a refresh token, which each renewal replaces (developer.kdocs.cn, 授权).

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Refusal, refused};
use crate::call::{Answer, Call};
use crate::clock::milliseconds;
use crate::world::World;

/// Where tokens are renewed.
pub(super) const PATH: &str = "/api/v1/oauth2/refresh_token";

/// A refresh token, a client or a secret that is wrong.
const BAD_GRANT: i64 = 20001;

/// Tells whether a request carries a live token.
pub(super) fn is_valid(world: &World, call: &Call) -> bool {
    let Some(token) = call.query("access_token") else { return false };
    let kdocs = world.kdocs.lock();
    let own = !kdocs.token_is_dead && token == world.config.kdocs_access_token;
    own || kdocs.issued.get(token).is_some_and(|expiry| world.clock.now() < *expiry)
}

/// Answers `POST /api/v1/oauth2/refresh_token?app_id=` with `{app_key, refresh_token}`.
pub(super) fn answer(world: &Arc<World>, call: &Call) -> Answer {
    let body = call.json().unwrap_or_default();
    let field = |name: &str| body.get(name).and_then(Value::as_str);
    let config = &world.config;
    let mut kdocs = world.kdocs.lock();
    let refresh = kdocs.refresh.clone().unwrap_or_else(|| config.kdocs_refresh_token.clone());
    let expected = (config.kdocs_client_id.as_str(), config.kdocs_client_secret.as_str(), refresh.as_str());
    let given = (call.query("app_id"), field("app_key"), field("refresh_token"));
    if given != (Some(expected.0), Some(expected.1), Some(expected.2)) {
        let hint = "refresh_token is invalid".to_owned();
        return refused(Refusal { code: BAD_GRANT, message: "InvalidGrant", hint });
    }
    let (token, next) = (Uuid::new_v4().simple().to_string(), Uuid::new_v4().simple().to_string());
    let lifetime = config.kdocs_token_lifetime;
    kdocs.issued.insert(token.clone(), world.clock.now() + milliseconds(lifetime));
    kdocs.refresh = Some(next.clone());
    drop(kdocs);
    world.record.lock().truth.tokens.renewed += 1;
    let data = json!({"access_token": token, "refresh_token": next, "expires_in": lifetime.as_secs()});
    Answer::json(json!({"code": 0, "data": data}))
}
