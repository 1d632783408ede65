//! The MQTT broker of tests and of the demo: Debian's mosquitto, or any other that is installed.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use crate::program;

/// The program and its package.
pub const MOSQUITTO: &str = "mosquitto";

/// How long a start may take.
const START: Duration = Duration::from_secs(10);

/// A broker that listens; it ends when it is dropped.
pub struct Broker {
    /// Its address, `mqtt://127.0.0.1:1884`.
    pub url: String,
    _process: Child,
    _folder: TempDir,
}

/// Starts a broker on a free port of this machine; none where none is installed.
pub async fn start() -> Result<Option<Broker>> {
    let Some(program) = program::find(MOSQUITTO) else { return Ok(None) };
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|free| free.local_addr())?.port();
    let folder = tempfile::tempdir().context("cannot create a folder for the broker")?;
    let settings = folder.path().join("mosquitto.conf");
    fs::write(&settings, format!("listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n"))?;
    let mut command = Command::new(program);
    command.arg("-c").arg(settings).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let mut process = command.spawn().context("cannot run mosquitto")?;
    let begun = Instant::now();
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        if let Some(status) = process.try_wait()? {
            bail!("mosquitto ended before it listened ({status})");
        }
        if begun.elapsed() > START {
            bail!("mosquitto took too long to start");
        }
        sleep(Duration::from_millis(20)).await;
    }
    Ok(Some(Broker { url: format!("mqtt://127.0.0.1:{port}"), _process: process, _folder: folder }))
}
