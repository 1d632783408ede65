//! One lane of the queue, worked message by message.

use crate::{
    bindings::exports::wecom::gateway::types::State,
    configuration::Configuration,
    ledger::{self, End, queue},
    limits::spacing::SLOT,
    send::{
        Work,
        leave::{NotNow, Passage},
    },
};
use runtime::{
    clock,
    log::{self, Level},
};
use std::rc::Rc;
use store::{Database, Error};

/// Whoever works a lane has it for so many milliseconds, and says every `BEAT` that it is still alive: what a crash
/// leaves is taken up soon.
pub const LEASE: u64 = 5_000;
const BEAT: u64 = 1_500;
/// A message asks for a passage within so many milliseconds, and then again.
const PATIENCE: u64 = 3_000;
/// Counters learnt of a message so many milliseconds before it left at most.
const COUNTED: u64 = 2 * PATIENCE;

/// Why a lane is left.
enum Pause {
    /// Nothing more is to do before this time.
    Until(u64),
    /// It is another worker's.
    Lost,
}

/// Sends what is due in a lane that was claimed, until nothing is, a limit is used up, or the time is over. Returns how
/// many messages left.
pub async fn work(
    database: &Database,
    configuration: &Rc<Configuration>,
    worker: String,
    lane: String,
    over: u64,
    most: u32,
) -> Result<u32, Error> {
    let shift = Shift { database, configuration, worker, lane };
    let mut sent = 0;
    let pause = shift.work(over, most, &mut sent).await;
    let not_before = match &pause {
        Ok(Pause::Lost) => return Ok(sent),
        Ok(Pause::Until(time)) => *time,
        Err(_) => clock::now() + PATIENCE,
    };
    queue::release(database, &shift.lane, &shift.worker, not_before)?;
    pause.map(|_| sent)
}

struct Shift<'a> {
    database: &'a Database,
    configuration: &'a Rc<Configuration>,
    worker: String,
    lane: String,
}

impl Shift<'_> {
    async fn work(&self, over: u64, most: u32, sent: &mut u32) -> Result<Pause, Error> {
        // Messages whose recipients have got as much as they may; the others need not wait for them.
        let mut skipped: Vec<String> = Vec::new();
        let mut soonest = u64::MAX;
        loop {
            let now = clock::now();
            if now >= over || *sent >= most {
                return Ok(Pause::Until(now));
            }
            if !queue::keep(self.database, &self.lane, &self.worker, now + LEASE)? {
                return Ok(Pause::Lost);
            }
            let Some(mut work) = self.next(&skipped)? else {
                return Ok(Pause::Until(if skipped.is_empty() { now } else { soonest }));
            };
            let mut passage = match Passage::ask(&work.prepared, self.configuration, now + PATIENCE).await {
                Ok(passage) => passage,
                // Others send for the account too; there is a place for this one in a while.
                Err(NotNow::UsedUp(used_up)) if work.prepared.account.is_some() && used_up.retry_after <= PATIENCE => {
                    clock::sleep(SLOT).await;
                    continue;
                }
                Err(NotNow::UsedUp(used_up)) => return Ok(Pause::Until(now + used_up.retry_after)),
                Err(NotNow::Broken(error)) => return Err(error),
                Err(NotNow::Taken) => continue,
            };
            if passage.approach().await.is_ok()
                && let Some(first) = self.next(&skipped)?
                && work.prepared.account.is_some()
            {
                // What has come meanwhile may go first.
                work = first;
            }
            let now = clock::now();
            let marked = work.mark(&mut passage, Some((now.saturating_sub(COUNTED), now + PATIENCE))).await;
            let left = match marked {
                Ok(()) => match passage.depart().await {
                    Ok(()) => Ok(()),
                    Err(reason) => {
                        queue::put_back(self.database, &work.id, clock::now())?;
                        Err(reason)
                    }
                },
                // Whoever has marked it is sending it: it is not this worker's to put back.
                Err(reason) => Err(reason),
            };
            match left {
                Ok(()) => {
                    self.deliver(&work, passage).await?;
                    *sent += 1;
                }
                Err(reason) => {
                    passage.give_back()?;
                    match reason {
                        NotNow::Broken(error) => return Err(error),
                        NotNow::UsedUp(used_up) if work.prepared.account.is_none() => {
                            soonest = soonest.min(clock::now() + used_up.retry_after);
                            skipped.push(work.id);
                        }
                        NotNow::UsedUp(_) | NotNow::Taken => {}
                    }
                }
            }
        }
    }

    /// Takes the next message; one that cannot be read any more is ended.
    fn next(&self, skipped: &[String]) -> Result<Option<Work>, Error> {
        let skipped = serde_json::json!(skipped).to_string();
        loop {
            let Some(due) = queue::next(self.database, &self.lane, clock::now(), &skipped)? else { return Ok(None) };
            if let Some(work) = Work::of(&due, self.configuration, self.database) {
                return Ok(Some(work));
            }
            let end = End {
                state: State::Refused,
                code: None,
                reason: "机器人地址的密钥(变量 callers)已更换,消息未发送",
                answer: None,
                release_key: true,
            };
            ledger::end(self.database, &due.id, &end, clock::now())?;
        }
    }

    /// Sends a message, and keeps the lane meanwhile.
    async fn deliver(&self, work: &Work, passage: Passage) -> Result<(), Error> {
        let keep = || queue::keep(self.database, &self.lane, &self.worker, clock::now() + LEASE).map(drop);
        if let Err(failure) = clock::beating(work.deliver(passage), BEAT, keep).await? {
            // The ledger has it; nobody waits for the answer.
            let reason = format!("{failure:?}");
            log::write(Level::Warn, "a queued message was not sent", &[("message", &work.id), ("reason", &reason)]);
        }
        Ok(())
    }
}
