//! Where a text may be cut, how well, and inside of what.

pub mod fence;
mod inline;
mod prose;
mod table;

use crate::Format;

/// How good a place for a cut is, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// Only if there is no other: inside of a word or of a line of code, or before what would mean something else at the
    /// beginning of a line.
    Forced,
    /// Between two characters.
    Character,
    /// Between two words.
    Word,
    /// Between two sentences.
    Sentence,
    /// Between two lines.
    Line,
    /// Between two paragraphs.
    Paragraph,
}

/// A place where a text may be cut.
#[derive(Clone, Copy, Debug)]
pub struct Boundary {
    /// Where, in bytes.
    pub at: usize,
    /// How good it is.
    pub rank: Rank,
    /// The construct that a cut here has to end and begin again.
    pub inside: Option<usize>,
    /// Whether that is in the middle of a line of code.
    pub within_line: bool,
}

impl Boundary {
    /// A boundary outside of any construct.
    const fn new(at: usize, rank: Rank) -> Self {
        Self { at, rank, inside: None, within_line: false }
    }
}

/// What can go on from one part to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Construct<'a> {
    /// A code fence: its first line without indentation and end, and its row of backticks or tildes.
    Fence(&'a str, &'a str),
    /// A font: its tag.
    Font(&'a str),
    /// A table: its header and delimiter rows, each with its end of line.
    Table(&'a str),
}

/// What ends a font.
pub const FONT_END: &str = "</font>";

impl Construct<'_> {
    /// Returns what begins it again.
    pub fn opening(&self) -> String {
        match self {
            Self::Fence(line, _) => format!("{line}\n"),
            Self::Font(tag) => (*tag).to_owned(),
            Self::Table(rows) => (*rows).to_owned(),
        }
    }

    /// Returns the length of the opening in bytes.
    pub const fn opening_length(&self) -> usize {
        match self {
            Self::Fence(line, _) => line.len() + 1,
            Self::Font(text) | Self::Table(text) => text.len(),
        }
    }

    /// Returns what ends it at a boundary.
    pub fn closing(&self, boundary: &Boundary) -> String {
        match self {
            Self::Fence(_, row) if boundary.within_line => format!("\n{row}"),
            Self::Fence(_, row) => (*row).to_owned(),
            Self::Font(_) => FONT_END.to_owned(),
            Self::Table(_) => String::new(),
        }
    }

    /// Returns the length of the closing in bytes.
    pub fn closing_length(&self, boundary: &Boundary) -> usize {
        match self {
            Self::Fence(_, row) => row.len() + usize::from(boundary.within_line),
            Self::Font(_) => FONT_END.len(),
            Self::Table(_) => 0,
        }
    }
}

/// The boundaries of a text, in order; the last one is its end.
#[derive(Debug, Default)]
pub struct Scanned<'a> {
    /// Where it may be cut.
    pub boundaries: Vec<Boundary>,
    constructs: Vec<Construct<'a>>,
}

impl<'a> Scanned<'a> {
    /// Returns a construct.
    pub fn construct(&self, index: Option<usize>) -> Option<&Construct<'a>> {
        self.constructs.get(index?)
    }

    fn add(&mut self, construct: Construct<'a>) -> usize {
        self.constructs.push(construct);
        self.constructs.len() - 1
    }
}

/// Finds where a text may be cut.
pub fn scan(source: &str, format: Format) -> Scanned<'_> {
    let mut scanned = Scanned::default();
    let lines: Vec<Line<'_>> = lines(source).collect();
    let mut ahead = lines.as_slice();
    while let Some(first) = ahead.first() {
        let taken = match block(ahead, format) {
            Some(Block::Fence(length)) => {
                fence::scan(ahead.get(..length).unwrap_or_default(), &mut scanned);
                length
            }
            Some(Block::Table(length)) => {
                table::scan(source, ahead.get(..length).unwrap_or_default(), &mut scanned);
                length
            }
            None => {
                let length = (1..ahead.len())
                    .find(|index| block(ahead.get(*index..).unwrap_or_default(), format).is_some())
                    .unwrap_or(ahead.len());
                let end = ahead.get(length - 1).map_or(first.from, Line::until);
                prose::scan(source, first.from..end, format, &mut scanned);
                length
            }
        };
        ahead = ahead.get(taken..).unwrap_or_default();
    }
    // Whatever the text leaves open stays open: its end belongs to no other part.
    scanned.boundaries.retain(|boundary| boundary.at < source.len());
    scanned.boundaries.push(Boundary::new(source.len(), Rank::Paragraph));
    scanned
}

/// What lines begin with, and how many lines it has.
enum Block {
    Fence(usize),
    Table(usize),
}

fn block(ahead: &[Line<'_>], format: Format) -> Option<Block> {
    if format == Format::Text {
        return None;
    }
    fence::length(ahead).map(Block::Fence).or_else(|| table::length(ahead).map(Block::Table))
}

/// A line, with its end.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    from: usize,
    text: &'a str,
}

impl Line<'_> {
    const fn until(&self) -> usize {
        self.from + self.text.len()
    }
}

fn lines(source: &str) -> impl Iterator<Item = Line<'_>> {
    source.split_inclusive('\n').scan(0, |from, text| {
        let line = Line { from: *from, text };
        *from += text.len();
        Some(line)
    })
}
