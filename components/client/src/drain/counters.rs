//! Counters that nobody needs any more.

use crate::{
    configuration::Configuration,
    ledger::sweep::{self, Counted},
    limits::{spacing, window},
    platform,
};
use contract::limit::{self, COMPANY_HOUR, Scope};
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
    let mut keys: Vec<String> = counted.iter().flat_map(|message| keys_of(message, configuration)).collect();
    keys.sort_unstable();
    keys.dedup();
    KeyValue::open()?.delete(&keys)?;
    sweep::uncounted(sql, &counted)?;
    Ok(u32::try_from(keys.len()).unwrap_or(u32::MAX))
}

fn keys_of(message: &Counted, configuration: &Configuration) -> Vec<String> {
    let mut keys = Vec::new();
    for limit in limit::of(platform::system(message.system)) {
        let scope = match limit.scope {
            Scope::Account => {
                let account = message.account.as_deref().unwrap_or_default();
                keys.extend(spacing::keys(account, message.from, message.until));
                continue;
            }
            // Counted in the ledger.
            Scope::Employee => continue,
            Scope::Company => configuration.company.clone(),
            Scope::Endpoint => {
                format!("{}/{}", message.kind, message.company.as_deref().unwrap_or(&configuration.company))
            }
            Scope::Robot => {
                let robots: Vec<String> = serde_json::from_str(&message.recipients).unwrap_or_default();
                robots.into_iter().next().unwrap_or_default()
            }
        };
        keys.extend(window::keys(limit, &scope, message.from, message.until));
    }
    keys
}
