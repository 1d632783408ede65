//! The components that serve routes, ready to be compiled: read, composed, and remembered by their content.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use crate::compose::{self, Dependency};
use crate::manifest::{Component, Manifest};

/// Part of the key under which a composed component is remembered: changes with what composes it.
const COMPOSER: &str = concat!("host ", env!("CARGO_PKG_VERSION"), " 1");

/// Reads the component and composes its dependencies in, unless the folder `cache` has it already.
pub(crate) fn load(manifest: &Manifest, id: &str, component: &Component, cache: &Path) -> anyhow::Result<Vec<u8>> {
    let wasm = read(manifest, id, component)?;
    let mut parts = Vec::new();
    for (name, dependency) in &component.dependencies {
        let child = manifest.components.get(&dependency.component).context("the dependency is missing")?;
        parts.push((name, dependency, read(manifest, &dependency.component, child)?));
    }
    let dependencies: Vec<_> = parts
        .iter()
        .map(|(name, dependency, wasm)| Dependency { name, wasm, inherit: &dependency.inherit_configuration })
        .collect();
    let file = cache.join(key(&wasm, &dependencies)).with_extension("wasm");
    if let Ok(composed) = fs::read(&file) {
        return Ok(composed);
    }
    let composed =
        compose::compose(&wasm, &dependencies).with_context(|| format!("in [component.{id}]: cannot be composed"))?;
    if let Err(error) = write(&file, &composed) {
        tracing::warn!("cannot remember a composed component: {error:#}");
    }
    Ok(composed)
}

fn read(manifest: &Manifest, id: &str, component: &Component) -> anyhow::Result<Vec<u8>> {
    let path = manifest.source_path(component);
    fs::read(&path).with_context(|| {
        let build = component.build.as_ref().map(|build| format!("; build it: {}", build.command));
        format!("in [component.{id}]: cannot read the source {}{}", path.display(), build.unwrap_or_default())
    })
}

/// A digest of everything that the composed component is made of.
fn key(wasm: &[u8], dependencies: &[Dependency<'_>]) -> PathBuf {
    let mut digest = Sha256::new();
    let mut add = |part: &[u8]| {
        digest.update(part.len().to_le_bytes());
        digest.update(part);
    };
    add(COMPOSER.as_bytes());
    add(wasm);
    for dependency in dependencies {
        add(format!("{} {:?}", dependency.name, dependency.inherit).as_bytes());
        add(dependency.wasm);
    }
    format!("{:x}", digest.finalize()).into()
}

/// Writes the file as a whole, whoever else writes it at the same time.
fn write(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let folder = file.parent().context("it has no folder")?;
    fs::create_dir_all(folder)?;
    let mut unfinished = NamedTempFile::new_in(folder)?;
    unfinished.write_all(bytes)?;
    unfinished.persist(file)?;
    Ok(())
}
