//! Counters that nobody needs any more.

use crate::{
    configuration::Configuration,
    ledger::sweep::{self, Counted},
    limits::{
        spacing,
        window::{self, Subject},
    },
    platform,
};
use contract::limit::{self, COMPANY_HOUR};
use std::collections::HashSet;
use store::{Error, KeyValue, Sql};

/// Counters are kept so many milliseconds longer than a message needs them: twice the longest window that they count.
const KEPT: u64 = 2 * COMPANY_HOUR.window;
/// At most so many messages' counters are deleted at once.
const MOST: u32 = 200;

/// Deletes them; which they are follows from the messages that they counted. Returns how many.
pub fn delete(sql: &impl Sql, configuration: &Configuration, now: u64, most: u32) -> Result<u32, Error> {
    let counted = sweep::counted(sql, now.saturating_sub(KEPT), most.min(MOST))?;
    if counted.is_empty() {
        return Ok(0);
    }
    let keys: HashSet<String> = counted.iter().flat_map(|message| keys_of(message, configuration)).collect();
    let keys: Vec<String> = keys.into_iter().collect();
    KeyValue::open()?.delete(&keys)?;
    sweep::uncounted(sql, &counted)?;
    Ok(u32::try_from(keys.len()).unwrap_or(u32::MAX))
}

fn keys_of(message: &Counted, configuration: &Configuration) -> Vec<String> {
    let recipients: Vec<String> = serde_json::from_str(&message.recipients).unwrap_or_default();
    let subject = Subject {
        kind: &message.kind,
        company: message.company.as_deref(),
        recipient: recipients.first().map(String::as_str),
    };
    let mut keys: Vec<String> = Vec::new();
    for limit in limit::of(platform::system(message.system)) {
        if let Some(scope) = window::scope(limit, &subject, &configuration.company) {
            keys.extend(window::keys(limit, &scope, message.from, message.until));
        }
    }
    if let Some(account) = &message.account {
        keys.extend(spacing::keys(account, message.from, message.until));
    }
    keys
}
