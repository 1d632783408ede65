//! A message that is queued instead of sent, and that a worker takes out again.

use super::{Work, internal, replay};
use crate::{
    bindings::exports::wecom::gateway::types::{
        Failure, Options, Priority, Receipt, Robot, State, System, Unavailability,
    },
    configuration::Configuration,
    ledger::{
        self,
        queue::{self, Due, Waiting},
    },
    limits::spacing,
    platform::{self, Prepared},
    seal,
};
use contract::limit::ROBOT_MINUTE;
use runtime::clock;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, rc::Rc};
use store::Database;

/// Nothing is sent later than so many milliseconds from now: messages are kept for as long.
const FURTHEST: u64 = 30 * 24 * 3_600_000;
/// Into so many lanes the messages of one app are spread; those to the same first employee share one.
const APP_LANES: usize = 16;

/// What a worker needs to send a message.
#[derive(Deserialize, Serialize)]
struct Order<'a> {
    system: Cow<'a, str>,
    path: Cow<'a, str>,
    kind: Cow<'a, str>,
    account: Option<Cow<'a, str>>,
    company: Option<Cow<'a, str>>,
    recipients: Cow<'a, [String]>,
    body: Cow<'a, serde_json::Value>,
    again: bool,
    mqtt: bool,
}

/// What of it is secret.
#[derive(Deserialize, Serialize)]
struct Sealed<'a> {
    webhook: Cow<'a, str>,
    signing_secret: Option<Cow<'a, str>>,
}

impl Work {
    /// Queues the message, and returns as soon as that is durable.
    pub(super) async fn enqueue(
        &self,
        caller: &str,
        idempotency_key: Option<&str>,
        options: &Options,
    ) -> Result<Receipt, Failure> {
        let now = clock::now();
        let due_at = options.send_at.unwrap_or(now).max(now);
        if due_at > now + FURTHEST {
            return Err(platform::invalid("sendAt", "最多为 30 天之后"));
        }
        if options.expires_at.is_some_and(|expires_at| expires_at <= due_at) {
            return Err(platform::invalid("expiresAt", "应晚于当前时间和 sendAt"));
        }
        let system = self.prepared.system;
        if !self.configuration.reached().contains(&ledger::system_name(system)) {
            return Err(Failure::Unavailable(Unavailability {
                id: None,
                system,
                reason: "平台地址未配置".into(),
                timed_out: false,
            }));
        }
        let sealed = self.sealed()?;
        let order = self.order().map_err(|_| Failure::Other("the order cannot be written".into()))?;
        let waiting = Waiting {
            id: &self.id,
            lane: &self.lane(),
            rank: match options.priority {
                Priority::High => 0,
                Priority::Normal => 1,
            },
            due_at,
            expires_at: options.expires_at,
            order: &order,
            sealed: sealed.as_deref(),
            now,
        };
        queue::put(&self.database, &waiting).map_err(internal)?;
        match self.accept(caller, idempotency_key, None).await {
            Ok(None) => Ok(Receipt { eta: eta(&self.database, &self.id)?, ..self.receipt(State::Queued) }),
            Ok(Some(known)) => {
                queue::remove(&self.database, &self.id).map_err(internal)?;
                replay::replay(known, self, true)
            }
            Err(error) => {
                // Whatever keeps the ledger from taking the message may keep the queue: a sweep finds what is left.
                let _ = queue::remove(&self.database, &self.id);
                Err(internal(error))
            }
        }
    }

    /// Takes a message out of the queue, to be sent. None, if what is sealed cannot be opened any more.
    pub fn of(due: &Due, configuration: &Rc<Configuration>, database: &Database) -> Option<Self> {
        let order: Order<'_> = serde_json::from_str(&due.order).ok()?;
        let robot = match &due.sealed {
            None => None,
            Some(sealed) => {
                let opened = seal::open(&configuration.robot_hash_key, sealed)?;
                let Sealed { webhook, signing_secret } = serde_json::from_str(&opened).ok()?;
                let signing_secret = signing_secret.map(Cow::into_owned);
                Some(Robot { webhook: webhook.into_owned(), signing_secret })
            }
        };
        let text = |text: Option<Cow<'_, str>>| text.map(Cow::into_owned);
        Some(Self {
            id: due.id.clone(),
            request_id: String::new(),
            prepared: Prepared {
                system: ledger::system_of(&order.system)?,
                path: Cow::Owned(order.path.into_owned()),
                kind: Cow::Owned(order.kind.into_owned()),
                account: text(order.account),
                company: text(order.company),
                recipients: order.recipients.into_owned(),
                body: order.body.into_owned(),
                echo: None,
            },
            robot,
            again: order.again,
            mqtt: order.mqtt,
            configuration: configuration.clone(),
            database: database.clone(),
        })
    }

    fn order(&self) -> serde_json::Result<String> {
        let prepared = &self.prepared;
        serde_json::to_string(&Order {
            system: ledger::system_name(prepared.system).into(),
            path: prepared.path.as_ref().into(),
            kind: prepared.kind.as_ref().into(),
            account: prepared.account.as_deref().map(Cow::Borrowed),
            company: prepared.company.as_deref().map(Cow::Borrowed),
            recipients: Cow::Borrowed(&prepared.recipients),
            body: Cow::Borrowed(&prepared.body),
            again: self.again,
            mqtt: self.mqtt,
        })
    }

    fn sealed(&self) -> Result<Option<Vec<u8>>, Failure> {
        let Some(robot) = &self.robot else { return Ok(None) };
        let sealed = Sealed {
            webhook: robot.webhook.as_str().into(),
            signing_secret: robot.signing_secret.as_deref().map(Cow::Borrowed),
        };
        serde_json::to_string(&sealed)
            .ok()
            .and_then(|text| seal::seal(&self.configuration.robot_hash_key, runtime::random(), &text))
            .map(Some)
            .ok_or_else(|| Failure::Other("the robot's address cannot be sealed".into()))
    }

    /// What the message's order is kept in.
    fn lane(&self) -> String {
        let first = self.prepared.recipients.first().map(String::as_str).unwrap_or_default();
        match (&self.prepared.account, self.prepared.system) {
            (Some(account), _) => format!("quntool/{account}"),
            (None, System::Wanwang) => {
                let lane = first.bytes().map(usize::from).sum::<usize>() % APP_LANES;
                format!("wanwang/{}/{lane}", self.prepared.company.as_deref().unwrap_or_default())
            }
            (None, system) => format!("{}/{first}", ledger::system_name(system)),
        }
    }
}

/// When a queued message is expected to leave; none if it does not wait any more.
pub fn eta(database: &Database, id: &str) -> Result<Option<u64>, Failure> {
    let place = queue::place(database, id).map_err(internal)?;
    Ok(place.map(|place| place.due_at.max(clock::now()) + place.before * pace(&place.lane)))
}

/// In which distance the messages of a lane leave, in milliseconds.
fn pace(lane: &str) -> u64 {
    match lane.split_once('/') {
        Some(("quntool", _)) => spacing::SLOT,
        Some(("kdocs", _)) => ROBOT_MINUTE.window / u64::from(ROBOT_MINUTE.quota),
        _ => 0,
    }
}
