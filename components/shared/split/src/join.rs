//! The way back, from the parts alone.

use crate::{
    Format,
    marker::{self, Start},
    scan::{FONT_END, fence},
};

/// Gives the source back that was split into these parts; none if they are not all the parts of one, in their order.
///
/// What the markers say went on is undone: the closing of the part before, and the opening of the part itself.
pub fn join(parts: &[impl AsRef<str>], format: Format) -> Option<String> {
    if let [only] = parts {
        return Some(only.as_ref().to_owned());
    }
    let mut source = String::new();
    for (index, part) in parts.iter().enumerate() {
        let (start, rest) = marker::read(part.as_ref(), index + 1, parts.len())?;
        let body = rest.strip_prefix(marker::separator(format))?;
        let body = if start == Start::Fresh { body } else { continued(&mut source, start, body)? };
        source.push_str(body);
    }
    Some(source)
}

/// Takes the closing off what is there, and returns the part without its opening. What a part ends with tells what went
/// on: a row of a table ends with its line, a font with its tag, and a fence with its row.
fn continued<'a>(source: &mut String, start: Start, part: &'a str) -> Option<&'a str> {
    if source.ends_with('\n') {
        let (_, rows) = part.split_once('\n')?;
        return Some(rows.split_once('\n')?.1);
    }
    if let Some(length) = source.strip_suffix(FONT_END).map(str::len) {
        source.truncate(length);
        return Some(part.split_once('>')?.1);
    }
    let (opening, body) = part.split_once('\n')?;
    let closing = source.strip_suffix(fence::row(opening)?)?;
    let closing = if start == Start::WithinLine { closing.strip_suffix('\n')? } else { closing };
    let length = closing.len();
    source.truncate(length);
    Some(body)
}
