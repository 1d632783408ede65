//! How long starts take, and how large the components are.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use super::connection::Connection;
use super::subject::{Kind, Setting, Stage, Subject};
use super::work::{Target, Work};
use crate::cargo::workspace;
use crate::manifest::Manifest;
use crate::sandbox::CREDENTIAL;

/// Starts with a warm cache, and new instances, that the median is taken of.
const TIMES: usize = 7;

/// An instance without work ends after a second.
const IDLE: Duration = Duration::from_millis(1_500);

/// A callback that comes so long after another comes alone, as the one before it did.
const MOMENT: Duration = Duration::from_millis(100);

/// What starts came to, in milliseconds, and the components' sizes.
#[derive(Debug, Serialize, Deserialize)]
pub struct Starts {
    /// From the start of the process to the first answer, with nothing compiled.
    pub cold: f64,
    /// The same with everything compiled.
    pub warm: f64,
    /// What a request takes longer that finds no instance.
    pub instance: f64,
    /// The components' sizes in bytes, by their ids.
    pub sizes: Vec<(String, u64)>,
}

/// Measures starts.
pub async fn starts(stage: &Stage) -> Result<Starts> {
    eprintln!("xtask: starts");
    let cache = stage.data()?;
    let setting = Setting { cache: Some(cache.path()), ticks: false, ..Setting::default() };
    let (cold, subject, _) = first_answer(stage, &setting).await?;
    subject.stop().await?;
    let mut warm = Vec::new();
    for _ in 0..TIMES {
        let (time, subject, _) = first_answer(stage, &setting).await?;
        warm.push(time);
        subject.stop().await?;
    }
    let (_, mut subject, target) = first_answer(stage, &setting).await?;
    let mut connection = Connection::new(target.address);
    let (mut new, mut old) = (Vec::new(), Vec::new());
    let before = instances(&mut subject).await?;
    for _ in 0..TIMES {
        sleep(IDLE).await;
        new.push(timed(&target, &mut connection).await?);
        sleep(MOMENT).await;
        old.push(timed(&target, &mut connection).await?);
    }
    let created = instances(&mut subject).await? - before;
    ensure!(created == TIMES as u64, "{created} instances were created by {TIMES} requests after a pause");
    Ok(Starts { cold, warm: median(warm), instance: median(new) - median(old), sizes: sizes()? })
}

async fn instances(subject: &mut Subject) -> Result<u64> {
    Ok(subject.calls().await?.context("the host tells no counters")?.instances)
}

async fn first_answer(stage: &Stage, setting: &Setting<'_>) -> Result<(f64, Subject, Target)> {
    let begun = Instant::now();
    let subject = stage.start(Kind::Gateway, setting).await?;
    let target = Target::new(&subject.url, CREDENTIAL, 1, &stage.counterpart)?;
    timed(&target, &mut Connection::new(target.address)).await?;
    Ok((begun.elapsed().as_secs_f64() * 1_000.0, subject, target))
}

async fn timed(target: &Target, connection: &mut Connection) -> Result<f64> {
    let begun = Instant::now();
    target.perform(Work::Callback, connection).await?;
    Ok(begun.elapsed().as_secs_f64() * 1_000.0)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Returns the sizes of the application's components, in bytes, by their ids.
fn sizes() -> Result<Vec<(String, u64)>> {
    let components = Manifest::load()?.select(&[])?.into_iter().filter(|component| component.id != "probe");
    let size = |source| fs::metadata(workspace().join(source)).map(|file| file.len());
    components
        .map(|component| Ok((component.id, size(component.source).context("a component is not built")?)))
        .collect()
}
