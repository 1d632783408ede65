//! Quiet: nothing goes wrong any more, and time passes until nothing is under way.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::Method;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::gateways::{COUNT, FOLLOWED};
use super::load::{Books, Load};
use super::stage::Stage;
use super::trouble::{AHEAD, Disturbance, LATE, Trouble};

/// How long what is queued and under way may take without the clock being moved.
const PATIENCE: Duration = Duration::from_secs(240);

/// Past the longest delay between two tries of a delivery, jitter included.
const LEAP: Duration = Duration::from_secs(29 * 3_600);

/// A delivery is tried ten times; outcomes are waited for for a day.
const LEAPS: usize = 16;

/// How long a leap may take until everything that it made due is done.
const DUE: Duration = Duration::from_secs(300);

const POLL: Duration = Duration::from_millis(250);

/// The states of a message that time alone does not change.
const UNDER_WAY: [&str; 3] = ["accepted", "queued", "sending"];

/// The states of a delivery that is not over.
const ON_ITS_WAY: [&str; 3] = ["waiting", "pending", "delivering"];

/// Ends every trouble, lets everyone finish, and then lets days pass until nothing is due; returns what was done.
pub async fn settle(stage: &Arc<Stage>, load: Load) -> Result<Books> {
    stage.gateways.limit_files(None).await?;
    for number in 0..COUNT {
        stage.gateways.revive(number).await?;
    }
    stage.call_back_through(0);
    stage.simulator.clear_faults();
    stage.simulator.clear_outcomes();
    stage.simulator.release_outcomes(false);
    stage.simulator.restore_kdocs_token();
    stage.usual.answer_randomly(0, Vec::new());
    // What a clock put off that was ahead is due now.
    leap_to(stage, AHEAD + 60)?;
    let books = load.stop().await;
    until_none(stage, "/v1/messages", &UNDER_WAY, PATIENCE).await?;
    until_none(stage, "/v1/deliveries", &ON_ITS_WAY, PATIENCE).await?;

    // What comes a day late comes now.
    stage.simulator.advance(LATE);
    leap(stage, LATE)?;
    for _ in 0..LEAPS {
        until_none(stage, "/v1/deliveries", &ON_ITS_WAY, DUE).await?;
        until_none(stage, "/v1/messages", &UNDER_WAY, DUE).await?;
        if none(stage, "/v1/deliveries", &["retrying"]).await? && chats_are_settled(stage).await? {
            return Ok(books);
        }
        leap(stage, LEAP)?;
        // What the leap made due is on its way when the next tick has come.
        sleep(Duration::from_secs(2)).await;
    }
    bail!("after {LEAPS} leaps of {} hours something is still under way", LEAP.as_secs() / 3_600)
}

fn leap(stage: &Stage, by: Duration) -> Result<()> {
    leap_to(stage, stage.gateways.ahead().saturating_add(i64::try_from(by.as_secs())?))
}

/// Moves the clock: a jump like any other.
fn leap_to(stage: &Stage, ahead: i64) -> Result<()> {
    stage.gateways.set_clock(ahead)?;
    stage.disturbed(Disturbance { trouble: Trouble::Clock, from: stage.now(), until: stage.now() + FOLLOWED });
    Ok(())
}

/// Tells whether every message of Quntool's has its outcome, or is known to have none.
async fn chats_are_settled(stage: &Stage) -> Result<bool> {
    let submitted = all(stage, "/v1/messages", "messages", &[("state", "submitted")]).await?;
    Ok(!submitted.iter().any(|message| message.get("system").and_then(Value::as_str) == Some("quntool")))
}

async fn until_none(stage: &Stage, path: &str, states: &[&str], patience: Duration) -> Result<()> {
    let begun = Instant::now();
    while !none(stage, path, states).await? {
        if begun.elapsed() > patience {
            bail!("{path} still has something {} after {patience:?} of quiet", states.join(" or "));
        }
        sleep(POLL).await;
    }
    Ok(())
}

async fn none(stage: &Stage, path: &str, states: &[&str]) -> Result<bool> {
    let field = path.rsplit('/').next().unwrap_or_default();
    for state in states {
        let page = get(stage, path, &[("state", state), ("limit", "1")]).await?;
        if !page.get(field).and_then(Value::as_array).context("a page has a list")?.is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Returns every item of a list, page after page.
pub async fn all(stage: &Stage, path: &str, field: &str, query: &[(&str, &str)]) -> Result<Vec<Value>> {
    let (mut items, mut after) = (Vec::new(), String::new());
    loop {
        let mut query = query.to_vec();
        query.extend([("limit", "100"), ("after", &after)].into_iter().filter(|(_, value)| !value.is_empty()));
        let mut page = get(stage, path, &query).await?;
        let Some(Value::Array(found)) = page.get_mut(field).map(Value::take) else { bail!("{path}: {page}") };
        let ended = found.is_empty();
        items.extend(found);
        match page.get("next").and_then(Value::as_str) {
            Some(next) if !ended => next.clone_into(&mut after),
            _ => return Ok(items),
        }
    }
}

async fn get(stage: &Stage, path: &str, query: &[(&str, &str)]) -> Result<Value> {
    let answer = stage.request(Method::GET, 0, path).query(query).send().await?;
    let status = answer.status();
    let body = answer.text().await?;
    serde_json::from_str(&body).with_context(|| format!("{path} answered {status} {body}"))
}
