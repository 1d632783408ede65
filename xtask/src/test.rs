//! `test`: everything built, every test run.

use anyhow::Result;
use clap::Args;

use crate::{broker, build, cargo, program};

/// Options of `test`.
#[derive(Args)]
pub struct Options {
    /// Arguments for `cargo test`: names of tests, say.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// The servers that tests start.
const SERVERS: [&str; 2] = [broker::MOSQUITTO, "redis-server"];

/// Sees to the servers, builds the components and the native programs, then runs the tests of the whole workspace, those
/// of `it` included.
pub fn run(options: &Options) -> Result<()> {
    program::install(&SERVERS)?;
    build::run(&[])?;
    cargo::build_programs()?;
    cargo::run(cargo::cargo().args(["test", "--workspace"]).args(&options.arguments))
}
