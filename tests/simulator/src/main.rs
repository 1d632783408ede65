//! Runs the platforms until it is stopped; prints where they listen, as one line of JSON.

use std::io::{self, Write};
use std::net::SocketAddr;

use anyhow::Result;
use clap::Parser;
use serde_json::json;
use simulator::{Config, Simulator};
use tracing_subscriber::EnvFilter;

/// The three platforms as their documents describe them.
#[derive(Parser)]
struct Arguments {
    /// Where to listen; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:3100")]
    listen: SocketAddr,
    /// Where Quntool's callbacks go.
    #[arg(long)]
    callback_url: Option<String>,
    /// The broker through which Quntool takes messages as well, `mqtt://host:port`.
    #[arg(long)]
    quntool_mqtt: Option<String>,
    /// The credential of every platform.
    #[arg(long, default_value = "sandbox")]
    credential: String,
    /// Seeds the randomness of faults.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_writer(io::stderr).with_env_filter(filter).init();
    let Arguments { listen, callback_url, quntool_mqtt, credential, seed } = Arguments::parse();
    let config = Config { listen, callback_url, quntool_mqtt, seed, ..Config::with_credential(&credential) };
    let simulator = Simulator::start(config).await?;
    writeln!(io::stdout(), "{}", json!({"listening": simulator.url()}))?;
    io::stdout().flush()?;
    Ok(tokio::signal::ctrl_c().await?)
}
