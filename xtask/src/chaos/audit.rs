//! Whether everything agrees: pure, from the evidence alone.

mod events;
mod messages;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;
use simulator::Request;

use super::evidence::Evidence;
use super::trouble::{Disturbance, Trouble};

/// So many findings are shown; the others are counted.
const SHOWN: usize = 30;

/// What the audit found.
#[derive(Debug, Default)]
pub struct Report {
    /// How many there were of everything, by name.
    pub counts: BTreeMap<String, usize>,
    /// What does not agree.
    pub findings: Vec<String>,
}

/// Compares what everyone remembers.
pub fn audit(evidence: &Evidence) -> Report {
    let mut report = Report::default();
    messages::audit(evidence, &mut report);
    events::audit(evidence, &mut report);
    rules(evidence, &mut report);
    for disturbance in &evidence.disturbances {
        report.count(format!("trouble: {}", disturbance.trouble.name()));
    }
    for fault in evidence.truth.requests.iter().filter_map(fault) {
        report.count(format!("fault: {fault}"));
    }
    if evidence.traps > 0 {
        report.finds(format!("{} instances of components trapped", evidence.traps));
    }
    if !evidence.books.forged.1.is_empty() {
        report.finds(format!("callbacks with a wrong token were answered {:?}", evidence.books.forged.1));
    }
    report
}

/// The platforms' rules: a clock that jumps tells the gateway that a window has passed which has not.
fn rules(evidence: &Evidence, report: &mut Report) {
    for violation in &evidence.truth.violations {
        let window = match violation.rule.as_str() {
            "quntool_spacing" => 3_000,
            "wanwang_per_minute" | "robot_per_minute" => 62_000,
            "wanwang_per_hour" | "quntool_per_hour" => 3_602_000,
            _ => 0,
        };
        if happened(evidence, &[Trouble::Clock], violation.at.saturating_sub(window), violation.at + 500) {
            report.count(format!("rule broken by a jump of the clock: {}", violation.rule));
        } else {
            report.finds(format!("a rule was broken: {} {} at {}", violation.rule, violation.detail, violation.at));
        }
    }
}

/// Names the fault that a request met, as it was ordered.
fn fault(request: &Request) -> Option<String> {
    let fault = request.fault.as_ref()?.as_object()?;
    let said = |(name, value): (&String, &Value)| match (name.as_str(), value) {
        ("status" | "cut" | "effect", value) => {
            format!("{name} {}", value.as_str().map_or(value.to_string(), str::to_owned))
        }
        (name, _) => name.to_owned(),
    };
    Some(fault.iter().map(said).collect::<Vec<_>>().join(", "))
}

/// Tells whether trouble of some kind fell into a time.
fn happened(evidence: &Evidence, kinds: &[Trouble], from: u64, until: u64) -> bool {
    let fell = |disturbance: &Disturbance| {
        kinds.contains(&disturbance.trouble) && disturbance.from <= until && from <= disturbance.until
    };
    evidence.disturbances.iter().any(fell)
}

impl Report {
    fn count(&mut self, name: impl Into<String>) {
        *self.counts.entry(name.into()).or_default() += 1;
    }

    fn finds(&mut self, finding: String) {
        self.findings.push(finding);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, count) in &self.counts {
            writeln!(f, "{count:>8}  {name}")?;
        }
        for finding in self.findings.iter().take(SHOWN) {
            writeln!(f, "FOUND: {finding}")?;
        }
        match self.findings.len() {
            0 => write!(f, "Everything agrees."),
            more => write!(f, "{more} findings."),
        }
    }
}
