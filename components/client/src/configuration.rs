//! What the operator set, read once per instance.

use crate::{bindings::exports::wecom::gateway::types::System, ledger::system_name, robots::Robots};
use std::{cell::RefCell, rc::Rc};

/// How messages reach group robots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RobotMode {
    /// Through KDocs.
    Kdocs,
    /// Straight to the robot.
    Direct,
}

/// How messages reach Quntool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// By HTTP.
    Http,
    /// By MQTT, where a message's type has it.
    Mqtt,
}

/// The variables that `client` inherits. One that the parent component was not granted is empty.
///
/// It holds secrets, and therefore does not print.
pub struct Configuration {
    /// Origin of Quntool.
    pub quntool_url: String,
    /// API key for Quntool.
    pub quntool_apikey: String,
    /// How messages reach Quntool unless a request says otherwise.
    pub quntool_transport: Transport,
    /// Origin of Quntool's MQTT broker, `mqtt://host:1884`.
    pub quntool_mqtt_url: String,
    /// User name at the broker.
    pub quntool_mqtt_username: String,
    /// Password at the broker.
    pub quntool_mqtt_password: String,
    /// Origin of Wanwang.
    pub wanwang_url: String,
    /// Origin of Wanwang's token endpoint.
    pub wanwang_token_url: String,
    /// Client id for Wanwang.
    pub wanwang_client_id: String,
    /// Client secret for Wanwang.
    pub wanwang_client_secret: String,
    /// Origin of KDocs.
    pub kdocs_url: String,
    /// Origin of KDocs' token endpoint.
    pub kdocs_token_url: String,
    /// Access token for KDocs.
    pub kdocs_access_token: String,
    /// Client id (`app_id`) for KDocs.
    pub kdocs_client_id: String,
    /// Client secret (`app_key`) for KDocs.
    pub kdocs_client_secret: String,
    /// Refresh token for KDocs.
    pub kdocs_refresh_token: String,
    /// Origin of the robots in direct mode.
    pub robot_url: String,
    /// How messages reach robots.
    pub robot_mode: RobotMode,
    /// The robots that have a name.
    pub robots: Robots,
    /// How long a send may wait for a limit, in milliseconds.
    pub max_wait: u64,
    /// The company, as the counters of its limits name it.
    pub company: String,
    /// The key of the hash that stands for a robot's key in the ledger and in counters.
    pub robot_hash_key: String,
}

impl Configuration {
    /// The systems that have an address here, by their names in the ledger.
    pub fn reached(&self) -> Vec<&'static str> {
        let robots = match self.robot_mode {
            RobotMode::Kdocs => &self.kdocs_url,
            RobotMode::Direct => &self.robot_url,
        };
        let systems =
            [(System::Wanwang, &self.wanwang_url), (System::Quntool, &self.quntool_url), (System::Kdocs, robots)];
        systems.into_iter().filter(|(_, url)| !url.is_empty()).map(|(system, _)| system_name(system)).collect()
    }
}

thread_local! {
    static READ: RefCell<Option<Rc<Configuration>>> = const { RefCell::new(None) };
}

/// Returns the configuration.
pub async fn read() -> Rc<Configuration> {
    if let Some(read) = READ.with_borrow(Clone::clone) {
        return read;
    }
    let origin = |url: String| url.trim_end_matches('/').to_owned();
    let read = Rc::new(Configuration {
        quntool_url: origin(runtime::variable("quntool_url").await),
        quntool_apikey: runtime::variable("quntool_apikey").await,
        quntool_transport: match runtime::variable("quntool_transport").await.as_str() {
            "mqtt" => Transport::Mqtt,
            _ => Transport::Http,
        },
        quntool_mqtt_url: origin(runtime::variable("quntool_mqtt_url").await),
        quntool_mqtt_username: runtime::variable("quntool_mqtt_username").await,
        quntool_mqtt_password: runtime::variable("quntool_mqtt_password").await,
        wanwang_url: origin(runtime::variable("wanwang_url").await),
        wanwang_token_url: origin(runtime::variable("wanwang_token_url").await),
        wanwang_client_id: runtime::variable("wanwang_client_id").await,
        wanwang_client_secret: runtime::variable("wanwang_client_secret").await,
        kdocs_url: origin(runtime::variable("kdocs_url").await),
        kdocs_token_url: origin(runtime::variable("kdocs_token_url").await),
        kdocs_access_token: runtime::variable("kdocs_access_token").await,
        kdocs_client_id: runtime::variable("kdocs_client_id").await,
        kdocs_client_secret: runtime::variable("kdocs_client_secret").await,
        kdocs_refresh_token: runtime::variable("kdocs_refresh_token").await,
        robot_url: origin(runtime::variable("robot_url").await),
        robot_mode: match runtime::variable("robot_mode").await.as_str() {
            "direct" => RobotMode::Direct,
            _ => RobotMode::Kdocs,
        },
        robots: Robots::configured(&runtime::variable("robots").await),
        max_wait: runtime::variable("max_wait_ms").await.parse().unwrap_or(2_000),
        company: match runtime::variable("company").await {
            company if company.is_empty() => "default".to_owned(),
            company => company,
        },
        // Nobody can send without a caller, so that this is never empty when it is needed.
        robot_hash_key: runtime::variable("callers").await,
    });
    READ.set(Some(read.clone()));
    read
}
