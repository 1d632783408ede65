//! The gateway under test: the built components on the local host, in front of the simulator.
//!
//! Each test has a gateway of its own, with a folder, ports and platforms of its own. It stops when it is dropped; when
//! the test failed, what the host printed is shown.

pub mod answer;
pub mod builder;
#[cfg(target_os = "linux")]
mod calls;
pub mod credentials;
pub mod events;
mod host;
#[cfg(target_os = "linux")]
mod memory;
pub mod messages;
pub mod redis;
mod wire;

use crate::PATIENCE;
use answer::Answer;
use builder::Builder;
use host::Host;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Map, Value};
use simulator::{Simulator, System};
use std::{
    collections::BTreeMap,
    fs,
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// A gateway and its platforms.
pub struct Gateway {
    /// The platforms.
    pub simulator: Simulator,
    host: Host,
    variables: BTreeMap<String, String>,
    folder: TempDir,
    client: Client,
    seen: Mutex<Vec<Answer>>,
    /// How far the host's clock is ahead.
    ahead: Duration,
}

/// Another host in front of the same platforms, on the same state.
pub struct Replica {
    host: Host,
    _folder: TempDir,
}

impl Gateway {
    /// Starts a gateway that is fully configured.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// Begins to describe a gateway.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Returns its origin, another one after each start.
    pub fn url(&self) -> String {
        self.host.url.clone()
    }

    /// Begins a request.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.host.url))
    }

    /// Begins a `POST`.
    pub fn post(&self, path: &str) -> RequestBuilder {
        self.request(Method::POST, path)
    }

    /// Begins a `GET`.
    pub fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    /// Begins a `GET` of an address that the gateway wrote.
    pub fn absolute(&self, url: &str) -> RequestBuilder {
        self.client.get(url)
    }

    /// Sends a request to the gateway, and reads the answer. Every answer has an id, and says how long it is.
    pub async fn ask(&self, request: RequestBuilder) -> Answer {
        let answer = Answer::read(request.send().await.expect("the gateway answers")).await;
        assert!(!answer.header("x-request-id").is_empty());
        assert_eq!(answer.header("content-length"), answer.text.len().to_string());
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(answer.clone());
        answer
    }

    /// Sends a callback as Quntool does.
    pub async fn call_back(&self, body: &Value) -> Answer {
        self.ask(self.post(&format!("/callback/quntool/{}", credentials::CALLBACK)).json(body)).await
    }

    /// Ticks `send` or `callback`, and returns the counts of what was done.
    pub async fn tick(&self, component: &str) -> Value {
        let request = self.post(&format!("/internal/{component}/tick")).bearer_auth(credentials::TICK);
        let answer = self.ask(request).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }

    /// Starts another host on the same state and with the same clock. What it prints is its own.
    pub async fn replica(&self) -> Replica {
        let folder = tempfile::tempdir().expect("a folder for the replica");
        let host = Host::start(folder.path(), self.folder.path(), &self.variables, self.ahead).await;
        Replica { host, _folder: folder }
    }

    /// Leads a request to a replica.
    pub fn at(&self, replica: &Replica, request: RequestBuilder) -> RequestBuilder {
        let (client, request) = request.build_split();
        let mut request = request.expect("a request");
        let own = request.url().as_str().replacen(&self.host.url, &replica.host.url, 1);
        *request.url_mut() = own.parse().expect("an address");
        RequestBuilder::from_parts(client, request)
    }

    /// Kills the gateway with SIGKILL, and starts it again on what it left; it has another port then.
    pub async fn restart(&mut self) {
        self.skip(Duration::ZERO).await;
    }

    /// Restarts the gateway with its clock so much ahead of the machine's: what is due then is due now.
    pub async fn skip(&mut self, ahead: Duration) {
        self.host.kill();
        self.ahead = ahead;
        self.host = Host::start(self.folder.path(), self.folder.path(), &self.variables, ahead).await;
        self.listen_to_callbacks();
    }

    /// Sets a variable that counts from the next start on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_owned(), value.to_owned());
    }

    /// Returns everything that the gateway answered so far, through this object.
    pub fn seen(&self) -> Vec<Answer> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns everything that the host printed so far.
    pub fn printed(&self) -> String {
        host::printed(self.folder.path())
    }

    /// Waits until the host has printed something so many times.
    pub async fn prints(&self, text: &str, times: usize) {
        let look = async || (self.printed().matches(text).count() >= times).then_some(());
        eventually(&format!("{text:?} is printed {times} times"), PATIENCE, look).await;
    }

    /// Returns the files of the stores, by name, as they lie on the disk.
    pub fn stored(&self) -> BTreeMap<String, Vec<u8>> {
        let files = fs::read_dir(host::data(self.folder.path())).expect("the data folder can be read");
        let files = files.map(|entry| entry.expect("a file of the data folder"));
        let stored = files.filter(|file| file.path().is_file()).map(|file| {
            let name = file.file_name().to_string_lossy().into_owned();
            (name, fs::read(file.path()).expect("a store can be read"))
        });
        stored.collect()
    }

    /// Opens the database, as another gateway on the same state does.
    pub fn database(&self) -> rusqlite::Connection {
        let database = rusqlite::Connection::open(host::data(self.folder.path()).join("sqlite.db"));
        let database = database.expect("the database can be opened");
        database.busy_timeout(PATIENCE).expect("waiting for others");
        database
    }

    fn listen_to_callbacks(&self) {
        let url = format!("{}/callback/quntool/{}", self.host.url, credentials::CALLBACK);
        self.simulator.set_callback_url(Some(&url));
    }
}

impl Drop for Gateway {
    /// Whatever a test is about: the gateway keeps the platforms' rules, calls nothing that they do not have, no instance
    /// of a component traps, and the stores do what they are asked.
    fn drop(&mut self) {
        self.host.kill();
        if thread::panicking() {
            eprintln!("---- the host printed ----\n{}", self.printed());
            return;
        }
        let truth = self.simulator.truth();
        assert!(truth.violations.is_empty(), "rules were broken: {:?}", truth.violations);
        let strays: Vec<_> = truth.requests.iter().filter(|request| request.system == System::Unknown).collect();
        assert!(strays.is_empty(), "calls that no platform has: {strays:?}");
        let printed = self.printed();
        for trouble in ["an instance failed", "the store failed"] {
            assert!(!printed.contains(trouble), "the host printed:\n{printed}");
        }
    }
}

/// What a tick of `callback` answers that did so much, and nothing else.
pub fn worked(done: &[(&str, u64)]) -> Value {
    let names = ["routed", "repeated", "delivered", "retrying", "skipped", "dead", "deleted"];
    assert!(done.iter().all(|(name, _)| names.contains(name)), "{done:?}");
    let count = |name| done.iter().find(|(done, _)| *done == name).map_or(0, |(_, count)| *count);
    names.iter().map(|name| ((*name).to_owned(), Value::from(count(*name)))).collect::<Map<_, _>>().into()
}

/// Waits until something is there; fails when that takes too long.
pub async fn eventually<T>(what: &str, patience: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(begun.elapsed() < patience, "{what}: not within {patience:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
