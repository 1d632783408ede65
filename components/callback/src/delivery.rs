//! One try to hand an event to a subscriber.

mod alert;
mod answer;
mod schedule;
mod webhook;

use crate::{
    configuration::Configuration,
    journal::deliveries::{Delivery, Tried},
    subscriber::{Subscriber, Way},
};
use caller::types::Failure;
use store::Database;

/// What a try came to.
pub struct Outcome {
    /// What follows.
    pub tried: Tried,
    /// The subscriber's status, if it answered with another one than success.
    pub status: Option<u16>,
    /// Why it was not delivered.
    pub reason: Option<String>,
}

impl Outcome {
    /// An outcome that needs no words.
    const fn of(tried: Tried) -> Self {
        Self { tried, status: None, reason: None }
    }

    /// An outcome with its reason.
    fn because(tried: Tried, reason: impl Into<String>) -> Self {
        Self { tried, status: None, reason: Some(reason.into()) }
    }
}

/// Hands an event to a subscriber, and says what follows.
pub async fn attempt(
    database: &Database,
    configuration: &Configuration,
    delivery: &Delivery,
    subscriber: &Subscriber,
) -> Outcome {
    match &subscriber.way {
        Way::Webhook { url, webhook } => webhook::attempt(delivery, url, webhook, configuration).await,
        Way::Alert(robot) => alert::attempt(delivery, robot, configuration).await,
        Way::BatchConfirm => answer::attempt(database, delivery, &answer::BATCH_CONFIRM).await,
        Way::AccountStart => answer::attempt(database, delivery, &answer::ACCOUNT_START).await,
    }
}

/// What a failure of `client` means for whoever asked.
enum Consequence {
    /// Nothing was done; a retry can help, after so many milliseconds at least.
    NotDone(Option<u64>),
    /// Nothing was done, and a retry does not help.
    Never,
    /// It may have been done.
    Unclear,
    /// The same is being done by someone else.
    UnderWay,
}

/// Says why a failure happened.
pub fn reason(failure: &Failure) -> String {
    consequence(failure).1
}

/// Says what a failure means, and why it happened.
fn consequence(failure: &Failure) -> (Consequence, String) {
    match failure {
        Failure::Invalid(invalid) => (Consequence::Never, format!("{} {}", invalid.field, invalid.reason)),
        Failure::Throttled(throttle) => {
            (Consequence::NotDone(Some(throttle.retry_after_ms)), format!("the limit {} is used up", throttle.limit))
        }
        Failure::Unauthorized(rejection) | Failure::Rejected(rejection) => {
            (Consequence::NotDone(None), format!("the platform refused: {} {}", rejection.code, rejection.message))
        }
        Failure::Ambiguous(lost) => (Consequence::Unclear, format!("the platform's answer was lost: {}", lost.reason)),
        Failure::Unavailable(unavailable) => {
            (Consequence::NotDone(None), format!("the platform was not reached: {}", unavailable.reason))
        }
        Failure::NotAllowed(reason) | Failure::Other(reason) => (Consequence::NotDone(None), reason.clone()),
        Failure::Conflict(_) => (Consequence::UnderWay, "the same message is under way".into()),
        Failure::NotFound => (Consequence::Never, "the platform does not know it".into()),
    }
}
