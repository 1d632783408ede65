//! `bench`: what the gateway does in a second, what it costs, what becomes of it when there is much, and what peers do.
//!
//! Everything is measured by the same load in one run, so that its ratios hold on other machines.

mod connection;
mod counterpart;
mod floor;
mod goal;
mod growth;
mod load;
mod machine;
mod measure;
mod peers;
mod process;
mod report;
mod row;
mod start;
mod stock;
mod subject;
mod work;

use std::collections::HashMap;
use std::fmt::{self, Display, Formatter};
use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::pin::pin;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueEnum};
use time::OffsetDateTime;

use crate::cargo::{self, workspace};
use crate::sandbox::CREDENTIAL;
use crate::{build, signal};
use counterpart::Counterpart;
use machine::Machine;
use measure::{ACCOUNTS, Bench, Measured, measure};
use peers::Language;
use process::Cores;
use report::{Report, Taken};
use row::{ROWS, Row};
use subject::{Kind, Setting, Stage};
use work::Target;

/// The document that is written, and where what was measured is kept until it is measured again.
const DOCUMENT: &str = "docs/benchmarks.md";
const KEPT: &str = "target/bench/report.json";

/// Events and marks that are stored, accounts that send, messages that are queued.
const STORED: [u64; 3] = [0, 100_000, 1_000_000];
const SENDING: [u64; 3] = [10, 1_000, 100_000];
const QUEUE: u64 = 100_000;

/// Each row is measured so often.
const TURNS: usize = 3;

/// Callbacks in a second while memory is watched.
const WATCHED: f64 = 200.0;

/// Options of `bench`.
#[derive(Args)]
pub struct Options {
    /// Measures the gateway's rows on a gateway that is up, and writes nothing
    #[arg(long, value_name = "ORIGIN")]
    url: Option<String>,
    /// What that gateway expects as caller's secret, KDocs token and callback token
    #[arg(long, default_value = CREDENTIAL, requires = "url", hide_env_values = true, env = "BENCH_CREDENTIAL")]
    credential: String,
    /// Where the platforms and the subscriber (`/events`) answer that gateway
    #[arg(long, default_value = "127.0.0.1:3100", requires = "url", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// What is measured; the document keeps what was measured before of the others
    #[arg(long, value_delimiter = ',', default_values_t = Part::USUAL)]
    parts: Vec<Part>,
    /// Rows to measure, by their letters (abcdefghijklmn) [default: all]
    #[arg(long, value_name = "LETTERS")]
    rows: Option<String>,
    /// How long each load lasts
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// How long memory is watched, in minutes
    #[arg(long, default_value_t = 60)]
    minutes: u64,
    /// Divides what is stored and queued
    #[arg(long, default_value_t = 1, value_name = "BY", value_parser = clap::value_parser!(u64).range(1..))]
    divide: u64,
    /// Runs what was built before, and writes nothing
    #[arg(long, hide = true)]
    no_build: bool,
    /// The host's profile
    #[arg(long, hide = true, default_value = "release")]
    profile: Profile,
}

/// What can be measured by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The table of rows.
    Rows,
    /// Rates with many events and marks stored.
    Stored,
    /// Texts of few accounts and of many.
    Accounts,
    /// A long queue that leaves.
    Queue,
    /// Starts, and the components' sizes.
    Starts,
    /// The host's memory over a long time.
    Memory,
}

impl Part {
    /// What is measured unless something else is asked for.
    const USUAL: [Self; 5] = [Self::Rows, Self::Stored, Self::Accounts, Self::Queue, Self::Starts];
}

impl Display for Part {
    fn fmt(&self, out: &mut Formatter) -> fmt::Result {
        self.to_possible_value().map_or(Ok(()), |value| out.write_str(value.get_name()))
    }
}

/// How the host is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Profile {
    /// For speed.
    Release,
    /// For tests.
    Dev,
}

impl Profile {
    fn host(self) -> PathBuf {
        let folder = if self == Self::Release { "release" } else { "debug" };
        workspace().join("target").join(folder).join("host")
    }

    fn told(self) -> &'static str {
        match self {
            Self::Release => "a host built for release",
            Self::Dev => "a host built for tests",
        }
    }

    fn build(self) -> Result<()> {
        if self == Self::Dev {
            return cargo::build_programs();
        }
        eprintln!("xtask: building the host; the first time compiles wasmtime, 10 to 15 minutes on 2 cores");
        cargo::run(cargo::cargo().args(["build", "--release", "--package", "host", "--bins"]))
    }
}

/// Measures, writes each part to the document if all of it was measured, and prints.
pub async fn run(options: Options) -> Result<()> {
    ensure!(options.seconds.is_finite() && options.seconds > 0.0, "--seconds must be more than 0");
    let stop = pin!(signal::stop()?);
    tokio::select! {
        result = bench(&options) => result,
        () = stop => bail!("interrupted"),
    }
}

