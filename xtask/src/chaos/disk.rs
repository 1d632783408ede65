//! A disk that is full, and one that is slow.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rusqlite::Connection;
use tokio::time::{Instant, sleep};

use super::stage::Stage;

/// The databases that a gateway writes.
const DATABASES: [&str; 2] = ["sqlite.db", "key_value.db"];

/// How long a write of ours may wait for one of the gateways'.
const BUSY: Duration = Duration::from_secs(5);

/// Lets nothing be written for a time, or no file grow: both happen on disks that are full.
pub async fn fill(stage: &Stage, entirely: bool, lasts: Duration) -> Result<()> {
    let grown = DATABASES.iter().filter_map(|name| stage.data().join(format!("{name}-wal")).metadata().ok());
    let bytes = if entirely { 0 } else { grown.map(|file| file.len()).max().unwrap_or_default() };
    stage.gateways.limit_files(Some(bytes)).await?;
    sleep(lasts).await;
    stage.gateways.limit_files(None).await
}

/// Holds the databases again and again, for up to half a second each time.
pub async fn slow(data: &Path, seed: u64, lasts: Duration) -> Result<()> {
    let mut dice = StdRng::seed_from_u64(seed);
    let until = Instant::now() + lasts;
    while Instant::now() < until {
        let database = data.join(DATABASES.get(dice.random_range(0..DATABASES.len())).copied().unwrap_or_default());
        let holds = dice.random_range(Duration::from_millis(20)..Duration::from_millis(500));
        tokio::task::spawn_blocking(move || hold(&database, holds)).await??;
        sleep(dice.random_range(Duration::ZERO..Duration::from_millis(100))).await;
    }
    Ok(())
}

fn hold(database: &Path, time: Duration) -> Result<()> {
    let connection = Connection::open(database).context("cannot open a database of the gateways")?;
    connection.busy_timeout(BUSY)?;
    // Whoever waits for the gateways longer than that has been slow enough.
    if connection.execute_batch("BEGIN IMMEDIATE").is_ok() {
        std::thread::sleep(time);
        connection.execute_batch("COMMIT")?;
    }
    Ok(())
}
