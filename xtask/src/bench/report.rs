//! What is printed, and what is written to docs/benchmarks.md.

use std::collections::HashMap;
use std::fmt::{self, Display, Formatter};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::floor;
use super::goal::goals;
use super::growth::{Drain, Memory, Sending, Slice, Stored};
use super::machine::Machine;
use super::measure::Measured;
use super::row::{ROWS, Row};
use super::start::Starts;

/// What stands in the document beside the numbers.
const PREFACE: &str = include_str!("preface.md");
const SAVINGS: &str = include_str!("savings.md");
const QUEUE: &str = include_str!("queue.md");
const SPIN: &str = include_str!("spin.md");

const MEGABYTE: f64 = 1_000_000.0;

/// What was measured, part by part; what was not is empty.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Report {
    /// The rows by their names: one run, so that they can be compared.
    pub rows: Option<Taken<HashMap<String, Measured>>>,
    /// The machine by itself, before the rows.
    pub machine: Option<Machine>,
    /// With much stored.
    pub stored: Option<Taken<Vec<Stored>>>,
    /// With many accounts.
    pub sending: Option<Taken<Vec<Sending>>>,
    /// A long queue.
    pub drain: Option<Taken<Drain>>,
    /// Starts and sizes.
    pub starts: Option<Taken<Starts>>,
    /// Memory over a long time.
    pub memory: Option<Taken<Memory>>,
}

/// What a part came to.
#[derive(Debug, Serialize, Deserialize)]
pub struct Taken<T> {
    /// When, on what, how: a sentence.
    how: String,
    /// The numbers.
    pub what: T,
}

impl<T> Taken<T> {
    /// What was measured in this way.
    pub fn new(how: &str, what: T) -> Self {
        Self { how: how.to_owned(), what }
    }

    fn begin(&self, out: &mut Formatter, heading: &str) -> fmt::Result {
        writeln!(out, "## {heading}\n\n{}\n", self.how)
    }
}

impl Report {
    /// Returns the rows that were measured, in their order.
    pub fn rows(&self) -> impl Iterator<Item = (&'static Row, &Measured)> {
        let measured = |row: &'static Row| Some((row, self.rows.as_ref()?.what.get(row.name)?));
        ROWS.iter().filter_map(measured)
    }

    /// Returns what the gateway's row with this letter came to.
    pub fn row(&self, letter: char) -> Option<&Measured> {
        self.rows().find(|(row, _)| row.letter == letter).map(|(_, measured)| measured)
    }

    /// Adds what a file has of the parts that were not measured, and leaves all of it there.
    pub fn kept(self, file: &Path) -> Result<Self> {
        let earlier = match fs::read(file) {
            Ok(text) => serde_json::from_slice(&text).with_context(|| format!("cannot read {}", file.display()))?,
            Err(_) => Self::default(),
        };
        let whole = Self {
            rows: self.rows.or(earlier.rows),
            machine: self.machine.or(earlier.machine),
            stored: self.stored.or(earlier.stored),
            sending: self.sending.or(earlier.sending),
            drain: self.drain.or(earlier.drain),
            starts: self.starts.or(earlier.starts),
            memory: self.memory.or(earlier.memory),
        };
        fs::write(file, serde_json::to_vec(&whole)?).with_context(|| format!("cannot write {}", file.display()))?;
        Ok(whole)
    }

    /// Writes the document.
    pub fn document(&self) -> String {
        format!("{PREFACE}\n{self}{SAVINGS}\n{SPIN}")
    }
}

impl Display for Report {
    fn fmt(&self, out: &mut Formatter) -> fmt::Result {
        self.targets(out)?;
        self.table(out)?;
        floor::write(self, out)?;
        self.stored(out)?;
        self.sending(out)?;
        self.drain(out)?;
        self.starts(out)?;
        self.memory(out)
    }
}

impl Report {
    fn targets(&self, out: &mut Formatter) -> fmt::Result {
        writeln!(out, "## Targets\n\n| what | wanted | measured | met |\n|---|---|---|---|")?;
        for goal in goals(self) {
            let measured = goal.measured.map_or_else(|| "–".to_owned(), |measured| format!("{measured:.2}"));
            let met = match (goal.met, goal.possible) {
                (None, _) => "not measured".to_owned(),
                (Some(true), _) => "yes".to_owned(),
                (Some(false), None) => "**no**".to_owned(),
                (Some(false), Some(possible)) => format!("**no**; at most {possible:.2} is possible, see below"),
            };
            writeln!(out, "| {} | {} | {measured} | {met} |", goal.what, goal.wanted)?;
        }
        writeln!(out)
    }

