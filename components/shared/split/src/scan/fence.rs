//! Code fences.

use super::{Boundary, Construct, Line, Rank, Scanned};
use unicode_segmentation::UnicodeSegmentation;

/// Returns how many lines the fence has that the first line opens; one that nothing closes goes to the end.
pub fn length(lines: &[Line<'_>]) -> Option<usize> {
    let opened = row(lines.first()?.text)?;
    Some(lines.iter().skip(1).position(|line| closes(line, opened)).map_or(lines.len(), |index| index + 2))
}

fn closes(line: &Line<'_>, opened: &str) -> bool {
    row(line.text).is_some_and(|row| row.starts_with(opened) && row.len() == line.text.trim().len())
}

/// Returns the row of three or more backticks or tildes that a line begins with, if it can open a fence.
pub fn row(line: &str) -> Option<&str> {
    let line = line.trim();
    let character = line.chars().next().filter(|character| matches!(character, '`' | '~'))?;
    let rest = line.trim_start_matches(character);
    let row = line.get(..line.len() - rest.len())?;
    // What follows backticks must have none, or the line is inline code.
    (row.len() >= 3 && !(character == '`' && rest.contains('`'))).then_some(row)
}

/// Finds where the fence of these lines may be cut: after each line of code, and inside of one only if it must.
pub fn scan<'a>(lines: &[Line<'a>], scanned: &mut Scanned<'a>) {
    let Some((first, rest)) = lines.split_first() else { return };
    let Some(row) = row(first.text) else { return };
    let inside = Some(scanned.add(Construct::Fence(first.text.trim(), row)));
    let (code, last) = match rest.split_last() {
        Some((last, code)) if closes(last, row) => (code, Some(last)),
        _ => (rest, None),
    };
    for (index, line) in code.iter().enumerate() {
        within(line, inside, scanned);
        // What closes the fence does not stand alone in a part.
        if last.is_none() || index + 1 < code.len() {
            scanned.boundaries.push(Boundary { at: line.until(), rank: Rank::Line, inside, within_line: false });
        }
    }
    if let Some(last) = last {
        scanned.boundaries.push(Boundary::new(last.until(), Rank::Line));
    }
}

fn within(line: &Line<'_>, inside: Option<usize>, scanned: &mut Scanned<'_>) {
    let ends = line.text.grapheme_indices(true).map(|(index, _)| index).filter(|index| *index > 0);
    let code = line.text.trim_end_matches(['\r', '\n']).len();
    scanned.boundaries.extend(ends.filter(|end| *end < code).map(|end| Boundary {
        at: line.from + end,
        rank: Rank::Forced,
        inside,
        within_line: true,
    }));
}
