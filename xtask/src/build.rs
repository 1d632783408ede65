//! `build`: the components as WebAssembly modules, where the manifests expect them.

pub mod debian;
mod toolchain;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use clap::Args;

use crate::cargo;
use crate::manifest::Manifest;
use toolchain::Toolchain;

/// The target of the components: Spin adapts such modules to components when it loads them.
const TARGET: &str = "wasm32-wasip1";

/// The components' profile in the workspace's `Cargo.toml`, and the folder that cargo names after it.
const PROFILE: &str = "wasm";

/// Options of `build`.
#[derive(Args)]
pub struct Options {
    /// The components' ids in the manifests; all, if none is named.
    pub components: Vec<String>,
}

/// What a task that runs the gateway builds first.
#[derive(Args)]
pub struct Everything {
    /// Runs what was built before.
    #[arg(long, hide = true)]
    no_build: bool,
}

impl Everything {
    /// Builds the components and the programs.
    pub fn run(&self) -> Result<()> {
        if self.no_build {
            return Ok(());
        }
        run(&[])?;
        cargo::build_programs()
    }
}

/// Builds these components, or all if none is named; what is up to date stays as it is.
pub fn run(ids: &[String]) -> Result<()> {
    let components = Manifest::load()?.select(ids)?;
    let mut toolchain = Toolchain::find()?;
    let names: Vec<_> = components.iter().map(|component| component.id.as_str()).collect();
    eprintln!("xtask: building {} with {}", names.join(", "), toolchain.description);

    toolchain.cargo.args(["build", "--target", TARGET, "--profile", PROFILE, "--target-dir"]);
    toolchain.cargo.arg(&toolchain.target_directory);
    toolchain.cargo.args(names.iter().flat_map(|name| ["--package", name]));
    cargo::run(&mut toolchain.cargo)?;

    let built = toolchain.target_directory.join(TARGET).join(PROFILE);
    for component in &components {
        let module = component.source.file_name().context("a component's source names no file")?;
        place(&built.join(module), &cargo::workspace().join(&component.source))?;
    }
    Ok(())
}

/// Copies a module to its place, in one step and only if it is another one: hosts watch and cache what lies there.
fn place(from: &Path, to: &Path) -> Result<()> {
    let module = fs::read(from).with_context(|| format!("{} was not built", from.display()))?;
    if fs::read(to).is_ok_and(|placed| placed == module) {
        return Ok(());
    }
    let incomplete = to.with_extension("incomplete");
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    fs::write(&incomplete, module)
        .and_then(|()| fs::rename(&incomplete, to))
        .with_context(|| format!("cannot write {}", to.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_a_module_in_a_folder_that_does_not_exist_yet() {
        let folder = tempfile::tempdir().unwrap();
        let (built, placed) = (folder.path().join("built.wasm"), folder.path().join("a/b/module.wasm"));
        fs::write(&built, "new").unwrap();

        place(&built, &placed).unwrap();

        assert_eq!(fs::read_to_string(&placed).unwrap(), "new");
        assert_eq!(fs::read_dir(folder.path().join("a/b")).unwrap().count(), 1);
    }

    #[test]
    fn leaves_a_module_alone_that_is_in_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let (built, placed) = (folder.path().join("built.wasm"), folder.path().join("module.wasm"));
        fs::write(&placed, "same").unwrap();
        let written = fs::metadata(&placed).unwrap().modified().unwrap();
        fs::write(&built, "same").unwrap();

        place(&built, &placed).unwrap();

        assert_eq!(fs::metadata(&placed).unwrap().modified().unwrap(), written);
    }

    #[test]
    fn names_the_module_that_was_not_built() {
        let folder = tempfile::tempdir().unwrap();
        let refusal = place(&folder.path().join("send.wasm"), &folder.path().join("placed.wasm")).unwrap_err();
        assert!(refusal.to_string().ends_with("send.wasm was not built"), "{refusal}");
    }
}
