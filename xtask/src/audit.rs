//! `audit`: every dependency against what `deny.toml` asks of it.

use anyhow::{Result, ensure};
use clap::Args;

use crate::{cargo, program};

/// Options of `audit`.
#[derive(Args)]
pub struct Options {
    /// What is checked: advisories, bans, licenses, sources. Advisories need the network; all of them unless some are named.
    checks: Vec<String>,
}

/// Runs cargo-deny.
pub fn run(options: &Options) -> Result<()> {
    ensure!(program::find("cargo-deny").is_some(), "cargo-deny is missing: `cargo install cargo-deny --locked`");
    cargo::run(cargo::cargo().args(["deny", "check"]).args(&options.checks))
}
