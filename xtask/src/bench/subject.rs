//! What is measured: a gateway, the empty component, a peer, or a gateway that is up already.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use serde::Deserialize;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{ChildStderr, Command};
use tokio::sync::watch;
use tokio::time::timeout;

use super::counterpart::{Counterpart, EVENTS, SECRET};
use super::peers::{Language, Peer};
use super::process::Cores;
use crate::cargo::workspace;
use crate::gateway::{Gateway, host_command};
use crate::manifest::Manifest;
use crate::sandbox::{CREDENTIAL, Variables, configure_by, variables};

/// Picks a free port.
const FREE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// How long the host may take to tell its counters.
const TOLD: Duration = Duration::from_secs(5);

/// Between two ticks of a gateway.
const TICK: Duration = Duration::from_secs(1);

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The gateway on the local host.
    Gateway,
    /// A component on the local host that does nothing by itself: the probe.
    Empty,
    /// A peer, as so many processes.
    Peer(Language, u32),
}

/// How often guests called the host.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Calls {
    /// Instances that were created.
    pub instances: u64,
    key_value_reads: u64,
    key_value_writes: u64,
    sqlite_opens: u64,
    sqlite_statements: u64,
    outbound_requests: u64,
}

impl Calls {
    /// All calls, whatever they were.
    pub fn sum(&self) -> u64 {
        self.key_value_reads
            + self.key_value_writes
            + self.sqlite_opens
            + self.sqlite_statements
            + self.outbound_requests
    }
}

/// What every subject shares.
pub struct Stage {
    /// The program `host`.
    pub host: PathBuf,
    /// Where states lie: on a disk, as the gateway's would.
    pub folder: PathBuf,
    /// Who runs where.
    pub cores: Cores,
    /// The platforms and the subscriber.
    pub counterpart: Arc<Counterpart>,
}

/// How a gateway differs from the usual one.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    /// Whether events have a subscriber.
    pub hands_on: bool,
    /// Where its state is; a new one without.
    pub data: Option<&'a Path>,
    /// Where its compiled code is; beside the host without.
    pub cache: Option<&'a Path>,
    /// Whether it ticks.
    pub ticks: bool,
}

impl Default for Setting<'_> {
    fn default() -> Self {
        Self { hands_on: false, data: None, cache: None, ticks: true }
    }
}

/// A subject that listens; it ends when it is dropped.
pub struct Subject {
    /// Its origin.
    pub url: String,
    running: Running,
    _data: TempDir,
}

enum Running {
    Host { gateway: Gateway, calls: watch::Receiver<Calls> },
    Peer(Peer),
}

impl Stage {
    /// Creates a folder for a state.
    pub fn data(&self) -> Result<TempDir> {
        fs::create_dir_all(&self.folder).with_context(|| format!("cannot create {}", self.folder.display()))?;
        tempfile::tempdir_in(&self.folder).context("cannot create a folder for a state")
    }

    /// Starts a subject.
    pub async fn start(&self, kind: Kind, setting: &Setting<'_>) -> Result<Subject> {
        let own = self.data()?;
        let data = setting.data.unwrap_or(own.path());
        if let Kind::Peer(language, processes) = kind {
            let peer = Peer::start(language, processes, data, &self.counterpart, setting.hands_on, &self.cores).await?;
            return Ok(Subject { url: peer.url.clone(), running: Running::Peer(peer), _data: own });
        }
        let manifest = if kind == Kind::Empty { self.probe(data)? } else { Manifest::path() };
        let mut command = host_command(&self.host, &manifest, FREE, data);
        let beside = self.host.with_file_name("components");
        command.arg("--cache").arg(setting.cache.unwrap_or(&beside));
        if kind == Kind::Gateway {
            command.arg("--append").arg(workspace().join("mqtt.toml"));
        }
        let mut command: Command = self.cores.server(command);
        configure_by(&mut command, &self.variables(setting));
        // What happens is counted, not told.
        command.env("RUST_LOG", "error").stderr(Stdio::piped());
        let mut gateway = Gateway::start(command).await?;
        let calls = counted(gateway.errors().context("the gateway's standard error is not piped")?);
        if setting.ticks && kind == Kind::Gateway {
            gateway.tick(CREDENTIAL, TICK)?;
        }
        Ok(Subject { url: gateway.url().to_owned(), running: Running::Host { gateway, calls }, _data: own })
    }

    /// Writes the probe's manifest into a folder, with the right to ask the platforms.
    fn probe(&self, folder: &Path) -> Result<PathBuf> {
        let shipped = Manifest::of_probe();
        let mut manifest: toml::Table = toml::from_str(&fs::read_to_string(&shipped)?)?;
        let components = manifest.get_mut("component").and_then(toml::Value::as_table_mut);
        let (_, probe) = components.and_then(|all| all.iter_mut().next()).context("the probe is no component")?;
        let probe = probe.as_table_mut().context("the probe is no component")?;
        let source = probe.get("source").and_then(toml::Value::as_str).context("the probe has no source")?;
        let source = shipped.with_file_name(source).display().to_string();
        probe.insert("source".into(), source.into());
        probe.insert("allowed_outbound_hosts".into(), vec![self.counterpart.url().to_owned()].into());
        let path = folder.join("probe.toml");
        fs::write(&path, toml::to_string(&manifest)?).context("cannot write the probe's manifest")?;
        Ok(path)
    }

    fn variables(&self, setting: &Setting<'_>) -> Variables {
        let origin = self.counterpart.url();
        let mut variables = variables(origin);
        if setting.hands_on {
            let subscriber = json!([{"name": "bench", "url": format!("{origin}{EVENTS}"), "secret": SECRET}]);
            variables.insert("SUBSCRIBERS".to_owned(), subscriber.to_string());
        }
        variables.insert("SUBSCRIBER_URL".to_owned(), origin.to_owned());
        variables.insert("PROBE_TOKEN".to_owned(), CREDENTIAL.to_owned());
        variables
    }
}

impl Subject {
    /// Returns its first process.
    pub fn process(&self) -> Result<Pid> {
        match &self.running {
            Running::Host { gateway, .. } => gateway.process(),
            Running::Peer(peer) => peer.process(),
        }
    }

    /// Returns how often guests called the host so far; none of a peer.
    pub async fn calls(&mut self) -> Result<Option<Calls>> {
        let Running::Host { gateway, calls } = &mut self.running else { return Ok(None) };
        calls.borrow_and_update();
        kill_process(gateway.process()?, Signal::USR1).context("cannot ask the host for its counters")?;
        timeout(TOLD, calls.changed()).await.context("the host does not tell its counters")??;
        let told = *calls.borrow_and_update();
        Ok(Some(told))
    }

    /// Ends it, when what it does is done.
    pub async fn stop(self) -> Result<()> {
        match self.running {
            Running::Host { gateway, .. } => gateway.stop().await,
            Running::Peer(_) => Ok(()),
        }
    }
}

/// Reads the host's counters from what it prints, for as long as it does.
fn counted(errors: ChildStderr) -> watch::Receiver<Calls> {
    let (told, calls) = watch::channel(Calls::default());
    tokio::spawn(async move {
        let mut lines = BufReader::new(errors).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            match serde_json::from_str(&line) {
                Ok(calls) => drop(told.send_replace(calls)),
                Err(_) => eprintln!("host: {line}"),
            }
        }
    });
    calls
}
