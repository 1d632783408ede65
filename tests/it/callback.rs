//! Callbacks of Quntool: kept, de-duplicated, and handed on.

mod alert;
mod answer;
mod deliveries;
mod delivery;
mod fairness;
mod forged;
mod intake;
mod load;
mod order;
mod pull;
mod replay;
mod retention;
mod retry;
#[cfg(feature = "verifiers")]
mod verifiers;
