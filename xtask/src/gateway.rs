//! The gateway as a child process: the program `host` with the workspace's `spin.toml`.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::time::timeout;

use crate::cargo;
use crate::manifest::Manifest;
use crate::tick::Ticks;

/// How long it may take to load: a first start compiles the components' modules.
const START: Duration = Duration::from_secs(120);

/// How long it may take to finish the requests in flight; then it is killed.
const STOP: Duration = Duration::from_secs(15);

/// A gateway that listens.
pub struct Gateway {
    child: Child,
    url: String,
    ticks: Option<Ticks>,
}

/// The line that the program prints when it is ready.
#[derive(Deserialize)]
struct Ready {
    listening: String,
}

/// Returns the command that starts a gateway, to be given its variables.
pub fn command(listen: SocketAddr, data: &Path) -> Result<Command> {
    let host = cargo::program("host")?;
    let mut command = host_command(&host, &Manifest::path(), listen, data);
    command.arg("--append").arg(cargo::workspace().join("mqtt.toml"));
    // Beside the program, so that gateways with other data need not compile the components again.
    command.arg("--cache").arg(host.with_file_name("components"));
    Ok(command)
}

/// Returns the command that starts an application on a host.
pub fn host_command(host: &Path, manifest: &Path, listen: SocketAddr, data: &Path) -> Command {
    let mut command = Command::new(host);
    command.arg("--manifest").arg(manifest);
    command.arg("--listen").arg(listen.to_string());
    command.arg("--data").arg(data);
    command
}

impl Gateway {
    /// Starts a gateway and resolves when it listens, or with the reason why it does not.
    ///
    /// It has a process group of its own, so that Ctrl-C in a terminal reaches it as [`Gateway::stop`] only.
    pub async fn start(mut command: Command) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).process_group(0);
        let mut child = command.spawn().with_context(|| format!("cannot run {:?}", command.as_std()))?;
        let output = child.stdout.take().context("the gateway has no standard output")?;
        match timeout(START, ready(output)).await.context("the gateway took too long to start")?? {
            Some(Ready { listening }) => Ok(Self { child, url: listening, ticks: None }),
            None => bail!("the gateway ended before it was ready ({})", child.wait().await?),
        }
    }

    /// Returns the gateway's origin, `http://127.0.0.1:3000`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns what it prints to standard error, if that was piped and nobody has taken it.
    pub fn errors(&mut self) -> Option<ChildStderr> {
        self.child.stderr.take()
    }

    /// Returns its process.
    pub fn process(&self) -> Result<Pid> {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        id.context("the gateway has ended by itself")
    }

    /// Kills the gateway with SIGKILL, and resolves when it is gone.
    pub async fn kill(mut self) -> Result<()> {
        self.ticks = None;
        self.child.kill().await.context("cannot kill the gateway")
    }

    /// Ticks the gateway once every `period`, until it is stopped.
    pub fn tick(&mut self, token: &str, period: Duration) -> Result<()> {
        self.ticks = Some(Ticks::start(&self.url, token, period)?);
        Ok(())
    }

    /// Stops the gateway when `stop` resolves; fails if it ends before.
    pub async fn run_until(mut self, stop: impl Future<Output = ()>) -> Result<()> {
        tokio::select! {
            status = self.child.wait() => bail!("the gateway ended by itself ({})", status?),
            () = stop => self.stop().await,
        }
    }

    /// Lets the gateway finish what it is doing, and resolves when it has ended.
    pub async fn stop(mut self) -> Result<()> {
        self.ticks = None;
        kill_process(self.process()?, Signal::TERM).context("cannot stop the gateway")?;
        let status = timeout(STOP, self.child.wait()).await.context("the gateway did not stop and was killed")??;
        if !status.success() {
            bail!("the gateway did not stop as it should ({status})");
        }
        Ok(())
    }
}

/// Waits for the line that says where the gateway listens; none if it ends first.
async fn ready(output: ChildStdout) -> Result<Option<Ready>> {
    let mut lines = BufReader::new(output).lines();
    let Some(line) = lines.next_line().await.context("cannot read what the gateway prints")? else {
        return Ok(None);
    };
    // It prints nothing more; a program whose standard output is closed may end when it does.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    serde_json::from_str(&line)
        .with_context(|| format!("the gateway says {line:?} where it should say where it listens"))
}
