//! `POST /internal/callback/tick`: takes up what a crash left and what is due.

use crate::{
    configuration,
    intake::internal,
    journal::{self, schema::MIGRATIONS},
    pipeline,
};
use contract::Problem;
use http::HeaderMap;
use serde_json::json;
use store::Database;
use surface::{Answer, Refusal, credential};

/// Works what is due, and tells what was done.
pub async fn tick(headers: &HeaderMap) -> Result<Answer, Refusal> {
    let configuration = configuration::read().await;
    if !credential::bearer(headers).is_some_and(|token| configuration.tick_token.matches(token)) {
        return Err(Refusal::new(Problem::Unauthorized, ""));
    }
    let database = Database::open(&MIGRATIONS).map_err(internal)?;
    for subscriber in configuration.subscribers.iter().flatten() {
        journal::restart(&database, &subscriber.name, &subscriber.url).map_err(internal)?;
    }
    let counts = pipeline::run(&database, &configuration).await.map_err(internal)?;
    Ok(Answer::json(200, &json!(counts)))
}
