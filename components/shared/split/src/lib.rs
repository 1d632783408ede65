//! Splits text and markdown into parts of a limited size, each of them valid on its own.
//!
//! A part is `marker opening body closing`:
//!
//! - The marker is `(2/3)` and an end of line; in markdown a blank line, so that what follows begins a block of its own.
//!   `(2/3)…` says that the part goes on with a code fence, a font or a table that the part before had to end, and
//!   `(2/3)……` that it does so in the middle of a line of code.
//! - The opening begins what was ended again: the fence's first line, the font's tag, the table's header and delimiter
//!   rows. The closing ends what goes on: the fence's last line, `</font>`; a table needs none.
//! - The bodies are the source, without a byte added or lost.
//!
//! Never cut: a grapheme cluster, a link, an address, a tag, a mention, inline code, a row of a table, a fence's line.

mod fill;
mod join;
mod marker;
mod scan;

pub use join::join;

use std::fmt;

/// How a text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Plain text with addresses, mentions and `<a href="…">…</a>`.
    Text,
    /// Markdown, with WeCom's `<font color="…">…</font>` and `<@userid>`.
    Markdown,
}

/// Why a text cannot be split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsplittable {
    /// Where, in bytes, the piece begins that must not be cut and does not fit into a part.
    pub at: usize,
    /// How many bytes of a part are left for it.
    pub room: usize,
}

impl fmt::Display for Unsplittable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the piece at byte {} must not be cut and is longer than {} bytes", self.at, self.room)
    }
}

impl std::error::Error for Unsplittable {}

/// Splits a text into parts of at most `limit` bytes. A text that fits is its only part, as it is.
pub fn split(source: &str, format: Format, limit: usize) -> Result<Vec<String>, Unsplittable> {
    if source.len() <= limit {
        return Ok(vec![source.to_owned()]);
    }
    let scanned = scan::scan(source, format);
    // The number of parts stands in each of them: it is tried with one digit, then with two, until it fits.
    let mut digits = 1;
    loop {
        let parts = fill::fill(source, format, &scanned, limit, digits)?;
        let needed = parts.len().to_string().len();
        if needed <= digits {
            return Ok(fill::write(source, format, &scanned, &parts));
        }
        digits = needed;
    }
}

#[cfg(test)]
mod tests;
