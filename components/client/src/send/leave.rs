//! Until a message leaves: its limits.

use crate::{
    configuration::Configuration,
    limits::{
        UsedUp,
        spacing::{self, Claim, Departure, Departures, Step, Ticket},
        window::{self, Closed, Counted, Permit, Subject},
    },
    platform::{self, Prepared},
};
use contract::limit::{self, ACCOUNT_SPACING, Limit};
use futures::{
    future::{Either, select},
    pin_mut,
};
use runtime::{
    clock,
    log::{self, Level},
};
use std::cell::{Cell, RefCell};
use store::{Error, KeyValue};

/// The departure is marked so many milliseconds after it: the call to the store holds the instance, and is not to hold
/// the message.
const MARK: u64 = 2;
/// The ledger is told so many milliseconds before the message may leave.
const HEAD_START: u64 = 10;

thread_local! {
    static CLOSED: RefCell<Closed> = RefCell::default();
    static DEPARTURES: RefCell<Departures> = RefCell::default();
    /// The shortest time in which Quntool answered lately, in milliseconds; none before its first answer.
    static USUAL: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Why a message cannot leave.
#[derive(Debug)]
pub enum NotNow {
    /// A limit is used up.
    UsedUp(UsedUp),
    /// The store failed.
    Broken(Error),
    /// Somebody else has taken the message.
    Taken,
}

impl From<Error> for NotNow {
    fn from(error: Error) -> Self {
        Self::Broken(error)
    }
}

/// What a message needs in order to leave: the limits that it was counted against, and its place among the messages of
/// its account.
pub struct Passage {
    account: Option<String>,
    counters: KeyValue,
    latest: u64,
    counted: Vec<Counted>,
    ticket: Option<Ticket>,
    /// For how long it waits for which limit, in milliseconds.
    waited: Option<(&'static Limit, u64)>,
}

impl Passage {
    /// Asks for the passage of a message that leaves until `latest`. Waits for a limit that is free in time.
    pub async fn ask(prepared: &Prepared, configuration: &Configuration, latest: u64) -> Result<Self, NotNow> {
        let mut passage = Self {
            account: prepared.account.clone(),
            counters: KeyValue::open()?,
            latest,
            counted: Vec::new(),
            ticket: None,
            waited: None,
        };
        for limit in limit::of(platform::system(prepared.system)) {
            let subject = Subject {
                kind: &prepared.kind,
                company: prepared.company.as_deref(),
                recipient: prepared.recipients.first().map(String::as_str),
            };
            let Some(scope) = window::scope(limit, &subject, &configuration.company) else { continue };
            if let Err(reason) = passage.count(limit, &scope).await {
                passage.give_back()?;
                return Err(reason);
            }
        }
        if let Err(reason) = passage.queue_up() {
            passage.give_back()?;
            return Err(reason);
        }
        Ok(passage)
    }

    async fn count(&mut self, limit: &'static Limit, scope: &str) -> Result<(), NotNow> {
        loop {
            let now = clock::now();
            let delay = self.latest.saturating_sub(now);
            let delay = if self.account.is_some() { delay } else { 0 };
            let permit =
                CLOSED.with_borrow_mut(|closed| window::claim(&mut self.counters, closed, limit, scope, now, delay))?;
            match permit {
                Permit::Counted(counted) => {
                    self.counted.push(counted);
                    return Ok(());
                }
                Permit::Beyond(wait) if now + wait <= self.latest => {
                    clock::sleep(wait).await;
                    self.waited = Some((limit, wait));
                }
                Permit::Beyond(retry_after) => {
                    return Err(NotNow::UsedUp(UsedUp { limit, scope: None, retry_after }));
                }
            }
        }
    }

    /// Takes the account's next place.
    fn queue_up(&mut self) -> Result<(), NotNow> {
        let Some(account) = &self.account else { return Ok(()) };
        match spacing::claim(&mut self.counters, account, self.latest, clock::now)? {
            Claim::Ticket(ticket) => {
                self.ticket = Some(ticket);
                Ok(())
            }
            Claim::Beyond(retry_after) => {
                let scope = Some(account.clone());
                Err(NotNow::UsedUp(UsedUp { limit: &ACCOUNT_SPACING, scope, retry_after }))
            }
        }
    }

    /// Waits until shortly before the message may leave.
    pub async fn approach(&mut self) -> Result<(), NotNow> {
        let begun = clock::now();
        let (Some(ticket), Some(account)) = (&mut self.ticket, &self.account) else { return Ok(()) };
        loop {
            let counters = &mut self.counters;
            match DEPARTURES.with_borrow(|departures| ticket.look(counters, departures, account, clock::now))? {
                Step::Wait(until) => sleep_until(until).await,
                Step::At(at) => {
                    sleep_until(at.saturating_sub(HEAD_START)).await;
                    break;
                }
            }
        }
        let waited = clock::now().saturating_sub(begun);
        if waited > HEAD_START {
            self.waited = Some((&ACCOUNT_SPACING, waited));
        }
        Ok(())
    }

    /// Waits until the message may leave, after its approach; a moment that is missed is followed by another one.
    pub async fn depart(&mut self) -> Result<(), NotNow> {
        while !self.leave().await? {
            self.approach().await?;
        }
        Ok(())
    }

    /// Waits until the message may leave. False: its moment has passed, and it has another one now.
    async fn leave(&mut self) -> Result<bool, NotNow> {
        let (Some(ticket), Some(account)) = (&mut self.ticket, &self.account) else { return Ok(true) };
        let mut at = ticket.look_again(&mut self.counters, account)?;
        loop {
            sleep_until(at).await;
            match DEPARTURES.with_borrow_mut(|departures| ticket.leave(departures, account, clock::now())) {
                Departure::Now => return Ok(true),
                Departure::Later(later) => at = later.max(clock::now() + 1),
                Departure::Missed => {
                    self.queue_up()?;
                    return Ok(false);
                }
            }
        }
    }

    /// Sends the message, and marks its departure meanwhile.
    pub async fn send<V>(&mut self, sending: impl Future<Output = V>) -> V {
        let ticket = self.ticket.as_ref().filter(|ticket| ticket.needs_mark());
        let (Some(ticket), Some(account)) = (ticket, &self.account) else { return sending.await };
        let soon = clock::sleep(MARK);
        pin_mut!(sending, soon);
        let begun = select(sending, soon).await;
        if let Err(error) = ticket.mark(&mut self.counters, account) {
            let reason = error.to_string();
            log::write(Level::Error, "a departure was not marked", &[("reason", &reason)]);
        }
        match begun {
            Either::Left((sent, _)) => sent,
            Either::Right(((), sending)) => sending.await,
        }
    }

    /// The platform has answered: the message arrived at some time between its departure and now.
    pub fn arrived(&mut self) {
        let (Some(ticket), Some(account)) = (&self.ticket, &self.account) else { return };
        let Some(left) = ticket.left() else { return };
        let now = clock::now();
        let took = now.saturating_sub(left);
        let usual = USUAL.get();
        // It grows slowly, so that it follows a platform that has become slower.
        USUAL.set(Some(usual.map_or(took, |usual| took.min(usual + usual / 64 + 1))));
        // The message has left: what its successor learns is not its trouble.
        let _ = ticket.note(&mut self.counters, account, usual.unwrap_or(0), now);
    }

    /// Takes back what was counted for a message that does not leave.
    pub fn give_back(&mut self) -> Result<(), Error> {
        for counted in self.counted.drain(..) {
            counted.give_back(&mut self.counters)?;
        }
        Ok(())
    }

    /// Says which limit the message waited for, and how long.
    pub fn waited(&self) -> Option<String> {
        self.waited.map(|(limit, milliseconds)| format!("等待 {} {milliseconds} ms", limit.name))
    }

    /// The limits with a window that the message was counted against.
    pub fn counted(&self) -> &[Counted] {
        &self.counted
    }
}

async fn sleep_until(at: u64) {
    let wait = at.saturating_sub(clock::now());
    if wait > 0 {
        clock::sleep(wait).await;
    }
}
