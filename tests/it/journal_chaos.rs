//! Callbacks by many connections, repeats among them, while the gateway is killed again and again and the subscriber fails:
//! what was acknowledged arrives, under one id.
//!
//! `CHAOS_CALLBACKS` and `CHAOS_KILLS` make it larger; docs/testing.md has the command.

use crate::{
    gateway::{
        Gateway,
        credentials::{CALLBACK, TICK},
    },
    receiver::Receiver,
};
use reqwest::Client;
use serde_json::json;
use simulator::subscriber::Reply;
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    env,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::{
    sync::{Mutex, watch},
    task::JoinSet,
};

const CONNECTIONS: usize = 16;
/// So many deliveries are under way at once: no kill can lose more acknowledgements.
const AT_ONCE: usize = 16;
/// Every so many requests the subscriber fails.
const FAILS: usize = 3;

/// Past the longest delay between two tries, jitter included.
const LONGEST: Duration = Duration::from_secs(29 * 3_600);

fn size(name: &str, usual: usize) -> usize {
    env::var(name).map_or(usual, |size| size.parse().expect("a number"))
}

fn now() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    u64::try_from(elapsed.as_millis()).expect("it is before 2262")
}

/// Returns the numbers of the callbacks in the order in which they are sent: 30 % of them were sent before.
fn plan(count: usize) -> Vec<usize> {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        // xorshift64: the same numbers in every run.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % below as u64).expect("it is below")
    };
    let mut sent = 0;
    (0..count)
        .map(|_| {
            if sent > 0 && next(10) < 3 {
                return next(sent);
            }
            sent += 1;
            sent - 1
        })
        .collect()
}

/// What the connections share.
struct Run {
    plan: Vec<usize>,
    next: AtomicUsize,
    url: watch::Receiver<String>,
    acknowledged: Mutex<BTreeSet<usize>>,
    lost: AtomicUsize,
    client: Client,
}

impl Run {
    /// Sends callbacks until none is left; one that is not acknowledged is not sent again.
    async fn connection(self: Arc<Self>) {
        let mut url = self.url.clone();
        loop {
            let place = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(number) = self.plan.get(place) else { return };
            let at = url.borrow_and_update().clone();
            let callback = json!({
                "msgId": format!("callback-{number}"), "type": "text_msg", "wxid": format!("account-{}", number % 50),
                "data": {"content": number.to_string(), "conversation_id": format!("R:{}", number % 400)},
            });
            let request = self.client.post(format!("{at}/callback/quntool/{CALLBACK}")).json(&callback);
            match request.send().await {
                Ok(answer) if answer.status() == 200 => {
                    self.acknowledged.lock().await.insert(*number);
                }
                Ok(answer) => panic!("{answer:?}"),
                Err(_) => {
                    self.lost.fetch_add(1, Ordering::Relaxed);
                    // Whoever was killed comes back somewhere else.
                    url.wait_for(|url| *url != at).await.expect("the gateway comes back");
                }
            }
        }
    }

    /// Ticks until it is stopped.
    async fn tick(self: Arc<Self>) {
        loop {
            let url = self.url.borrow().clone();
            let _ = self.client.post(format!("{url}/internal/callback/tick")).bearer_auth(TICK).send().await;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}

#[tokio::test]
async fn what_was_acknowledged_arrives_under_one_id_whatever_is_killed() {
    let (count, kills) = (size("CHAOS_CALLBACKS", 500), size("CHAOS_KILLS", 3));
    let receiver = Receiver::start().await;
    receiver.answer_every(FAILS, Reply::status(500));
    let mut gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
    let (announce, url) = watch::channel(gateway.url());
    let client = Client::builder().no_proxy().timeout(Duration::from_secs(60)).build().unwrap();
    let run = Arc::new(Run {
        plan: plan(count),
        next: AtomicUsize::new(0),
        url,
        acknowledged: Mutex::default(),
        lost: AtomicUsize::new(0),
        client,
    });
    let mut connections: JoinSet<()> = (0..CONNECTIONS).map(|_| run.clone().connection()).collect();
    let ticker = tokio::spawn(run.clone().tick());
    let mut killed = Vec::new();
    for kill in 1..=kills {
        while run.next.load(Ordering::Relaxed) < count * kill / (kills + 1) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        killed.push(now());
        gateway.restart().await;
        announce.send_replace(gateway.url());
    }
    while let Some(connection) = connections.join_next().await {
        connection.unwrap();
    }
    ticker.abort();
    // Whatever is left is due one day.
    let mut ahead = Duration::ZERO;
    while !settled(&gateway).await {
        ahead += LONGEST;
        killed.push(now());
        gateway.skip(ahead).await;
        gateway.tick("callback").await;
    }
    check(&receiver, &*run.acknowledged.lock().await, &killed, &run);
}

/// Whether nothing is under way.
async fn settled(gateway: &Gateway) -> bool {
    for state in ["waiting", "pending", "delivering", "retrying"] {
        if !gateway.deliveries(&format!("state={state}&limit=1")).await.is_empty() {
            return false;
        }
    }
    assert!(gateway.deliveries("state=dead").await.is_empty());
    true
}

fn check(receiver: &Receiver, acknowledged: &BTreeSet<usize>, killed: &[u64], run: &Run) {
    let events = receiver.so_far();
    let mut ids: BTreeMap<String, HashSet<String>> = BTreeMap::new();
    let mut taken: BTreeMap<String, u64> = BTreeMap::new();
    let (mut failed, mut repeats) = (0, 0);
    for (number, event) in (1..).zip(&events) {
        let message_id = event.raw()["msgId"].as_str().unwrap().to_owned();
        ids.entry(message_id.clone()).or_default().insert(event.id.clone());
        if let Some(at) = taken.get(&message_id) {
            let lost = killed.iter().any(|kill| at <= kill && *kill <= event.request.at);
            assert!(lost, "{message_id} came again at {}, and was taken at {at}", event.request.at);
            repeats += 1;
        }
        if number % FAILS == 0 {
            failed += 1;
        } else {
            taken.insert(message_id, event.request.at);
        }
    }
    eprintln!(
        "{} callbacks were sent, {} of them repeats; {} got no answer; the gateway was killed {} times. {} different ones \
         were acknowledged, {} were taken by the subscriber in {} requests: {failed} failed, {repeats} came again because \
         their acknowledgement was lost.",
        run.plan.len(),
        run.plan.len() - run.plan.iter().collect::<HashSet<_>>().len(),
        run.lost.load(Ordering::Relaxed),
        killed.len(),
        acknowledged.len(),
        taken.len(),
        events.len(),
    );
    let missing: Vec<_> =
        acknowledged.iter().filter(|number| !taken.contains_key(&format!("callback-{number}"))).collect();
    assert!(missing.is_empty(), "acknowledged and not handed on: {missing:?}");
    assert!(ids.values().all(|ids| ids.len() == 1), "a callback has one id");
    let distinct: HashSet<&String> = ids.values().flatten().collect();
    assert_eq!(distinct.len(), ids.len(), "an id has one callback");
    assert!(repeats <= AT_ONCE * killed.len(), "{repeats} repeats");
}
