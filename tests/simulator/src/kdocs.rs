//! KDocs: one endpoint that posts messages to a group robot, and one that renews access tokens.

mod token;

use std::collections::HashMap;
use std::sync::Arc;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use url::Url;

use crate::call::{Answer, Call};
use crate::robot;
use crate::truth::System;
use crate::world::World;

/// A wrong or missing access token, as the platform is known to answer it.
const BAD_TOKEN: i64 = 20007;
/// A request that breaks the document. The document names no code.
const BAD_REQUEST: i64 = 40001;
/// The robot refused. The document names no code.
const ROBOT_REFUSED: i64 = 50001;

/// What KDocs remembers.
#[derive(Debug, Default)]
pub(crate) struct Kdocs {
    /// Whether the token that it was set up with is dead.
    token_is_dead: bool,
    /// The tokens that were issued for a refresh token, and until when they live.
    issued: HashMap<String, u64>,
    /// The refresh token that counts; none is the one that it was set up with.
    refresh: Option<String>,
}

impl Kdocs {
    /// Returns every token that was issued and still counts.
    pub(crate) fn tokens(&self) -> Vec<String> {
        self.issued.keys().chain(&self.refresh).cloned().collect()
    }

    /// Ends all access tokens before their time, or brings the one back that it was set up with.
    pub(crate) fn kill_token(&mut self, dead: bool) {
        self.token_is_dead = dead;
        self.issued.clear();
    }
}

struct Refusal {
    code: i64,
    message: &'static str,
    hint: String,
}

/// Answers a request to KDocs.
pub(crate) fn answer(world: &Arc<World>, call: &Call) -> Answer {
    if call.path == token::PATH && call.method == Method::POST {
        return token::answer(world, call);
    }
    if call.path != "/api/v1/openapi/notification/wecom" {
        let refusal = Refusal { code: 404, message: "NotFound", hint: "no such path".to_owned() };
        return refused(refusal).with_status(StatusCode::NOT_FOUND);
    }
    if call.method != Method::POST {
        let refusal = Refusal { code: 405, message: "MethodNotAllowed", hint: "POST is required".to_owned() };
        return refused(refusal).with_status(StatusCode::METHOD_NOT_ALLOWED);
    }
    match notify(world, call) {
        Ok(()) => Answer::json(json!({"code": 0, "data": {}})),
        Err(refusal) => refused(refusal),
    }
}

/// Posts the messages one after the other, and stops at the first that the robot refuses.
fn notify(world: &Arc<World>, call: &Call) -> Result<(), Refusal> {
    if !token::is_valid(world, call) {
        let hint = "access_token is required".to_owned();
        return Err(Refusal { code: BAD_TOKEN, message: "AccessTokenInvalid", hint });
    }
    let invalid = |hint: &str| Refusal { code: BAD_REQUEST, message: "InvalidArgument", hint: hint.to_owned() };
    let body = call.json().map_err(|_| invalid("the body is not JSON"))?;
    let link = body.get("link").and_then(Value::as_str).ok_or_else(|| invalid("link is required"))?;
    let key = robot_key(link).ok_or_else(|| invalid("link is not a robot's webhook"))?;
    let messages = body.get("data").and_then(Value::as_array).filter(|data| !data.is_empty());
    for message in messages.ok_or_else(|| invalid("data is required"))? {
        robot::send(world, System::Kdocs, &key, message).map_err(|refusal| Refusal {
            code: ROBOT_REFUSED,
            message: "WecomRobotError",
            hint: format!("errcode {}: {}", refusal.code, refusal.message),
        })?;
    }
    Ok(())
}

fn robot_key(link: &str) -> Option<String> {
    let link = Url::parse(link).ok().filter(|link| link.path() == "/cgi-bin/webhook/send")?;
    link.query_pairs().find(|(name, _)| name == "key").map(|(_, key)| key.into_owned())
}

fn refused(refusal: Refusal) -> Answer {
    let Refusal { code, message, hint } = refusal;
    Answer::json(json!({"code": code, "msg": message, "hint": hint, "data": null}))
}
