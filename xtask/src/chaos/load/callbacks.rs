//! Customers, the platform's repeats, forgers, and someone who pulls the events.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use reqwest::Method;
use serde_json::{Value, json};
use simulator::Inbound;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::{AGAIN, Books, note};
use crate::chaos::gateways::COUNT;
use crate::chaos::stage::Stage;

/// How many customers write at once.
const CUSTOMERS: u64 = 2;

/// The longest pause of a customer between two messages.
const PAUSE: Duration = Duration::from_millis(600);

/// What customers do.
const KINDS: [&str; 6] = ["text_msg", "image_msg", "link_msg", "file_msg", "card_msg", "voice_msg"];

/// What a puller of events saw: their ids in the order in which they came, and how far it got.
#[derive(Debug, Default)]
pub struct Pulled {
    /// The ids.
    pub ids: Vec<String>,
    /// Where to go on.
    pub cursor: String,
}

/// Sets them to work.
pub fn start(stage: &Arc<Stage>, tasks: &mut JoinSet<()>, books: &Arc<Mutex<Books>>, stopped: &watch::Receiver<bool>) {
    for customer in 0..CUSTOMERS {
        let (stage, books, stopped) = (Arc::clone(stage), Arc::clone(books), stopped.clone());
        tasks.spawn(async move { write(&stage, customer, &books, &stopped).await });
    }
    let (stage, books, stopped) = (Arc::clone(stage), Arc::clone(books), stopped.clone());
    tasks.spawn(async move {
        let mut pulled = Pulled::default();
        while !*stopped.borrow() {
            if !pulled.more(&stage, 0).await {
                sleep(AGAIN).await;
            }
        }
        note(&books, |books| books.pulled = pulled);
    });
}

async fn write(stage: &Stage, customer: u64, books: &Mutex<Books>, stopped: &watch::Receiver<bool>) {
    let mut dice = StdRng::seed_from_u64(stage.seed.wrapping_mul(7_919).wrapping_add(customer));
    let mut said: Vec<Value> = Vec::new();
    while !*stopped.borrow() {
        match dice.random_range(0..100) {
            0..25 if !said.is_empty() => {
                // The platform says it again, or a network does; whatever its answer was.
                let again = said.choose(&mut dice).cloned().unwrap_or_default();
                stage.simulator.callback(again).await;
                note(books, |books| books.repeats += 1);
            }
            25..30 => forge(stage, &mut dice, books).await,
            _ => {
                let account = format!("16888543552600{:02}", dice.random_range(0..20));
                let text = format!("{customer}-{}", dice.random::<u32>());
                let kind = KINDS.choose(&mut dice).map(|kind| (*kind).to_owned());
                let sender = format!("78813008390700{:02}", dice.random_range(0..30));
                let inbound = Inbound { kind, ..Inbound::text(&account, &sender, &text) };
                if let Ok(delivery) = stage.simulator.inbound(inbound).await {
                    said.push(delivery.body);
                }
            }
        }
        sleep(dice.random_range(Duration::ZERO..PAUSE)).await;
    }
}

/// Calls back with a token that is not the platform's.
async fn forge(stage: &Stage, dice: &mut StdRng, books: &Mutex<Books>) {
    let path = format!("/callback/quntool/{}", ["sandbo", "sandboxx", "SANDBOX", "%00"].choose(dice).unwrap_or(&""));
    let body =
        json!({"msgId": format!("forged-{}", dice.random::<u64>()), "type": "text_msg", "wxid": "1", "data": {}});
    let request =
        stage.client.request(Method::POST, format!("{}{path}", stage.gateways.url(dice.random_range(0..COUNT))));
    if let Ok(answer) = request.json(&body).send().await {
        note(books, |books| {
            books.forged.0 += 1;
            // Nothing but a refusal; a host that cannot write may not even make an instance that refuses.
            let status = answer.status().as_u16();
            books.forged.1.extend(Some(status).filter(|status| !matches!(status, 401 | 403 | 404 | 500..)));
        });
    }
}

impl Pulled {
    /// Pulls once more; tells whether there was something.
    pub async fn more(&mut self, stage: &Stage, gateway: usize) -> bool {
        let query = [("after", self.cursor.as_str()), ("limit", "200"), ("wait", "1")];
        let Ok(answer) = stage.request(Method::GET, gateway, "/v1/events").query(&query).send().await else {
            return false;
        };
        let Ok(page) = answer.json::<Value>().await else { return false };
        let Some(events) = page.get("events").and_then(Value::as_array) else { return false };
        self.ids.extend(events.iter().filter_map(|event| event.get("id")?.as_str()).map(str::to_owned));
        if let Some(next) = page.get("next").and_then(Value::as_str) {
            next.clone_into(&mut self.cursor);
        }
        !events.is_empty()
    }

    /// Tells whether it saw exactly these events, each once.
    pub fn saw(&self, events: &BTreeSet<&str>) -> bool {
        self.ids.len() == events.len() && self.ids.iter().all(|id| events.contains(id.as_str()))
    }
}
