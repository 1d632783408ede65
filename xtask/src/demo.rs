//! `demo`: the whole story on a sandbox of its own, over real HTTP; every step checks what it shows.

mod customer;
mod employee;
mod event;
mod robot;
mod stage;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use simulator::Truth;

use crate::sandbox::{Sandbox, Variables};
use crate::{broker, build, signal};
use event::Subscription;
use stage::Stage;

/// Picks a free port.
const FREE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Options of `demo`.
#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    build: build::Everything,
}

/// Plays the story once; fails with the name of the first step that does not hold.
pub async fn run(options: Options) -> Result<()> {
    options.build.run()?;
    let stop = pin!(signal::stop()?);
    tokio::select! {
        result = play() => result,
        () = stop => bail!("interrupted"),
    }
}

async fn play() -> Result<()> {
    let begun = Instant::now();
    let data = tempfile::tempdir().context("cannot create a folder for the demo's data")?;
    let subscription = Subscription::start().await?;
    let broker = broker::start().await?;
    let mqtt = broker.as_ref().map(|broker| broker.url.clone());
    let configure = |variables: &mut Variables| variables.extend(subscription.variables());
    let sandbox = Sandbox::start(FREE, FREE, data.path(), mqtt, configure).await?;
    let stage = Stage::new(sandbox.gateway.url(), &sandbox.simulator.url())?;
    println!("The gateway listens on {}, the simulated platforms on {}.", stage.gateway, stage.simulator);

    step("A message reaches an employee", employee::is_told(&stage)).await?;
    step("A message reaches a customer, and the outcome arrives by callback", customer::is_told(&stage)).await?;
    let by_mqtt = usize::from(broker.is_some());
    if broker.is_some() {
        step("A message reaches a customer by MQTT, through a broker", customer::is_told_by_mqtt(&stage)).await?;
    } else {
        println!("\nNo message goes by MQTT: mosquitto is not installed");
    }
    step("A message that the platform could not deliver fails with its code", customer::is_out_of_reach(&stage))
        .await?;
    step("A message reaches a group's robot", robot::tells_the_group(&stage)).await?;
    step("A customer's message reaches the subscriber, signed", event::is_handed_on(&stage, &subscription)).await?;
    step("A callback that comes twice is handed on once", event::is_handed_on_once(&stage, &subscription)).await?;
    step("The platforms saw no broken rule and no message twice", async {
        conserved(&sandbox.simulator.truth(), 4 + by_mqtt)
    })
    .await?;
    step("The gateway stops as it is asked", sandbox.gateway.stop()).await?;

    println!("\nEvery step held ({:.1} s).", begun.elapsed().as_secs_f64());
    Ok(())
}

/// Shows a step of the story, or says that it is the one that did not hold.
async fn step(title: &str, scene: impl Future<Output = Result<()>>) -> Result<()> {
    println!("\n{title}");
    let begun = Instant::now();
    scene.await.with_context(|| format!("this step did not hold: {title}"))?;
    println!("   holds ({} ms)", begun.elapsed().as_millis());
    Ok(())
}

/// Compares what the platforms received with what the story sent: so many messages, one each.
fn conserved(truth: &Truth, expected: usize) -> Result<()> {
    let mut sent = Vec::new();
    for message in &truth.messages {
        println!("   the platforms received: {:?} {} {:?}", message.system, message.kind, message.state);
        ensure!(!sent.contains(&&message.content), "twice: {}", message.content);
        sent.push(&message.content);
    }
    ensure!(sent.len() == expected, "the platforms received {} messages, not {expected}", sent.len());
    ensure!(truth.violations.is_empty(), "rules were broken: {:?}", truth.violations);
    Ok(())
}
