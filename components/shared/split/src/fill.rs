//! From boundaries to parts: as few as fit, cut where it disturbs least.

use crate::{
    Format, Unsplittable,
    marker::{self, Start},
    scan::{Boundary, Construct, Rank, Scanned},
};

/// A part of the source.
pub struct Part {
    /// Where its body begins.
    from: usize,
    /// Where it ends.
    until: Boundary,
    /// How it begins.
    start: Start,
    /// The construct that is opened again at its beginning.
    opened: Option<usize>,
}

/// Fills part after part, for a count of parts with so many digits.
pub fn fill(
    source: &str,
    format: Format,
    scanned: &Scanned<'_>,
    limit: usize,
    digits: usize,
) -> Result<Vec<Part>, Unsplittable> {
    let mut parts: Vec<Part> = Vec::new();
    let (mut from, mut opened, mut start) = (0, None, Start::Fresh);
    let mut ahead = scanned.boundaries.as_slice();
    while from < source.len() {
        let head = marker::length(parts.len() + 1, digits, start, format);
        let opening = scanned.construct(opened).map_or(0, Construct::opening_length);
        let room = limit.saturating_sub(head + opening);
        let Some((index, until)) = best(ahead, scanned, from, room) else {
            return Err(Unsplittable { at: from, room });
        };
        parts.push(Part { from, until, start, opened });
        ahead = ahead.get(index + 1..).unwrap_or_default();
        (from, opened) = (until.at, until.inside);
        start = match until {
            Boundary { inside: None, .. } => Start::Fresh,
            Boundary { within_line: false, .. } => Start::Continued,
            Boundary { within_line: true, .. } => Start::WithinLine,
        };
    }
    Ok(parts)
}

/// Finds where a part that begins at `from` and has so much room ends best: at the highest rank within its last third,
/// else as late as can be without forcing it, else as late as can be.
fn best(ahead: &[Boundary], scanned: &Scanned<'_>, from: usize, room: usize) -> Option<(usize, Boundary)> {
    let fits = |boundary: &Boundary| {
        let closing = scanned.construct(boundary.inside).map_or(0, |construct| construct.closing_length(boundary));
        boundary.at - from + closing <= room
    };
    let within = ahead.iter().enumerate().take_while(|(_, boundary)| boundary.at - from <= room);
    let candidates = within.filter(|(_, boundary)| fits(boundary)).map(|(index, boundary)| (index, *boundary));
    candidates.max_by_key(|(_, boundary)| {
        let late = boundary.rank != Rank::Forced && (boundary.at - from) * 3 >= room * 2;
        let rank = if late { boundary.rank } else { Rank::Forced };
        (rank, boundary.rank != Rank::Forced, boundary.at)
    })
}

/// Writes the parts.
pub fn write(source: &str, format: Format, scanned: &Scanned<'_>, parts: &[Part]) -> Vec<String> {
    let written = parts.iter().enumerate().map(|(index, part)| {
        let mut text = marker::write(index + 1, parts.len(), part.start, format);
        if let Some(construct) = scanned.construct(part.opened) {
            text.push_str(&construct.opening());
        }
        text.push_str(source.get(part.from..part.until.at).unwrap_or_default());
        if let Some(construct) = scanned.construct(part.until.inside) {
            text.push_str(&construct.closing(&part.until));
        }
        text
    });
    written.collect()
}
