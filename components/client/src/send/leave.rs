//! Until a message leaves: its limits, and the mark in the ledger.

use super::Work;
use crate::{
    bindings::exports::wecom::gateway::types::System,
    ledger,
    limits::{Permit, UsedUp, spacing, window},
    platform::Prepared,
};
use contract::limit::{self, Limit, Scope};
use runtime::clock;
use store::{Error, KeyValue};

/// `sending` is written so many milliseconds before the message may leave.
const HEAD_START: u64 = 10;
/// A message that missed its moment by more milliseconds than this asks for another one.
const LATENESS: u64 = 15;

/// Why a message cannot leave.
pub enum NotNow {
    /// A limit is used up.
    UsedUp(UsedUp),
    /// The store failed.
    Broken(Error),
}

impl From<Error> for NotNow {
    fn from(error: Error) -> Self {
        Self::Broken(error)
    }
}

impl Work<'_> {
    /// Waits until the limits let the message leave, and marks it as `sending` just before.
    pub(super) async fn leave_in_time(&self) -> Result<(), NotNow> {
        let latest = clock::now() + self.patience();
        let mut marked = false;
        loop {
            let at = self.permit(latest)?;
            sleep_until(at.saturating_sub(HEAD_START)).await;
            if !marked {
                let now = clock::now();
                if !ledger::sending(&self.database, &self.id, now, now + self.lease())? {
                    return Err(NotNow::Broken(Error::Database("the message was taken away".into())));
                }
                marked = true;
            }
            sleep_until(at).await;
            let spaced = self.prepared.account.is_some();
            if !spaced || clock::now() <= at + LATENESS {
                return Ok(());
            }
        }
    }

    fn permit(&self, latest: u64) -> Result<u64, NotNow> {
        let Some(limit) = limit_of(&self.prepared) else { return Ok(clock::now()) };
        let mut counters = KeyValue::open()?;
        let permit = match limit.scope {
            Scope::Account => {
                let account = self.prepared.account.as_deref().unwrap_or_default();
                spacing::claim(&mut counters, account, latest, clock::now)?
            }
            Scope::Robot => {
                let robot = self.prepared.recipients.first().map(String::as_str).unwrap_or_default();
                window::claim(&mut counters, limit, robot, clock::now())?
            }
        };
        match permit {
            Permit::At(at) => Ok(at),
            Permit::Beyond(retry_after) => Err(NotNow::UsedUp(UsedUp { limit, retry_after })),
        }
    }
}

/// The limit that a message is counted against.
pub fn limit_of(prepared: &Prepared) -> Option<&'static Limit> {
    match prepared.system {
        System::Wanwang => None,
        System::Quntool => Some(&limit::ACCOUNT_SPACING),
        System::Kdocs => Some(&limit::ROBOT_MINUTE),
    }
}

async fn sleep_until(at: u64) {
    let wait = at.saturating_sub(clock::now());
    if wait > 0 {
        clock::sleep(wait).await;
    }
}
