//! What becomes of the rates when there is much: events, accounts, a queue, time.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use super::load;
use super::measure::{Bench, Cost, Measured, measure};
use super::process::Usage;
use super::stock;
use super::subject::{Kind, Setting, Stage};
use super::work::Work;

/// An account sends less often than it may, twice a second.
const PER_ACCOUNT: f64 = 1.6;

/// No more requests than that in a second, so that every number of accounts but the smallest gets the same.
const TEXTS: f64 = 400.0;

/// Slices of the time that a queue takes.
const SLICES: u64 = 10;

/// A queue of which nothing has left for so long is stuck.
const STUCK: Duration = Duration::from_secs(60);

/// So long after the last answer of a platform its message has come to its state.
const SETTLED: Duration = Duration::from_secs(2);

/// What a row came to with so much stored.
#[derive(Debug, Serialize, Deserialize)]
pub struct Stored {
    /// The row's letter.
    pub letter: char,
    /// Events, and as many marks.
    pub count: u64,
    /// What it came to.
    pub measured: Measured,
}

/// Measures (b) and (d) with much stored.
pub async fn stored(stage: &Stage, counts: &[u64], lasts: Duration) -> Result<Vec<Stored>> {
    let mut rows = Vec::new();
    for count in counts {
        eprintln!("xtask: {count} events and marks stored");
        for (letter, work) in [('b', Work::Callback), ('d', Work::HandOn)] {
            let folder = stock::fill(stage, *count).await?;
            let setting = Setting { data: Some(folder.path()), ..Setting::default() };
            let begin = async || Bench::start(stage, Kind::Gateway, work, 1_000, &setting).await;
            rows.push(Stored { letter, count: *count, measured: measure(stage, begin, lasts).await? });
        }
    }
    Ok(rows)
}

/// What (e) came to with so many accounts.
#[derive(Debug, Serialize, Deserialize)]
pub struct Sending {
    /// Accounts that send in turns.
    pub accounts: u64,
    /// Requests per second.
    pub rate: f64,
    /// Milliseconds that half of the requests and 99 % do not exceed.
    pub latencies: [f64; 2],
    /// What they cost.
    pub cost: Cost,
}

/// Measures (e) with few accounts and with many.
pub async fn accounts(stage: &Stage, counts: &[u64], lasts: Duration) -> Result<Vec<Sending>> {
    let mut rows = Vec::new();
    for accounts in counts {
        eprintln!("xtask: {accounts} accounts");
        let rate = TEXTS.min(*accounts as f64 * PER_ACCOUNT);
        let mut bench = Bench::start(stage, Kind::Gateway, Work::Text, *accounts, &Setting::default()).await?;
        // What warmed it up has used the accounts' slots.
        sleep(Duration::from_secs(3)).await;
        let (outcome, cost, _) = bench.open(rate, lasts).await?;
        if let Some(failure) = &outcome.failure {
            eprintln!("xtask: {} requests failed, the first one so: {failure}", outcome.failed);
        }
        let latencies = [0.5, 0.99].map(|share| outcome.quantile(share));
        rows.push(Sending { accounts: *accounts, rate, latencies, cost });
    }
    Ok(rows)
}

/// What draining a queue came to, slice by slice.
#[derive(Debug, Serialize, Deserialize)]
pub struct Drain {
    /// Messages that were queued.
    pub messages: u64,
    /// What each slice came to.
    pub slices: Vec<Slice>,
    /// What the gateway says of messages that the platform has taken, and of how many.
    pub fates: BTreeMap<String, u64>,
}

/// A slice of the messages.
#[derive(Debug, Serialize, Deserialize)]
pub struct Slice {
    /// Messages per second.
    pub rate: f64,
    /// Processor seconds of 1,000 messages.
    pub seconds: f64,
    /// Lanes that were worked at its end.
    pub lanes: u64,
}

/// Queues messages to employees for later, and measures how they leave when they are all due at once.
pub async fn drain(stage: &Stage, count: u64) -> Result<Drain> {
    eprintln!("xtask: a queue of {count}");
    let folder = stage.data()?;
    let setting = Setting { data: Some(folder.path()), ..Setting::default() };
    let bench = Bench::start(stage, Kind::Gateway, Work::Later, 1, &setting).await?;
    let outcome = load::count(&bench.target, Work::Later, count).await?;
    ensure!(outcome.failed == 0, "the queue does not fill: {}", outcome.failure.unwrap_or_default());
    let process = bench.subject.as_ref().context("the gateway is not a process of ours")?.process()?;
    let counterpart = &stage.counterpart;
    let first = counterpart.answered();
    // What warmed the gateway up waits as well.
    let messages = stock::fates(folder.path())?.values().sum();
    stock::make_due(folder.path())?;
    let mut slices = Vec::new();
    for slice in 1..=SLICES {
        let (begun, from, used) = (Instant::now(), counterpart.answered(), Usage::of(process).seconds);
        let (mut seen, mut moved) = (from, Instant::now());
        while counterpart.answered() < first + messages * slice / SLICES {
            if counterpart.answered() > seen {
                (seen, moved) = (counterpart.answered(), Instant::now());
            }
            ensure!(moved.elapsed() < STUCK, "the queue does not move");
            sleep(Duration::from_millis(10)).await;
        }
        let sent = (counterpart.answered() - from).max(1) as f64;
        let seconds = (Usage::of(process).seconds - used) * 1_000.0 / sent;
        let rate = sent / begun.elapsed().as_secs_f64();
        slices.push(Slice { rate, seconds, lanes: stock::worked_lanes(folder.path())? });
    }
    // The gateway hears of the last answers.
    sleep(SETTLED).await;
    Ok(Drain { messages, slices, fates: stock::fates(folder.path())? })
}

/// Resident memory of the host under (b).
#[derive(Debug, Serialize, Deserialize)]
pub struct Memory {
    /// For how long.
    pub minutes: u64,
    /// Callbacks in a second.
    pub rate: f64,
    /// Bytes, after each twelfth of the time.
    pub resident: Vec<u64>,
}

/// Watches the host's memory.
pub async fn memory(stage: &Stage, rate: f64, minutes: u64) -> Result<Memory> {
    eprintln!("xtask: memory over {minutes} minutes");
    let mut bench = Bench::start(stage, Kind::Gateway, Work::Callback, 1_000, &Setting::default()).await?;
    let part = Duration::from_secs(minutes * 60) / 12;
    let mut memory = Vec::new();
    for _ in 0..12 {
        let (outcome, _, resident) = bench.open(rate, part).await?;
        ensure!(outcome.failed == 0, "a callback is not taken: {}", outcome.failure.unwrap_or_default());
        memory.push(resident);
    }
    Ok(Memory { minutes, rate, resident: memory })
}
