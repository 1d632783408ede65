//! `chaos`: everything goes wrong at once, and then the books are audited.
//!
//! Two gateways share one state. Random callers use every surface while the platforms and the subscribers misbehave, the
//! gateways are killed, the disk is full or slow, and the clock jumps. Then there is quiet, until nothing is under way any
//! more, and what the gateways' ledger and journal say is compared with what the simulated platforms and the subscribers
//! saw. docs/reliability.md says what must agree.

mod audit;
mod disk;
mod evidence;
mod gateways;
mod load;
mod quiet;
mod stage;
mod trouble;

use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueEnum};

use crate::{build, signal};
use audit::Report;
use stage::Stage;
use trouble::Trouble;

/// Options of `chaos`.
#[derive(Args)]
pub struct Options {
    /// Where every random choice comes from [default: another one each time]
    #[arg(long)]
    seed: Option<u64>,
    /// How long there is trouble
    #[arg(long, default_value_t = 2.0)]
    minutes: f64,
    /// Kinds of trouble to leave out
    #[arg(long, value_delimiter = ',')]
    without: Vec<Trouble>,
    /// After a failure, runs again without one kind of trouble after the other, and keeps those that it needs
    #[arg(long)]
    minimise: bool,
    #[command(flatten)]
    build: build::Everything,
}

/// Plays, audits and prints the counts; fails with what does not agree, and how to run it again.
pub async fn run(options: Options) -> Result<()> {
    ensure!(options.minutes.is_finite() && options.minutes > 0.0, "--minutes must be more than 0");
    options.build.run()?;
    let stop = pin!(signal::stop()?);
    tokio::select! {
        result = play(&options) => result,
        () = stop => bail!("interrupted"),
    }
}

async fn play(options: &Options) -> Result<()> {
    let seed = options.seed.unwrap_or_else(|| rand::random_range(0..1_000_000));
    let lasts = Duration::from_secs_f64(options.minutes * 60.0);
    let mut troubles = Trouble::value_variants().to_vec();
    troubles.retain(|trouble| !options.without.contains(trouble));

    let folder = tempfile::tempdir().context("cannot create a folder for the state")?;
    let result = once(seed, lasts, &troubles, folder.path()).await;
    if let Ok(report) = &result {
        println!("{report}");
        if report.findings.is_empty() {
            return Ok(());
        }
    }
    let kept = folder.keep();
    let what = result.map_or_else(|error| format!("{error:#}"), |report| format!("{} findings", report.findings.len()));
    if options.minimise {
        troubles = minimised(seed, lasts, troubles).await?;
    }
    let names = |of: &[Trouble]| of.iter().map(Trouble::name).collect::<Vec<_>>().join(",");
    let without: Vec<_> =
        Trouble::value_variants().iter().copied().filter(|trouble| !troubles.contains(trouble)).collect();
    let without = if without.is_empty() { String::new() } else { format!(" --without {}", names(&without)) };
    bail!(
        "seed {seed}: {what}; the state lies in {}. Run it again: cargo xtask chaos --seed {seed} --minutes {}{without}",
        kept.display(),
        options.minutes,
    )
}

/// Plays and audits once; the folder gets the state and what the gateways print.
async fn once(seed: u64, lasts: Duration, troubles: &[Trouble], folder: &Path) -> Result<Report> {
    let stage = Stage::start(seed, folder).await?;
    let load = load::start(&stage);
    let played = trouble::play(&stage, troubles, lasts).await;
    // What was asked has an answer before the books are read, whatever happened.
    let calm = quiet::settle(&stage, load).await;
    played?;
    let evidence = evidence::gather(&stage, calm?).await?;
    let report = audit::audit(&evidence);
    if !report.findings.is_empty() {
        evidence.keep(folder)?;
    }
    Ok(report)
}

/// Leaves out every kind of trouble without which it still fails. What depends on timing may need another try: a run that
/// holds counts as one that needs the kind.
async fn minimised(seed: u64, lasts: Duration, mut troubles: Vec<Trouble>) -> Result<Vec<Trouble>> {
    for trouble in troubles.clone() {
        let fewer: Vec<Trouble> = troubles.iter().copied().filter(|kept| *kept != trouble).collect();
        eprintln!("xtask: again, without {}", trouble.name());
        let folder = tempfile::tempdir()?;
        if !once(seed, lasts, &fewer, folder.path()).await.is_ok_and(|report| report.findings.is_empty()) {
            troubles = fewer;
        }
    }
    Ok(troubles)
}
