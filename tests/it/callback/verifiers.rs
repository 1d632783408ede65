//! Other people's libraries verify what subscribers get: `standardwebhooks` of PyPI and of npm.
//!
//! They lie in `target/verifiers`; docs/testing.md says how they get there.

use crate::{
    gateway::{
        Gateway,
        credentials::SIGNING,
        messages::{ACCOUNT, CUSTOMER},
    },
    receiver::Receiver,
};
use serde_json::{Value, json};
use simulator::Inbound;
use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

const TESTS: &str = env!("CARGO_MANIFEST_DIR");

/// Returns some events as they arrived: the body, and the headers that a library asks for.
async fn events() -> Value {
    let receiver = Receiver::start().await;
    let gateway = Gateway::builder().subscriber("all", &receiver.url(), &[]).start().await;
    for content in ["呼啦", "\u{1f600} <&> \"\\", ""] {
        gateway.simulator.inbound(Inbound::text(ACCOUNT, CUSTOMER, content)).await.unwrap();
    }
    let described = receiver.events(3).await.into_iter().map(|event| {
        let header = |name: &str| event.request.headers[name].to_str().unwrap().to_owned();
        let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
        let headers: Value = names
            .iter()
            .map(|name| ((*name).to_owned(), Value::from(header(name))))
            .collect::<serde_json::Map<_, _>>()
            .into();
        json!({"secret": SIGNING, "headers": headers, "body": String::from_utf8(event.request.body.to_vec()).unwrap()})
    });
    described.collect()
}

/// Runs a script on the events, with the packages of a folder below `target/verifiers`.
async fn verified_by(program: &str, script: &str, variable: &str, packages: &str) {
    let packages = Path::new(TESTS).join("../../target/verifiers").join(packages);
    assert!(packages.join("standardwebhooks").is_dir(), "{} is missing: see docs/testing.md", packages.display());
    let mut verifier = Command::new(program)
        .arg(Path::new(TESTS).join("callback/verifiers").join(script))
        .env(variable, &packages)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    verifier.stdin.take().unwrap().write_all(events().await.to_string().as_bytes()).unwrap();
    let output = verifier.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "verified");
}

#[tokio::test]
async fn the_package_of_pypi_verifies() {
    verified_by("python3", "verify.py", "PYTHONPATH", "python").await;
}

#[tokio::test]
async fn the_package_of_npm_verifies() {
    verified_by("node", "verify.cjs", "NODE_PATH", "node_modules").await;
}
