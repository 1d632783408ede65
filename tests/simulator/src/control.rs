//! Orders to the platforms, as library methods.

pub(crate) mod routes;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::callbacks::Delivery;
use crate::config::Config;
use crate::faults::FaultRule;
use crate::mqtt::{self, Mqtt};
use crate::platform;
use crate::quntool::outcomes::OutcomePlan;
use crate::quntool::{AccountSetting, Inbound};
use crate::robot::RobotState;
use crate::server::Server;
use crate::truth::Truth;
use crate::world::World;

/// How often a condition is looked at while it is waited for.
const POLL: Duration = Duration::from_millis(5);

/// A platform whose tokens can be ended.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenOf {
    /// Every token that Wanwang issued.
    Wanwang,
    /// The access token of KDocs.
    Kdocs,
}

/// The running platforms; they stop when it is dropped.
#[derive(Debug)]
pub struct Simulator {
    server: Server,
    world: Arc<World>,
    mqtt: Option<Mqtt>,
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.world.stop();
    }
}

impl Simulator {
    /// Starts the platforms.
    pub async fn start(config: Config) -> Result<Self> {
        let listen = config.listen;
        let world = Arc::new(World::new(config)?);
        let mqtt = world.config.quntool_mqtt.as_deref().map(|address| mqtt::start(&world, address)).transpose()?;
        let router = Router::new()
            .nest("/simulator", routes::router())
            .fallback(platform::serve)
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::clone(&world));
        Ok(Self { server: Server::start(listen, router).await?, mqtt, world })
    }

    /// Tells the origin of all platforms: scheme, host and port.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Tells whether Quntool takes what is published now.
    pub fn is_subscribed(&self) -> bool {
        self.mqtt.as_ref().is_some_and(Mqtt::is_subscribed)
    }

    /// Gives what really happened so far.
    pub fn truth(&self) -> Truth {
        self.world.record.lock().truth.clone()
    }

    /// Waits until the truth fulfils a condition, and gives it. Fails when the time is up.
    pub async fn wait_until(&self, timeout: Duration, condition: impl Fn(&Truth) -> bool) -> Result<Truth> {
        let until = tokio::time::Instant::now() + timeout;
        while !condition(&self.world.record.lock().truth) {
            ensure!(tokio::time::Instant::now() < until, "the condition did not come true in {timeout:?}");
            tokio::time::sleep(POLL).await;
        }
        Ok(self.truth())
    }

    /// Forgets everything that was remembered and ordered; what is under way ends.
    pub fn reset(&self) {
        self.world.reset();
    }

    /// Sends callbacks elsewhere from now on, or nowhere.
    pub fn set_callback_url(&self, url: Option<&str>) {
        self.world.callbacks.redirect(url.map(str::to_owned));
    }

    /// Sends a callback as it is, and resolves when it is answered or given up.
    pub async fn callback(&self, body: Value) -> Delivery {
        self.world.call_back(body).await
    }

    /// Lets a customer do something, and resolves when the callback is answered or given up. Fails on an unknown type.
    pub async fn inbound(&self, inbound: Inbound) -> Result<Delivery> {
        self.world.receive(inbound).await
    }

    /// Orders the outcome of the next messages, after what was ordered before. Fails on a probability outside 0 to 1.
    pub fn order_outcome(&self, plan: OutcomePlan) -> Result<()> {
        self.world.outcomes.lock().order(plan)
    }

    /// Takes back every order of an outcome.
    pub fn clear_outcomes(&self) {
        self.world.outcomes.lock().clear();
    }

    /// Holds the outcomes of messages back from now on.
    pub fn hold_outcomes(&self) {
        self.world.outcomes.lock().hold();
    }

    /// Lets the outcomes that were held back come about, and returns how many there are.
    pub fn release_outcomes(&self, reversed: bool) -> usize {
        self.world.release_outcomes(reversed)
    }

    /// Orders a fault, after those ordered before. Fails on a probability outside 0 to 1.
    pub fn fault(&self, rule: FaultRule) -> Result<()> {
        self.world.faults.lock().add(rule)
    }

    /// Lists the faults that were ordered, with how many requests still meet them.
    pub fn faults(&self) -> Vec<FaultRule> {
        self.world.faults.lock().rules()
    }

    /// Takes back every fault.
    pub fn clear_faults(&self) {
        self.world.faults.lock().clear();
    }

    /// Ends tokens before their time; that of KDocs until it is brought back.
    pub fn expire_tokens(&self, of: TokenOf) {
        self.world.expire_tokens(of);
    }

    /// Brings the access token of KDocs back.
    pub fn restore_kdocs_token(&self) {
        self.world.kdocs.lock().kill_token(false);
    }

    /// Sets hosted accounts up. A closed directory knows only them, and no contact or group that it was not told of.
    pub fn set_accounts(&self, accounts: Vec<AccountSetting>, closed: bool) {
        self.world.quntool.lock().set_accounts(accounts, closed);
    }

    /// Sets the employees that exist; none is everyone.
    pub fn set_employees(&self, work_ids: Option<BTreeSet<String>>) {
        self.world.wanwang.lock().set_employees(work_ids);
    }

    /// Returns the tokens that KDocs issued for a refresh token and that still count, the refresh token among them.
    pub fn kdocs_tokens(&self) -> Vec<String> {
        self.world.kdocs.lock().tokens()
    }

    /// Sets what a robot's key leads to.
    pub fn set_robot(&self, key: &str, state: RobotState) {
        self.world.robots.lock().set(key, state);
    }

    /// Tells the platforms' time, in milliseconds since the Unix epoch.
    pub fn now(&self) -> u64 {
        self.world.clock.now()
    }

    /// Puts the platforms' clock forward: windows pass, tokens expire, outcomes come about.
    pub fn advance(&self, by: Duration) {
        self.world.clock.advance(by);
    }
}

impl World {
    /// Ends tokens before their time.
    pub(crate) fn expire_tokens(&self, of: TokenOf) {
        match of {
            TokenOf::Wanwang => self.wanwang.lock().kill_tokens(),
            TokenOf::Kdocs => self.kdocs.lock().kill_token(true),
        }
    }
}
