//! Every check fails against a host that breaks what it checks.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{BoxFuture, join_all};
use host_contract::{Hosts, Probe, Requirement, Trial, Verdict, requirements};

use crate::fake::{FAULTS, Fake, Fault, TOKEN};

/// A trial of a fake with a fault.
async fn trial(fault: Option<Fault>) -> Trial {
    let fake = Fake::new(fault);
    let probe = Probe::new(&fake.start().await.unwrap(), TOKEN).unwrap();
    Trial::new(probe, Some(Box::new(fake)))
}

fn requirement(name: &str) -> &'static Requirement {
    requirements().find(|requirement| requirement.name == name).unwrap_or_else(|| panic!("no requirement: {name}"))
}

#[tokio::test]
async fn a_host_that_keeps_the_contract_passes() {
    let report = trial(None).await.run(3).await.unwrap();
    assert!(report.rows.iter().all(|row| matches!(row.verdict, Verdict::Holds(_))), "{report}");
    assert_eq!((report.broken().count(), report.unchecked()), (0, 0));
}

#[tokio::test]
async fn each_fault_breaks_the_requirement_that_it_is_about() {
    // At once: two of the faults take as long as a check has patience.
    join_all(FAULTS.iter().map(async |(fault, name)| {
        let trial = trial(Some(*fault)).await;
        trial.prepare().await.unwrap();
        let verdict = trial.check(requirement(name)).await;
        assert!(matches!(verdict, Verdict::Broken(_)), "{fault:?} passes {name:?}: {verdict:?}");
    }))
    .await;
}

#[test]
fn each_requirement_has_a_fault() {
    let tried: BTreeSet<_> = FAULTS.iter().map(|(_, name)| *name).collect();
    let all: BTreeSet<_> = requirements().map(|requirement| requirement.name).collect();
    assert_eq!(tried, all);
}

#[tokio::test]
async fn a_report_says_what_breaks_and_what_to_do() {
    let (fault, name) = FAULTS[0];
    let report = trial(Some(fault)).await.run(1).await.unwrap();
    let requirement = requirement(name);
    let printed = report.to_string();
    for part in [name, "BROKEN", requirement.breaks, requirement.remedy] {
        assert!(printed.contains(part), "{part:?} is missing:\n{printed}");
    }
}

#[tokio::test]
async fn what_was_not_to_be_killed_is_not_said_to_survive() {
    let fake = Fake::new(None);
    let probe = Probe::new(&fake.start().await.unwrap(), TOKEN).unwrap();
    let report = Trial::new(probe, None).run(1).await.unwrap();
    assert_eq!((report.broken().count(), report.unchecked()), (0, 3), "{report}");
}

#[tokio::test]
async fn a_kill_that_nobody_feels_proves_nothing() {
    struct Immortal(Fake);
    impl Hosts for Immortal {
        fn kill(&self) -> BoxFuture<'_, anyhow::Result<()>> {
            async { Ok(()) }.boxed()
        }
        fn start(&self) -> BoxFuture<'_, anyhow::Result<Vec<String>>> {
            self.0.start()
        }
    }
    let hosts = Immortal(Fake::new(None));
    let probe = Probe::new(&hosts.start().await.unwrap(), TOKEN).unwrap();
    let mut trial = Trial::new(probe, Some(Box::new(hosts)));
    trial.patience = Duration::from_secs(2);
    trial.prepare().await.unwrap();
    for requirement in requirements().filter(|requirement| requirement.kills) {
        let Verdict::Unchecked(reason) = trial.check(requirement).await else { panic!("{}", requirement.name) };
        assert!(reason.contains("killed something else") || reason.contains("take longer"), "{reason}");
    }
}

#[tokio::test]
async fn a_wrong_token_is_said_at_once() {
    let fake = Fake::new(None);
    let probe = Probe::new(&fake.start().await.unwrap(), "wrong").unwrap();
    let Err(reason) = Trial::new(probe, None).run(1).await else { panic!("a wrong token passes") };
    assert!(reason.to_string().contains("401"), "{reason:#}");
}