    fn table(&self, out: &mut Formatter) -> fmt::Result {
        let Some(rows) = &self.rows else { return Ok(()) };
        rows.begin(out, "Rows")?;
        writeln!(
            out,
            "| | row | req/s | of (a) | p50 ms | p99 ms | p99.9 ms | CPU s per 1,000 | RSS MB | host calls | fsyncs | \
             written KB | failed |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|"
        )?;
        let empty = self.row('a').map(|measured| measured.peak);
        for (row, measured) in self.rows() {
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

    fn stored(&self, out: &mut Formatter) -> fmt::Result {
        let Some(stored) = &self.stored else { return Ok(()) };
        stored.begin(out, "With much stored")?;
        let head = "| row | events and marks stored | req/s | p50 ms | p99 ms | CPU s per 1,000 |";
        writeln!(out, "{head}\n|---|---|---|---|---|---|")?;
        for Stored { letter, count, measured: Measured { peak, latencies: [p50, p99, _], cost, .. } } in &stored.what {
            let seconds = number(cost.seconds, 3);
            writeln!(out, "| {letter} | {count} | {peak:.0} | {p50:.1} | {p99:.1} | {seconds} |")?;
        }
        writeln!(out)
    }

    fn sending(&self, out: &mut Formatter) -> fmt::Result {
        let Some(sending) = &self.sending else { return Ok(()) };
        sending.begin(out, "With many accounts")?;
        let head = "| accounts | texts a second, fixed | p50 ms | p99 ms | CPU s per 1,000 |";
        writeln!(out, "Row (e).\n\n{head}\n|---|---|---|---|---|")?;
        for Sending { accounts, rate, latencies: [p50, p99], cost } in &sending.what {
            writeln!(out, "| {accounts} | {rate:.0} | {p50:.1} | {p99:.1} | {} |", number(cost.seconds, 3))?;
        }
        writeln!(out)
    }

    fn drain(&self, out: &mut Formatter) -> fmt::Result {
        let Some(drain) = &self.drain else { return Ok(()) };
        drain.begin(out, "A long queue")?;
        let Drain { messages, slices, fates } = &drain.what;
        let head = "| part | messages a second | CPU s per 1,000 | lanes worked at its end |";
        let fates = fates.iter().map(|(fate, count)| format!("{count} `{fate}`")).collect::<Vec<_>>().join(", ");
        writeln!(
            out,
            "{messages} messages to employees leave. What they come to: {fates}.\n\n{head}\n|---|---|---|---|"
        )?;
        for (number, Slice { rate, seconds, lanes }) in (1..).zip(slices) {
            writeln!(out, "| {number} of {} | {rate:.0} | {seconds:.3} | {lanes} |", slices.len())?;
        }
        writeln!(out, "\n{QUEUE}")
    }

    fn starts(&self, out: &mut Formatter) -> fmt::Result {
        let Some(starts) = &self.starts else { return Ok(()) };
        starts.begin(out, "Starts and sizes")?;
        let Starts { cold, warm, instance, sizes } = &starts.what;
        writeln!(out, "| what | ms |\n|---|---|")?;
        writeln!(out, "| process start to first answer, nothing compiled | {cold:.0} |")?;
        writeln!(out, "| process start to first answer, everything compiled | {warm:.0} |")?;
        writeln!(out, "| what a request takes longer that finds no instance | {instance:.1} |\n")?;
        writeln!(out, "| component | bytes |\n|---|---|")?;
        for (id, bytes) in sizes {
            writeln!(out, "| `{id}` | {bytes} |")?;
        }
        writeln!(out)
    }

    fn memory(&self, out: &mut Formatter) -> fmt::Result {
        let Some(memory) = &self.memory else { return Ok(()) };
        memory.begin(out, "Memory")?;
        let Memory { minutes, rate, resident } = &memory.what;
        let parts = resident.iter().map(|bytes| format!("{:.0}", *bytes as f64 / MEGABYTE));
        let parts = parts.collect::<Vec<_>>().join(", ");
        writeln!(
            out,
            "Row (b), {rate} callbacks a second for {minutes} minutes. Resident megabytes of the host after each twelfth of \
             that time: {parts}.\n"
        )
    }
}

fn number(number: Option<f64>, digits: usize) -> String {
    number.map_or_else(|| "–".to_owned(), |number| format!("{number:.digits$}"))
}
