//! Tables of markdown: a header row, a delimiter row, and rows.

use super::{Boundary, Construct, Line, Rank, Scanned, fence};

/// Returns how many lines the table has that begins with the first line.
pub fn length(lines: &[Line<'_>]) -> Option<usize> {
    let [header, delimiter, ..] = lines else { return None };
    let begins = header.text.contains('|')
        && is_delimiter(delimiter.text)
        && cells(header.text) == cells(delimiter.text)
        && delimiter.text.ends_with('\n');
    let is_row = |line: &&Line<'_>| line.text.contains('|') && fence::row(line.text).is_none();
    begins.then(|| 2 + lines.iter().skip(2).take_while(is_row).count())
}

/// Finds where a table may be cut: between two rows.
pub fn scan<'a>(source: &'a str, lines: &[Line<'a>], scanned: &mut Scanned<'a>) {
    let [header, delimiter, rows @ ..] = lines else { return };
    let head = source.get(header.from..delimiter.until()).unwrap_or_default();
    let inside = Some(scanned.add(Construct::Table(head)));
    let last = rows.len().saturating_sub(1);
    for (index, row) in rows.iter().enumerate() {
        let inside = inside.filter(|_| index < last);
        scanned.boundaries.push(Boundary { at: row.until(), rank: Rank::Line, inside, within_line: false });
    }
    if rows.is_empty() {
        scanned.boundaries.push(Boundary::new(delimiter.until(), Rank::Line));
    }
}

fn is_delimiter(line: &str) -> bool {
    let is_cell = |cell: &str| {
        let dashes = cell.trim().trim_start_matches(':').trim_end_matches(':');
        !dashes.is_empty() && dashes.bytes().all(|byte| byte == b'-')
    };
    line.contains('|') && inner(line).split('|').all(is_cell)
}

fn cells(line: &str) -> usize {
    let inner = inner(line);
    inner.matches('|').count() - inner.matches("\\|").count() + 1
}

/// A row without the pipes at its ends.
fn inner(line: &str) -> &str {
    let line = line.trim();
    let line = line.strip_prefix('|').unwrap_or(line);
    line.strip_suffix('|').unwrap_or(line)
}
