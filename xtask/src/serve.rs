//! `serve`: the gateway alone, configured by the environment as on Spin.

use std::env;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use serde_json::json;

use crate::gateway::{self, Gateway};
use crate::sandbox::PREFIX;
use crate::{build, signal};

/// Options of `serve`.
#[derive(Args)]
pub struct Options {
    /// Where to listen; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:3000", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Where to keep the state.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Seconds between two ticks; 0 turns them off.
    #[arg(long, default_value_t = 1, value_name = "SECONDS")]
    tick: u64,
    #[command(flatten)]
    build: build::Everything,
}

/// Serves until Ctrl-C or SIGTERM.
///
/// Prints `{"listening":"http://127.0.0.1:3000"}` on standard output when it is ready, and nothing else there.
pub async fn run(options: Options) -> Result<()> {
    options.build.run()?;
    let mut stop = pin!(signal::stop()?);
    let command = gateway::command(options.listen, &options.data)?;
    let mut gateway = tokio::select! {
        gateway = Gateway::start(command) => gateway?,
        () = &mut stop => return Ok(()),
    };
    tick(&mut gateway, options.tick)?;
    println!("{}", json!({"listening": gateway.url()}));
    gateway.run_until(stop).await
}

/// Ticks with the token of the environment; without one nobody may tick.
fn tick(gateway: &mut Gateway, seconds: u64) -> Result<()> {
    if seconds == 0 {
        return Ok(());
    }
    let variable = format!("{PREFIX}TICK_TOKEN");
    match env::var(&variable) {
        Ok(token) if !token.is_empty() => gateway.tick(&token, Duration::from_secs(seconds)),
        _ => {
            eprintln!("xtask: nothing ticks, because {variable} is not set: the queue and the retries stand still");
            Ok(())
        }
    }
}
