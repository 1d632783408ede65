//! Work on the queue.

use caller::{
    messages::{self, Budget, Drained},
    types::{Failure, Receipt, State},
};

/// What a tick does before it answers.
const TICK: Budget = Budget { messages: 500, milliseconds: 5_000, sweep: true };
/// What goes on after an answer: until the queue is empty, or the host ends the instance.
const ON: Budget = Budget { messages: u32::MAX, milliseconds: u32::MAX, sweep: false };

/// Begins to work the queue after the answer, if a message of these receipts waits in it.
pub fn work_soon<'a>(mut receipts: impl Iterator<Item = &'a Receipt>) {
    if receipts.any(|receipt| receipt.state == State::Queued) {
        go_on();
    }
}

/// Works what is due, and goes on with the queue after the answer.
pub async fn tick() -> Result<Drained, Failure> {
    let drained = messages::drain(TICK).await?;
    go_on();
    Ok(drained)
}

fn go_on() {
    spin_sdk::wasip3::spawn(async {
        // A failure stands in the log; the next tick goes on.
        let _ = messages::drain(ON).await;
    });
}
