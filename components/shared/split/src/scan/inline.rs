//! What stands within a line and is not cut, and fonts, which may be.

use super::FONT_END;
use crate::Format;
use std::ops::Range;

/// What was found, each in order and without overlaps.
#[derive(Debug, Default)]
pub struct Found {
    /// Ranges that stay whole.
    pub whole: Vec<Range<usize>>,
    /// Fonts that are opened and closed; what is inside of one may be cut.
    pub fonts: Vec<Font>,
}

/// A font: where its two tags stand.
#[derive(Clone, Debug)]
pub struct Font {
    /// The tag that begins it.
    pub open: Range<usize>,
    /// The tag that ends it.
    pub close: Range<usize>,
}

impl Font {
    const fn range(&self) -> Range<usize> {
        self.open.start..self.close.end
    }
}

/// A user id has at most so many bytes.
const USER_ID: usize = 64;
/// Emphasis of more bytes than this is cut rather than kept whole.
const EMPHASIS: usize = 512;
/// What ends a link of WeCom's text.
const LINK_END: &str = "</a>";

/// Finds what stays whole in a text that has no fences and no tables.
pub fn find(text: &str, format: Format) -> Found {
    let mut finder = Finder {
        text,
        format,
        whole: vec![],
        brackets: vec![],
        opened: vec![],
        fonts: vec![],
        missing: vec![],
        paragraph: 0,
    };
    let mut at = 0;
    while at < text.len() {
        at = finder.step(at);
    }
    finder.finish()
}

struct Finder<'a> {
    text: &'a str,
    format: Format,
    whole: Vec<Range<usize>>,
    /// Square brackets that are open.
    brackets: Vec<usize>,
    /// Fonts that are open.
    opened: Vec<Range<usize>>,
    fonts: Vec<Font>,
    /// What was looked for in vain, and from where on it is worth another look: without it, a text of nothing but
    /// beginnings would take the square of its length.
    missing: Vec<(&'a str, usize)>,
    /// Where the paragraph ends that was looked at last.
    paragraph: usize,
}

impl<'a> Finder<'a> {
    /// Looks at what begins here, and returns where to look next.
    fn step(&mut self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        let Some(first) = rest.chars().next() else { return self.text.len() };
        let markdown = self.format == Format::Markdown;
        let end = match first {
            '<' => self.tag(at, rest),
            '@' => Some(at + mention(rest)),
            'h' | 'H' => address(rest).map(|length| at + length),
            '\\' if markdown => rest.chars().nth(1).map(|escaped| at + 1 + escaped.len_utf8()),
            '`' if markdown => self.code(at, rest),
            '*' | '~' if markdown => emphasis(rest).map(|length| at + length),
            '[' if markdown => {
                self.brackets.push(at);
                None
            }
            ']' if markdown => self.link(at, rest),
            '\n' if rest.get(1..).is_some_and(|next| next.starts_with('\n')) => {
                self.brackets.clear();
                None
            }
            _ => None,
        };
        match end {
            Some(end) => {
                self.whole.push(at..end);
                // Emphasis may hold links and fonts, which are looked for inside.
                if matches!(first, '*' | '~') { at + 2 } else { end }
            }
            None => at + first.len_utf8(),
        }
    }

    /// A tag, a mention `<@userid>`, an address `<https://…>`; a link of WeCom's text with all that it holds.
    fn tag(&mut self, at: usize, rest: &'a str) -> Option<usize> {
        let begins = |character: char| matches!(character, '@' | '/') || character.is_ascii_alphabetic();
        if !rest.chars().nth(1).is_some_and(begins) {
            return None;
        }
        let length = rest
            .get(1..)?
            .find(['<', '>', '\n'])
            .filter(|end| rest.get(end + 1..).is_some_and(|end| end.starts_with('>')))?
            + 2;
        let tag = rest.get(..length)?;
        let end = at + length;
        if tag.starts_with("<a ")
            && let Some(close) = self.look_for(LINK_END, end, self.text.len())
        {
            return Some(close + LINK_END.len());
        }
        if self.format == Format::Markdown && tag.starts_with("<font ") {
            self.opened.push(at..end);
        } else if tag == FONT_END
            && let Some(open) = self.opened.pop()
        {
            self.fonts.push(Font { open, close: at..end });
        }
        Some(end)
    }

