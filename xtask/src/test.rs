//! `test`: everything built, every test run.

use anyhow::Result;
use clap::Args;

use crate::{broker, build, cargo};

/// Options of `test`.
#[derive(Args)]
pub struct Options {
    /// Arguments for `cargo test`: names of tests, say.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Sees to the broker that tests start, builds the components and the native programs, then runs the tests of the whole workspace, those of `it` included.
pub fn run(options: &Options) -> Result<()> {
    broker::install()?;
    build::run(&[])?;
    cargo::build_programs()?;
    cargo::run(cargo::cargo().args(["test", "--workspace"]).args(&options.arguments))
}
