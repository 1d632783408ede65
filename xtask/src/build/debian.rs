//! Debian's own compiler, for machines that reach Debian's packages and not the toolchain server.
//!
//! Debian packages no `std` for the target, but its source and a matching compiler: cargo builds `std` itself, which is
//! unstable (`-Zbuild-std`), hence `RUSTC_BOOTSTRAP`. WASI's C library comes from a package as well.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::toolchain::{Toolchain, rustc};
use crate::cargo::{self, first_line, workspace};

/// The packages; `rustc-web` and its kin follow the current compiler, in every Debian from 12 on.
const PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "wasi-libc"];

/// The package with the linker, for a workspace whose toolchain brings none.
const LINKER_PACKAGE: &str = "lld";

/// Sets up Debian's toolchain, and installs its packages if they are missing and this runs as root.
pub fn toolchain() -> Result<Toolchain> {
    let bundled = bundled_linker();
    let mut packages = PACKAGES.to_vec();
    packages.extend(bundled.is_none().then_some(LINKER_PACKAGE));
    install(&packages, "the components need `rustup target add wasm32-wasip1`")?;

    let linker = match bundled {
        Some(linker) => linker,
        None => file_of(LINKER_PACKAGE, "/bin/wasm-ld")?,
    };
    let library = file_of("wasi-libc", "/wasm32-wasi/libc.a")?;
    let folder = library.parent().unwrap_or(&library);
    let flags = [
        "-Clink-self-contained=no".to_owned(),
        "-Clinker-flavor=wasm-ld".to_owned(),
        format!("-Clink-arg=-L{}", folder.display()),
    ];

    let mut cargo = Command::new(file_of("cargo-web", "/bin/cargo")?);
    cargo
        .current_dir(workspace())
        .args(["-Zbuild-std=std,panic_abort"])
        .env("RUSTC", file_of("rustc-web", "/bin/rustc")?)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_WASM32_WASIP1_LINKER", linker)
        // Beside those of `.cargo/config.toml`.
        .env("CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS", flags.join(" "))
        // Names the libraries of the toolchain that runs this program.
        .env_remove("LD_LIBRARY_PATH");
    Ok(Toolchain {
        description: "Debian's toolchain (the first build takes about 2 minutes on 2 cores: it compiles `std` too)",
        cargo,
        // Shared with the other toolchain, each would invalidate what the other one built.
        target_directory: workspace().join("target/wasm-debian"),
    })
}

/// Returns the linker that rustup's toolchains bring along.
fn bundled_linker() -> Option<PathBuf> {
    let sysroot = first_line(rustc().args(["--print", "sysroot"])).ok()?;
    let host = first_line(rustc().args(["--print", "host-tuple"])).ok()?;
    let linker = Path::new(&sysroot).join("lib/rustlib").join(host).join("bin/rust-lld");
    linker.exists().then_some(linker)
}

/// Installs what is missing of the packages. Where it cannot, it says in `otherwise` what is needed, and, on Debian,
/// which command installs it.
pub fn install(packages: &[&str], otherwise: &str) -> Result<()> {
    let missing: Vec<_> = packages.iter().filter(|package| !is_installed(package)).copied().collect();
    if missing.is_empty() {
        return Ok(());
    }
    let script = format!("apt-get update && apt-get install --yes --no-install-recommends {}", missing.join(" "));
    let debian =
        Command::new("dpkg").arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success());
    if !debian {
        bail!("{otherwise}");
    }
    if !is_root() {
        bail!("{otherwise}, or Debian's packages; run as root:\n{script}");
    }
    eprintln!("xtask: installing Debian's packages {} (about half a minute)", missing.join(", "));
    // Its answers are progress here: only this program's own answers belong on standard output.
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("({script}) >&2")]).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
    cargo::run(&mut shell)
}

fn is_installed(package: &str) -> bool {
    let status = first_line(Command::new("dpkg-query").args(["--show", "--showformat=${db:Status-Status}\n", package]));
    status.is_ok_and(|status| status == "installed")
}

/// Tells whether this process may install packages: its own folder in `/proc` belongs to its user.
fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// Returns the file of an installed package whose path ends so; the shortest, where several do.
fn file_of(package: &str, ending: &str) -> Result<PathBuf> {
    let output = Command::new("dpkg").args(["--listfiles", package]).output().context("cannot run dpkg")?;
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter(|path| path.ends_with(ending))
        .min_by_key(|path| path.len())
        .map(PathBuf::from)
        .with_context(|| format!("Debian's package {package} has no …{ending}"))
}
