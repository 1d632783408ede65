//! How a row is measured: its peak, then what it is like at half of it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use super::load::{self, Outcome};
use super::process::{Syncs, Usage};
use super::subject::{Kind, Setting, Stage, Subject};
use super::work::{Target, Work};
use crate::sandbox::CREDENTIAL;

/// With so many connections the peak is looked for.
const CONNECTIONS: [usize; 3] = [8, 24, 64];

/// Before each measurement there is the same load for so long.
const WARM_UP: Duration = Duration::from_millis(700);

/// While disk calls are counted there are so many requests in a second, for so long at most.
const TRACED_RATE: f64 = 50.0;
const TRACED: Duration = Duration::from_secs(2);

/// What goes on behind the last answers ends within this time.
const BEHIND: Duration = Duration::from_millis(100);

/// So many accounts send, unless the row is about that: at 500 ms each, far more than are needed.
pub const ACCOUNTS: u64 = 20_000;

/// What a row came to.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Measured {
    /// Requests per second at the peak.
    pub peak: f64,
    /// The share of requests that failed, anywhere; of several turns the largest.
    pub failed: f64,
    /// Milliseconds that half of the requests, 99 % and 99.9 % do not exceed, at half of the peak.
    pub latencies: [f64; 3],
    /// What 1,000 requests cost at half of the peak.
    pub cost: Cost,
    /// Resident memory after that, in bytes.
    pub resident: u64,
}

impl Measured {
    /// Returns the medians of what the same row came to in several turns: one that the machine held up does not count.
    pub fn middle(turns: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> f64| middle(turns.iter().map(figure)).unwrap_or_default();
        let cost = |figure: fn(&Cost) -> Option<f64>| middle(turns.iter().filter_map(|turn| figure(&turn.cost)));
        Self {
            peak: of(|turn| turn.peak),
            failed: turns.iter().map(|turn| turn.failed).fold(0.0, f64::max),
            latencies: [of(|turn| turn.latencies[0]), of(|turn| turn.latencies[1]), of(|turn| turn.latencies[2])],
            cost: Cost {
                seconds: cost(|cost| cost.seconds),
                calls: cost(|cost| cost.calls),
                syncs: cost(|cost| cost.syncs),
                written: cost(|cost| cost.written),
            },
            resident: of(|turn| turn.resident as f64) as u64,
        }
    }
}

/// Returns the median; of an even number the higher of the two in the middle.
fn middle(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// What requests cost.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Cost {
    /// Processor seconds of 1,000 requests; none where the process is not on this machine.
    pub seconds: Option<f64>,
    /// Calls to the host, of one request.
    pub calls: Option<f64>,
    /// Calls that wait for a disk, of one request.
    pub syncs: Option<f64>,
    /// Bytes written, of one request.
    pub written: Option<f64>,
}

/// A subject under a target's load.
pub struct Bench {
    /// Whom the load goes to.
    pub target: Arc<Target>,
    /// What it goes to; none where it is not a process of ours.
    pub subject: Option<Subject>,
    work: Work,
}

impl Bench {
    /// Starts a subject and warms it up.
    pub async fn start(stage: &Stage, kind: Kind, work: Work, accounts: u64, setting: &Setting<'_>) -> Result<Self> {
        let setting = Setting { hands_on: work == Work::HandOn, ..*setting };
        let subject = stage.start(kind, &setting).await?;
        let target = Target::new(&subject.url, CREDENTIAL, accounts, &stage.counterpart)?;
        Self::of(target, Some(subject), work).await
    }

    /// Warms up what is behind a target.
    pub async fn of(mut target: Target, subject: Option<Subject>, work: Work) -> Result<Self> {
        target.counterpart.forget();
        target.prepare(work).await?;
        let target = Arc::new(target);
        let [few, ..] = CONNECTIONS;
        load::closed(&target, work, few, WARM_UP).await?;
        Ok(Self { target, subject, work })
    }

    /// Ends what was started, once it is done: whoever is ended before leaves deliveries claimed, whose places at the
    /// subscriber nobody has until the claims end.
    pub async fn end(self) -> Result<()> {
        sleep(BEHIND).await;
        match self.subject {
            Some(subject) => subject.stop().await,
            None => Ok(()),
        }
    }

