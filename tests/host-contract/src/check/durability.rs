//! What was acknowledged survives the death of the hosts.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Error, Result, bail, ensure};
use futures::{FutureExt as _, join};
use serde_json::json;
use tokio::time::sleep;

use crate::hosts::Hosts;
use crate::requirement::Requirement;
use crate::trial::Trial;

/// The rows about durability.
pub const REQUIREMENTS: &[Requirement] = &[
    Requirement {
        name: "a row that was acknowledged survives SIGKILL",
        breaks: "callbacks that were answered 200 and messages that were accepted are lost without a trace",
        remedy: "keep the database on a disk that outlives the process, with synchronous=NORMAL or FULL",
        kills: true,
        check: |trial| told(trial, |survived| &survived.rows, "rows").boxed(),
    },
    Requirement {
        name: "a value that was acknowledged survives SIGKILL",
        breaks: "repeats that come days later are handed on again, and tokens are fetched more often than they may be",
        remedy: "keep the store on a disk that outlives the process; Redis: appendonly yes",
        kills: true,
        check: |trial| told(trial, |survived| &survived.values, "values").boxed(),
    },
    Requirement {
        name: "a count that was acknowledged survives SIGKILL",
        breaks: "what was sent within the hour is forgotten: the platform gets more than its quota, and blocks",
        remedy: "keep the store on a disk that outlives the process; Redis: appendonly yes",
        kills: true,
        check: |trial| told(trial, |survived| &survived.counts, "counts").boxed(),
    },
];

/// The hosts are killed when so much of each kind was acknowledged.
const ENOUGH: i64 = 25;

/// How often to look.
const GLANCE: Duration = Duration::from_millis(5);

/// What was there after the kill.
pub struct Survived {
    rows: Count,
    values: Count,
    counts: Count,
}

/// How much of one kind.
struct Count {
    acknowledged: i64,
    there: i64,
}

impl Count {
    fn told(&self, kind: &str) -> Result<String> {
        let Self { acknowledged, there } = self;
        // One more may be there: its answer was cut off.
        ensure!(there >= acknowledged, "{there} of {acknowledged} {kind} are there after the kill");
        Ok(format!("{acknowledged} of {acknowledged} {kind}"))
    }
}

async fn told(trial: &Trial, count: fn(&Survived) -> &Count, kind: &str) -> Result<String> {
    count(survived(trial).await.map_err(Error::msg)?).told(kind)
}

/// Kills the hosts, once in a trial, and looks what is there; the error says why nothing is known.
pub async fn survived(trial: &Trial) -> Result<&Survived, String> {
    let survived = trial.survived.get_or_init(async || {
        let hosts = trial.hosts.as_deref().ok_or("nothing was killed")?;
        kill(trial, hosts).await.map_err(|error| format!("{error:#}"))
    });
    survived.await.as_ref().map_err(Clone::clone)
}

/// Writes without a pause, kills the hosts meanwhile, and counts what is there afterwards.
async fn kill(trial: &Trial, hosts: &dyn Hosts) -> Result<Survived> {
    let (rows, values, counts) = (Writer::default(), Writer::default(), Writer::default());
    let counter = &trial.key("survivor/count");
    let insert = |number: i64| async move {
        trial.probe.query("INSERT INTO probe_survivor (number) VALUES (?)", &[json!(number)]).await.map(drop)
    };
    let set = |number: i64| async move { trial.probe.set(&survivor(trial, number), b"1").await.map(drop) };
    let increment = |_| async move { trial.probe.increment(counter, 1).await.map(drop) };
    let writers = [&rows, &values, &counts];
    let killing = async {
        let killed = kill_among(&writers, hosts, trial.patience).await;
        writers.iter().for_each(|writer| writer.stop());
        killed
    };
    let (killed, ..) = join!(killing, rows.write(insert), values.write(set), counts.write(increment));
    killed?;
    trial.probe.lead_to(&hosts.start().await.context("the hosts could not be started again")?)?;
    trial.answers().await.context("the probe does not answer after the hosts were started again")?;
    let mut there = 0;
    for number in 1..=values.acknowledged() {
        there += i64::from(trial.probe.get(&survivor(trial, number)).await?.is_some());
    }
    Ok(Survived {
        rows: Count {
            acknowledged: rows.acknowledged(),
            there: crate::probe::integer(&trial.rows("probe_survivor", "true").await?)?,
        },
        values: Count { acknowledged: values.acknowledged(), there },
        counts: Count { acknowledged: counts.acknowledged(), there: trial.probe.count(counter).await? },
    })
}

/// Kills the hosts among writers that write; resolves when the kill was felt.
async fn kill_among(writers: &[&Writer], hosts: &dyn Hosts, patience: Duration) -> Result<()> {
    let broken_off = || writers.iter().find_map(|writer| writer.broken_off.get());
    let begun = Instant::now();
    while writers.iter().any(|writer| writer.acknowledged() < ENOUGH) {
        if let Some(reason) = broken_off() {
            bail!("a write failed before the kill: {reason}");
        }
        ensure!(begun.elapsed() < patience, "{ENOUGH} writes of each kind take longer than {patience:?}");
        sleep(GLANCE).await;
    }
    hosts.kill().await.context("the hosts could not be killed")?;
    let killed = Instant::now();
    while broken_off().is_none() {
        // Who was killed was not who serves them.
        ensure!(killed.elapsed() < patience, "no write was broken off: the command killed something else");
        sleep(GLANCE).await;
    }
    Ok(())
}

fn survivor(trial: &Trial, number: i64) -> String {
    trial.key(&format!("survivor/{number}"))
}

/// Writes one after the other, until one fails or it is stopped.
#[derive(Default)]
struct Writer {
    acknowledged: AtomicI64,
    stopped: AtomicBool,
    /// Why a write failed.
    broken_off: OnceLock<String>,
}

impl Writer {
    async fn write<F: Future<Output = Result<()>>>(&self, each: impl Fn(i64) -> F) {
        while !self.stopped.load(Ordering::Relaxed) {
            if let Err(reason) = each(self.acknowledged() + 1).await {
                self.broken_off.get_or_init(|| format!("{reason:#}"));
                return;
            }
            self.acknowledged.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    fn acknowledged(&self) -> i64 {
        self.acknowledged.load(Ordering::Relaxed)
    }
}
