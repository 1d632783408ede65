//! Hosts, as far as they can be killed and started again.

use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::process::Command;

/// The hosts behind a probe.
pub trait Hosts: Send + Sync {
    /// Kills all of them, without a chance to tidy up (SIGKILL).
    fn kill(&self) -> BoxFuture<'_, Result<()>>;

    /// Starts them again on what they left; returns the probe's addresses, which may be others now.
    fn start(&self) -> BoxFuture<'_, Result<Vec<String>>>;
}

/// Hosts that an operator's commands kill and start.
pub struct Commands {
    /// The shell command that kills the hosts.
    pub kill: String,
    /// The shell command that starts them again and returns; none where something else does that by itself.
    pub start: Option<String>,
    /// The probe's addresses.
    pub urls: Vec<String>,
}

impl Hosts for Commands {
    fn kill(&self) -> BoxFuture<'_, Result<()>> {
        run(&self.kill).boxed()
    }

    fn start(&self) -> BoxFuture<'_, Result<Vec<String>>> {
        async {
            if let Some(start) = &self.start {
                run(start).await?;
            }
            Ok(self.urls.clone())
        }
        .boxed()
    }
}

/// Runs a shell command to its end. What it prints is not the report's.
async fn run(command: &str) -> Result<()> {
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).stdin(Stdio::null()).stdout(Stdio::null());
    let status = shell.status().await.context("cannot run sh")?;
    ensure!(status.success(), "`{command}` failed ({status})");
    Ok(())
}
