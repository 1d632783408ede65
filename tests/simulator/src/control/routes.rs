//! The same orders over HTTP, below `/simulator`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::TokenOf;
use crate::callbacks::Delivery;
use crate::faults::FaultRule;
use crate::quntool::outcomes::OutcomePlan;
use crate::quntool::{AccountSetting, Inbound};
use crate::robot::RobotState;
use crate::truth::Truth;
use crate::world::World;

type Platforms = State<Arc<World>>;

/// The route table.
pub(crate) fn router() -> Router<Arc<World>> {
    Router::new()
        .route("/truth", get(truth))
        .route("/reset", post(reset))
        .route("/callback", post(callback))
        .route("/callback-url", post(callback_url))
        .route("/inbound", post(inbound))
        .route("/outcome", post(outcome))
        .route("/fault", get(faults).post(fault).delete(clear_faults))
        .route("/token", post(token))
        .route("/accounts", post(accounts))
        .route("/employees", post(employees))
        .route("/robot", post(robot))
        .route("/clock", post(clock))
}

async fn truth(State(world): Platforms) -> Json<Truth> {
    Json(world.record.lock().truth.clone())
}

async fn reset(State(world): Platforms) -> StatusCode {
    world.reset();
    StatusCode::NO_CONTENT
}

async fn callback(State(world): Platforms, Json(body): Json<Value>) -> Json<Delivery> {
    Json(world.call_back(body).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallbackUrl {
    url: Option<String>,
}

async fn callback_url(State(world): Platforms, Json(CallbackUrl { url }): Json<CallbackUrl>) -> StatusCode {
    world.callbacks.redirect(url);
    StatusCode::NO_CONTENT
}

async fn inbound(State(world): Platforms, Json(inbound): Json<Inbound>) -> Response {
    match world.receive(inbound).await {
        Ok(delivery) => Json(delivery).into_response(),
        Err(error) => refused(&error.to_string()),
    }
}

/// Holds outcomes back, releases those held back, or orders those of the next messages.
async fn outcome(State(world): Platforms, Json(order): Json<Value>) -> Response {
    let said = |name: &str| order.get(name).and_then(Value::as_bool) == Some(true);
    if said("hold") {
        world.outcomes.lock().hold();
        return StatusCode::NO_CONTENT.into_response();
    }
    if said("release") {
        return Json(json!({"released": world.release_outcomes(said("reversed"))})).into_response();
    }
    let plan = serde_json::from_value::<OutcomePlan>(order).map_err(anyhow::Error::from);
    match plan.and_then(|plan| world.outcomes.lock().order(plan)) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refused(&error.to_string()),
    }
}

async fn faults(State(world): Platforms) -> Json<Vec<FaultRule>> {
    Json(world.faults.lock().rules())
}

async fn fault(State(world): Platforms, Json(rule): Json<FaultRule>) -> Response {
    match world.faults.lock().add(rule) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refused(&error.to_string()),
    }
}

async fn clear_faults(State(world): Platforms) -> StatusCode {
    world.faults.lock().clear();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum TokenOrder {
    Expire(TokenOf),
    Restore(KdocsOnly),
}

/// Only KDocs' token is a fixed one that can come back.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum KdocsOnly {
    Kdocs,
}

async fn token(State(world): Platforms, Json(order): Json<TokenOrder>) -> StatusCode {
    match order {
        TokenOrder::Expire(of) => world.expire_tokens(of),
        TokenOrder::Restore(KdocsOnly::Kdocs) => world.kdocs.lock().kill_token(false),
    }
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Accounts {
    accounts: Vec<AccountSetting>,
    #[serde(default)]
    closed: bool,
}

async fn accounts(State(world): Platforms, Json(order): Json<Accounts>) -> StatusCode {
    world.quntool.lock().set_accounts(order.accounts, order.closed);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Employees {
    work_ids: Option<BTreeSet<String>>,
}

async fn employees(State(world): Platforms, Json(order): Json<Employees>) -> StatusCode {
    world.wanwang.lock().set_employees(order.work_ids);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Robot {
    key: String,
    state: RobotState,
}

async fn robot(State(world): Platforms, Json(order): Json<Robot>) -> StatusCode {
    world.robots.lock().set(&order.key, order.state);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Advance {
    advance_ms: u64,
}

async fn clock(State(world): Platforms, Json(order): Json<Advance>) -> Json<Value> {
    world.clock.advance(Duration::from_millis(order.advance_ms));
    Json(json!({"now": world.clock.now()}))
}

fn refused(reason: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"error": reason}))).into_response()
}
