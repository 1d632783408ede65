//! Runs a Spin application; see the library.

use std::io::{self, IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use host::{Host, Manifest, Metrics, RuntimeConfig, WallClock};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Runs a Spin application on wasmtime.
///
/// Prints one line when it is ready: {"listening":"http://127.0.0.1:3000"}. Stops on SIGTERM or SIGINT, once the
/// requests in flight are done. On SIGUSR1, prints to standard error how often guests called it.
#[derive(Parser)]
struct Arguments {
    /// The application's manifest
    #[arg(long, default_value = "spin.toml")]
    manifest: PathBuf,
    /// Files that stand behind the manifest as if they were part of it
    #[arg(long, value_name = "FILE")]
    append: Vec<PathBuf>,
    /// The address to listen on; port 0 is any free port
    #[arg(long, default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
    /// The folder for the key-value store and the SQLite database
    #[arg(long)]
    data: PathBuf,
    /// The folder for compiled code, which hosts may share [default: cache in the data folder]
    #[arg(long)]
    cache: Option<PathBuf>,
    /// Which backends stand behind the labels, as Spin reads it; files in the data folder by default
    #[arg(long)]
    runtime_config_file: Option<PathBuf>,
    /// Moves the guests' wall clock by this many seconds
    #[arg(long, default_value_t = 0, allow_hyphen_values = true)]
    clock_offset: i64,
    /// Moves it by the seconds that this file holds, whenever they change
    #[arg(long, value_name = "FILE")]
    clock_offset_file: Option<PathBuf>,
}

/// Guests, SQLite and HTTP allocate a lot, on several threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How often the file of the clock's offset is looked at.
const CLOCK_POLL: Duration = Duration::from_millis(50);

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let ansi = io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(ansi).init();
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            error.chain().skip(1).for_each(|cause| eprintln!("{cause}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let manifest = Manifest::load_with(&arguments.manifest, &arguments.append)?;
    let mut builder =
        Host::builder(manifest, arguments.data).listen(arguments.listen).clock_offset(arguments.clock_offset);
    if let Some(folder) = arguments.cache {
        builder = builder.cache(folder);
    }
    if let Some(file) = arguments.runtime_config_file {
        builder = builder.runtime_config(RuntimeConfig::load(file)?);
    }
    let host = builder.build().await?;
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::spawn(report(host.metrics(), signal(SignalKind::user_defined1())?));
    if let Some(file) = arguments.clock_offset_file {
        tokio::spawn(follow(file, host.clock()));
    }
    announce(host.address())?;
    host.serve(async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
    .await;
    Ok(())
}

/// Keeps the clock where the file says; a file that is missing or being written changes nothing.
async fn follow(file: PathBuf, clock: WallClock) {
    loop {
        if let Some(seconds) = tokio::fs::read_to_string(&file).await.ok().and_then(|text| text.trim().parse().ok()) {
            clock.set_offset(seconds);
        }
        tokio::time::sleep(CLOCK_POLL).await;
    }
}

fn announce(address: SocketAddr) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, r#"{{"listening":"http://{address}"}}"#)?;
    stdout.flush()
}

async fn report(metrics: Arc<Metrics>, mut requested: tokio::signal::unix::Signal) {
    while requested.recv().await.is_some() {
        match serde_json::to_string(&metrics.snapshot()) {
            Ok(line) => eprintln!("{line}"),
            Err(error) => tracing::error!("cannot report: {error}"),
        }
    }
}
