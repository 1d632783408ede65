//! The tasks of the project, as `cargo xtask <task>`.

mod audit;
mod bench;
mod broker;
mod build;
mod cargo;
mod chaos;
mod contract;
mod demo;
mod gateway;
mod manifest;
mod mutations;
mod program;
mod sandbox;
mod serve;
mod signal;
mod test;
mod tick;
mod up;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The tasks of the project.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Xtask {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Runs the gateway against a simulator of the three platforms, with the credential `sandbox` everywhere.
    Up(up::Options),
    /// Runs the gateway alone, configured by SPIN_VARIABLE_* as on Spin.
    Serve(serve::Options),
    /// Plays the whole story on a sandbox of its own, and fails if a step of it does not hold.
    Demo(demo::Options),
    /// Lets everything go wrong at once, and then proves that no message and no callback was lost or doubled unseen.
    Chaos(chaos::Options),
    /// Measures the gateway, its growth and its peers, and writes docs/benchmarks.md.
    Bench(bench::Options),
    /// Checks whether a host keeps what the gateway needs of it.
    Contract(contract::Options),
    /// Takes defences away, one at a time, and fails if nothing notices.
    Mutations(mutations::Options),
    /// Builds the components as WebAssembly modules.
    Build(build::Options),
    /// Builds everything and runs every test.
    Test(test::Options),
    /// Checks licences, sources and known weaknesses of every dependency, with cargo-deny.
    Audit(audit::Options),
}

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Xtask::parse().task {
        Task::Up(options) => up::run(options).await,
        Task::Serve(options) => serve::run(options).await,
        Task::Demo(options) => demo::run(options).await,
        Task::Chaos(options) => chaos::run(options).await,
        Task::Bench(options) => bench::run(options).await,
        Task::Contract(options) => contract::run(options).await,
        Task::Mutations(options) => mutations::run(&options),
        Task::Build(options) => build::run(&options.components),
        Task::Test(options) => test::run(&options),
        Task::Audit(options) => audit::run(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
