//! The log: one line of JSON per entry on standard error, which Spin writes to the component's log.
//!
//! Values are escaped, so that nothing a caller sends can forge an entry. No secret is ever a value.

use std::fmt::Write as _;

/// How much an entry matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Worth knowing.
    Info,
    /// Something did not go as it should, and was handled.
    Warn,
    /// The operator has to act.
    Error,
}

/// Writes one entry: what happened, and the fields that say to whom.
pub fn write(level: Level, event: &str, fields: &[(&str, &str)]) {
    eprintln!("{}", entry(crate::clock::now(), level, event, fields));
}

fn entry(now: u64, level: Level, event: &str, fields: &[(&str, &str)]) -> String {
    let level = match level {
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    };
    let mut line = format!(r#"{{"time":"{}","level":"{level}","event":"#, crate::clock::rfc3339(now));
    push_text(&mut line, event);
    for (name, value) in fields {
        line.push(',');
        push_text(&mut line, name);
        line.push(':');
        push_text(&mut line, value);
    }
    line.push('}');
    line
}

/// Writes a text; what ends a line somewhere, moves a terminal or turns the direction of reading is escaped.
fn push_text(line: &mut String, text: &str) {
    line.push('"');
    for character in text.chars() {
        match character {
            '"' => line.push_str("\\\""),
            '\\' => line.push_str("\\\\"),
            c if c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}') => {
                // Writing to a string cannot fail.
                let _ = write!(line, "\\u{:04x}", u32::from(c));
            }
            c => line.push(c),
        }
    }
    line.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_forge_an_entry() {
        let line = entry(0, Level::Warn, "refused", &[("path", "/a\"}\n{\"level\":\"info\"")]);
        assert_eq!(
            line,
            r#"{"time":"1970-01-01T00:00:00.000Z","level":"warn","event":"refused","path":"/a\"}\u000a{\"level\":\"info\""}"#
        );
        let odd = entry(0, Level::Info, "\u{1b}[2J\u{85}\u{2028}\u{202e}\u{2066}\u{7f}", &[]);
        assert!(odd.ends_with(r#""\u001b[2J\u0085\u2028\u202e\u2066\u007f"}"#), "{odd}");
    }
}
