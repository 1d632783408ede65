//! What a row cannot do without: no component on this host is faster, whatever it is written like.

use std::fmt::{self, Formatter};

use super::goal::best_peer;
use super::machine::{Machine, SHARE};
use super::report::Report;
use super::work::Work;

/// What has to be done for a row.
struct Floor {
    letter: char,
    work: Work,
    /// So many rows are written in SQLite, and which.
    rows: f64,
    which: &'static str,
    /// In so many changes, of which one follows another.
    changes: f64,
    /// So many counters are counted on in the key-value store: two, that of the company and that of the account.
    counters: f64,
    /// So many requests leave.
    calls: f64,
}

const FLOORS: [Floor; 3] = [
    Floor { letter: 'b', work: Work::Callback, rows: 1.0, which: "the event", changes: 1.0, counters: 0.0, calls: 0.0 },
    Floor {
        letter: 'd',
        work: Work::HandOn,
        rows: 4.0,
        which: "the event; its delivery, the claim of that, and its end",
        changes: 3.0,
        counters: 0.0,
        calls: 1.0,
    },
    Floor {
        letter: 'e',
        work: Work::Text,
        rows: 9.0,
        which: "the message, its recipient and what happened to it, each when it is accepted, sent and answered",
        changes: 3.0,
        counters: 2.0,
        calls: 1.0,
    },
];

/// What who does nothing else takes, in seconds.
struct Alone {
    /// An empty request.
    empty: f64,
    /// A request that is read.
    read: f64,
    /// A request whose row is committed together with all others of the moment.
    together: f64,
    /// Beside a request that is read: a commit, a count on a counter, a request to the platform.
    commit: f64,
    count: f64,
    call: f64,
    /// A row that SQLite writes by itself, of many to a commit and of one.
    shared: f64,
    alone: f64,
}

impl Alone {
    fn of(report: &Report) -> Option<Self> {
        let Machine { shared, alone, .. } = report.machine?;
        let seconds = |letter| report.row(letter).map(|measured| 1.0 / measured.peak);
        let (empty, read, together) = (seconds('a')?, seconds('l')?, seconds('n')?);
        let more = |letter| Some((seconds(letter)? - read).max(0.0));
        let (commit, count, call) = (more('j')?, more('m')?, more('k')?);
        Some(Self { empty, read, together, commit, count, call, shared, alone })
    }

    /// The highest rate of a row if one of its rows is committed by a guest with all others of the moment, the rest by
    /// SQLite alone, and all else is free.
    fn most(&self, floor: &Floor) -> f64 {
        let stored = (floor.rows - 1.0) * self.shared + floor.counters * self.count;
        1.0 / (self.together + stored + floor.calls * self.call)
    }

    /// That of a row whose changes have a commit each, made by a guest.
    fn most_apart(&self, floor: &Floor) -> f64 {
        let stored = floor.changes * self.commit + floor.counters * self.count;
        1.0 / (self.read + stored + floor.calls * self.call)
    }
}

/// The highest rate that is possible in a row of the gateway; none if that was not measured.
pub fn most(report: &Report, letter: char) -> Option<f64> {
    let floor = FLOORS.iter().find(|floor| floor.letter == letter)?;
    Some(Alone::of(report)?.most(floor))
}

/// Writes what remains of the rates if all that a row needs is done by who does nothing else, and all else is free.
pub fn write(report: &Report, out: &mut Formatter) -> fmt::Result {
    let (Some(alone), Some(machine)) = (Alone::of(report), &report.machine) else { return Ok(()) };
    let microseconds = |seconds: f64| seconds * 1e6;
    writeln!(out, "## What cannot be saved\n")?;
    writeln!(
        out,
        "An empty request takes the servers' core {:.0} µs (a). One whose component reads a callback and does nothing with \
         it takes {:.0} µs (l). One whose component asks the platform takes {:.0} µs more than that (k), one that counts on \
         a counter {:.0} µs more (m), one that commits a row with two indexes {:.0} µs more (j). One that commits such a \
         row by one statement with all others of the moment, as the gateway does, takes {:.0} µs (n). SQLite alone, without a guest \
         or a host, takes {:.0} µs for a row if {SHARE} share a commit, and {:.0} µs if each has its own.\n",
        microseconds(alone.empty),
        microseconds(alone.read),
        microseconds(alone.call),
        microseconds(alone.count),
        microseconds(alone.commit),
        microseconds(alone.together),
        microseconds(alone.shared),
        microseconds(alone.alone),
    )?;
    writeln!(
        out,
        "If the first row were written as in (n), every other one as by SQLite alone, {SHARE} to a commit, and all else were \
         free (parsing, limits, signatures, further columns and indexes, what a guest's other calls of SQLite cost), no \
         more would be possible than this. Counters stand in the key-value store, where each has a commit of its own:\n"
    )?;
    writeln!(
        out,
        "| row | rows | which | counters | requests | at most req/s | of (a) | of the best peer |\n\
         |---|---|---|---|---|---|---|---|"
    )?;
    for floor in &FLOORS {
        let Floor { letter, rows, which, counters, calls, .. } = floor;
        let shares = shares(report, floor, Some(alone.most(floor)));
        writeln!(out, "| {letter} | {rows} | {which} | {counters} | {calls} | {shares} |")?;
    }
    writeln!(
        out,
        "\nIf each change had a commit of its own, made by a guest as in (j), it would be this. Those of one moment share \
         a commit:\n"
    )?;
    writeln!(
        out,
        "| row | changes | req/s | of (a) | of the best peer | measured req/s | of (a) | of the best peer |\n\
         |---|---|---|---|---|---|---|---|"
    )?;
    for floor in &FLOORS {
        let apart = shares(report, floor, Some(alone.most_apart(floor)));
        let measured = shares(report, floor, report.row(floor.letter).map(|measured| measured.peak));
        let Floor { letter, changes, .. } = floor;
        writeln!(out, "| {letter} | {changes} | {apart} | {measured} |")?;
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
