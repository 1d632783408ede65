//! What a team would write in the gateway's place: the same work in Node and in Python. See tests/peers.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command as Plain, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::sleep;

use super::counterpart::{Counterpart, EVENTS, SECRET};
use super::process::Cores;
use crate::cargo::{self, workspace};
use crate::program;
use crate::sandbox::CREDENTIAL;

/// How long a start may take.
const START: Duration = Duration::from_secs(30);

/// A language that a peer is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Node: fastify, better-sqlite3, undici.
    Node,
    /// Python: FastAPI, uvicorn, httpx, sqlite3; apprise for robots.
    Python,
}

impl Language {
    fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Python => "python",
        }
    }

    fn sources(self) -> PathBuf {
        workspace().join("tests/peers").join(self.name())
    }

    fn folder(self) -> PathBuf {
        workspace().join("target/peers").join(self.name())
    }

    /// Installs what it needs below `target`; what is there already stays.
    pub fn install(self) -> Result<()> {
        let (sources, folder) = (self.sources(), self.folder());
        let (list, program) = match self {
            Self::Node => ("package.json", "npm"),
            Self::Python => ("requirements.txt", "python3"),
        };
        program::find(program).with_context(|| format!("{program} is not installed"))?;
        fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let wanted = fs::read(sources.join(list)).with_context(|| format!("cannot read {list}"))?;
        let installed = folder.join("installed");
        if fs::read(&installed).is_ok_and(|installed| installed == wanted) {
            return Ok(());
        }
        eprintln!("xtask: installing the packages of the peer in {}", self.name());
        let mut command = Plain::new(program);
        command.current_dir(&folder).stdout(Stdio::null());
        match self {
            Self::Node => {
                fs::copy(sources.join(list), folder.join(list))?;
                command.args(["install", "--silent", "--no-audit", "--no-fund", "--no-package-lock"])
            }
            Self::Python => {
                command.args(["-m", "pip", "install", "--quiet", "--target", "packages", "-r"]).arg(sources.join(list))
            }
        };
        cargo::run(&mut command)?;
        fs::write(installed, wanted).context("cannot note what is installed")
    }

    /// Returns the command that starts it; a module of Node finds packages beside itself only.
    fn command(self) -> Result<Command> {
        let folder = self.folder();
        match self {
            Self::Node => {
                let program = folder.join("peer.js");
                fs::copy(self.sources().join("peer.js"), &program).context("cannot copy peer.js")?;
                let mut command = Command::new("node");
                command.arg(program);
                Ok(command)
            }
            Self::Python => {
                let mut command = Command::new("python3");
                command.arg("peer.py");
                Ok(command)
            }
        }
    }
}

/// A peer that listens; it ends when it is dropped.
pub struct Peer {
    child: Child,
    /// Its origin.
    pub url: String,
}

impl Peer {
    /// Starts so many processes on a database in this folder; events go to the subscriber if they are to be handed on.
    pub async fn start(
        language: Language,
        processes: u32,
        data: &Path,
        counterpart: &Counterpart,
        hands_on: bool,
        cores: &Cores,
    ) -> Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|free| free.local_addr())?.port();
        let subscriber = if hands_on { format!("{}{EVENTS}", counterpart.url()) } else { String::new() };
        let mut command = cores.server(language.command()?);
        command
            .current_dir(language.sources())
            .env("PYTHONPATH", language.folder().join("packages"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("NODE_ENV", "production")
            .env("PEER_PORT", port.to_string())
            .env("PEER_DATA", data)
            .env("PEER_SCHEMA", workspace().join("tests/peers/schema.sql"))
            .env("PEER_CREDENTIAL", CREDENTIAL)
            .env("PEER_SECRET", SECRET)
            .env("PEER_SUBSCRIBER", subscriber)
            .env("PEER_UPSTREAM", counterpart.url())
            .env("PEER_PROCESSES", processes.to_string());
        command.stdin(Stdio::null()).stdout(Stdio::null()).process_group(0);
        let child = command.spawn().with_context(|| format!("cannot run the peer in {}", language.name()))?;
        let mut peer = Self { child, url: format!("http://127.0.0.1:{port}") };
        let begun = Instant::now();
        while TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await.is_err() {
            if let Some(status) = peer.child.try_wait()? {
                bail!("the peer in {} ended before it listened ({status})", language.name());
            }
            if begun.elapsed() > START {
                bail!("the peer in {} took too long to start", language.name());
            }
            sleep(Duration::from_millis(20)).await;
        }
        Ok(peer)
    }

    /// Returns its first process.
    pub fn process(&self) -> Result<Pid> {
        let id = self.child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        id.context("the peer has ended by itself")
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        if let Ok(group) = self.process() {
            // It may have ended by itself.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}
