//! What the operator set, read once per instance.

use crate::{
    allow_list::AllowList,
    envelope::Envelope,
    journal::System,
    subscriber::{self, Subscriber},
};
use runtime::log::{self, Level};
use std::{cell::RefCell, rc::Rc};
use surface::{Secret, link};

/// Events are kept for so many days unless the operator says otherwise.
const JOURNAL_DAYS: u64 = 7;
const DAY: u64 = 24 * 3_600_000;

/// The variables of `callback`.
pub struct Configuration {
    /// The token in the path that Quntool calls; empty refuses every callback.
    pub callback_token: Secret,
    /// The token that a tick needs; empty refuses every tick.
    pub tick_token: Secret,
    /// Signs links to media files.
    pub link_secret: Secret,
    /// The origin of the gateway as subscribers reach it; empty is the one that each callback was sent to.
    pub public_url: String,
    /// Whose callbacks are taken; where the variables cannot be read, what is wrong with them: then none is.
    pub allow_list: Result<AllowList, String>,
    /// For how many milliseconds an event is kept.
    pub journal: u64,
    /// Who gets the events; none while the variable cannot be read: events then wait in the journal.
    pub subscribers: Option<Vec<Subscriber>>,
}

impl Configuration {
    /// Returns the origin under which subscribers reach the gateway; `called` is the one that a callback was sent to.
    pub fn origin<'a>(&'a self, called: &'a str) -> &'a str {
        if self.public_url.is_empty() { called } else { &self.public_url }
    }

    /// Returns the names of the subscribers that get an event; none while the variable cannot be read.
    pub fn wanting(&self, system: System, kind: &str, envelope: Option<&Envelope>) -> Option<Vec<&str>> {
        let wanting = self.subscribers.as_ref()?.iter().filter(|one| one.wants(system, kind, envelope));
        Some(wanting.map(|subscriber| subscriber.name.as_str()).collect())
    }
}

thread_local! {
    static READ: RefCell<Option<Rc<Configuration>>> = const { RefCell::new(None) };
}

/// Returns the configuration.
pub async fn read() -> Rc<Configuration> {
    if let Some(read) = READ.with_borrow(Clone::clone) {
        return read;
    }
    let [
        subscribers,
        sources,
        accounts,
        callback_token,
        tick_token,
        link_secret,
        public_url,
        journal_days,
        alert_robot,
        batch_confirm,
        account_start,
    ] = variables([
        "subscribers",
        "callback_sources",
        "callback_accounts",
        "callback_token",
        "tick_token",
        "link_secret",
        "public_url",
        "journal_days",
        "alert_robot",
        "auto_batch_confirm",
        "auto_account_start",
    ])
    .await;
    let subscribers = subscriber::configured(&subscribers)
        .inspect_err(|reason| {
            log::write(Level::Error, "the variable subscribers is not valid: events wait", &[("reason", reason)]);
        })
        .ok();
    let allow_list = AllowList::parse(&sources, &accounts).inspect_err(|reason| {
        log::write(Level::Error, "an allow-list is not valid: every callback is refused", &[("reason", reason)]);
    });
    let own = subscriber::own(Secret::new(alert_robot), batch_confirm == "true", account_start == "true");
    let tick_token = Secret::new(tick_token);
    let read = Rc::new(Configuration {
        callback_token: Secret::new(callback_token),
        link_secret: link::secret(Secret::new(link_secret), &tick_token),
        public_url: public_url.trim_end_matches('/').to_owned(),
        allow_list,
        tick_token,
        journal: journal_days.parse().unwrap_or(JOURNAL_DAYS).saturating_mul(DAY),
        subscribers: subscribers.map(|configured| configured.into_iter().chain(own).collect()),
    });
    READ.set(Some(read.clone()));
    read
}

/// Reads variables, in their order.
async fn variables<const N: usize>(names: [&str; N]) -> [String; N] {
    let mut values = [const { String::new() }; N];
    for (value, name) in values.iter_mut().zip(names) {
        *value = runtime::variable(name).await;
    }
    values
}
