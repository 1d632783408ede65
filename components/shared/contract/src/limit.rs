//! The documented limits: one table.

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Messages of one hosted account.
    Account,
    /// Messages to one robot, by the keyed hash of its key.
    Robot,
}

/// One limit.
#[derive(Debug)]
pub struct Limit {
    /// Its name, as answers and the ledger show it.
    pub name: &'static str,
    /// What it counts.
    pub scope: Scope,
    /// How many are allowed in the window.
    pub quota: u32,
    /// The window, in milliseconds.
    pub window: u64,
    /// What it says, in Chinese.
    pub about: &'static str,
    /// Where it is documented.
    pub source: &'static str,
}

/// Two messages of an account are at least 500 ms apart; a closer one fails with -1000999.
pub const ACCOUNT_SPACING: Limit = Limit {
    name: "account-spacing",
    scope: Scope::Account,
    quota: 1,
    window: 500,
    about: "每个企微发送消息间隔 500ms",
    source: "001:663",
};

/// A robot takes 20 messages a minute; more are refused with 45009.
pub const ROBOT_MINUTE: Limit = Limit {
    name: "robot-minute",
    scope: Scope::Robot,
    quota: 20,
    window: 60_000,
    about: "每个群机器人每分钟最多 20 条消息",
    source: "document 99110",
};
