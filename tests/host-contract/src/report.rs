//! What came out of a run.

use std::fmt;

use crate::latency::Latency;
use crate::requirement::Requirement;

/// A run's results. It prints as tables, and a paragraph for everything that does not hold.
pub struct Report {
    /// A row for each requirement, in the contract's order.
    pub rows: Vec<Row>,
    /// The times of the primitives.
    pub latencies: Vec<Latency>,
}

/// What came out of one check.
pub struct Row {
    /// What was checked.
    pub requirement: &'static Requirement,
    /// Whether it holds.
    pub verdict: Verdict,
}

/// Whether a requirement holds.
#[derive(Debug, PartialEq)]
pub enum Verdict {
    /// It does; what was seen.
    Holds(String),
    /// It does not; what was seen instead.
    Broken(String),
    /// Nobody knows; why it could not be checked.
    Unchecked(String),
}

impl Report {
    /// Returns the rows that do not hold, each with what was seen.
    pub fn broken(&self) -> impl Iterator<Item = (&'static Requirement, &str)> {
        self.rows.iter().filter_map(|row| match &row.verdict {
            Verdict::Broken(seen) => Some((row.requirement, seen.as_str())),
            Verdict::Holds(_) | Verdict::Unchecked(_) => None,
        })
    }

    /// How many requirements were not checked.
    pub fn unchecked(&self) -> usize {
        self.rows.iter().filter(|row| matches!(row.verdict, Verdict::Unchecked(_))).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.rows.iter().map(|row| row.requirement.name.len()).max().unwrap_or_default();
        for Row { requirement, verdict } in &self.rows {
            let (word, seen) = match verdict {
                Verdict::Holds(seen) => ("holds", seen.as_str()),
                Verdict::Broken(_) => ("BROKEN", "see below"),
                Verdict::Unchecked(reason) => ("not checked", reason.as_str()),
            };
            writeln!(formatter, "{:width$}  {word:11}  {seen}", requirement.name)?;
        }
        writeln!(formatter, "\n{:width$}  {:>11}  {:>11}", "latency", "median", "p99")?;
        for Latency { name, median, p99 } in &self.latencies {
            writeln!(formatter, "{name:width$}  {:>11}  {:>11}", milliseconds(*median), milliseconds(*p99))?;
        }
        for (requirement, seen) in self.broken() {
            writeln!(
                formatter,
                "\nBROKEN: {}\n  seen:        {seen}\n  the gateway: {}\n  to do:       {}",
                requirement.name, requirement.breaks, requirement.remedy
            )?;
        }
        Ok(())
    }
}

fn milliseconds(microseconds: u64) -> String {
    format!("{}.{:02} ms", microseconds / 1_000, microseconds % 1_000 / 10)
}
