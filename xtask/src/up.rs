//! `up`: the sandbox, to be tried by hand.

use std::env;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;

use anyhow::Result;
use clap::Args;

use crate::sandbox::{CREDENTIAL, PREFIX, Sandbox, Variables};
use crate::{build, cargo, signal};

/// Options of `up`.
#[derive(Args)]
pub struct Options {
    /// Where the gateway listens; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:3000", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Where the simulator listens; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:3100", value_name = "ADDRESS")]
    simulator: SocketAddr,
    /// Where to keep the gateway's state [default: .data in the workspace].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    build: build::Everything,
}

/// Runs the sandbox until Ctrl-C or SIGTERM; variables that the environment sets win over the sandbox's.
pub async fn run(options: Options) -> Result<()> {
    options.build.run()?;
    let data = options.data.unwrap_or_else(|| cargo::workspace().join(".data"));
    let mut stop = pin!(signal::stop()?);
    let mqtt = env::var(format!("{PREFIX}QUNTOOL_MQTT_URL")).ok();
    let sandbox = tokio::select! {
        sandbox = Sandbox::start(options.simulator, options.listen, &data, mqtt, overlay_environment) => sandbox?,
        () = &mut stop => return Ok(()),
    };
    println!("{}", what_to_try(sandbox.gateway.url(), &sandbox.simulator.url()));
    sandbox.gateway.run_until(stop).await
}

/// Lets the gateway's variables in the environment win.
fn overlay_environment(variables: &mut Variables) {
    let set = env::vars().filter_map(|(name, value)| Some((name.strip_prefix(PREFIX)?.to_owned(), value)));
    variables.extend(set);
}

/// Returns what to try with a sandbox at these origins.
fn what_to_try(gateway: &str, simulator: &str) -> String {
    let lines = include_str!("up/try.txt").replace("GATEWAY", gateway).replace("SIMULATOR", simulator);
    format!(
        "The gateway listens on {gateway}, the simulated platforms on {simulator}.\n\
         Every credential is `{CREDENTIAL}`. Ctrl-C stops both. To try:\n\n{lines}"
    )
}
