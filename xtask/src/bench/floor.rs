//! What a row cannot do without: no component on this host is faster, whatever it is written like.

use std::fmt::{self, Formatter};

use super::goal::best_peer;
use super::machine::SHARE;
use super::report::Report;
use super::work::Work;

/// What has to be done for a row.
struct Floor {
    letter: char,
    work: Work,
    /// So many rows are committed, and which.
    rows: f64,
    which: &'static str,
    /// So many requests leave.
    calls: f64,
}

const FLOORS: [Floor; 3] = [
    Floor { letter: 'b', work: Work::Callback, rows: 1.0, which: "the event", calls: 0.0 },
    Floor {
        letter: 'd',
        work: Work::HandOn,
        rows: 3.0,
        which: "the event, the claim of its delivery, and its end",
        calls: 1.0,
    },
    Floor {
        letter: 'e',
        work: Work::Text,
        rows: 5.0,
        which: "the message, its mark and its end, and two counters",
        calls: 1.0,
    },
];

/// Writes what remains of the rates if all that a row needs is done by who does nothing else, and all else is free.
pub fn write(report: &Report, out: &mut Formatter) -> fmt::Result {
    let Some(machine) = &report.machine else { return Ok(()) };
    let peak = |letter| report.row(letter).map(|measured| measured.peak);
    let (Some(empty), Some(commits), Some(calls), Some(read)) = (peak('a'), peak('j'), peak('k'), peak('l')) else {
        return Ok(());
    };
    let microseconds = |seconds: f64| seconds * 1e6;
    let (commit, call) = ((1.0 / commits - 1.0 / empty).max(0.0), (1.0 / calls - 1.0 / read).max(0.0));
    writeln!(out, "## What cannot be saved\n")?;
    writeln!(
        out,
        "An empty request takes the servers' core {:.0} µs (a). One whose component reads a callback and does nothing with \
         it takes {:.0} µs (l), and one whose component asks the platform {:.0} µs more than that (k). SQLite alone, without \
         a guest or a host, takes {:.0} µs for a row with two indexes if {SHARE} share a commit, and {:.0} µs if each has \
         its own; where a guest commits it, it is {:.0} µs more than an empty request (j).\n",
        microseconds(1.0 / empty),
        microseconds(1.0 / read),
        microseconds(call),
        microseconds(machine.shared),
        microseconds(machine.alone),
        microseconds(commit),
    )?;
    writeln!(
        out,
        "If every row were committed as by SQLite alone, {SHARE} at a time, and all else were free (parsing, limits, \
         signatures, the journal's further columns, what a guest's calls cost), no more would be possible than this:\n"
    )?;
    writeln!(
        out,
        "| row | rows | which | requests | at most req/s | of (a) | of the best peer |\n|---|---|---|---|---|---|---|"
    )?;
    for floor in &FLOORS {
        let most = 1.0 / (1.0 / read + floor.rows * machine.shared + floor.calls * call);
        let Floor { letter, rows, which, calls, .. } = floor;
        writeln!(out, "| {letter} | {rows} | {which} | {calls} | {} |", shares(report, floor, Some(most)))?;
    }
    writeln!(
        out,
        "\nIf each row had a commit of its own, made by a guest as in (j), it would be this. Callbacks of one moment share a \
         commit, and so do their deliveries; what a text commits follows one upon the other, and a part of it in the \
         key-value store:\n"
    )?;
    writeln!(
        out,
        "| row | req/s | of (a) | of the best peer | measured req/s | of (a) | of the best peer |\n|---|---|---|---|---|---|---|"
    )?;
    for floor in &FLOORS {
        let alone = 1.0 / (1.0 / read + floor.rows * commit + floor.calls * call);
        let measured = shares(report, floor, peak(floor.letter));
        writeln!(out, "| {} | {} | {measured} |", floor.letter, shares(report, floor, Some(alone)))?;
    }
    let [high, higher, highest] = machine.pace;
    writeln!(
        out,
        "\nLatencies hold what the machine itself does: by itself, on the servers' core, a piece of arithmetic takes {high:.2} \
         times its median at the 90th percentile, {higher:.2} times at the 99th and {highest:.2} times at the 99.9th.\n"
    )
}

/// A rate, and its shares of the rates of an empty component and of the best peer.
fn shares(report: &Report, floor: &Floor, rate: Option<f64>) -> String {
    let empty = report.row('a').map(|measured| measured.peak);
    let share = |of: Option<f64>| rate.zip(of).map_or_else(|| "–".to_owned(), |(rate, of)| format!("{:.2}", rate / of));
    let told = rate.map_or_else(|| "–".to_owned(), |rate| format!("{rate:.0}"));
    format!("{told} | {} | {}", share(empty), share(best_peer(report, floor.work)))
}
