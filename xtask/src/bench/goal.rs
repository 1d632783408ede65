//! The targets, and what was measured of each.

use super::floor::most;
use super::report::Report;
use super::subject::Kind;
use super::work::Work;

/// The largest that a component may be, in bytes.
const SIZE: u64 = 700_000;

/// A target.
#[derive(Debug, PartialEq)]
pub struct Goal {
    /// What it is about.
    pub what: String,
    /// What is wanted, in words.
    pub wanted: String,
    /// What was measured; none if it was not.
    pub measured: Option<f64>,
    /// Whether that is enough; none if it was not measured.
    pub met: Option<bool>,
    /// What is possible at most, by what cannot be saved; none if that is not known.
    pub possible: Option<f64>,
}

/// What is wanted of a number.
#[derive(Clone, Copy)]
enum Wanted {
    AtLeast(f64),
    AtMost(f64, &'static str),
}

/// Compares a report with the targets.
pub fn goals(report: &Report) -> Vec<Goal> {
    use Wanted::{AtLeast, AtMost};
    let mut goals = Vec::new();
    let mut goal = |what: String, wanted: Wanted, measured: Option<f64>, possible: Option<f64>| {
        let (words, met) = match wanted {
            AtLeast(least) => (format!("≥ {least}"), measured.map(|measured| measured >= least)),
            AtMost(most, unit) => (format!("≤ {most} {unit}"), measured.map(|measured| measured <= most)),
        };
        goals.push(Goal { what, wanted: words, measured, met, possible });
    };
    let peak = |letter| report.row(letter).map(|measured| measured.peak);
    let ratio = |of: Option<f64>, to: Option<f64>| of.zip(to).map(|(of, to)| of / to);
    for (letter, least) in [('b', 0.5), ('d', 0.25), ('e', 0.25)] {
        goal(
            format!("({letter}) against (a)"),
            AtLeast(least),
            ratio(peak(letter), peak('a')),
            ratio(most(report, letter), peak('a')),
        );
    }
    for (letter, work) in [('b', Work::Callback), ('d', Work::HandOn), ('e', Work::Text)] {
        let best = best_peer(report, work);
        goal(
            format!("({letter}) against the best peer"),
            AtLeast(1.0),
            ratio(peak(letter), best),
            ratio(most(report, letter), best),
        );
    }
    let tail = report.row('b').map(|measured| {
        let [_, tail, _] = measured.latencies;
        tail
    });
    goal("p99 of (b) at half its own peak".to_owned(), AtMost(5.0, "ms"), tail, None);
    let stored = report.stored.as_ref().map_or(&[][..], |stored| &stored.what);
    let highest = stored.iter().map(|stored| stored.count).max().filter(|count| *count > 0);
    for letter in ['b', 'd'] {
        let with = |count| {
            let found = stored.iter().find(|stored| stored.letter == letter && stored.count == count);
            found.map(|stored| stored.measured.peak)
        };
        let what = highest.map_or_else(|| "much".to_owned(), |count| count.to_string());
        goal(
            format!("({letter}) with {what} stored against 0"),
            AtLeast(0.9),
            ratio(highest.and_then(with), with(0)),
            None,
        );
    }
    let starts = report.starts.as_ref().map(|starts| &starts.what);
    goal("start to first answer, cache warm".to_owned(), AtMost(300.0, "ms"), starts.map(|starts| starts.warm), None);
    for (id, bytes) in starts.map_or(&[][..], |starts| &starts.sizes) {
        let size = Some(*bytes as f64 / 1_000.0);
        goal(format!("component `{id}`"), AtMost(SIZE as f64 / 1_000.0, "KB"), size, None);
    }
    goals
}

/// Returns the highest peak that a peer has at this work.
pub fn best_peer(report: &Report, work: Work) -> Option<f64> {
    let peers = report.rows().filter(|(row, _)| row.work == work && matches!(row.kind, Kind::Peer(..)));
    let peaks = peers.map(|(_, measured)| measured.peak);
    peaks.max_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::measure::Measured;
    use crate::bench::report::Taken;
    use crate::bench::row::ROWS;

    fn met(peaks: &[(usize, f64)], what: &str) -> Option<bool> {
        let measured = |peak| Measured { peak, ..Measured::default() };
        let rows = peaks.iter().map(|(row, peak)| (ROWS[*row].name.to_owned(), measured(*peak)));
        let report = Report { rows: Some(Taken::new("", rows.collect())), ..Report::default() };
        goals(&report).into_iter().find(|goal| goal.what == what).unwrap().met
    }

    #[test]
    fn a_ratio_is_compared_with_what_is_wanted() {
        assert_eq!(met(&[(0, 1_000.0), (1, 500.0)], "(b) against (a)"), Some(true));
        assert_eq!(met(&[(0, 1_000.0), (1, 499.0)], "(b) against (a)"), Some(false));
        assert_eq!(met(&[(1, 500.0)], "(b) against (a)"), None);
    }

    #[test]
    fn the_best_peer_counts() {
        // Rows 7 to 10 are (b) by the peers.
        assert_eq!(met(&[(1, 500.0), (7, 400.0), (9, 100.0)], "(b) against the best peer"), Some(true));
        assert_eq!(met(&[(1, 500.0), (7, 400.0), (8, 600.0)], "(b) against the best peer"), Some(false));
    }
}
