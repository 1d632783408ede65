//! Counters: the limits, the spacing of an account, and the leases are made of them.

use std::collections::BTreeSet;
use std::slice;

use anyhow::{Result, ensure};
use futures::FutureExt as _;
use serde_json::json;

use super::at_once;
use crate::probe::integer;
use crate::requirement::Requirement;
use crate::trial::Trial;

/// The rows about counters.
pub const REQUIREMENTS: &[Requirement] = &[
    Requirement {
        name: "a counter begins at zero, and increment answers its new value",
        breaks: "whoever counts to one owns a slot or a lease: nobody would, or two",
        remedy: "use a key-value store whose increment adds to 0 where there is no key: Spin's SQLite, Redis or Valkey",
        kills: false,
        check: |trial| begins_at_zero(trial).boxed(),
    },
    Requirement {
        name: "increment is atomic",
        breaks: "two messages of an account leave less than 500 ms apart, quotas are exceeded, tokens are fetched twice",
        remedy: "use a key-value store with an atomic increment, one and the same for all replicas",
        kills: false,
        check: |trial| atomic(trial).boxed(),
    },
    Requirement {
        name: "a counter is read as it was counted",
        breaks: "limits are computed from wrong sums: messages are refused for nothing, or too many leave",
        remedy: "use a store that keeps counters as 8 little-endian bytes (SQLite) or decimal text (Redis)",
        kills: false,
        check: |trial| read_as_counted(trial).boxed(),
    },
    Requirement {
        name: "a deleted counter begins again",
        breaks: "a lease that was given back is never free again, and tokens are renewed late",
        remedy: "use a store whose delete-many removes counters too",
        kills: false,
        check: |trial| begins_again(trial).boxed(),
    },
];

/// So many count at once.
const RIVALS: usize = 64;

/// Counts as the gateway has them: its highest is 100 << 40, the notes of a slot.
const COUNTS: [i64; 8] = [0, 1, 20, 50_000, 12_345_678, (100 << 40) + (1 << 20) + 3, -1, -1_000_000];

async fn begins_at_zero(trial: &Trial) -> Result<String> {
    let key = trial.key("counter/first");
    for (delta, expected) in [(1, 1), (1, 2), (0, 2), (-1, 1), (-2, -1)] {
        let count = trial.probe.increment(&key, delta).await?;
        ensure!(count == expected, "adding {delta} answers {count} instead of {expected}");
    }
    Ok("0 + 1 = 1".into())
}

async fn atomic(trial: &Trial) -> Result<String> {
    let key = &trial.key("counter/rivals");
    let done = at_once(RIVALS, |_| trial.probe.run("/key-value/increment", json!({ "key": key, "delta": 1 }))).await?;
    let counts: BTreeSet<i64> = done.iter().map(|done| integer(&done.result)).collect::<Result<_>>()?;
    let instances: BTreeSet<_> = done.iter().map(|done| &done.instance).collect();
    ensure!(counts.len() == RIVALS, "{RIVALS} at once were answered {} different counts", counts.len());
    let last = counts.last().copied().unwrap_or_default();
    ensure!(usize::try_from(last) == Ok(RIVALS), "{RIVALS} at once counted to {last}");
    Ok(format!("{RIVALS} at once; instances: {}, addresses: {}", instances.len(), trial.probe.addresses()))
}

async fn read_as_counted(trial: &Trial) -> Result<String> {
    let absent = trial.probe.count(&trial.key("counter/absent")).await?;
    ensure!(absent == 0, "a counter that does not exist reads as {absent}");
    for count in COUNTS {
        let key = trial.key(&format!("counter/{count}"));
        trial.probe.increment(&key, count).await?;
        let read = trial.probe.count(&key).await?;
        ensure!(read == count, "{count} is read as {read}");
    }
    Ok(format!("{} counts, to {}", COUNTS.len(), COUNTS.iter().max().unwrap_or(&0)))
}

async fn begins_again(trial: &Trial) -> Result<String> {
    let key = trial.key("counter/again");
    trial.probe.increment(&key, 5).await?;
    trial.probe.delete(slice::from_ref(&key)).await?;
    let count = trial.probe.increment(&key, 1).await?;
    ensure!(count == 1, "after its deletion it counts {count} instead of 1");
    Ok("1 after its deletion".into())
}
