//! How a gateway is configured.

use super::{
    Gateway, credentials,
    host::{self, Host},
    redis::Redis,
};
use crate::PATIENCE;
use reqwest::{Client, redirect};
use serde_json::{Value, json};
use simulator::{Config, Simulator};
use std::{collections::BTreeMap, sync::Mutex, time::Duration};

/// A gateway that is about to start.
pub struct Builder {
    config: Config,
    variables: BTreeMap<String, String>,
    subscribers: Vec<Value>,
    unconfigured: bool,
    manifest: Option<fn(&str) -> String>,
    runtime_config: Option<String>,
    roots: Option<String>,
}

impl Default for Builder {
    fn default() -> Self {
        let config = Config {
            quntool_apikey: credentials::QUNTOOL.to_owned(),
            wanwang_client_id: credentials::WANWANG_ID.to_owned(),
            wanwang_client_secret: credentials::WANWANG.to_owned(),
            kdocs_access_token: credentials::KDOCS.to_owned(),
            kdocs_client_id: credentials::KDOCS_ID.to_owned(),
            kdocs_client_secret: credentials::KDOCS_SECRET.to_owned(),
            kdocs_refresh_token: credentials::KDOCS_REFRESH.to_owned(),
            ..Config::default()
        };
        Self {
            config,
            variables: BTreeMap::new(),
            subscribers: Vec::new(),
            unconfigured: false,
            manifest: None,
            runtime_config: None,
            roots: None,
        }
    }
}

impl Builder {
    /// Sets a variable; it goes before the one that tests usually have.
    pub fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    /// Configures the platforms.
    pub fn platforms(mut self, configure: impl FnOnce(&mut Config)) -> Self {
        configure(&mut self.config);
        self
    }

    /// Adds a subscriber to these types of events; none is all.
    pub fn subscriber(mut self, name: &str, url: &str, types: &[&str]) -> Self {
        self.subscribers.push(json!({"name": name, "url": url, "secret": credentials::SIGNING, "types": types}));
        self
    }

    /// Sets no variable but those that are named.
    pub fn unconfigured(mut self) -> Self {
        self.unconfigured = true;
        self
    }

    /// Lets the operator's tokens of KDocs be renewed.
    pub fn renewing_kdocs(self) -> Self {
        self.variable("kdocs_client_id", credentials::KDOCS_ID)
            .variable("kdocs_client_secret", credentials::KDOCS_SECRET)
            .variable("kdocs_refresh_token", credentials::KDOCS_REFRESH)
    }

    /// Runs another application than the one that is shipped: the manifest with these changes.
    pub fn manifest(mut self, change: fn(&str) -> String) -> Self {
        self.manifest = Some(change);
        self
    }

    /// Keeps key-value in Redis.
    pub fn redis(mut self, redis: &Redis) -> Self {
        self.runtime_config = Some(format!("[key_value_store.default]\ntype = \"redis\"\nurl = \"{}\"\n", redis.url));
        self
    }

    /// Trusts this certificate authority (PEM) alone.
    pub fn trusting(mut self, authority: &str) -> Self {
        self.roots = Some(authority.to_owned());
        self
    }

    /// Starts the platforms, and the gateway in front of them.
    pub async fn start(self) -> Gateway {
        let simulator = Simulator::start(self.config).await.expect("the simulator starts");
        let mut variables = if self.unconfigured { BTreeMap::new() } else { usual(&simulator.url()) };
        if !self.subscribers.is_empty() {
            variables.insert("subscribers".to_owned(), json!(self.subscribers).to_string());
        }
        variables.extend(self.variables);
        let folder = tempfile::tempdir().expect("a folder for the gateway");
        if let Some(change) = self.manifest {
            host::change_manifest(folder.path(), change);
        }
        if let Some(config) = self.runtime_config {
            host::configure(folder.path(), &config);
        }
        if let Some(roots) = self.roots {
            host::trust(folder.path(), &roots);
        }
        let client = Client::builder().no_proxy().redirect(redirect::Policy::none()).timeout(PATIENCE * 3).build();
        let host = Host::start(folder.path(), folder.path(), &variables, Duration::ZERO).await;
        let client = client.expect("an HTTP client");
        let gateway =
            Gateway { simulator, host, variables, folder, client, seen: Mutex::default(), ahead: Duration::ZERO };
        gateway.listen_to_callbacks();
        gateway
    }
}

/// The variables of a gateway whose platforms are at this origin.
fn usual(platforms: &str) -> BTreeMap<String, String> {
    let callers = json!([{"name": "crm", "secret": credentials::CRM}, {"name": "erp", "secret": credentials::ERP}]);
    [
        ("callers", callers.to_string().as_str()),
        ("callback_token", credentials::CALLBACK),
        ("tick_token", credentials::TICK),
        ("quntool_url", platforms),
        ("quntool_apikey", credentials::QUNTOOL),
        ("wanwang_url", platforms),
        ("wanwang_token_url", platforms),
        ("wanwang_client_id", credentials::WANWANG_ID),
        ("wanwang_client_secret", credentials::WANWANG),
        ("kdocs_url", platforms),
        ("kdocs_access_token", credentials::KDOCS),
        ("kdocs_token_url", platforms),
        ("robot_url", platforms),
        ("robots", &json!({"ops": credentials::OPS}).to_string()),
        // Every subscriber of a test is a server of its own on this machine.
        ("subscriber_url", "http://127.0.0.1:*"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}
