//! Programs of the system: the servers that tests and the demo start.

use std::env;
use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::build::debian;

/// Where servers lie beside the folders of `PATH`.
const FOLDERS: [&str; 3] = ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"];

/// Finds a program.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(FOLDERS.map(PathBuf::from));
    folders.map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// Installs those of the programs that are missing; Debian's packages have the programs' names.
pub fn install(names: &[&'static str]) -> Result<()> {
    let missing = || names.iter().copied().filter(|name| find(name).is_none()).collect::<Vec<_>>();
    if missing().is_empty() {
        return Ok(());
    }
    debian::install(&missing(), &format!("the tests need {}", missing().join(" and ")))?;
    match missing().as_slice() {
        [] => Ok(()),
        missing => bail!("not installed: {}", missing.join(", ")),
    }
}
