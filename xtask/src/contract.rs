//! `contract`: checks whether a host keeps what the gateway needs of it.

use anyhow::{Result, ensure};
use clap::Args;
use host_contract::{Backend, Commands, Hosts, Local, Probe, Report, Trial};

use crate::manifest::Manifest;
use crate::{build, cargo, program};

/// Options of `contract`.
#[derive(Args)]
pub struct Options {
    /// The origin of a probe that runs (tests/probe/spin.toml), once for each address; without one, local hosts are
    /// started and checked, on SQLite and on Redis.
    #[arg(long, value_name = "ORIGIN", requires = "token")]
    url: Vec<String>,
    /// The probe's `probe_token`.
    #[arg(long, env = "PROBE_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// The shell command that kills all hosts behind the addresses, with SIGKILL.
    #[arg(long, value_name = "COMMAND", requires = "url")]
    kill_command: Option<String>,
    /// The shell command that starts them again and returns, unless they come back by themselves.
    #[arg(long, value_name = "COMMAND", requires = "kill_command")]
    start_command: Option<String>,
    /// Kills nothing: what is acknowledged is not checked to survive.
    #[arg(long, conflicts_with = "kill_command", requires = "url")]
    no_kill: bool,
    /// How often each primitive is measured.
    #[arg(long, default_value_t = 200)]
    samples: usize,
    #[command(flatten)]
    build: build::Everything,
}

/// Checks, and prints what came out; fails if anything does not hold.
pub async fn run(options: Options) -> Result<()> {
    if options.url.is_empty() {
        return local(&options).await;
    }
    ensure!(
        options.kill_command.is_some() || options.no_kill,
        "say how to kill the hosts (--kill-command), or that nothing is to be killed (--no-kill)"
    );
    let probe = Probe::new(&options.url, options.token.as_deref().unwrap_or_default())?;
    let commands = options.kill_command.map(|kill| {
        let commands = Commands { kill, start: options.start_command, urls: options.url.clone() };
        Box::new(commands) as Box<dyn Hosts>
    });
    println!("The host behind {}\n", options.url.join(", "));
    conclude(told(&Trial::new(probe, commands).run(options.samples).await?, options.no_kill))
}

/// Checks the local host on both of its backends.
async fn local(options: &Options) -> Result<()> {
    program::install(&["redis-server"])?;
    options.build.run()?;
    let host = cargo::program("host")?;
    let cache = host.with_file_name("components");
    let mut failed = 0;
    for (backend, name) in [(Backend::Sqlite, "SQLite"), (Backend::Redis, "Redis")] {
        println!("The local host, key-value in {name}\n");
        let hosts = Local::new(&host, &Manifest::of_probe(), &cache, backend)?;
        let probe = Probe::new(&hosts.start().await?, Local::TOKEN)?;
        failed += told(&Trial::new(probe, Some(Box::new(hosts))).run(options.samples).await?, false);
    }
    conclude(failed)
}

/// Prints a report, and returns how many requirements do not hold, or are not known to.
fn told(report: &Report, unchecked_is_wanted: bool) -> usize {
    println!("{report}");
    report.broken().count() + if unchecked_is_wanted { 0 } else { report.unchecked() }
}

fn conclude(failed: usize) -> Result<()> {
    ensure!(failed == 0, "{failed} requirements of the gateway do not hold, or could not be checked");
    Ok(())
}
