//! What everyone remembers when all is over.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;
use simulator::Truth;
use simulator::subscriber::{Received, Subscriber};

use super::load::Books;
use super::quiet::all;
use super::stage::{SUBSCRIBERS, Stage};
use super::trouble::Disturbance;

/// What the audit looks at.
#[derive(Debug, Default)]
pub struct Evidence {
    /// What callers and customers did.
    pub books: Books,
    /// What the gateways' ledger says.
    pub ledger: Vec<Row>,
    /// What the gateways' journal says.
    pub journal: Vec<Event>,
    /// The dead letters: subscribers and events.
    pub dead: BTreeSet<(String, String)>,
    /// What really happened at the platforms.
    pub truth: Truth,
    /// What arrived at the subscribers.
    pub arrivals: BTreeMap<&'static str, Vec<Arrival>>,
    /// What was done to the gateways.
    pub disturbances: Vec<Disturbance>,
    /// How often an instance of a component ended by a trap.
    pub traps: usize,
}

/// A message of the ledger.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// The gateway's id.
    pub id: String,
    /// Which platform.
    pub system: String,
    /// The platform's id.
    pub upstream_id: Option<String>,
    /// What became of it, for each recipient.
    pub recipients: Vec<Recipient>,
}

/// A recipient of a message of the ledger.
#[derive(Clone, Debug, Deserialize)]
pub struct Recipient {
    /// Who.
    pub recipient: String,
    /// What became of it.
    pub state: String,
}

/// An event of the journal.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its id.
    pub id: String,
    /// The `msgId` of the callback that it tells of.
    pub message_id: String,
}

/// A request that arrived at a subscriber.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// When, in milliseconds since the Unix epoch.
    pub at: u64,
    /// The event's id.
    pub event: String,
    /// The `msgId` of the callback that it tells of.
    pub message_id: String,
    /// Whether the subscriber took it.
    pub taken: bool,
}

/// How long the gateway waits for a subscriber's answer (docs/deliveries.md).
const SUBSCRIBER_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(15);

/// What the gateways print when a component trapped.
const TRAP: &str = "an instance failed";

/// Asks everyone.
pub async fn gather(stage: &Stage, mut books: Books) -> Result<Evidence> {
    while books.pulled.more(stage, 0).await {}
    let rows = all(stage, "/v1/messages", "messages", &[]).await?;
    let ledger = rows.into_iter().map(|row| serde_json::from_value(row).context("the ledger is not as documented"));
    let events = all(stage, "/v1/events", "events", &[]).await?;
    let dead = all(stage, "/v1/deliveries", "deliveries", &[("state", "dead")]).await?;
    let subscribers = SUBSCRIBERS.into_iter().zip([&stage.usual, &stage.broken, &stage.leaving]);
    let mut traps = 0;
    for file in fs::read_dir(stage.data().parent().context("the state lies in a folder")?)? {
        let path = file?.path();
        if path.extension().is_some_and(|extension| extension == "log") {
            traps += String::from_utf8_lossy(&fs::read(path)?).matches(TRAP).count();
        }
    }
    Ok(Evidence {
        books,
        ledger: ledger.collect::<Result<_>>()?,
        journal: events.iter().map(Event::read).collect::<Option<_>>().context("an event has ids")?,
        dead: dead.iter().map(letter).collect::<Option<_>>().context("a dead letter has a subscriber and an event")?,
        truth: stage.simulator.truth(),
        arrivals: subscribers.map(|(name, subscriber)| Ok((name, arrivals(subscriber)?))).collect::<Result<_>>()?,
        disturbances: stage.disturbances(),
        traps,
    })
}

impl Evidence {
    /// Keeps what only this program knows beside the gateways' state: the platforms' truth, the books, the troubles.
    pub fn keep(&self, folder: &Path) -> Result<()> {
        fs::write(folder.join("truth.json"), serde_json::to_vec(&self.truth)?)?;
        fs::write(folder.join("books.txt"), format!("{:#?}", self.books))?;
        fs::write(folder.join("disturbances.txt"), format!("{:#?}", self.disturbances))?;
        Ok(fs::write(folder.join("arrivals.txt"), format!("{:#?}", self.arrivals))?)
    }
}

fn letter(delivery: &Value) -> Option<(String, String)> {
    let text = |name: &str| delivery.get(name)?.as_str().map(str::to_owned);
    Some((text("subscriber")?, text("eventId")?))
}

fn arrivals(subscriber: &Subscriber) -> Result<Vec<Arrival>> {
    subscriber.received().iter().map(Arrival::read).collect()
}

impl Event {
    fn read(event: &Value) -> Option<Self> {
        let message_id = event.pointer("/data/raw/msgId")?.as_str()?.to_owned();
        Some(Self { id: event.get("id")?.as_str()?.to_owned(), message_id })
    }
}

impl Arrival {
    fn read(request: &Received) -> Result<Self> {
        let body: Value = serde_json::from_slice(&request.body).context("an event is JSON")?;
        let event = Event::read(&body).context("an event has ids")?;
        let taken = request.reply.accepts(SUBSCRIBER_TIMEOUT);
        Ok(Self { at: request.at, event: event.id, message_id: event.message_id, taken })
    }
}
