//! The ticks that a scheduler sends on a real deployment: they work what is due.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use reqwest::Client;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

/// The components that have work of their own to do.
const COMPONENTS: [&str; 2] = ["callback", "send"];

/// How long a tick may take: it works within a budget far below.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Ticks for as long as it is kept.
pub struct Ticks {
    _tasks: JoinSet<()>,
}

impl Ticks {
    /// Ticks the gateway at `url` once every `period`; a tick that takes longer delays the next one.
    ///
    /// A failure is told when it begins and when it is over, so that one lasting for hours is two lines.
    pub fn start(url: &str, token: &str, period: Duration) -> Result<Self> {
        let client = Client::builder().no_proxy().timeout(TIMEOUT).build().context("cannot set up ticking")?;
        let mut tasks = JoinSet::new();
        for component in COMPONENTS {
            let (client, token) = (client.clone(), token.to_owned());
            let url = format!("{url}/internal/{component}/tick");
            tasks.spawn(async move {
                let mut clock = interval(period);
                clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
                let mut failing = false;
                loop {
                    clock.tick().await;
                    let result = tick(&client, &url, &token).await;
                    match &result {
                        Err(error) if !failing => eprintln!("xtask: the ticks of `{component}` fail: {error:#}"),
                        Ok(()) if failing => eprintln!("xtask: the ticks of `{component}` work again"),
                        _ => {}
                    }
                    failing = result.is_err();
                }
            });
        }
        Ok(Self { _tasks: tasks })
    }
}

async fn tick(client: &Client, url: &str, token: &str) -> Result<()> {
    let answer = client.post(url).bearer_auth(token).send().await?;
    let status = answer.status();
    let body = answer.text().await?;
    ensure!(status.is_success(), "{status} {body}");
    Ok(())
}
