//! Everyone who takes part: the platforms, the subscribers and the gateways, and a record of what was done to them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::json;
use simulator::subscriber::{Reply, Subscriber};
use simulator::{Config, Simulator};

use super::gateways::Gateways;
use super::trouble::Disturbance;
use crate::sandbox::{CREDENTIAL, variables};

/// The secret that the gateways sign events with, as Standard Webhooks writes one.
const SECRET: &str = "whsec_dGhlIHNlY3JldCBvZiB0aGUgY2hhb3MgcmVjZWl2ZXI=";

/// The longest that an answer may take: a queue's caller waits, and databases are held.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The names of the subscribers.
pub const SUBSCRIBERS: [&str; 3] = ["usual", "broken", "leaving"];

/// Those who take part.
pub struct Stage {
    /// Where every random choice comes from.
    pub seed: u64,
    /// The platforms.
    pub simulator: Simulator,
    /// A subscriber that misbehaves when it is told to.
    pub usual: Subscriber,
    /// A subscriber that never takes anything.
    pub broken: Subscriber,
    /// A subscriber that leaves for good (410) one day.
    pub leaving: Subscriber,
    /// The gateways.
    pub gateways: Gateways,
    /// Who calls them.
    pub client: Client,
    disturbances: Mutex<Vec<Disturbance>>,
}

impl Stage {
    /// Starts everyone, with the gateways' state in a folder.
    pub async fn start(seed: u64, folder: &Path) -> Result<Arc<Self>> {
        let config = Config { seed, callback_timeout: Duration::from_secs(5), ..Config::default() };
        let simulator = Simulator::start(config).await.context("the simulator does not start")?;
        let [usual, broken, leaving] =
            [Subscriber::start().await?, Subscriber::start().await?, Subscriber::start().await?];
        broken.answer(Reply::status(500));
        let urls = [usual.url(), broken.url(), leaving.url()];
        let subscribers: Vec<_> = SUBSCRIBERS
            .iter()
            .zip(urls)
            .map(|(name, url)| json!({"name": name, "url": format!("{url}/events"), "secret": SECRET}))
            .collect();
        let mut variables = variables(&simulator.url());
        variables.insert("SUBSCRIBERS".to_owned(), json!(subscribers).to_string());
        variables.insert("SUBSCRIBER_URL".to_owned(), "http://127.0.0.1:*".to_owned());
        // The audit reads the journal after weeks of retries.
        variables.insert("JOURNAL_DAYS".to_owned(), "30".to_owned());
        let gateways = Gateways::start(folder, variables).await?;
        let client = Client::builder().no_proxy().timeout(TIMEOUT).build().context("cannot set up HTTP")?;
        let disturbances = Mutex::default();
        let stage = Self { seed, simulator, usual, broken, leaving, gateways, client, disturbances };
        stage.call_back_through(0);
        Ok(Arc::new(stage))
    }

    /// Returns where the databases lie.
    pub fn data(&self) -> PathBuf {
        self.gateways.data()
    }

    /// Returns this machine's time in milliseconds since the Unix epoch: the subscribers', and the platforms' until
    /// [`super::quiet`] puts theirs forward.
    pub fn now(&self) -> u64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
    }

    /// Lets the platforms call back through one of the gateways.
    pub fn call_back_through(&self, number: usize) {
        let url = format!("{}/callback/quntool/{CREDENTIAL}", self.gateways.url(number));
        self.simulator.set_callback_url(Some(&url));
    }

    /// Begins a request of a caller to one of the gateways.
    pub fn request(&self, method: Method, gateway: usize, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.gateways.url(gateway))).bearer_auth(CREDENTIAL)
    }

    /// Remembers what was done to the gateways.
    pub fn disturbed(&self, disturbance: Disturbance) {
        self.disturbances.lock().unwrap_or_else(PoisonError::into_inner).push(disturbance);
    }

    /// Returns everything that was done to them.
    pub fn disturbances(&self) -> Vec<Disturbance> {
        self.disturbances.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
