//! A multipart form (RFC 7578), read as it streams past: whether it has a file, and what the file is.

use super::recording::Recording;
use contract::quntool::files::Uploaded;

/// The longest head of a part that is read, in bytes, with its end.
const HEAD: usize = 16 * 1024;
/// What ends a head.
const HEAD_END: &[u8] = b"\r\n\r\n";
/// The name of the part with the file (seed 001:2036); the platform's names are case-insensitive.
const FILE: &str = "file";

/// How far a form has been read.
pub struct Form {
    /// What ends a part: a line break and the boundary.
    delimiter: Vec<u8>,
    /// What came and is not understood yet: never much longer than a delimiter or a head.
    held: Vec<u8>,
    place: Place,
    file: Option<File>,
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// In the content of a part, or in what stands before the first one.
    Content,
    /// In the content of the file.
    File,
    /// In the head of a part.
    Head,
    /// Behind the file, or where nothing can be understood any more.
    End,
}

#[derive(Default)]
struct File {
    bytes: u64,
    recording: Recording,
    whole: bool,
}

impl Form {
    /// A form of this media type (`multipart/form-data; boundary=…`); none if it names no boundary.
    pub fn new(media_type: &str) -> Option<Self> {
        let boundary = parameter(media_type, "boundary").filter(|boundary| !boundary.is_empty())?;
        // The first boundary may stand at the very beginning, without a line break.
        let held = b"\r\n".to_vec();
        Some(Self { delimiter: format!("\r\n--{boundary}").into_bytes(), held, place: Place::Content, file: None })
    }

    /// Reads on.
    pub fn read(&mut self, bytes: &[u8]) {
        let mut held = std::mem::take(&mut self.held);
        held.extend_from_slice(bytes);
        let mut rest = held.as_slice();
        while let Some(next) = self.step(rest) {
            rest = next;
        }
        if self.place != Place::End {
            self.held = self.taken(rest).to_vec();
        }
    }

    /// Whether there is a file.
    pub const fn has_file(&self) -> bool {
        self.file.is_some()
    }

    /// Whether there is nothing more to be learnt.
    pub fn is_over(&self) -> bool {
        self.place == Place::End
    }

    /// Returns what the file is, once all of it came.
    pub fn uploaded(&self) -> Option<Uploaded> {
        let file = self.file.as_ref().filter(|file| file.whole)?;
        Some(Uploaded { bytes: file.bytes, milliseconds: file.recording.milliseconds(file.bytes) })
    }

    /// Reads to the end of a head or of a content, and returns what stands behind it; none if that did not come yet.
    fn step<'a>(&mut self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        match self.place {
            Place::End => None,
            Place::Content | Place::File => {
                let (content, behind) = split(bytes, &self.delimiter)?;
                self.take(content);
                match &mut self.file {
                    Some(file) => {
                        file.whole = true;
                        self.place = Place::End;
                    }
                    None => self.place = Place::Head,
                }
                Some(behind)
            }
            Place::Head => {
                // A head that is too long is none, whether or not it came at once.
                let found = split(bytes, HEAD_END).filter(|(head, _)| head.len() + HEAD_END.len() <= HEAD);
                let Some((head, behind)) = found else {
                    if bytes.starts_with(b"--") || bytes.len() > HEAD {
                        self.place = Place::End;
                    }
                    return None;
                };
                if head.starts_with(b"--") {
                    self.place = Place::End;
                } else if is_file(head) {
                    self.file = Some(File::default());
                    self.place = Place::File;
                } else {
                    self.place = Place::Content;
                }
                Some(behind)
            }
        }
    }

    /// Takes what cannot be the beginning of a delimiter, and returns what can.
    fn taken<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        if self.place == Place::Head {
            return bytes;
        }
        let (content, rest) = bytes.split_at(bytes.len().saturating_sub(self.delimiter.len() - 1));
        self.take(content);
        rest
    }

    fn take(&mut self, content: &[u8]) {
        if let (Place::File, Some(file)) = (self.place, &mut self.file) {
            file.bytes += content.len() as u64;
            file.recording.read(content);
        }
    }
}

/// Splits bytes around the first occurrence of a mark.
fn split<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = memchr::memmem::find(bytes, mark)?;
    let (before, rest) = bytes.split_at_checked(at)?;
    Some((before, rest.get(mark.len()..)?))
}

/// Whether the head of a part says that it is the file.
fn is_file(head: &[u8]) -> bool {
    let head = String::from_utf8_lossy(head);
    let disposition = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
    });
    disposition.and_then(|value| parameter(value, "name")).is_some_and(|name| name.eq_ignore_ascii_case(FILE))
}

/// Returns a parameter of a header's value, `value; name=text; name="text"`. A semicolon in quotes separates nothing.
fn parameter(value: &str, name: &str) -> Option<String> {
    let mut quoted = false;
    let mut escaped = false;
    let mut parameters = value.split(|letter: char| {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        letter == ';' && !quoted
    });
    parameters.find_map(|parameter| {
        let (found, text) = parameter.split_once('=')?;
        found.trim().eq_ignore_ascii_case(name).then(|| text.trim().trim_matches('"').to_owned())
    })
}

#[cfg(test)]
mod tests;
