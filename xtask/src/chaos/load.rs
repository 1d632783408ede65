//! Callers and customers: random messages over every surface, and callbacks.
//!
//! Every message carries a number, by which the platforms' truth is compared with the ledger. A caller with an
//! `Idempotency-Key` asks until it has an answer; one without asks once, and for a recipient of the message's own.

mod callbacks;
mod order;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use reqwest::Method;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::gateways::COUNT;
use super::stage::Stage;
pub use callbacks::Pulled;
use order::Order;
pub use order::{PATHS, number_in};

/// How many callers there are.
const CALLERS: u64 = 3;

/// The longest pause of a caller between two messages.
const PAUSE: Duration = Duration::from_millis(500);

/// Between two tries of the same request.
const AGAIN: Duration = Duration::from_millis(300);

/// How often a request with a key is tried before its caller despairs: for longer than the clock can put anything off.
const TRIES: usize = 20_000;

/// How long a caller waits for an answer before it sends its next message.
const PATIENCE: Duration = Duration::from_secs(5);

/// A message that a caller wanted to send.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Its number.
    pub number: u64,
    /// What its recipients are called in the ledger, if they are its own.
    pub own_recipient: Option<String>,
    /// Whether its caller asked until it had an answer.
    pub keyed: bool,
    /// When it was first asked for, in milliseconds since the Unix epoch.
    pub from: u64,
    /// What it was answered.
    pub answers: Vec<Answer>,
}

/// What a gateway answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The gateway's id of the message.
    pub id: Option<String>,
    /// The body.
    pub body: String,
}

/// What callers and customers did.
#[derive(Debug, Default)]
pub struct Books {
    /// The messages.
    pub sent: Vec<Sent>,
    /// How many messages callers wanted back.
    pub recalls: usize,
    /// How many callbacks came again.
    pub repeats: usize,
    /// How many callbacks came with a wrong token, and the statuses that they did not deserve.
    pub forged: (usize, Vec<u16>),
    /// What a puller of events saw.
    pub pulled: Pulled,
}

/// Callers and customers at work.
pub struct Load {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    books: Arc<Mutex<Books>>,
}

/// Sets callers and customers to work.
pub fn start(stage: &Arc<Stage>) -> Load {
    let (stop, stopped) = watch::channel(false);
    let (mut tasks, books) = (JoinSet::new(), Arc::<Mutex<Books>>::default());
    for caller in 0..CALLERS {
        let (stage, books, stopped) = (Arc::clone(stage), Arc::clone(&books), stopped.clone());
        tasks.spawn(async move { send(&stage, caller, &books, &stopped).await });
    }
    callbacks::start(stage, &mut tasks, &books, &stopped);
    Load { stop, tasks, books }
}

impl Load {
    /// Lets everyone finish what they are about, and returns what they did.
    pub async fn stop(mut self) -> Books {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
        note(&self.books, std::mem::take)
    }
}

/// Writes into the books.
fn note<T>(books: &Mutex<Books>, write: impl FnOnce(&mut Books) -> T) -> T {
    write(&mut books.lock().unwrap_or_else(PoisonError::into_inner))
}

async fn send(stage: &Arc<Stage>, caller: u64, books: &Arc<Mutex<Books>>, stopped: &watch::Receiver<bool>) {
    let mut dice = StdRng::seed_from_u64(stage.seed.wrapping_mul(1_000).wrapping_add(caller));
    let (mut asking, mut count) = (JoinSet::new(), 0);
    while !*stopped.borrow() {
        let order = Order::random(count * CALLERS + caller, &mut dice);
        count += 1;
        let (stage, books, recalled, luck) =
            (Arc::clone(stage), Arc::clone(books), dice.random_bool(0.04), dice.random());
        asking.spawn(async move {
            let sent = ask(&stage, &order, &mut StdRng::seed_from_u64(luck)).await;
            if let (true, Some(id)) = (recalled, sent.answers.iter().find_map(|answer| answer.id.clone())) {
                let path = format!("/v1/messages/{id}/recall");
                // What comes of it stands in the ledger.
                let _ = stage.request(Method::POST, usize::from(order.number.is_multiple_of(2)), &path).send().await;
            }
            note(&books, |books| {
                books.recalls += usize::from(recalled);
                books.sent.push(sent);
            });
        });
        // A message that is not answered for long does not hold its caller up.
        let _ = timeout(PATIENCE, asking.join_next()).await;
        sleep(dice.random_range(Duration::ZERO..PAUSE)).await;
    }
    while asking.join_next().await.is_some() {}
}

/// Sends a message; with a key, until there is an answer that says what became of it.
async fn ask(stage: &Stage, order: &Order, dice: &mut StdRng) -> Sent {
    let mut sent = Sent {
        number: order.number,
        own_recipient: order.own_recipient.clone(),
        keyed: order.key.is_some(),
        from: stage.now(),
        answers: Vec::new(),
    };
    for _ in 0..TRIES {
        let request = order.request(stage, dice.random_range(0..COUNT));
        if let Ok(answer) = request.send().await {
            let status = answer.status().as_u16();
            let id = answer.headers().get("x-message-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
            sent.answers.push(Answer { status, id, body: answer.text().await.unwrap_or_default() });
            // 409: the key's message is still being sent. 500: a full disk, which passes.
            if !matches!(status, 409 | 500 | 503) {
                break;
            }
        }
        if order.key.is_none() {
            break;
        }
        sleep(AGAIN).await;
    }
    sent
}
