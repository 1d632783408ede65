//! Two gateways on one state, which can be killed and started again where they were.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::Pid;
#[cfg(target_os = "linux")]
use rustix::process::{Resource, Rlimit, prlimit};
use tokio::fs::File;
use tokio::io::copy;
use tokio::process::Command;
use tokio::sync::Mutex;

use crate::gateway::{self, Gateway};
use crate::sandbox::{CREDENTIAL, Variables, configure_by};

/// How many there are.
pub const COUNT: usize = 2;

/// Between two ticks of a gateway.
const TICK: Duration = Duration::from_millis(500);

/// A clock that was moved has been followed after so many milliseconds: hosts look at the file every now and then.
pub const FOLLOWED: u64 = 2_000;

/// The gateways.
pub struct Gateways {
    folder: PathBuf,
    variables: Variables,
    members: Vec<Member>,
    ahead: AtomicI64,
}

struct Member {
    address: SocketAddr,
    running: Mutex<Option<Gateway>>,
}

impl Gateways {
    /// Starts them with their state in a folder.
    pub async fn start(folder: &Path, variables: Variables) -> Result<Self> {
        let mut gateways = Self { folder: folder.to_owned(), variables, members: Vec::new(), ahead: 0.into() };
        gateways.set_clock(0)?;
        for number in 0..COUNT {
            let gateway = gateways.run(number, SocketAddr::from(([127, 0, 0, 1], 0))).await?;
            let address = gateway.url().trim_start_matches("http://").parse().context("the gateway has no address")?;
            gateways.members.push(Member { address, running: Mutex::new(Some(gateway)) });
        }
        Ok(gateways)
    }

    /// Returns where the databases lie.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Returns a gateway's origin, whether or not it runs.
    pub fn url(&self, number: usize) -> String {
        self.members.get(number % COUNT).map(|member| format!("http://{}", member.address)).unwrap_or_default()
    }

    /// Kills one with SIGKILL.
    pub async fn kill(&self, number: usize) -> Result<()> {
        match self.member(number)?.running.lock().await.take() {
            Some(gateway) => gateway.kill().await,
            None => Ok(()),
        }
    }

    /// Starts one again where it was.
    pub async fn revive(&self, number: usize) -> Result<()> {
        let member = self.member(number)?;
        let mut running = member.running.lock().await;
        if running.is_none() {
            *running = Some(self.run(number, member.address).await?);
        }
        Ok(())
    }

    /// Lets no file of those that run grow beyond so many bytes; none is as it was.
    pub async fn limit_files(&self, bytes: Option<u64>) -> Result<()> {
        for member in &self.members {
            if let Some(gateway) = &*member.running.lock().await {
                limit(gateway.process()?, bytes)?;
            }
        }
        Ok(())
    }

    /// Returns how many seconds their clock is ahead.
    pub fn ahead(&self) -> i64 {
        self.ahead.load(Ordering::Relaxed)
    }

    /// Moves their clock, while they run, to so many seconds ahead; they follow within [`FOLLOWED`].
    pub fn set_clock(&self, ahead: i64) -> Result<()> {
        let (file, written) = (self.clock(), self.folder.join("clock.written"));
        fs::write(&written, ahead.to_string())
            .and_then(|()| fs::rename(&written, file))
            .context("cannot set the clock")?;
        self.ahead.store(ahead, Ordering::Relaxed);
        Ok(())
    }

    fn clock(&self) -> PathBuf {
        self.folder.join("clock")
    }

    fn member(&self, number: usize) -> Result<&Member> {
        self.members.get(number).context("there is no such gateway")
    }

    async fn run(&self, number: usize, listen: SocketAddr) -> Result<Gateway> {
        let mut host = gateway::command(listen, &self.data())?;
        host.arg("--clock-offset").arg(self.ahead().to_string()).arg("--clock-offset-file").arg(self.clock());
        // A write beyond the limit of a file's size is to fail, as on a full disk, and not to end the process.
        let mut command = Command::new("sh");
        command.args(["-c", r#"trap "" XFSZ; exec "$0" "$@""#]);
        command.arg(host.as_std().get_program()).args(host.as_std().get_args());
        configure_by(&mut command, &self.variables);
        // Through a pipe: the limit is for the databases.
        command.stderr(Stdio::piped());
        let mut gateway = Gateway::start(command).await?;
        if let Some(mut errors) = gateway.errors() {
            let log = self.folder.join(format!("gateway-{number}.log"));
            let mut log = File::options().create(true).append(true).open(log).await.context("cannot keep the log")?;
            tokio::spawn(async move { copy(&mut errors, &mut log).await });
        }
        gateway.tick(CREDENTIAL, TICK)?;
        Ok(gateway)
    }
}

#[cfg(target_os = "linux")]
fn limit(process: Pid, bytes: Option<u64>) -> Result<()> {
    let was = prlimit(Some(process), Resource::Fsize, Rlimit { current: bytes, maximum: None });
    was.map(drop).context("cannot limit the size of the gateway's files")
}

#[cfg(not(target_os = "linux"))]
fn limit(_: Pid, bytes: Option<u64>) -> Result<()> {
    anyhow::ensure!(bytes.is_none(), "a full disk can be played on Linux alone: --without full-disk");
    Ok(())
}