    /// Inline code: from a row of backticks to the next one that is as long, in the same paragraph.
    fn code(&mut self, at: usize, rest: &'a str) -> Option<usize> {
        let row = rest.get(..rest.len() - rest.trim_start_matches('`').len())?;
        let end = at + row.len();
        if self.paragraph <= at {
            self.paragraph = rest.find("\n\n").map_or(self.text.len(), |length| at + length);
        }
        let paragraph = self.paragraph;
        if self.is_missing(row, at) {
            return Some(end);
        }
        let mut from = end;
        while let Some(found) = self.text.get(from..paragraph).and_then(|rest| rest.find('`')) {
            let found = from + found;
            let rest = self.text.get(found..paragraph).unwrap_or_default();
            let length = rest.len() - rest.trim_start_matches('`').len();
            if length == row.len() {
                return Some(found + length);
            }
            from = found + length;
        }
        self.missing.push((row, paragraph));
        // A row that closes nothing is kept whole all the same.
        Some(end)
    }

    /// A link or a picture `[text](address)` whose text ends here, with the brackets around it.
    fn link(&mut self, at: usize, rest: &'a str) -> Option<usize> {
        let open = self.brackets.pop()?;
        if !rest.starts_with("](") || self.is_missing("](", at) {
            return None;
        }
        let mut depth = 0_usize;
        let mut length = 0;
        for (index, byte) in rest.bytes().enumerate().take_while(|(_, byte)| *byte != b'\n') {
            match byte {
                b'(' => depth += 1,
                b')' if depth == 1 => {
                    let picture = open > 0 && self.text.as_bytes().get(open - 1) == Some(&b'!');
                    self.whole.push(open - usize::from(picture)..at + index + 1);
                    return Some(at + index + 1);
                }
                b')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            length = index;
        }
        self.missing.push(("](", at + length + 1));
        None
    }

    /// Finds a text between two places.
    fn look_for(&mut self, what: &'static str, from: usize, until: usize) -> Option<usize> {
        if self.is_missing(what, from) {
            return None;
        }
        let found = self.text.get(from..until).and_then(|rest| rest.find(what)).map(|index| from + index);
        if found.is_none() {
            self.missing.push((what, until));
        }
        found
    }

    fn is_missing(&mut self, what: &str, at: usize) -> bool {
        self.missing.retain(|(_, until)| at < *until);
        self.missing.iter().any(|(missing, _)| *missing == what)
    }

    fn finish(self) -> Found {
        let Self { mut whole, mut fonts, .. } = self;
        fonts.sort_by_key(|font| font.open.start);
        let mut outer: Vec<Font> = Vec::new();
        for font in fonts {
            match outer.last() {
                // WeCom knows no font within a font.
                Some(last) if font.open.start < last.close.end => whole.push(font.range()),
                _ => outer.push(font),
            }
        }
        // What begins outside of a font and ends inside of one, or holds one, makes it whole.
        let whole = merged(whole);
        let crosses = |font: &Font, range: &Range<usize>| {
            let within = font.open.end <= range.start && range.end <= font.close.start;
            let apart = range.end <= font.open.start || font.close.end <= range.start;
            let tag = *range == font.open || *range == font.close;
            !(within || apart || tag)
        };
        let mut fixed = Vec::new();
        let mut ahead = whole.as_slice();
        outer.retain(|font| {
            while let [first, rest @ ..] = ahead
                && first.end <= font.open.start
            {
                ahead = rest;
            }
            let crossed =
                ahead.iter().take_while(|range| range.start < font.close.end).any(|range| crosses(font, range));
            if crossed {
                fixed.push(font.range());
            }
            !crossed
        });
        fixed.extend(whole);
        Found { whole: merged(fixed), fonts: outer }
    }
}

/// Sorts ranges, and makes one of those that overlap.
fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| range.start);
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// Returns the length of `@` and the name behind it.
fn mention(rest: &str) -> usize {
    let is_name = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-' | '.');
    let name = rest.chars().skip(1).take_while(|character| is_name(*character));
    name.map(char::len_utf8)
        .scan(1, |sum, length| {
            *sum += length;
            (*sum <= 1 + USER_ID).then_some(*sum)
        })
        .last()
        .unwrap_or(1)
}

/// Returns the length of the address that begins here.
fn address(rest: &str) -> Option<usize> {
    let schemes = ["https://", "http://"];
    let has = |scheme: &&str| rest.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    schemes.iter().find(|scheme| has(scheme))?;
    let is_address = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b'"' | b'`');
    Some(rest.bytes().take_while(|byte| is_address(byte)).count())
}

/// Returns the length of the emphasis that begins here and ends on the same line.
fn emphasis(rest: &str) -> Option<usize> {
    let mark = ["**", "~~"].into_iter().find(|mark| rest.starts_with(mark))?;
    let near = rest.len().min(EMPHASIS);
    let near = (0..=near).rev().find_map(|end| rest.get(2..end))?;
    let line = near.split('\n').next()?;
    line.find(mark).filter(|length| *length > 0).map(|length| length + 4)
}
