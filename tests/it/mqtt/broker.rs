//! A real broker: Debian's mosquitto as a child process.

use super::certificate::{CHAIN, Certificate, KEY};
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

/// Who may use the secured listener.
pub const USER: &str = "gateway";
/// The password.
pub const PASSWORD: &str = "broker-password-5b1d";

/// A broker that listens; it is killed when it is dropped.
pub struct Broker {
    port: u16,
    /// The port of the secured listener.
    secured: Option<u16>,
    folder: TempDir,
    child: Option<Child>,
}

impl Broker {
    /// Starts a broker on a free port.
    pub async fn start() -> Self {
        Self::absent().started().await
    }

    /// Starts a broker with another listener, for TLS and for [`USER`] alone.
    pub async fn secured(certificate: &Certificate) -> Self {
        let mut broker = Self::absent();
        broker.secured = Some(port());
        certificate.write(broker.folder.path());
        let passwords = broker.folder.path().join("passwords");
        let written = program("mosquitto_passwd").args(["-c", "-b"]).arg(passwords).args([USER, PASSWORD]).status();
        assert!(written.is_ok_and(|status| status.success()), "mosquitto_passwd comes with mosquitto");
        broker.started().await
    }

    /// A broker that does not run yet.
    pub fn absent() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the broker");
        Self { port: port(), secured: None, folder, child: None }
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    /// The address of the secured listener.
    pub fn secured_url(&self) -> String {
        format!("mqtts://127.0.0.1:{}", self.secured.expect("a secured listener"))
    }

    async fn started(mut self) -> Self {
        while !self.try_start().await {
            self.port = port();
            self.secured = self.secured.map(|_| port());
        }
        self
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
        fs::write(&settings, self.settings()).expect("the broker can be configured");
        let mut child = program("mosquitto")
            .arg("-c")
            .arg(&settings)
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

    fn settings(&self) -> String {
        // As root it would become somebody who cannot read the folder.
        let open = format!(
            "user root\nper_listener_settings true\npersistence false\nlistener {} 127.0.0.1\nallow_anonymous true\n",
            self.port
        );
        let Some(secured) = self.secured else { return open };
        let file = |name: &str| self.folder.path().join(name).display().to_string();
        let (key, chain, passwords) = (file(KEY), file(CHAIN), file("passwords"));
        format!(
            "{open}listener {secured} 127.0.0.1\nkeyfile {key}\ncertfile {chain}\npassword_file {passwords}\nallow_anonymous false\n"
        )
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.kill();
    }
}

/// One of mosquitto's programs.
fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    command.env("PATH", "/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin:/opt/homebrew/sbin:/opt/homebrew/bin");
    command
}

/// Another port each time, and other ones in other processes.
fn port() -> u16 {
    let process = u16::try_from(id() % u32::from(PORTS)).expect("it is small");
    FIRST + (process.wrapping_mul(37).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed))) % PORTS
}
