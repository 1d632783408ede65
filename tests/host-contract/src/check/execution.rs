//! How instances run: clock, identifiers, timers, work after the answer, the way out.

use std::collections::BTreeSet;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail, ensure};
use futures::FutureExt as _;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::at_once;
use crate::probe::integer;
use crate::requirement::Requirement;
use crate::trial::Trial;

/// The rows about instances.
pub const REQUIREMENTS: &[Requirement] = &[
    Requirement {
        name: "the clock is right",
        breaks: "subscribers refuse signed events as too old, quotas are counted in the wrong hour",
        remedy: "let NTP set the clocks of the hosts, and of the machine that runs this check",
        kills: false,
        check: |trial| right(trial).boxed(),
    },
    Requirement {
        name: "the clocks of all instances agree within 50 ms",
        breaks: "messages of an account are spaced wrongly, and a quota's window opens early",
        remedy: "let NTP set the clocks of all hosts from the same source",
        kills: false,
        check: |trial| agree(trial).boxed(),
    },
    Requirement {
        name: "identifiers are never given twice",
        breaks: "two messages share an id, and one of them is lost",
        remedy: "give the hosts a source of randomness of their own: no snapshot that is restored many times",
        kills: false,
        check: |trial| different(trial).boxed(),
    },
    Requirement {
        name: "who sleeps sleeps long enough, and holds up nobody",
        breaks: "messages leave too early, or one account that waits for its slot holds up all others",
        remedy: "use a host that runs WASIp3: Spin 4.1 or newer",
        kills: false,
        check: |trial| sleeps(trial).boxed(),
    },
    Requirement {
        name: "work goes on after the answer",
        breaks: "nothing is lost, but events are handed on and the queue goes on with ticks only",
        remedy: "tick every second; or use a host that keeps an instance until its work is done",
        kills: false,
        check: |trial| goes_on(trial).boxed(),
    },
    Requirement {
        name: "a request to a host that is not allowed is refused",
        breaks: "nothing stands behind the gateway's own checks of addresses that callers name",
        remedy: "use a host that enforces allowed_outbound_hosts",
        kills: false,
        check: |trial| refused(trial).boxed(),
    },
];

/// Subscribers take signatures that are five minutes old at most (Standard Webhooks); most of it is for the way.
const WRONG: i64 = 30_000;

/// The gateway reckons with clocks that are so many milliseconds apart (`limits::spacing`, `limits::window`).
const APART: i64 = 50;

/// Compares the hosts' clocks with this machine's: for each reading, by how many milliseconds a host is ahead at least,
/// and at most. The way there and back is what lies between.
async fn readings(trial: &Trial) -> Result<Vec<(i64, i64)>> {
    const READINGS: usize = 40;
    let mut ahead = Vec::new();
    for _ in 0..READINGS {
        let sent = now()?;
        let read = integer(&trial.probe.run("/clock", json!({})).await?.result)?;
        ahead.push((read - now()?, read - sent));
    }
    Ok(ahead)
}

async fn right(trial: &Trial) -> Result<String> {
    let readings = readings(trial).await?;
    let least = readings.iter().map(|(least, _)| *least).max().unwrap_or_default();
    let most = readings.iter().map(|(_, most)| *most).min().unwrap_or_default();
    ensure!(least <= WRONG && most >= -WRONG, "the hosts' clock is ahead of this machine's by {least} to {most} ms");
    Ok(format!("{least} to {most} ms ahead of this machine's"))
}

async fn agree(trial: &Trial) -> Result<String> {
    let readings = readings(trial).await?;
    let least = readings.iter().map(|(least, _)| *least).max().unwrap_or_default();
    let most = readings.iter().map(|(_, most)| *most).min().unwrap_or_default();
    let apart = (least - most).max(0);
    ensure!(apart <= APART, "one reading is {apart} ms or more ahead of another");
    Ok(format!("{} readings, {apart} ms apart", readings.len()))
}

async fn different(trial: &Trial) -> Result<String> {
    const MANY: usize = 64;
    let done = at_once(MANY, |_| trial.probe.run("/identifier", json!({}))).await?;
    let identifiers: BTreeSet<_> = done.iter().map(|done| done.result.as_str().unwrap_or_default()).collect();
    ensure!(identifiers.len() == MANY, "{MANY} at once were given {} different ones", identifiers.len());
    Ok(format!("{MANY} at once"))
}

async fn sleeps(trial: &Trial) -> Result<String> {
    const SLEEPERS: usize = 24;
    const SLEEP: u64 = 250;
    // One after the other they would take 6 s.
    const TOGETHER: Duration = Duration::from_secs(3);
    // The wall clock may be set meanwhile.
    const SET: i64 = 50;
    let begun = Instant::now();
    let slept = at_once(SLEEPERS, |_| trial.probe.run("/sleep", json!({ "milliseconds": SLEEP }))).await?;
    let took = begun.elapsed();
    for done in slept {
        let slept = integer(&done.result)?;
        ensure!(slept + SET >= SLEEP.cast_signed(), "a sleep of {SLEEP} ms is over after {slept} ms");
    }
    ensure!(took < TOGETHER, "{SLEEPERS} that sleep {SLEEP} ms at once take {} ms", took.as_millis());
    Ok(format!("{SLEEPERS} at once slept {SLEEP} ms, in {} ms", took.as_millis()))
}

async fn goes_on(trial: &Trial) -> Result<String> {
    const PATIENCE: Duration = Duration::from_secs(15);
    let (awaited, done) = (trial.key("work/awaited"), trial.key("work/done"));
    let answer = trial.probe.run("/background", json!({ "awaited": awaited, "done": done }));
    timeout(PATIENCE, answer).await.context("the answer waits for the work behind it")??;
    trial.probe.increment(&awaited, 1).await?;
    let begun = Instant::now();
    while trial.probe.count(&done).await? == 0 {
        ensure!(begun.elapsed() < PATIENCE, "{PATIENCE:?} after the answer, the work is not done");
        sleep(Duration::from_millis(20)).await;
    }
    Ok(format!("done {} ms later", begun.elapsed().as_millis()))
}

async fn refused(trial: &Trial) -> Result<String> {
    // Nothing listens there (TCP port 9 is "discard"): a request that is let out fails otherwise.
    let outcome = trial.probe.run("/outbound", json!({ "url": "http://127.0.0.1:9/" })).await;
    match outcome {
        Ok(done) => bail!("it was sent, and answered {}", Value::to_string(&done.result)),
        Err(reason) if reason.to_string().contains("Denied") => Ok("HttpRequestDenied".into()),
        Err(reason) => bail!("it was sent; it failed otherwise: {reason}"),
    }
}

/// The time here, in milliseconds since the Unix epoch.
fn now() -> Result<i64> {
    Ok(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?)
}
