//! Load: requests at a fixed rate, or as many as go through.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use hdrhistogram::Histogram;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::connection::Connection;
use super::work::{Target, Work};

/// The connections of a load at a fixed rate: far more than are needed at once.
const CONNECTIONS: usize = 64;

/// Latencies are kept in microseconds, with three digits, up to the longest that a request may take and then some.
const DIGITS: u8 = 3;
const LONGEST: u64 = 120_000_000;

/// What came of a load.
pub struct Outcome {
    /// Requests that were answered as they should.
    pub done: u64,
    /// Requests that were not.
    pub failed: u64,
    /// The first failure, in words.
    pub failure: Option<String>,
    /// From the first request to the last answer.
    pub lasted: Duration,
    /// From the moment at which a request was to begin to its answer, in microseconds.
    latencies: Histogram<u64>,
}

impl Outcome {
    fn new() -> Result<Self> {
        let latencies = Histogram::new_with_max(LONGEST, DIGITS).context("no histogram")?;
        Ok(Self { done: 0, failed: 0, failure: None, lasted: Duration::ZERO, latencies })
    }

    /// Requests per second.
    pub fn rate(&self) -> f64 {
        self.done as f64 / self.lasted.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    /// The latency that this share of the requests did not exceed, in milliseconds.
    pub fn quantile(&self, share: f64) -> f64 {
        self.latencies.value_at_quantile(share) as f64 / 1_000.0
    }

    async fn try_once(&mut self, target: &Target, work: Work, connection: &mut Connection, begun: Instant) {
        match target.perform(work, connection).await {
            Ok(()) => {
                self.done += 1;
                self.latencies.saturating_record(u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX));
            }
            Err(error) => {
                self.failed += 1;
                self.failure.get_or_insert_with(|| format!("{error:#}"));
            }
        }
    }

    fn add(&mut self, other: Self) -> Result<()> {
        self.done += other.done;
        self.failed += other.failed;
        self.failure = self.failure.take().or(other.failure);
        self.latencies.add(other.latencies).context("histograms differ")
    }
}

/// Keeps every connection busy for a time: a request follows the answer to the one before.
pub async fn closed(target: &Arc<Target>, work: Work, connections: usize, lasts: Duration) -> Result<Outcome> {
    let begun = Instant::now();
    let mut workers = JoinSet::new();
    for _ in 0..connections {
        let target = Arc::clone(target);
        let mut outcome = Outcome::new()?;
        workers.spawn(async move {
            let mut connection = Connection::new(target.address);
            while begun.elapsed() < lasts {
                outcome.try_once(&target, work, &mut connection, Instant::now()).await;
            }
            outcome
        });
    }
    total(workers, begun).await
}

/// Performs a number of requests, as fast as they go through.
pub async fn count(target: &Arc<Target>, work: Work, requests: u64) -> Result<Outcome> {
    let begun = Instant::now();
    let taken = Arc::new(AtomicU64::new(0));
    let mut workers = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (target, taken) = (Arc::clone(target), Arc::clone(&taken));
        let mut outcome = Outcome::new()?;
        workers.spawn(async move {
            let mut connection = Connection::new(target.address);
            while taken.fetch_add(1, Ordering::Relaxed) < requests {
                outcome.try_once(&target, work, &mut connection, Instant::now()).await;
            }
            outcome
        });
    }
    total(workers, begun).await
}

/// Begins requests at a fixed rate, whatever becomes of those before. One that has to wait for a connection is late: its
/// time counts from when it was to begin.
pub async fn open(target: &Arc<Target>, work: Work, rate: f64, lasts: Duration) -> Result<Outcome> {
    let requests = (rate * lasts.as_secs_f64()).ceil().max(1.0) as u64;
    let interval = Duration::from_secs_f64(1.0 / rate.max(f64::MIN_POSITIVE));
    let (turns, taken) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicU64::new(0)));
    let begun = Instant::now();
    let due = move |turn: u64| begun + interval.mul_f64(turn as f64);

    let mut workers = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (target, turns, taken) = (Arc::clone(target), Arc::clone(&turns), Arc::clone(&taken));
        let mut outcome = Outcome::new()?;
        workers.spawn(async move {
            let mut connection = Connection::new(target.address);
            while let Ok(permit) = turns.acquire().await {
                permit.forget();
                let turn = taken.fetch_add(1, Ordering::Relaxed);
                if turn >= requests {
                    break;
                }
                outcome.try_once(&target, work, &mut connection, due(turn)).await;
            }
            outcome
        });
    }
    // A thread of its own: the runtime's clock counts in milliseconds.
    thread::spawn(move || {
        for turn in 0..requests {
            thread::sleep(due(turn).saturating_duration_since(Instant::now()));
            turns.add_permits(1);
        }
        turns.add_permits(CONNECTIONS);
    });
    total(workers, begun).await
}

async fn total(mut workers: JoinSet<Outcome>, begun: Instant) -> Result<Outcome> {
    let mut total = Outcome::new()?;
    while let Some(outcome) = workers.join_next().await {
        total.add(outcome.context("a connection's task failed")?)?;
    }
    total.lasted = begun.elapsed();
    Ok(total)
}
