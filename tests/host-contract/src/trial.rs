//! One run of the contract against the hosts behind a probe.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use tokio::time::sleep;
use uuid::Uuid;

use crate::check::durability::{self, Survived};
use crate::hosts::Hosts;
use crate::latency;
use crate::probe::{Probe, statement};
use crate::report::{Report, Row, Verdict};
use crate::requirement::{Requirement, requirements};

/// How long hosts may take until the probe answers; a first start compiles it.
const START: Duration = Duration::from_secs(120);

/// Long enough for a write that hangs because its host is gone: see the probe's own timeout.
const PATIENCE: Duration = Duration::from_secs(90);

/// How many keys are deleted at once.
const KEYS: usize = 500;

/// The tables of a trial. They begin with `probe_`: the database may be the gateway's own.
const TABLES: [(&str, &str); 4] = [
    ("probe_item", "(id TEXT PRIMARY KEY, number INTEGER, text TEXT, bytes BLOB) WITHOUT ROWID"),
    ("probe_queue", "(sequence INTEGER PRIMARY KEY, state TEXT NOT NULL, worker TEXT)"),
    ("probe_sequence", "(sequence INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT)"),
    ("probe_survivor", "(number INTEGER PRIMARY KEY)"),
];

/// The tables that checks make by themselves.
const OTHERS: [&str; 5] = ["probe_message", "probe_recipient", "probe_attempt", "probe_upload", "probe_unborn"];

/// A run: the probe, and what the checks share.
pub struct Trial {
    /// The probe of the hosts.
    pub probe: Probe,
    /// The hosts, where they may be killed.
    pub hosts: Option<Box<dyn Hosts>>,
    /// What a kill left; the hosts are killed once.
    pub(crate) survived: OnceCell<Result<Survived, String>>,
    /// How long to wait for the writes before a kill, and for the kill to be felt.
    pub patience: Duration,
    run: String,
    keys: Mutex<Vec<String>>,
}

impl Trial {
    /// Prepares a run. Without `hosts` nothing is killed, and what would survive is not checked.
    pub fn new(probe: Probe, hosts: Option<Box<dyn Hosts>>) -> Self {
        let run = Uuid::now_v7().simple().to_string();
        Self { probe, hosts, survived: OnceCell::new(), patience: PATIENCE, run, keys: Mutex::default() }
    }

    /// Checks the whole contract, measures each primitive so many times, and removes what it wrote.
    ///
    /// Fails if there is no probe, or if it cannot even make its tables.
    pub async fn run(&self, samples: usize) -> Result<Report> {
        self.prepare().await?;
        let latencies = latency::measure(self, samples).await?;
        let mut rows = Vec::new();
        for requirement in requirements() {
            rows.push(Row { requirement, verdict: self.check(requirement).await });
        }
        self.clear().await.context("what the checks wrote could not be removed")?;
        Ok(Report { rows, latencies })
    }

    /// Waits for the probe, and makes the tables; what an earlier run left is removed.
    pub async fn prepare(&self) -> Result<()> {
        self.answers().await?;
        self.clear().await.context("the database does not drop tables")?;
        for (name, columns) in TABLES {
            self.probe.query(&format!("CREATE TABLE {name} {columns}"), &[]).await?;
        }
        Ok(())
    }

    /// Checks one requirement.
    pub async fn check(&self, requirement: &Requirement) -> Verdict {
        if requirement.kills
            && let Err(reason) = durability::survived(self).await
        {
            return Verdict::Unchecked(reason);
        }
        match (requirement.check)(self).await {
            Ok(seen) => Verdict::Holds(seen),
            Err(reason) => Verdict::Broken(format!("{reason:#}")),
        }
    }

    /// Returns a key of this run, which is deleted after it.
    pub fn key(&self, name: &str) -> String {
        let key = format!("probe/{}/{name}", self.run);
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).push(key.clone());
        key
    }

    /// Waits until the probe answers at every address.
    pub async fn answers(&self) -> Result<()> {
        let begun = Instant::now();
        let mut reached = 0;
        while reached < self.probe.addresses() {
            match self.probe.run("/identifier", json!({})).await {
                Ok(_) => reached += 1,
                Err(reason) if begun.elapsed() > START => return Err(reason),
                // It answers, but with a refusal: waiting does not help.
                Err(reason) if reason.downcast_ref::<reqwest::Error>().is_none() => bail!(reason),
                Err(_) => {
                    reached = 0;
                    sleep(Duration::from_millis(50)).await;
                }
            }
        }
        Ok(())
    }

    async fn clear(&self) -> Result<()> {
        let names = TABLES.iter().map(|(name, _)| *name).chain(OTHERS);
        let drops: Vec<_> = names.map(|name| statement(&format!("DROP TABLE IF EXISTS {name}"), &[])).collect();
        self.probe.transact(&drops).await?;
        let keys = std::mem::take(&mut *self.keys.lock().unwrap_or_else(PoisonError::into_inner));
        for keys in keys.chunks(KEYS) {
            self.probe.delete(keys).await?;
        }
        Ok(())
    }

    /// Counts the rows of a table that fulfil a condition.
    pub async fn rows(&self, table: &str, condition: &str) -> Result<Value> {
        self.probe.scalar(&format!("SELECT count(*) FROM {table} WHERE {condition}"), &[]).await
    }
}
