//! The marker in front of a part: which one it is of how many, and how it goes on from the one before.

use crate::Format;

/// How a part begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With something new.
    Fresh,
    /// Inside of what the part before had to end, at the beginning of a line or of a word.
    Continued,
    /// The same, in the middle of a line of code.
    WithinLine,
}

/// From the most marks to none: the first that fits is the one that is there.
const MARKS: &[(Start, &str)] = &[(Start::WithinLine, "……"), (Start::Continued, "…"), (Start::Fresh, "")];

/// Writes the marker of a part.
pub fn write(number: usize, count: usize, start: Start, format: Format) -> String {
    format!("({number}/{count}){}{}", mark(start), separator(format))
}

/// Returns the length of a marker in bytes, while the count's number of digits is all that is known of it.
pub fn length(number: usize, digits: usize, start: Start, format: Format) -> usize {
    "(/)".len() + number.to_string().len() + digits + mark(start).len() + separator(format).len()
}

/// Reads the marker of this part, and returns how the part begins and what follows the marker.
pub fn read(part: &str, number: usize, count: usize) -> Option<(Start, &str)> {
    let rest = part.strip_prefix(&format!("({number}/{count})"))?;
    let (start, rest) = MARKS.iter().find_map(|(start, mark)| Some((*start, rest.strip_prefix(mark)?)))?;
    Some((start, rest))
}

/// Returns what stands between a marker and its part.
pub const fn separator(format: Format) -> &'static str {
    match format {
        Format::Text => "\n",
        Format::Markdown => "\n\n",
    }
}

fn mark(start: Start) -> &'static str {
    MARKS.iter().find(|(found, _)| *found == start).map_or("", |(_, mark)| mark)
}
