//! The credentials of the gateway under test: every door has one of its own, so that a mix-up is seen.

/// The secret of the caller `crm`, with which tests call unless they say otherwise.
pub const CRM: &str = "caller-crm-7Vn2dQ8sLx";
/// The secret of the caller `erp`.
pub const ERP: &str = "caller-erp-kW4uJ1zTb9";
/// The token in the path that Quntool calls.
pub const CALLBACK: &str = "callback-Zr6mH3yPc0";
/// The token of ticks.
pub const TICK: &str = "tick-Qe5gN8aXf2";
/// Quntool's API key.
pub const QUNTOOL: &str = "quntool-Bt9vK7iDo4";
/// Wanwang's client id.
pub const WANWANG_ID: &str = "wanwang-client";
/// Wanwang's client secret.
pub const WANWANG: &str = "wanwang-Mj1wS6rGe3";
/// KDocs' access token.
pub const KDOCS: &str = "kdocs-Uy8xC5lFn7";
/// The key of the robot that is called `ops`.
pub const OPS: &str = "0ps7e2f1-Xw3kA9nRd6";
/// KDocs' client id.
pub const KDOCS_ID: &str = "kdocs-client";
/// KDocs' client secret.
pub const KDOCS_SECRET: &str = "kdocs-Lp4tY7hSm1";
/// KDocs' first refresh token.
pub const KDOCS_REFRESH: &str = "refresh-Cq8rF2wJb5";
/// The secret that events are signed with: 32 bytes, as Standard Webhooks writes them.
pub const SIGNING: &str = "whsec_aXQncyB0aGUgc2lnbmluZyBzZWNyZXQgb2YgdGVzdHM=";

/// Every secret, by what it opens.
pub const ALL: [(&str, &str); 11] = [
    ("the secret of crm", CRM),
    ("the secret of erp", ERP),
    ("the callback token", CALLBACK),
    ("the tick token", TICK),
    ("the API key of Quntool", QUNTOOL),
    ("the client secret of Wanwang", WANWANG),
    ("the access token of KDocs", KDOCS),
    ("the key of the robot ops", OPS),
    ("the client secret of KDocs", KDOCS_SECRET),
    ("the refresh token of KDocs", KDOCS_REFRESH),
    ("the signing secret", SIGNING),
];
