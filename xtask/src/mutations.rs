//! `mutations`: each defence is taken away, and its proof has to fail.
//!
//! The list is `tests/mutations.toml`; docs/reliability.md shows it.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde::Deserialize;

use crate::{build, cargo, signal};

/// Options of `mutations`.
#[derive(Args)]
pub struct Options {
    /// The names of those to try; all, if none is named
    names: Vec<String>,
}

/// The list, relative to the workspace.
const LIST: &str = "tests/mutations.toml";

/// Where packages are built for their own tests: a selection of packages in the workspace's folder would have wasmtime
/// compiled anew.
const TARGET: &str = "target/mutations";

/// What a test program prints when a test failed: a proof that does not compile proves nothing.
const FAILED: &str = "test result: FAILED";

/// What a run of `chaos` prints about each thing that does not agree.
const FOUND: &str = "FOUND:";

#[derive(Deserialize)]
struct List {
    mutation: Vec<Mutation>,
}

/// A defence, what takes it away, and what notices.
#[derive(Deserialize)]
struct Mutation {
    name: String,
    defence: String,
    file: PathBuf,
    find: String,
    replace: String,
    #[serde(flatten)]
    proof: Proof,
}

/// What fails without the defence.
#[derive(Deserialize)]
#[serde(untagged)]
enum Proof {
    /// Tests of a package's own.
    Package { package: String, test: String },
    /// Integration tests.
    Integration { it: String },
    /// A run of `chaos` with this seed.
    Chaos { chaos: u64 },
}

/// A file that was changed; it gets its text back when this is dropped.
struct Changed {
    path: PathBuf,
    text: String,
}

/// Tries them one after the other; fails with the names of those that nothing noticed.
pub fn run(options: &Options) -> Result<()> {
    let List { mutation: mut mutations } = list()?;
    if let Some(unknown) = options.names.iter().find(|name| !mutations.iter().any(|found| found.name == **name)) {
        bail!("{LIST} has no {unknown}");
    }
    mutations.retain(|mutation| options.names.is_empty() || options.names.contains(&mutation.name));
    build::run(&[])?;
    cargo::build_programs()?;
    // Ctrl-C ends the command that runs, and not this program before the file has its text back.
    let _interrupted = signal::stop()?;
    let mut survivors = Vec::new();
    for mutation in &mutations {
        println!("{}: without what sees to it that {}", mutation.name, mutation.defence);
        let begun = Instant::now();
        let noticed = mutation.is_noticed().with_context(|| format!("cannot try {}", mutation.name))?;
        let seconds = begun.elapsed().as_secs();
        println!("   {} ({seconds} s)", if noticed { "noticed" } else { "NOT NOTICED" });
        if !noticed {
            survivors.push(mutation.name.as_str());
        }
    }
    // The components are those of the sources again.
    build::run(&[])?;
    ensure!(survivors.is_empty(), "nothing noticed {}", survivors.join(", "));
    println!("Each of {} was noticed.", mutations.len());
    Ok(())
}

fn list() -> Result<List> {
    let text = fs::read_to_string(cargo::workspace().join(LIST)).with_context(|| format!("cannot read {LIST}"))?;
    toml::from_str(&text).with_context(|| format!("{LIST} is not as expected"))
}

impl Mutation {
    fn is_noticed(&self) -> Result<bool> {
        let _changed = self.change()?;
        match &self.proof {
            Proof::Package { package, test } => {
                fails(&["test", "--target-dir", TARGET, "--package", package, test], FAILED)
            }
            Proof::Integration { it } => {
                build::run(&[])?;
                fails(&["test", "--workspace", "--test", "it", it], FAILED)
            }
            Proof::Chaos { chaos } => {
                build::run(&[])?;
                let seed = chaos.to_string();
                fails(&["xtask", "chaos", "--no-build", "--minutes", "0.5", "--seed", &seed], FOUND)
            }
        }
    }

    fn change(&self) -> Result<Changed> {
        let path = cargo::workspace().join(&self.file);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", self.file.display()))?;
        ensure!(
            text.matches(&self.find).count() == 1,
            "what is to be replaced does not stand once in {}",
            self.file.display()
        );
        fs::write(&path, text.replace(&self.find, &self.replace))?;
        Ok(Changed { path, text })
    }
}

impl Drop for Changed {
    fn drop(&mut self) {
        if let Err(error) = fs::write(&self.path, &self.text) {
            eprintln!("xtask: {} could not be restored: {error}", self.path.display());
        }
    }
}

/// Tells whether a cargo command fails with these words; fails itself, with what the command printed, if it fails
/// without them.
fn fails(arguments: &[&str], words: &str) -> Result<bool> {
    let mut command = cargo::cargo();
    // What a property finds without its defence is not kept beside the sources.
    command.args(arguments).env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "true").stdin(Stdio::null());
    let output = command.output().context("cannot run cargo")?;
    let printed = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success() || printed.contains(words), "the proof did not run:\n{printed}");
    Ok(!output.status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_defence_stands_in_the_sources_and_in_the_document() {
        let document = fs::read_to_string(cargo::workspace().join("docs/reliability.md")).unwrap();
        for mutation in list().unwrap().mutation {
            let text = fs::read_to_string(cargo::workspace().join(&mutation.file)).unwrap();
            assert_eq!(text.matches(&mutation.find).count(), 1, "{}", mutation.name);
            assert!(document.contains(&format!("| `{}` | {} |", mutation.name, mutation.defence)), "{}", mutation.name);
        }
    }
}
