//! The local host keeps the contract, on both of its backends.

use std::env;
use std::path::Path;

use host_contract::{Backend, Hosts as _, Local, Probe, Trial, Verdict};

async fn keeps_the_contract(backend: Backend) {
    let test = env::current_exe().unwrap();
    let host = test.ancestors().nth(2).unwrap().join("host");
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../probe/spin.toml");
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
    let hosts = Local::new(&host, &manifest, &cache, backend).unwrap();
    let probe = Probe::new(&hosts.start().await.unwrap(), Local::TOKEN).unwrap();

    let report = Trial::new(probe, Some(Box::new(hosts))).run(20).await.unwrap();

    println!("{report}");
    assert!(report.rows.iter().all(|row| matches!(row.verdict, Verdict::Holds(_))), "{report}");
}

#[tokio::test]
async fn the_local_host_keeps_the_contract_with_sqlite() {
    keeps_the_contract(Backend::Sqlite).await;
}

#[tokio::test]
async fn the_local_host_keeps_the_contract_with_redis() {
    keeps_the_contract(Backend::Redis).await;
}
