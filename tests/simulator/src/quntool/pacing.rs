//! How often messages may be sent.

use std::collections::{HashMap, VecDeque};

use crate::clock::milliseconds;
use crate::config::Limits;

const HOUR_MS: u64 = 3600 * 1000;

/// When messages arrived.
#[derive(Debug, Default)]
pub(super) struct Pacing {
    /// The latest of each account.
    latest: HashMap<String, u64>,
    /// Those of the last hour, of all accounts.
    hour: VecDeque<u64>,
}

/// A rule that a message broke.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) rule: &'static str,
    pub(super) detail: String,
}

impl Pacing {
    /// Counts a message, whether or not it breaks a rule.
    pub(super) fn arrive(&mut self, account: &str, at: u64, limits: &Limits) -> Option<Broken> {
        while self.hour.front().is_some_and(|earlier| at.saturating_sub(*earlier) >= HOUR_MS) {
            self.hour.pop_front();
        }
        self.hour.push_back(at);
        let latest = self.latest.get(account).copied();
        self.latest.insert(account.to_owned(), latest.map_or(at, |latest| latest.max(at)));

        let spacing =
            latest.map(|latest| at.abs_diff(latest)).filter(|gap| *gap < milliseconds(limits.quntool_spacing));
        if let Some(gap) = spacing {
            return Some(Broken {
                rule: "quntool_spacing",
                detail: format!("account {account}: {gap} ms after its last message"),
            });
        }
        let count = self.hour.len();
        (count > limits.quntool_per_hour)
            .then(|| Broken { rule: "quntool_per_hour", detail: format!("message {count} of the hour") })
    }
}
