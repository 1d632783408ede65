//! Attacks: what `docs/security.md` says stands against each of them.

mod addresses;
mod answers;
mod bodies;
mod bombs;
mod callers;
mod comparison;
mod doors;
mod injection;
mod secrets;
mod server;
