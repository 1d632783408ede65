//! What goes wrong: kinds of trouble, drawn from a shuffled deck so that each has its turn.

use std::time::Duration;

use anyhow::Result;
use clap::ValueEnum;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use reqwest::header::{HeaderValue, RETRY_AFTER};
use serde_json::json;
use simulator::subscriber::Reply;
use simulator::{Cut, Fault, FaultRule, OutcomePlan, TokenOf};
use tokio::time::{Instant, sleep, sleep_until};

use super::disk;
use super::gateways::FOLLOWED;
use super::load::PATHS;
use super::stage::Stage;

/// A kind of trouble.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, ValueEnum)]
pub enum Trouble {
    /// A platform answers late, wrongly, half or not at all.
    Faults,
    /// A gateway is killed, or both, and started again.
    Kills,
    /// Nothing can be written, or no file can grow.
    FullDisk,
    /// Others hold the databases.
    SlowDisk,
    /// The clock jumps, both ways, under the running gateways.
    Clock,
    /// The platforms' tokens end early.
    Tokens,
    /// Outcomes are doubled, late, lost, forged, or in another order.
    Outcomes,
    /// Subscribers hang, redirect, refuse, trickle, or are gone.
    Subscribers,
}

/// Something that happened to a gateway, by this machine's clock in milliseconds since the Unix epoch.
#[derive(Clone, Debug)]
pub struct Disturbance {
    /// What kind.
    pub trouble: Trouble,
    /// When it began.
    pub from: u64,
    /// When it was over.
    pub until: u64,
}

/// The longest pause between two troubles.
const PAUSE: Duration = Duration::from_millis(1_500);

/// The clock stays at most so many seconds ahead: what keys promise for a day is not what is tried here.
pub const AHEAD: i64 = 3_600;

/// A day and an hour: past the time that the gateway waits for an outcome.
pub const LATE: Duration = Duration::from_secs(25 * 3_600);

/// More than the gateway reads of an answer.
const HUGE: u64 = 100 << 20;

