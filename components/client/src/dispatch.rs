//! Requests to the platforms, with the gateway's credentials.

mod robot;

pub use robot::robot;

use crate::{
    bindings::exports::wecom::gateway::types::{Ambiguity, Failure, Rejection, System, Unavailability},
    configuration::Configuration,
    platform::{self, Refusal, Verdict},
    token::{self, Issuer},
    upstream::{self, Outbound, Silence},
};
use serde_json::Value;

/// How a request to a platform ends without a verdict on what was asked.
#[derive(Debug)]
pub enum Ending {
    /// The platform does not take the gateway's credential: nothing was done.
    Unauthorized(Refusal),
    /// There was no answer.
    Silence(Silence),
}

impl From<Silence> for Ending {
    fn from(silence: Silence) -> Self {
        Self::Silence(silence)
    }
}

impl Ending {
    /// The end of a request whose answer cannot be read.
    pub fn unclear(reason: &str) -> Self {
        Self::Silence(Silence::Lost { reason: reason.into(), timed_out: false })
    }

    /// Says it to the caller; `id` is the message in the ledger.
    pub fn failure(self, id: Option<String>, system: System) -> Failure {
        match self {
            Self::Unauthorized(refusal) => Failure::Unauthorized(refusal.of(id, system)),
            Self::Silence(Silence::NotAllowed) => Failure::NotAllowed(
                "平台地址不在 allowed_outbound_hosts 中,或在运行时配置 block_networks 的网段内".into(),
            ),
            Self::Silence(Silence::Unreached { reason, timed_out }) => {
                Failure::Unavailable(Unavailability { id, system, reason, timed_out })
            }
            Self::Silence(Silence::Lost { reason, timed_out }) => {
                Failure::Ambiguous(Ambiguity { id, system, reason, timed_out })
            }
        }
    }
}

impl Refusal {
    /// Says it to the caller; `id` is the message in the ledger.
    pub fn of(self, id: Option<String>, system: System) -> Rejection {
        let Self { status, code, message, hint, body } = self;
        Rejection { id, system, status, code, message, hint, body }
    }
}

/// Calls Quntool.
pub async fn quntool(configuration: &Configuration, path: &str, body: &Value) -> Result<Verdict, Ending> {
    let url = format!("{}{path}", configuration.quntool_url);
    let outbound = Outbound::post(url, body).with_apikey(&configuration.quntool_apikey);
    Ok(platform::read(&upstream::exchange(outbound).await?))
}

/// Calls Wanwang. A dead token is renewed once, and the call made once more: what answered 401 did nothing.
pub async fn wanwang(configuration: &Configuration, path: &str, body: &Value) -> Result<Verdict, Ending> {
    let url = format!("{}{path}", configuration.wanwang_url);
    let mut access = token::current(Issuer::Wanwang, configuration).await?;
    for last in [false, true] {
        let bearer = ("authorization", format!("Bearer {access}"));
        let answer = upstream::exchange(Outbound::post(url.clone(), body).with(bearer).hiding(&access)).await?;
        if answer.status != 401 {
            return Ok(platform::read(&answer));
        }
        if !last {
            access = token::renewed(Issuer::Wanwang, configuration, Some(&access)).await?;
        }
    }
    Err(Ending::Unauthorized(Refusal {
        status: 401,
        code: 401,
        message: "平台拒绝了新的访问令牌".into(),
        hint: None,
        body: None,
    }))
}
