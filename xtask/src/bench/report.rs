//! What is printed, and what is written to docs/benchmarks.md.

use std::fmt::{Display, Formatter, Result};

use super::goal::goals;
use super::growth::{Drain, Sending, Stored};
use super::measure::Measured;
use super::row::Row;
use super::start::Starts;

/// What stands in the document beside the numbers.
const PREFACE: &str = include_str!("preface.md");
const SPIN: &str = include_str!("spin.md");

const MEGABYTE: f64 = 1_000_000.0;

/// What was measured in one run; what was not is empty.
#[derive(Default)]
pub struct Report {
    /// When, by the calendar of UTC.
    pub date: String,
    /// On what.
    pub machine: String,
    /// Who ran where, and with how much load.
    pub setting: String,
    /// The rows.
    pub rows: Vec<(&'static Row, Measured)>,
    /// With much stored.
    pub stored: Vec<Stored>,
    /// With many accounts.
    pub sending: Vec<Sending>,
    /// A long queue.
    pub drain: Option<Drain>,
    /// Resident memory over the time of a long load, in bytes.
    pub memory: Vec<u64>,
    /// Starts.
    pub starts: Option<Starts>,
    /// The components' sizes in bytes.
    pub sizes: Vec<(String, u64)>,
}

impl Report {
    /// Returns what the gateway's row with this letter came to.
    pub fn row(&self, letter: char) -> Option<&Measured> {
        self.rows.iter().find(|(row, _)| row.letter == letter).map(|(_, measured)| measured)
    }

    /// Writes the document.
    pub fn document(&self) -> String {
        format!("{PREFACE}\n{self}\n{SPIN}")
    }
}

impl Display for Report {
    fn fmt(&self, out: &mut Formatter) -> Result {
        writeln!(out, "Measured on {} on {}; {}.\n", self.date, self.machine, self.setting)?;
        self.targets(out)?;
        self.table(out)?;
        self.growth(out)?;
        if let Some(Starts { cold, warm, instance }) = &self.starts {
            writeln!(out, "## Starts\n\n| what | ms |\n|---|---|")?;
            writeln!(out, "| process start to first answer, nothing compiled | {cold:.0} |")?;
            writeln!(out, "| process start to first answer, everything compiled | {warm:.0} |")?;
            writeln!(out, "| what a request takes longer that finds no instance | {instance:.1} |\n")?;
        }
        Ok(())
    }
}

impl Report {
    fn targets(&self, out: &mut Formatter) -> Result {
        writeln!(out, "## Targets\n\n| what | wanted | measured | met |\n|---|---|---|---|")?;
        for goal in goals(self) {
            let measured = goal.measured.map_or_else(|| "–".to_owned(), |measured| format!("{measured:.2}"));
            let met = goal.met.map_or("not measured", |met| if met { "yes" } else { "**no**" });
            writeln!(out, "| {} | {} | {measured} | {met} |", goal.what, goal.wanted)?;
        }
        writeln!(out)
    }

    fn table(&self, out: &mut Formatter) -> Result {
        if self.rows.is_empty() {
            return Ok(());
        }
        writeln!(
            out,
            "## Rows\n\n| | row | req/s | of (a) | p50 ms | p99 ms | p99.9 ms | CPU s per 1,000 | RSS MB | host calls | \
             fsyncs | written KB | failed |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|"
        )?;
        let empty = self.row('a').map(|measured| measured.peak);
        for (row, measured) in &self.rows {
            let Measured { peak, failed, latencies: [p50, p99, p999], cost, resident } = measured;
            let share = empty.map_or_else(|| "–".to_owned(), |empty| format!("{:.2}", peak / empty));
            let resident = Some(*resident as f64 / MEGABYTE).filter(|resident| *resident > 0.0);
            writeln!(
                out,
                "| {} | {} | {peak:.0} | {share} | {p50:.1} | {p99:.1} | {p999:.1} | {} | {} | {} | {} | {} | {} |",
                row.letter,
                row.name,
                number(cost.seconds, 3),
                number(resident, 0),
                number(cost.calls, 1),
                number(cost.syncs, 2),
                number(cost.written.map(|bytes| bytes / 1_000.0), 1),
                if *failed > 0.0 { format!("{:.2} %", failed * 100.0) } else { "none".to_owned() },
            )?;
        }
        writeln!(out)
    }

    fn growth(&self, out: &mut Formatter) -> Result {
        if !self.stored.is_empty() {
            let head = "| row | events and marks stored | req/s | p50 ms | p99 ms | CPU s per 1,000 |";
            writeln!(out, "## With much stored\n\n{head}\n|---|---|---|---|---|---|")?;
        }
        for Stored { letter, count, measured: Measured { peak, latencies: [p50, p99, _], cost, .. } } in &self.stored {
            let seconds = number(cost.seconds, 3);
            writeln!(out, "| {letter} | {count} | {peak:.0} | {p50:.1} | {p99:.1} | {seconds} |")?;
        }
        if !self.sending.is_empty() {
            let head = "| accounts | texts a second, fixed | p50 ms | p99 ms | CPU s per 1,000 |";
            writeln!(out, "\n## With many accounts\n\nRow (e).\n\n{head}\n|---|---|---|---|---|")?;
        }
        for Sending { accounts, rate, latencies: [p50, p99], cost } in &self.sending {
            writeln!(out, "| {accounts} | {rate:.0} | {p50:.1} | {p99:.1} | {} |", number(cost.seconds, 3))?;
        }
        if let Some(Drain { messages, slices }) = &self.drain {
            writeln!(
                out,
                "\n## A queue of {messages}\n\n| part | messages a second | CPU s per 1,000 |\n|---|---|---|"
            )?;
            for (number, (rate, seconds)) in (1..).zip(slices) {
                writeln!(out, "| {number} of {} | {rate:.0} | {seconds:.3} |", slices.len())?;
            }
        }
        if !self.memory.is_empty() {
            let parts = self.memory.iter().map(|bytes| format!("{:.0}", *bytes as f64 / MEGABYTE));
            let parts = parts.collect::<Vec<_>>().join(", ");
            writeln!(out, "\n## Memory\n\nResident megabytes of the host after each twelfth of the time: {parts}.")?;
        }
        writeln!(out)
    }
}

fn number(number: Option<f64>, digits: usize) -> String {
    number.map_or_else(|| "–".to_owned(), |number| format!("{number:.digits$}"))
}
