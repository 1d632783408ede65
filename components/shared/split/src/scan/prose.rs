//! Everything that is neither a fence nor a table: paragraphs, headings, lists, quotes.

use super::{Boundary, Construct, Rank, Scanned, inline};
use crate::Format;
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// A font of at most so many bytes is cut only where nothing else can be.
const SHORT: usize = 30;

/// Finds where this range of the source may be cut.
pub fn scan<'a>(source: &'a str, range: Range<usize>, format: Format, scanned: &mut Scanned<'a>) {
    let text = source.get(range.clone()).unwrap_or_default();
    let inline::Found { whole, fonts } = inline::find(text, format);
    let fonts: Vec<(inline::Font, usize)> = fonts
        .into_iter()
        .map(|font| {
            let tag = text.get(font.open.clone()).unwrap_or_default();
            let index = scanned.add(Construct::Font(tag));
            (font, index)
        })
        .collect();
    let (mut whole, mut fonts) = (whole.as_slice(), fonts.as_slice());
    for at in text.grapheme_indices(true).map(|(index, _)| index).skip(1).chain([text.len()]) {
        while let [first, rest @ ..] = whole
            && first.end <= at
        {
            whole = rest;
        }
        while let [(font, _), rest @ ..] = fonts
            && font.close.end <= at
        {
            fonts = rest;
        }
        if whole.first().is_some_and(|first| first.start < at) {
            continue;
        }
        let font = fonts.first().filter(|(font, _)| font.open.end <= at && at <= font.close.start);
        let apart = font.is_none_or(|(font, _)| {
            let is_short = font.close.start - font.open.end <= SHORT;
            !is_short && at != font.open.end && at != font.close.start
        });
        let rank = if apart { rank(text, at, format) } else { Rank::Forced };
        let inside = font.map(|(_, index)| *index);
        scanned.boundaries.push(Boundary { at: range.start + at, rank, inside, within_line: false });
    }
}

fn rank(text: &str, at: usize, format: Format) -> Rank {
    let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at..).unwrap_or_default());
    let (Some(last), Some(next)) = (before.chars().next_back(), after.chars().next()) else { return Rank::Line };
    if last == '\n' {
        let is_blank = |line: Option<&str>| line.is_some_and(|line| line.trim().is_empty());
        let above = before.get(..at - 1).and_then(|lines| lines.rsplit('\n').next());
        let below = after.lines().next();
        return match (is_blank(below), is_blank(above)) {
            (true, _) => Rank::Forced,
            (false, true) => Rank::Paragraph,
            // Under a line of text it makes that line a heading; alone it would be something else.
            (false, false) if format == Format::Markdown && below.is_some_and(is_underline) => Rank::Forced,
            (false, false) => Rank::Line,
        };
    }
    if next.is_whitespace() || (format == Format::Markdown && begins_block(after)) {
        return Rank::Forced;
    }
    if last.is_whitespace() {
        let ends_sentence = before.trim_end().ends_with(ENDS_SENTENCE);
        return if ends_sentence { Rank::Sentence } else { Rank::Word };
    }
    let is_word = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.');
    match (last, next) {
        (_, next) if CLOSING.contains(&next) => Rank::Forced,
        (last, _) if ENDS_SENTENCE.contains(&last) && !last.is_ascii() => Rank::Sentence,
        (last, next) if is_word(last) && is_word(next) => Rank::Forced,
        (last, _) if CLOSING.contains(&last) => Rank::Word,
        _ => Rank::Character,
    }
}

/// What a sentence ends with: the ASCII ones only before white space.
const ENDS_SENTENCE: &[char] = &['.', '!', '?', ';', '\u{3002}', '\u{ff01}', '\u{ff1f}', '\u{ff1b}', '\u{2026}'];

/// What belongs to the character before it: stops, commas and closing brackets and quotation marks, of both widths.
const CLOSING: &[char] = &[
    '.', '!', '?', ';', ',', ':', ')', ']', '}', '\u{3001}', '\u{3002}', '\u{300b}', '\u{300d}', '\u{300f}',
    '\u{3011}', '\u{2019}', '\u{201d}', '\u{2026}', '\u{ff01}', '\u{ff09}', '\u{ff0c}', '\u{ff1a}', '\u{ff1b}',
    '\u{ff1f}',
];

/// Whether a line is nothing but dashes or equal signs.
fn is_underline(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && (line.bytes().all(|byte| byte == b'-') || line.bytes().all(|byte| byte == b'='))
}

/// Whether this would be a heading, a list, a quote, a table, a fence or a rule if it began a line.
fn begins_block(text: &str) -> bool {
    // A list's number has at most nine digits (CommonMark §5.2).
    let digits = text.bytes().take(10).take_while(u8::is_ascii_digit).count();
    text.starts_with(['#', '-', '*', '+', '>', '|', '=', '`', '~', '_', '\\'])
        || digits > 0 && text.as_bytes().get(digits).is_some_and(|byte| matches!(byte, b'.' | b')'))
}
