//! The local host with the probe: two processes on the same state, as two replicas are.

use std::env;
use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::hosts::Hosts;

/// How long a program may take to start: a first start compiles the probe.
const START: Duration = Duration::from_secs(120);

/// So many ports are tried for Redis: between looking for a free one and listening on it, another process may take it.
const TRIES: usize = 20;

/// So many hosts share the state.
const HOSTS: usize = 2;

/// What the variables of an application begin with in the environment.
const PREFIX: &str = "SPIN_VARIABLE_";

/// Where the key-value store is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// In a SQLite file, as by default.
    Sqlite,
    /// In a Redis server that appends to a file, and that is killed with the hosts.
    Redis,
}

/// Local hosts; they end, and their state is removed, when this is dropped.
pub struct Local {
    host: PathBuf,
    manifest: PathBuf,
    cache: PathBuf,
    backend: Backend,
    folder: TempDir,
    running: Mutex<Vec<Child>>,
}

impl Local {
    /// The probe's token on local hosts: they listen to this machine only.
    pub const TOKEN: &str = "local";

    /// Prepares hosts: the program `host`, the probe's manifest, the folder for compiled code. Nothing runs yet.
    pub fn new(host: &Path, manifest: &Path, cache: &Path, backend: Backend) -> Result<Self> {
        let folder = tempfile::tempdir().context("cannot create a folder for the hosts")?;
        let running = Mutex::default();
        Ok(Self { host: host.into(), manifest: manifest.into(), cache: cache.into(), backend, folder, running })
    }

    async fn run(&self) -> Result<Vec<String>> {
        let mut running = self.running.lock().await;
        let mut runtime_config = String::new();
        if self.backend == Backend::Redis {
            let (server, url) = self.redis().await?;
            running.push(server);
            runtime_config = format!("[key_value_store.default]\ntype = \"redis\"\nurl = \"{url}\"\n");
        }
        let file = self.folder.path().join("runtime-config.toml");
        fs::write(&file, runtime_config).context("cannot write the runtime configuration")?;
        let mut urls = Vec::new();
        for _ in 0..HOSTS {
            let mut command = self.command(&self.host)?;
            command.arg("--manifest").arg(&self.manifest).args(["--listen", "127.0.0.1:0", "--data"]);
            command.arg(self.folder.path().join("data")).arg("--cache").arg(&self.cache);
            command.arg("--runtime-config-file").arg(&file);
            for (name, _) in env::vars_os() {
                if name.to_string_lossy().starts_with(PREFIX) {
                    command.env_remove(name);
                }
            }
            command.env(format!("{PREFIX}PROBE_TOKEN"), Self::TOKEN);
            let (child, url) = started(command, listening).await.with_context(|| self.printed())?;
            running.push(child);
            urls.push(url.with_context(|| format!("a host ended before it listened: {}", self.printed()))?);
        }
        Ok(urls)
    }

    /// Starts Redis on what it left, on a free port.
    async fn redis(&self) -> Result<(Child, String)> {
        for _ in 0..TRIES {
            let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
            let mut command = self.command(Path::new("redis-server"))?;
            command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "yes", "--port", &port.to_string()]);
            command.arg("--dir").arg(self.folder.path());
            let ready = |line: &str| line.contains("Ready to accept connections").then(String::new);
            if let (server, Some(_)) = started(command, ready).await.context("redis-server does not run")? {
                return Ok((server, format!("redis://127.0.0.1:{port}")));
            }
        }
        bail!("redis-server found no free port in {TRIES} tries: {}", self.printed());
    }

    fn command(&self, program: &Path) -> Result<Command> {
        let errors = File::options().create(true).append(true).open(self.errors()).context("cannot keep errors")?;
        let mut command = Command::new(program);
        // A process group of its own: Ctrl-C in a terminal reaches this program, which ends them.
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors).kill_on_drop(true).process_group(0);
        Ok(command)
    }

    fn errors(&self) -> PathBuf {
        self.folder.path().join("stderr")
    }

    fn printed(&self) -> String {
        fs::read_to_string(self.errors()).unwrap_or_default()
    }
}

impl Hosts for Local {
    fn kill(&self) -> BoxFuture<'_, Result<()>> {
        async {
            for mut child in self.running.lock().await.drain(..) {
                child.kill().await.context("cannot kill a process")?;
            }
            Ok(())
        }
        .boxed()
    }

    fn start(&self) -> BoxFuture<'_, Result<Vec<String>>> {
        self.run().boxed()
    }
}

/// Starts a program, and returns what `ready` finds in a line that it prints; none if it ends before.
async fn started(mut command: Command, ready: impl Fn(&str) -> Option<String>) -> Result<(Child, Option<String>)> {
    let mut child = command.spawn().with_context(|| format!("cannot run {:?}", command.as_std().get_program()))?;
    let output = child.stdout.take().context("a program has no standard output")?;
    let mut lines = BufReader::new(output).lines();
    let found = async {
        while let Ok(Some(line)) = lines.next_line().await {
            if let Some(found) = ready(&line) {
                return Some(found);
            }
        }
        None
    };
    let found = timeout(START, found).await.context("a program took too long to start")?;
    // A program whose standard output is closed may end when it prints more.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok((child, found))
}

/// Reads the line with which the host says where it listens.
fn listening(line: &str) -> Option<String> {
    let ready: Value = serde_json::from_str(line).ok()?;
    ready.get("listening")?.as_str().map(str::to_owned)
}
