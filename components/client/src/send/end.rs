//! How a send ends that was not taken: in the ledger, and for the caller.

use super::{Work, internal, leave::NotNow};
use crate::{
    bindings::exports::wecom::gateway::types::{Failure, State, System, Throttle},
    dispatch::Ending,
    ledger::{self, End},
    platform::Refusal,
    upstream::Silence,
};
use runtime::clock;

impl Work {
    /// The message did not leave.
    pub(super) fn not_left(&self, reason: NotNow) -> Result<Failure, Failure> {
        match reason {
            NotNow::UsedUp(used_up) => {
                self.end(&End::unsent(State::Refused, used_up.limit.about))?;
                Ok(Failure::Throttled(Throttle {
                    id: Some(self.id.clone()),
                    limit: used_up.limit.name.into(),
                    scope: used_up.scope,
                    quota: used_up.limit.quota,
                    window_ms: used_up.limit.window,
                    retry_after_ms: used_up.retry_after,
                }))
            }
            NotNow::Broken(error) => {
                self.end(&End::unsent(State::Refused, "网关存储故障,消息未发送"))?;
                Ok(internal(error))
            }
            NotNow::Taken => Ok(internal(store::Error::Database("a message that was accepted was taken away".into()))),
        }
    }

    /// Whether the message was sent is not known.
    pub(super) fn unknown(&self, reason: &str) -> Result<(), Failure> {
        self.end(&End { state: State::Unknown, code: None, reason, answer: None, release_key: false })
    }

    /// The platform refused the message.
    pub(super) fn refused(&self, refusal: Refusal) -> Result<Failure, Failure> {
        self.end(&End {
            state: State::Failed,
            code: Some(refusal.code),
            reason: &refusal.message,
            answer: refusal.body.as_deref().map(|body| (refusal.status, body)),
            // A robot that refused has sent nothing, and what it refused for may be over when the caller tries again.
            release_key: self.prepared.system == System::Kdocs,
        })?;
        Ok(Failure::Rejected(refusal.of(Some(self.id.clone()), self.prepared.system)))
    }

    /// There is no verdict of the platform on the message.
    pub(super) fn ended(&self, ending: Ending) -> Result<Failure, Failure> {
        let (state, code, reason) = outcome(&ending);
        let release_key = state != State::Unknown;
        self.end(&End { state, code, reason, answer: None, release_key })?;
        Ok(ending.failure(Some(self.id.clone()), self.prepared.system))
    }

    fn end(&self, end: &End<'_>) -> Result<(), Failure> {
        ledger::end(&self.database, &self.id, end, clock::now()).map_err(internal)
    }
}

/// The state that an ending leads to, its code and its reason.
pub fn outcome(ending: &Ending) -> (State, Option<i64>, &str) {
    match ending {
        Ending::Unauthorized(refusal) => (State::Failed, Some(refusal.code), &refusal.message),
        Ending::Silence(Silence::NotAllowed) => (State::Refused, None, "平台地址不在允许列表中,消息未发送"),
        Ending::Silence(Silence::Unreached { reason, .. }) => (State::Failed, None, reason),
        Ending::Silence(Silence::Lost { reason, .. }) => (State::Unknown, None, reason),
    }
}

impl<'a> End<'a> {
    /// The end of a message of which nothing left.
    const fn unsent(state: State, reason: &'a str) -> Self {
        Self { state, code: None, reason, answer: None, release_key: true }
    }
}
