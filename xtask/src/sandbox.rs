//! The sandbox: a gateway and the simulator in the place of every platform, with one credential for everything.

use std::collections::BTreeMap;
use std::env;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;
use simulator::{Config, Simulator};
use tokio::process::Command;

use crate::gateway::{self, Gateway};

/// The credential that the gateway expects and presents everywhere.
pub const CREDENTIAL: &str = "sandbox";

/// What the names of the gateway's variables begin with in the environment.
pub const PREFIX: &str = "SPIN_VARIABLE_";

/// A gateway's variables, by name (`QUNTOOL_URL`).
pub type Variables = BTreeMap<String, String>;

/// A gateway that runs and ticks every second, and its platforms.
pub struct Sandbox {
    /// The gateway.
    pub gateway: Gateway,
    /// The platforms.
    pub simulator: Simulator,
}

impl Sandbox {
    /// Starts the simulator, then a gateway with these variables, and tells the simulator where to call it back. Both use
    /// the MQTT broker at the address `mqtt`, if there is one.
    ///
    /// `configure` turns the sandbox's variables into those of the gateway. The environment itself is not read.
    pub async fn start(
        simulator: SocketAddr,
        listen: SocketAddr,
        data: &Path,
        mqtt: Option<String>,
        configure: impl FnOnce(&mut Variables),
    ) -> Result<Self> {
        let config = Config { listen: simulator, quntool_mqtt: mqtt.clone(), ..Config::with_credential(CREDENTIAL) };
        let simulator = Simulator::start(config).await.context("the simulator does not start")?;
        let mut variables = variables(&simulator.url());
        variables.extend(mqtt.map(|address| ("QUNTOOL_MQTT_URL".to_owned(), address)));
        configure(&mut variables);

        let mut command = gateway::command(listen, data)?;
        configure_by(&mut command, &variables);
        let mut gateway = Gateway::start(command).await?;

        let value = |name| variables.get(name).map_or("", String::as_str);
        let callback_url = format!("{}/callback/quntool/{}", gateway.url(), value("CALLBACK_TOKEN"));
        simulator.set_callback_url(Some(&callback_url));
        gateway.tick(value("TICK_TOKEN"), Duration::from_secs(1))?;
        Ok(Self { gateway, simulator })
    }
}

/// Gives a gateway these variables, and none of this program's own environment.
pub fn configure_by(command: &mut Command, variables: &Variables) {
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with(PREFIX) {
            command.env_remove(name);
        }
    }
    command.envs(variables.iter().map(|(name, value)| (format!("{PREFIX}{name}"), value)));
}

/// Returns the variables of a gateway whose platforms are the simulator at this origin.
pub fn variables(simulator: &str) -> Variables {
    let callers = json!([{"name": CREDENTIAL, "secret": CREDENTIAL}]).to_string();
    let origins = ["QUNTOOL_URL", "WANWANG_URL", "WANWANG_TOKEN_URL", "KDOCS_URL", "KDOCS_TOKEN_URL", "ROBOT_URL"];
    let secrets = [
        "CALLBACK_TOKEN",
        "QUNTOOL_APIKEY",
        "WANWANG_CLIENT_ID",
        "WANWANG_CLIENT_SECRET",
        "KDOCS_ACCESS_TOKEN",
        "KDOCS_CLIENT_ID",
        "KDOCS_CLIENT_SECRET",
        "KDOCS_REFRESH_TOKEN",
        "TICK_TOKEN",
    ];
    let robots = json!({CREDENTIAL: CREDENTIAL}).to_string();
    [("CALLERS", callers.as_str()), ("ROBOTS", &robots)]
        .into_iter()
        .chain(origins.map(|name| (name, simulator)))
        .chain(secrets.map(|name| (name, CREDENTIAL)))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