    /// Looks for the peak with so many connections.
    pub async fn closed(&self, connections: usize, lasts: Duration) -> Result<Outcome> {
        load::closed(&self.target, self.work, connections, lasts).await
    }

    /// Measures at a rate.
    pub async fn open(&mut self, rate: f64, lasts: Duration) -> Result<(Outcome, Cost, u64)> {
        load::open(&self.target, self.work, rate, WARM_UP).await?;
        let before = self.usage().await?;
        let outcome = load::open(&self.target, self.work, rate, lasts).await?;
        let after = self.usage().await?;
        let requests = outcome.done.max(1) as f64;
        let mut cost = Cost::default();
        if let (Some((used, called)), Some((uses, calls))) = (before, after) {
            cost.seconds = Some((uses.seconds - used.seconds) * 1_000.0 / requests);
            cost.written = Some(uses.written.saturating_sub(used.written) as f64 / requests);
            cost.calls = called.zip(calls).map(|(called, calls)| calls.saturating_sub(called) as f64 / requests);
        }
        Ok((outcome, cost, after.map_or(0, |(usage, _)| usage.resident)))
    }

    /// Counts the calls of a request that wait for a disk.
    pub async fn syncs(&self, stage: &Stage, lasts: Duration) -> Result<Option<f64>> {
        let Some(subject) = &self.subject else { return Ok(None) };
        let folder = stage.data()?;
        let log = folder.path().join("strace");
        let Some(syncs) = Syncs::start(subject.process()?, &log).await? else { return Ok(None) };
        let outcome = load::open(&self.target, self.work, TRACED_RATE, lasts.min(TRACED)).await?;
        Ok(Some(syncs.stop(&log).await? as f64 / outcome.done.max(1) as f64))
    }

    async fn usage(&mut self) -> Result<Option<(Usage, Option<u64>)>> {
        let Some(subject) = &mut self.subject else { return Ok(None) };
        let calls = subject.calls().await?.map(|calls| calls.sum());
        Ok(Some((Usage::of(subject.process()?), calls)))
    }
}

/// Measures what begins anew for each load.
pub async fn measure(stage: &Stage, begin: impl AsyncFn() -> Result<Bench>, lasts: Duration) -> Result<Measured> {
    let mut measured = Measured::default();
    let mut outcomes = Vec::new();
    for connections in CONNECTIONS {
        let bench = begin().await?;
        let outcome = bench.closed(connections, lasts).await?;
        bench.end().await?;
        measured.peak = measured.peak.max(outcome.rate());
        outcomes.push(outcome);
    }
    if measured.peak > 0.0 {
        let mut bench = begin().await?;
        let (outcome, cost, resident) = bench.open(measured.peak / 2.0, lasts).await?;
        measured.latencies = [0.5, 0.99, 0.999].map(|share| outcome.quantile(share));
        measured.cost = Cost { syncs: bench.syncs(stage, lasts).await?, ..cost };
        measured.resident = resident;
        outcomes.push(outcome);
        bench.end().await?;
    }
    let done: u64 = outcomes.iter().map(|outcome| outcome.done).sum();
    let failed: u64 = outcomes.iter().map(|outcome| outcome.failed).sum();
    let failure = outcomes.into_iter().find_map(|outcome| outcome.failure);
    if let Some(failure) = failure {
        ensure!(done > 0, "nothing was answered as it should: {failure}");
        eprintln!("xtask: {failed} of {} requests failed, the first one so: {failure}", done + failed);
    }
    measured.failed = failed as f64 / (done + failed).max(1) as f64;
    Ok(measured)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_figure_is_the_median_of_its_turns() {
        let turn = |peak, tail, calls| Measured {
            peak,
            latencies: [1.0, tail, 9.0],
            cost: Cost { calls, ..Cost::default() },
            ..Measured::default()
        };

        let middle = Measured::middle(&[turn(3.0, 5.0, None), turn(1.0, 7.0, Some(2.0)), turn(2.0, 6.0, None)]);

        assert_eq!((middle.peak, middle.latencies, middle.cost.calls), (2.0, [1.0, 6.0, 9.0], Some(2.0)));
        assert_eq!(middle.cost.seconds, None);
    }

    #[test]
    fn a_turn_that_failed_is_told() {
        let failed = Measured { failed: 0.1, ..Measured::default() };
        assert_eq!(Measured::middle(&[Measured::default(), failed, Measured::default()]).failed, 0.1);
    }
}
