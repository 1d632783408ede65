//! What a simulator is started with.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// How the platforms are set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Where Quntool's callbacks go; none keeps them in the truth only.
    pub callback_url: Option<String>,
    /// The broker through which Quntool takes messages as well (`mqtt://host:port`); none is HTTP alone.
    pub quntool_mqtt: Option<String>,
    /// Quntool's `apikey`.
    pub quntool_apikey: String,
    /// Wanwang's client id.
    pub wanwang_client_id: String,
    /// Wanwang's client secret.
    pub wanwang_client_secret: String,
    /// KDocs' access token.
    pub kdocs_access_token: String,
    /// KDocs' client id (`app_id`).
    pub kdocs_client_id: String,
    /// KDocs' client secret (`app_key`).
    pub kdocs_client_secret: String,
    /// KDocs' first refresh token; each renewal replaces it.
    pub kdocs_refresh_token: String,
    /// How long a token of KDocs lives that was renewed.
    pub kdocs_token_lifetime: Duration,
    /// From a message's acceptance to its outcome callback, and from one step of a login to the next.
    pub outcome_delay: Duration,
    /// How long a callback may take; then it is given up, and not repeated.
    pub callback_timeout: Duration,
    /// How long a token of Wanwang lives.
    pub token_lifetime: Duration,
    /// The code that a login asks for (`/container/verify`).
    pub login_code: String,
    /// How often what may be sent.
    pub limits: Limits,
    /// Seeds the randomness of faults.
    pub seed: u64,
}

/// What the platforms allow.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Quntool: between two messages of an account. Its document says 500 ms.
    pub quntool_spacing: Duration,
    /// Quntool: messages of all accounts in any hour. Its document says 50,000.
    pub quntool_per_hour: usize,
    /// Wanwang: messages to a member in any minute, per app. WeCom (path/90236) says 30.
    pub wanwang_per_minute: usize,
    /// Wanwang: messages to a member in any hour, per app. WeCom (path/90236) says 1,000.
    pub wanwang_per_hour: usize,
    /// Robots: messages of a key in a minute of the clock. WeCom (path/99110) says 20.
    pub robot_per_minute: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            quntool_spacing: Duration::from_millis(500),
            quntool_per_hour: 50_000,
            wanwang_per_minute: 30,
            wanwang_per_hour: 1_000,
            robot_per_minute: 20,
        }
    }
}

impl Config {
    /// Sets up every platform with the same credential, on a free local port.
    pub fn with_credential(credential: &str) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            callback_url: None,
            quntool_mqtt: None,
            quntool_apikey: credential.to_owned(),
            wanwang_client_id: credential.to_owned(),
            wanwang_client_secret: credential.to_owned(),
            kdocs_access_token: credential.to_owned(),
            kdocs_client_id: credential.to_owned(),
            kdocs_client_secret: credential.to_owned(),
            kdocs_refresh_token: credential.to_owned(),
            kdocs_token_lifetime: Duration::from_secs(24 * 3600),
            outcome_delay: Duration::from_millis(50),
            callback_timeout: Duration::from_secs(3),
            token_lifetime: Duration::from_secs(7200),
            login_code: "386317".to_owned(),
            limits: Limits::default(),
            seed: 0,
        }
    }
}

impl Default for Config {
    /// The sandbox: the credential `sandbox` everywhere.
    fn default() -> Self {
        Self::with_credential("sandbox")
    }
}