impl Trouble {
    /// Returns its name on the command line.
    pub fn name(&self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// Makes trouble for a time.
pub async fn play(stage: &Stage, troubles: &[Trouble], lasts: Duration) -> Result<()> {
    let mut dice = StdRng::seed_from_u64(stage.seed ^ 0x7475_726d_6f69_6c00);
    let until = Instant::now() + lasts;
    let mut deck = Vec::new();
    while Instant::now() < until {
        if deck.is_empty() {
            deck = troubles.to_vec();
            deck.shuffle(&mut dice);
        }
        if let Some(trouble) = deck.pop() {
            make(stage, trouble, &mut dice).await?;
        }
        sleep_until(until.min(Instant::now() + dice.random_range(Duration::ZERO..PAUSE))).await;
    }
    Ok(())
}

async fn make(stage: &Stage, trouble: Trouble, dice: &mut StdRng) -> Result<()> {
    let from = stage.now();
    match trouble {
        Trouble::Faults => stage.simulator.fault(fault(dice))?,
        Trouble::Kills => kill(stage, dice).await?,
        Trouble::FullDisk => {
            let lasts = dice.random_range(Duration::from_millis(300)..Duration::from_millis(2_500));
            disk::fill(stage, dice.random(), lasts).await?;
        }
        Trouble::SlowDisk => {
            let lasts = dice.random_range(Duration::from_secs(1)..Duration::from_secs(4));
            disk::slow(&stage.data(), dice.random(), lasts).await?;
        }
        Trouble::Clock => {
            let near = stage.gateways.ahead() + dice.random_range(-3..=3);
            let ahead = if dice.random_bool(0.5) { near } else { dice.random_range(0..=AHEAD) };
            stage.gateways.set_clock(ahead.clamp(0, AHEAD))?;
        }
        Trouble::Tokens => {
            let of = if dice.random_bool(0.5) { TokenOf::Wanwang } else { TokenOf::Kdocs };
            stage.simulator.expire_tokens(of);
        }
        Trouble::Outcomes => outcomes(stage, dice).await?,
        Trouble::Subscribers => subscribers(stage, dice),
    }
    let over = if trouble == Trouble::Clock { stage.now() + FOLLOWED } else { stage.now() };
    stage.disturbed(Disturbance { trouble, from, until: over });
    Ok(())
}

async fn kill(stage: &Stage, dice: &mut StdRng) -> Result<()> {
    let both = dice.random_bool(0.25);
    let first = usize::from(dice.random_bool(0.5));
    let dead = if both { vec![0, 1] } else { vec![first] };
    for number in &dead {
        stage.gateways.kill(*number).await?;
    }
    // The platform calls back through a load balancer: now and then it knows of the living one.
    stage.call_back_through(if both { first } else { 1 - first });
    sleep(dice.random_range(Duration::ZERO..Duration::from_secs(2))).await;
    for number in &dead {
        stage.gateways.revive(*number).await?;
    }
    stage.call_back_through(usize::from(dice.random_bool(0.5)));
    Ok(())
}

/// Picks what the next requests of some path meet.
fn fault(dice: &mut StdRng) -> FaultRule {
    let late = Duration::from_millis(dice.random_range(50..12_000));
    let empty = Fault::default;
    let kinds = [
        Fault::latency(late),
        Fault::status(429),
        Fault::status(500),
        Fault::status(503),
        Fault { effect: Some(true), ..Fault::status(504) },
        Fault::cut(Cut::Before),
        Fault::cut(Cut::After),
        Fault::cut(Cut::Middle),
        Fault { truncated: true, ..empty() },
        Fault { padding: Some(HUGE), ..empty() },
        Fault { token_dies: true, ..empty() },
        Fault { body: Some(json!("<html><body>502 Bad Gateway</body></html>")), ..empty() },
        Fault { body: Some(json!("")), ..empty() },
        Fault { body: Some(json!([0, null])), ..empty() },
        // Not `"0"`: in the place of a refusal it would say that the message was taken, and nobody could know better.
        Fault { body: Some(json!({"code": [0], "data": 7})), ..empty() },
        Fault { body: Some(json!("<html>")), effect: Some(false), ..empty() },
    ];
    let path = PATHS.choose(dice).copied().unwrap_or_default();
    let fault = kinds.choose(dice).cloned().unwrap_or_default();
    let probability = if dice.random_bool(0.5) { 1.0 } else { 0.3 };
    FaultRule { probability, ..FaultRule::next(dice.random_range(1..6), path, fault) }
}

async fn outcomes(stage: &Stage, dice: &mut StdRng) -> Result<()> {
    let next = dice.random_range(1..8);
    let usual = OutcomePlan { next, ..OutcomePlan::default() };
    let plan = match dice.random_range(0..7) {
        0 => OutcomePlan { callbacks: 2, ..usual },
        1 => OutcomePlan { callbacks: 0, ..usual },
        2 => OutcomePlan { forged: 1, ..usual },
        3 => OutcomePlan { delay_ms: u64::try_from(LATE.as_millis()).ok(), ..usual },
        4 => OutcomePlan { delay_ms: Some(dice.random_range(0..5_000)), ..usual },
        5 => OutcomePlan::failure(next, -7, "blocked"),
        _ => {
            stage.simulator.hold_outcomes();
            sleep(dice.random_range(Duration::ZERO..Duration::from_secs(2))).await;
            stage.simulator.release_outcomes(true);
            return Ok(());
        }
    };
    stage.simulator.order_outcome(OutcomePlan { probability: 0.7, ..plan })
}

/// Changes how the usual subscriber behaves; the one that leaves does so once.
fn subscribers(stage: &Stage, dice: &mut StdRng) {
    let soon = Reply::status(429).header(RETRY_AFTER, HeaderValue::from_static("2"));
    let replies = [
        Reply::status(500),
        Reply::hang_up(),
        Reply::redirect(&stage.simulator.url()),
        soon,
        Reply::default().trickle(20, Duration::from_millis(100)),
        Reply::default().after(Duration::from_millis(1_500)),
        Reply::status(404),
        Reply::never(),
    ];
    let chosen = replies.choose_multiple(dice, 3).cloned().map(|reply| (0.08, reply)).collect();
    stage.usual.answer_randomly(dice.random(), chosen);
    if dice.random_bool(0.05) {
        stage.leaving.answer_next([Reply::status(410)]);
    }
}
