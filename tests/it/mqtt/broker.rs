//! A real broker: Debian's mosquitto as a child process.

use crate::{PATIENCE, gateway::eventually};
use std::{
    fs,
    net::TcpStream,
    process::{Child, Command, Stdio, id},
    sync::atomic::{AtomicU16, Ordering},
};
use tempfile::TempDir;

/// The first port that is tried. The system itself hands out higher ones.
const FIRST: u16 = 18_840;
/// So many ports are tried.
const PORTS: u16 = 2_000;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// A broker that listens; it is killed when it is dropped.
pub struct Broker {
    port: u16,
    folder: TempDir,
    child: Option<Child>,
}

impl Broker {
    /// Starts a broker on a free port.
    pub async fn start() -> Self {
        let mut broker = Self::absent();
        while !broker.try_start().await {
            broker.port = port();
        }
        broker
    }

    /// A broker that does not run yet.
    pub fn absent() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the broker");
        Self { port: port(), folder, child: None }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    /// Starts it, and waits until it listens.
    pub async fn run(&mut self) {
        assert!(self.try_start().await, "the broker starts on port {}", self.port);
    }

    /// Kills it with SIGKILL: what it held is lost.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("the broker can be killed");
            child.wait().expect("the broker ends");
        }
    }

    /// False: somebody else has the port.
    async fn try_start(&mut self) -> bool {
        let settings = self.folder.path().join("mosquitto.conf");
        let listener = format!("listener {} 127.0.0.1\nallow_anonymous true\npersistence false\n", self.port);
        fs::write(&settings, listener).expect("the broker can be configured");
        let mut child = Command::new("mosquitto")
            .arg("-c")
            .arg(&settings)
            .env("PATH", "/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin:/opt/homebrew/sbin")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("mosquitto is installed: `cargo xtask test` does it on Debian");
        let port = self.port;
        let started = eventually("the broker listens or ends", PATIENCE, async || {
            match child.try_wait().expect("the broker can be waited for") {
                Some(_) => Some(false),
                None => TcpStream::connect(("127.0.0.1", port)).is_ok().then_some(true),
            }
        });
        let started = started.await && child.try_wait().expect("the broker can be waited for").is_none();
        self.child = started.then_some(child);
        started
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Another port each time, and other ones in other processes.
fn port() -> u16 {
    let process = u16::try_from(id() % u32::from(PORTS)).expect("it is small");
    FIRST + (process.wrapping_mul(37).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed))) % PORTS
}
