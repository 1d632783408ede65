//! Which compiler builds the components: the one with the target if there is one, else Debian's.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use super::{TARGET, debian};
use crate::cargo::{cargo, first_line, workspace};

/// A compiler that can build the components.
pub struct Toolchain {
    /// What it is, and how long the first build takes.
    pub description: &'static str,
    /// Its cargo, set up for the target, without a subcommand.
    pub cargo: Command,
    /// The target directory that is its own.
    pub target_directory: PathBuf,
}

impl Toolchain {
    /// Finds one: the target of the workspace's toolchain, installed with rustup if it is missing, or else Debian's
    /// packages, installed if this runs as root.
    pub fn find() -> Result<Self> {
        let target_directory = workspace().join("target");
        if installed()? || added(&target_directory)? {
            let description = "the workspace's toolchain (the first build takes about a minute)";
            return Ok(Self { description, cargo: cargo(), target_directory });
        }
        debian::toolchain()
    }
}

/// Tells whether the toolchain of the workspace has the target's standard library.
fn installed() -> Result<bool> {
    let library = first_line(rustc().args(["--print", "target-libdir", "--target", TARGET]))?;
    Ok(Path::new(&library).is_dir())
}

/// Tries to install the target with rustup, once for each `target` folder: where the toolchain server is out of reach it
/// can take long to find out.
fn added(target_directory: &Path) -> Result<bool> {
    let failure = target_directory.join("rustup-target-add.failed");
    if failure.exists() {
        return Ok(false);
    }
    eprintln!("xtask: installing the target {TARGET} with rustup");
    let mut rustup = Command::new("rustup");
    rustup.current_dir(workspace()).args(["target", "add", TARGET]);
    if rustup.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success()) && installed()?
    {
        return Ok(true);
    }
    eprintln!("xtask: rustup cannot install it here; remove {} to try again", failure.display());
    fs::create_dir_all(target_directory)
        .and_then(|()| fs::write(&failure, ""))
        .with_context(|| format!("cannot write {}", failure.display()))?;
    Ok(false)
}

/// Returns the compiler that the workspace's cargo uses.
pub fn rustc() -> Command {
    let mut command = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    command.current_dir(workspace());
    command
}
