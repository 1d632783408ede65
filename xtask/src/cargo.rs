//! Cargo, and the native programs that it builds.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, iter};

use anyhow::{Context, Result, ensure};

/// Returns the workspace's folder.
pub fn workspace() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}

/// Returns the cargo that runs this program, to be run in the workspace.
pub fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace());
    command
}

/// Builds the native programs, as they will be found by [`program`].
///
/// The selection is the whole workspace's, and `--examples` (there are none) brings in the features that the tests ask
/// for: any other selection gives shared dependencies other features, and wasmtime would be compiled once for each.
pub fn build_programs() -> Result<()> {
    if program("host")?.exists() {
        eprintln!("xtask: building the native programs");
    } else {
        eprintln!("xtask: building the native programs; the first time compiles wasmtime, 10 to 15 minutes on 2 cores");
    }
    run(cargo().args(["build", "--workspace", "--bins", "--examples"]))
}

/// Returns where cargo puts a program of the workspace: beside this one.
pub fn program(name: &str) -> Result<PathBuf> {
    let this = env::current_exe().context("where this program lies is unknown")?;
    Ok(this.with_file_name(name).with_extension(env::consts::EXE_EXTENSION))
}

/// Runs a command to its end; what it prints passes through.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot run `{}`", line(command)))?;
    ensure!(status.success(), "`{}` failed ({status})", line(command));
    Ok(())
}

/// Runs a command to its end, and returns the first line of what it prints; its words about failures are dropped.
pub fn first_line(command: &mut Command) -> Result<String> {
    let output = command.stderr(Stdio::null()).output().with_context(|| format!("cannot run `{}`", line(command)))?;
    ensure!(output.status.success(), "`{}` failed ({})", line(command), output.status);
    let printed = String::from_utf8_lossy(&output.stdout);
    printed.lines().next().map(str::to_owned).with_context(|| format!("`{}` printed nothing", line(command)))
}

/// Returns a command as one would type it, without its environment.
fn line(command: &Command) -> String {
    let words = iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}
