//! The documented limits: one table.

use crate::System;

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Messages of one hosted account.
    Account,
    /// Messages of all hosted accounts of the company.
    Company,
    /// Calls of one endpoint for one company's app.
    Endpoint,
    /// Messages to one employee from one company's app.
    Employee,
    /// Messages to one robot, by the keyed hash of its key.
    Robot,
}

/// One limit.
#[derive(Debug, PartialEq, Eq)]
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
    /// What the platform does beyond it, in Chinese.
    pub beyond: &'static str,
    /// Where it is documented.
    pub source: &'static str,
}

/// Two messages of an account are at least 500 ms apart.
pub const ACCOUNT_SPACING: Limit = Limit {
    name: "account-spacing",
    scope: Scope::Account,
    quota: 1,
    window: 500,
    about: "每个企微发送消息间隔 500ms",
    beyond: "消息发送失败,错误码 -1000999",
    source: "001:663",
};

/// A company's accounts send 50,000 messages an hour.
pub const COMPANY_HOUR: Limit = Limit {
    name: "company-hour",
    scope: Scope::Company,
    quota: 50_000,
    window: 3_600_000,
    about: "每个企业一小时内所有企微发送消息数总和不超过 50000 条",
    beyond: "企业被限制发送",
    source: "001:664",
};

/// A company calls an endpoint 10,000 times a minute.
pub const ENDPOINT_MINUTE: Limit = Limit {
    name: "endpoint-minute",
    scope: Scope::Endpoint,
    quota: 10_000,
    window: 60_000,
    about: "每个企业对同一接口每分钟最多调用 10000 次",
    beyond: "错误码 45009",
    source: "document 90454",
};

/// An employee gets 30 messages a minute from an app.
pub const EMPLOYEE_MINUTE: Limit = Limit {
    name: "employee-minute",
    scope: Scope::Employee,
    quota: 30,
    window: 60_000,
    about: "每个应用对同一成员每分钟最多 30 条消息",
    beyond: "超出的消息被企业微信丢弃,不返回错误",
    source: "document 90454",
};

/// An employee gets 1,000 messages an hour from an app.
pub const EMPLOYEE_HOUR: Limit = Limit {
    name: "employee-hour",
    scope: Scope::Employee,
    quota: 1_000,
    window: 3_600_000,
    about: "每个应用对同一成员每小时最多 1000 条消息",
    beyond: "超出的消息被企业微信丢弃,不返回错误",
    source: "document 90454",
};

/// A robot takes 20 messages a minute.
pub const ROBOT_MINUTE: Limit = Limit {
    name: "robot-minute",
    scope: Scope::Robot,
    quota: 20,
    window: 60_000,
    about: "每个群机器人每分钟最多 20 条消息",
    beyond: "错误码 45009",
    source: "document 99110",
};

/// The limits of a system's messages.
pub const fn of(system: System) -> &'static [&'static Limit] {
    match system {
        System::Wanwang => &[&EMPLOYEE_MINUTE, &EMPLOYEE_HOUR, &ENDPOINT_MINUTE],
        System::Quntool => &[&ACCOUNT_SPACING, &COMPANY_HOUR],
        System::Kdocs => &[&ROBOT_MINUTE],
    }
}

#[cfg(test)]
mod documentation;
