//! What the machine does by itself, where the servers run: how steady it is, and what a commit costs without a guest.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use rusqlite::{Connection, params_from_iter};
use serde::{Deserialize, Serialize};

use super::measure::ACCOUNTS;
use super::subject::Stage;
use super::work::{INDEX, ROW, TABLE, Target};

/// A piece of arithmetic, of so many turns and less than a millisecond, is done so often.
const TURNS: u64 = 50_000;
const PIECES: usize = 4_000;

/// So many rows are committed to find out what one takes.
const ROWS: u64 = 48_000;

/// So many rows share a commit, where they do: as many as connections are kept busy by the middle one of the loads.
pub const SHARE: usize = 24;

/// As the gateway opens its journal.
const SETTINGS: &str = "PRAGMA page_size=2048; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;
                        PRAGMA wal_autocheckpoint=32000";

/// What a machine does by itself.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Machine {
    /// How much longer than at its median a piece of arithmetic takes at the 90th, 99th and 99.9th percentile: 1 is no
    /// longer.
    pub pace: [f64; 3],
    /// Seconds of a row that SQLite commits by itself.
    pub alone: f64,
    /// Seconds of a row that shares its commit with others.
    pub shared: f64,
}

impl Machine {
    /// Measures on the servers' cores, while nothing else runs.
    pub async fn measure(stage: &Stage) -> Result<Self> {
        eprintln!("xtask: the machine by itself");
        let pace = stage.cores.with_servers(|| Ok(pace())).await?;
        let target = Target::new(stage.counterpart.url(), "", ACCOUNTS, &stage.counterpart)?;
        let rows: Arc<[_]> = (0..ROWS).map(|number| target.row(number)).collect();
        let mut seconds = [0.0; 2];
        for (seconds, share) in seconds.iter_mut().zip([1, SHARE]) {
            let (folder, rows) = (stage.data()?, Arc::clone(&rows));
            *seconds = stage.cores.with_servers(move || commit(folder.path(), &rows, share)).await?;
        }
        let [alone, shared] = seconds;
        Ok(Self { pace, alone, shared })
    }
}

fn pace() -> [f64; 3] {
    let mut pieces: Vec<Duration> = (0..PIECES).map(|_| piece()).collect();
    pieces.sort_unstable();
    let at = |share: f64| pieces.get((PIECES as f64 * share) as usize).map_or(0.0, Duration::as_secs_f64);
    [0.9, 0.99, 0.999].map(|share| at(share) / at(0.5))
}

fn piece() -> Duration {
    let begun = Instant::now();
    black_box((0..black_box(TURNS)).fold(0_u64, |sum, turn| (sum ^ turn).wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    begun.elapsed()
}

/// Returns the seconds of a row where so many share a commit.
fn commit(folder: &Path, rows: &[[String; 3]], share: usize) -> Result<f64> {
    let mut connection = Connection::open(folder.join("sqlite.db"))?;
    connection.execute_batch(SETTINGS)?;
    connection.execute_batch(TABLE)?;
    connection.execute_batch(INDEX)?;
    let begun = Instant::now();
    for together in rows.chunks(share) {
        let transaction = connection.transaction()?;
        for row in together {
            transaction.prepare_cached(ROW)?.execute(params_from_iter(row))?;
        }
        transaction.commit()?;
    }
    Ok(begun.elapsed().as_secs_f64() / rows.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_committed() {
        let folder = tempfile::tempdir().unwrap();
        let rows: Vec<[String; 3]> = (0..50).map(|number| [0, 1, 2].map(|part| format!("{number}.{part}"))).collect();

        let seconds = commit(folder.path(), &rows, SHARE).unwrap();

        let connection = Connection::open(folder.path().join("sqlite.db")).unwrap();
        let count: u64 = connection.query_row("SELECT count(*) FROM floor", [], |row| row.get(0)).unwrap();
        assert_eq!(count, 50);
        assert!(seconds > 0.0);
    }
}
