//! `POST /internal/callback/tick`: takes up what a crash left, what is due, and what is old.

use crate::{
    configuration,
    intake::internal,
    journal::{deliveries, schema::MIGRATIONS},
    pipeline::{self, Counts},
    retention,
    subscriber::Way,
};
use contract::Problem;
use http::HeaderMap;
use serde_json::json;
use store::{Database, checkpoint};
use surface::{Answer, Refusal, credential};

/// Works what is due, and tells what was done.
pub async fn tick(headers: &HeaderMap) -> Result<Answer, Refusal> {
    let configuration = configuration::read().await;
    if !credential::bearer(headers).is_some_and(|token| configuration.tick_token.matches(token)) {
        return Err(Refusal::new(Problem::Unauthorized, ""));
    }
    let database = Database::open(&MIGRATIONS).map_err(internal)?;
    for subscriber in configuration.subscribers.iter().flatten() {
        if let Way::Webhook { url, .. } = &subscriber.way {
            deliveries::restart(&database, &subscriber.name, url).map_err(internal)?;
        }
    }
    let mut counts = Counts::default();
    pipeline::run(&database, &configuration, &mut counts).await.map_err(internal)?;
    counts.deleted = retention::sweep(&database, configuration.journal).map_err(internal)?;
    checkpoint().await.map_err(internal)?;
    Ok(Answer::json(200, &json!(counts)))
}