async fn bench(options: &Options) -> Result<()> {
    let rows = chosen(options);
    let here = options.url.is_none();
    ensure!(here || options.parts == Part::USUAL || options.parts == [Part::Rows], "--url measures rows alone");
    if here {
        if !options.no_build {
            build::run(&[])?;
            options.profile.build()?;
        }
        let peers = [Language::Node, Language::Python];
        for peer in
            peers.iter().filter(|peer| rows.iter().any(|row| matches!(row.kind, Kind::Peer(by, _) if by == **peer)))
        {
            peer.install()?;
        }
    }
    let listen = if here { (IpAddr::from(Ipv4Addr::LOCALHOST), 0).into() } else { options.listen };
    let machine = process::machine();
    let cores = Cores::share()?;
    let counterpart = Counterpart::start(listen).await?;
    let stage = Stage { host: options.profile.host(), folder: workspace().join("target/bench"), cores, counterpart };
    let how = format!(
        "Measured on {} on {machine}; {}; {} s for each load; {}.",
        OffsetDateTime::now_utc().date(),
        stage.cores.told(),
        options.seconds,
        options.profile.told()
    );

    let mut report = Report::default();
    for part in options.parts.iter().filter(|part| here || **part == Part::Rows) {
        let measured = measure_part(*part, &stage, options, &rows, &how, &mut report).await;
        measured.with_context(|| format!("cannot measure {part}"))?;
        if is_kept(options) {
            report = report.kept(&workspace().join(KEPT))?;
            fs::write(workspace().join(DOCUMENT), report.document()).context("cannot write the document")?;
            eprintln!("xtask: {part} stands in {DOCUMENT}");
        }
    }
    println!("{report}");
    Ok(())
}

/// Whether what is measured belongs in the document: the whole of it, of what users run.
fn is_kept(options: &Options) -> bool {
    let whole = options.url.is_none() && options.rows.is_none() && options.divide == 1;
    whole && options.profile == Profile::Release && !options.no_build
}

async fn measure_part(
    part: Part,
    stage: &Stage,
    options: &Options,
    rows: &[&'static Row],
    how: &str,
    report: &mut Report,
) -> Result<()> {
    let lasts = Duration::from_secs_f64(options.seconds);
    match part {
        Part::Rows => {
            if options.url.is_none() {
                report.machine = Some(Machine::measure(stage).await?);
            }
            report.rows = Some(Taken::new(how, measure_rows(stage, options, rows, lasts).await?));
        }
        Part::Stored => {
            let stored = growth::stored(stage, &STORED.map(|count| count / options.divide), lasts).await?;
            report.stored = Some(Taken::new(how, stored));
        }
        Part::Accounts => {
            report.sending = Some(Taken::new(how, growth::accounts(stage, &SENDING, lasts).await?));
        }
        Part::Queue => report.drain = Some(Taken::new(how, growth::drain(stage, QUEUE / options.divide).await?)),
        Part::Starts => {
            report.starts = Some(Taken::new(how, start::starts(stage).await?));
        }
        Part::Memory => {
            report.memory = Some(Taken::new(how, growth::memory(stage, WATCHED, options.minutes).await?));
        }
    }
    Ok(())
}

/// Returns the rows that were asked for.
fn chosen(options: &Options) -> Vec<&'static Row> {
    let asked = |row: &&Row| options.rows.as_ref().is_none_or(|letters| letters.contains(row.letter));
    let possible = |row: &&Row| options.url.is_none() || row.kind == Kind::Gateway;
    ROWS.iter().filter(asked).filter(possible).collect()
}

async fn measure_rows(
    stage: &Stage,
    options: &Options,
    rows: &[&'static Row],
    lasts: Duration,
) -> Result<HashMap<String, Measured>> {
    let begin = async |row: &Row| match &options.url {
        Some(url) => {
            let target = Target::new(url, &options.credential, ACCOUNTS, &stage.counterpart)?;
            Bench::of(target, None, row.work).await
        }
        None => Bench::start(stage, row.kind, row.work, ACCOUNTS, &Setting::default()).await,
    };
    let mut turns: HashMap<String, Vec<Measured>> = HashMap::new();
    for row in in_turns(rows) {
        eprintln!("xtask: ({}) {}", row.letter, row.name);
        let measured = measure(stage, async || begin(row).await, lasts).await;
        let measured = measured.with_context(|| format!("row ({}) {}", row.letter, row.name))?;
        told(&measured);
        turns.entry(row.name.to_owned()).or_default().push(measured);
    }
    Ok(turns.into_iter().map(|(name, turns)| (name, Measured::middle(&turns))).collect())
}

/// Returns the rows as they are measured: those of the same work follow each other, in several turns, so that a machine
/// whose pace changes does so for all who are compared.
fn in_turns(rows: &[&'static Row]) -> Vec<&'static Row> {
    let first = |(at, row): &(usize, &&Row)| rows.iter().position(|other| other.work == row.work) == Some(*at);
    let works = rows.iter().enumerate().filter(first).map(|(_, row)| row.work);
    let same = |work| rows.iter().copied().filter(move |row: &&Row| row.work == work);
    works.flat_map(|work| (0..TURNS).flat_map(move |_| same(work))).collect()
}

fn told(measured: &Measured) {
    let [p50, p99, _] = measured.latencies;
    eprintln!("xtask:     {:.0} req/s; at half of it p50 {p50:.1} ms, p99 {p99:.1} ms", measured.peak);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::work::Work;

    #[test]
    fn rows_of_the_same_work_take_turns() {
        let rows: Vec<&'static Row> = ROWS.iter().filter(|row| "bch".contains(row.letter)).collect();

        let order = in_turns(&rows);

        assert_eq!(order.len(), rows.len() * TURNS);
        let of_callbacks: Vec<char> = order.iter().take(10).map(|row| row.letter).collect();
        assert_eq!(of_callbacks, ['b', 'h', 'h', 'h', 'h', 'b', 'h', 'h', 'h', 'h']);
        assert!(order.iter().take(5 * TURNS).all(|row| row.work == Work::Callback));
    }
}
