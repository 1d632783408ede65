//! The host program as a child process.

use super::eventually;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};
use tokio::sync::Mutex;

/// The application as it is shipped.
const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../spin.toml");
/// Which backends stand behind the labels, in a host's folder.
const RUNTIME_CONFIG: &str = "runtime-config.toml";
/// The certificates that are trusted instead of the machine's, in a host's folder.
const ROOTS: &str = "roots.pem";
/// Compiled code, which the hosts of all tests share.
const CACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/cache");

/// How long a start may take: components that were built anew are compiled.
const COMPILATION: Duration = Duration::from_secs(120);

/// Held by the one host that starts.
static STARTS: Mutex<()> = Mutex::const_new(());

/// A host that listens; it is killed when it is dropped.
pub struct Host {
    /// Its origin.
    pub url: String,
    child: Child,
}

impl Host {
    /// Starts a host whose state lies in the folder `home`, with these variables and no other environment, its clock so
    /// much ahead; resolves when it listens. What it prints goes to `folder`.
    pub async fn start(folder: &Path, home: &Path, variables: &BTreeMap<String, String>, ahead: Duration) -> Self {
        let output = File::create(folder.join("stdout")).expect("the host's output can be kept");
        let errors = File::options().create(true).append(true).open(folder.join("stderr"));
        // The first one compiles the components; the others would do the same work at the same time.
        let _turn = STARTS.lock().await;
        let child = Command::new(program())
            .arg("--manifest")
            .arg(manifest(home))
            .args(["--listen", "127.0.0.1:0", "--cache", CACHE, "--clock-offset"])
            .arg(ahead.as_secs().to_string())
            .arg("--data")
            .arg(data(home))
            .args(runtime_config(home))
            .env_clear()
            .envs(existing(home, ROOTS).map(|file| ("SSL_CERT_FILE", file)))
            .envs(variables.iter().map(|(name, value)| (format!("SPIN_VARIABLE_{}", name.to_uppercase()), value)))
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors.expect("the host's errors can be kept"))
            .spawn()
            .expect("the host runs");
        let mut host = Self { url: String::new(), child };
        let url = eventually("the host listens", COMPILATION, async || {
            if let Some(status) = host.child.try_wait().expect("the host can be waited for") {
                panic!("the host ended ({status}):\n{}", printed(folder));
            }
            let printed = fs::read_to_string(folder.join("stdout")).unwrap_or_default();
            let ready: Value = serde_json::from_str(printed.lines().next()?).ok()?;
            ready.get("listening")?.as_str().map(str::to_owned)
        });
        host.url = url.await;
        host
    }

    /// Returns the id of its process.
    #[cfg(target_os = "linux")]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it with SIGKILL, and waits until it is gone.
    pub fn kill(&mut self) {
        self.child.kill().expect("the host can be killed");
        self.child.wait().expect("the host ends");
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Puts a changed copy of the manifest into a host's folder; the components stay where they are.
pub fn change_manifest(home: &Path, change: fn(&str) -> String) {
    let folder = Path::new(MANIFEST).parent().expect("the manifest lies in a folder");
    let shipped = fs::read_to_string(MANIFEST).expect("the manifest can be read");
    let found = shipped.replace("source = \"", &format!("source = \"{}/", folder.display()));
    fs::write(home.join("spin.toml"), change(&found)).expect("a manifest can be written");
}

fn manifest(home: &Path) -> PathBuf {
    existing(home, "spin.toml").unwrap_or_else(|| MANIFEST.into())
}

/// Says which backends the hosts of a folder have.
pub fn configure(home: &Path, config: &str) {
    fs::write(home.join(RUNTIME_CONFIG), config).expect("a runtime configuration can be written");
}

fn runtime_config(home: &Path) -> Vec<PathBuf> {
    existing(home, RUNTIME_CONFIG).map_or_else(Vec::new, |file| vec!["--runtime-config-file".into(), file])
}

/// Says which certificates the hosts of a folder trust.
pub fn trust(home: &Path, roots: &str) {
    fs::write(home.join(ROOTS), roots).expect("certificates can be written");
}

fn existing(home: &Path, name: &str) -> Option<PathBuf> {
    let file = home.join(name);
    file.is_file().then_some(file)
}

/// Where the state of a host lies.
pub fn data(folder: &Path) -> PathBuf {
    folder.join("data")
}

/// Returns everything that the hosts of a folder printed so far.
pub fn printed(folder: &Path) -> String {
    let read = |name| String::from_utf8_lossy(&fs::read(folder.join(name)).unwrap_or_default()).into_owned();
    read("stdout") + &read("stderr")
}

/// The program lies above the folder of the tests' own: `target/debug/host` and `target/debug/deps/it-…`.
fn program() -> PathBuf {
    let test = env::current_exe().expect("the test knows where it lies");
    let program = test.ancestors().nth(2).expect("the test lies in a target folder").join("host");
    assert!(program.is_file(), "{} is missing: cargo build --workspace --bins", program.display());
    program
}
