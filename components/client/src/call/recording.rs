//! How long a recording plays, read from its bytes as they stream past: WAV, AMR-NB (RFC 4867 §5), and SILK as WeChat
//! writes it. Other formats do not tell.

/// The head that tells the format, in bytes: that of a WAV file, the longest.
const HEAD: usize = 44;
/// A frame of AMR plays so long, in milliseconds, and so does a packet of SILK at least.
const FRAME: u64 = 20;
/// The bytes of an AMR frame behind its first one, by the frame's type; 9 and more are not speech.
const AMR: [usize; 9] = [12, 13, 15, 17, 19, 20, 26, 31, 5];

/// How far a recording has been read.
pub enum Recording {
    /// Its head came in part.
    Head(Vec<u8>),
    /// Frames, one behind the other.
    Frames(Frames),
    /// WAV: so many bytes of sound by its head, so many a second.
    Wav { data: u64, rate: u64 },
    /// Its format does not tell.
    Other,
}

/// Frames, one behind the other.
pub struct Frames {
    kind: Kind,
    /// How many began.
    count: u64,
    /// So many bytes are left of the one that began.
    left: usize,
    /// The first byte of a length of two.
    low: Option<u8>,
}

#[derive(Clone, Copy)]
enum Kind {
    Amr,
    Silk,
}

impl Default for Recording {
    fn default() -> Self {
        Self::Head(Vec::with_capacity(HEAD))
    }
}

impl Recording {
    /// Reads on.
    pub fn read(&mut self, bytes: &[u8]) {
        match self {
            Self::Head(head) => {
                let (more, rest) = bytes.split_at(bytes.len().min(HEAD - head.len()));
                head.extend_from_slice(more);
                if head.len() == HEAD {
                    *self = recognise(head);
                    self.read(rest);
                }
            }
            Self::Frames(frames) => {
                if !frames.read(bytes) {
                    *self = Self::Other;
                }
            }
            Self::Wav { .. } | Self::Other => {}
        }
    }

    /// Returns how long it plays at least, in milliseconds; `bytes` is the length of the whole file.
    pub fn milliseconds(&self, bytes: u64) -> Option<u64> {
        match self {
            Self::Frames(frames) => Some(frames.count * FRAME),
            // A head that was written before its sound says more than there is.
            Self::Wav { data, rate } => (bytes.saturating_sub(HEAD as u64).min(*data) * 1_000).checked_div(*rate),
            Self::Head(_) | Self::Other => None,
        }
    }
}

/// Tells a format by its head.
fn recognise(head: &[u8]) -> Recording {
    let number = |at: usize| {
        let bytes = head.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(0, |bytes| u64::from(u32::from_le_bytes(bytes)))
    };
    let part = |at: usize, name: &[u8]| head.get(at..).is_some_and(|rest| rest.starts_with(name));
    if part(0, b"RIFF") && part(8, b"WAVEfmt ") && part(36, b"data") {
        return Recording::Wav { data: number(40), rate: number(28) };
    }
    let (kind, frames) = if let Some(frames) = head.strip_prefix(b"#!AMR\n") {
        (Kind::Amr, frames)
    } else if let Some(frames) = head.strip_prefix(b"\x02").unwrap_or(head).strip_prefix(b"#!SILK_V3") {
        (Kind::Silk, frames)
    } else {
        return Recording::Other;
    };
    let mut recording = Recording::Frames(Frames { kind, count: 0, left: 0, low: None });
    recording.read(frames);
    recording
}

impl Frames {
    /// Reads on; false if these are no frames.
    fn read(&mut self, mut bytes: &[u8]) -> bool {
        loop {
            let (_, rest) = bytes.split_at(self.left.min(bytes.len()));
            self.left -= bytes.len() - rest.len();
            let Some((first, rest)) = rest.split_first() else { return true };
            bytes = rest;
            match (self.kind, self.low.take()) {
                (Kind::Amr, _) => {
                    let Some(length) = self.length_of(*first) else { return false };
                    self.begin(length);
                }
                (Kind::Silk, None) => self.low = Some(*first),
                (Kind::Silk, Some(low)) => match u16::from_le_bytes([low, *first]) {
                    // What ends a recording.
                    u16::MAX => {}
                    length => self.begin(usize::from(length)),
                },
            }
        }
    }

    const fn begin(&mut self, length: usize) {
        self.left = length;
        self.count += 1;
    }

    fn length_of(&self, first: u8) -> Option<usize> {
        match usize::from(first >> 3 & 15) {
            // No data: a frame that plays, without a byte.
            15 => Some(0),
            kind => AMR.get(kind).copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(file: &[u8], step: usize) -> Option<u64> {
        let mut recording = Recording::default();
        file.chunks(step).for_each(|chunk| recording.read(chunk));
        recording.milliseconds(file.len() as u64)
    }

    fn wav(data: u32, seconds: usize) -> Vec<u8> {
        let head: [&[u8]; 10] = [
            b"RIFF",
            &[0; 4],
            b"WAVEfmt ",
            &16_u32.to_le_bytes(),
            &[1, 0, 1, 0],
            &12_000_u32.to_le_bytes(),
            &24_000_u32.to_le_bytes(),
            &[2, 0, 16, 0],
            b"data",
            &data.to_le_bytes(),
        ];
        [head.concat(), vec![0; 24_000 * seconds]].concat()
    }

    #[test]
    fn a_recording_tells_how_long_it_plays_however_it_is_cut() {
        // 12.2 kbit/s: type 7, 31 bytes behind the first; then silence (type 8) and no data (type 15).
        let amr =
            [b"#!AMR\n".to_vec(), [&[0x3C][..], &[0xAA; 31]].concat().repeat(3_000), vec![0x44, 1, 2, 3, 4, 5, 0x7C]];
        let silk = [b"\x02#!SILK_V3".to_vec(), [&[0x2C, 0x01][..], &[7; 300]].concat().repeat(50), vec![0xFF, 0xFF]];
        for step in [1, 3, 50, 100_000] {
            assert_eq!(length(&wav(240_000, 10), step), Some(10_000));
            assert_eq!(length(&wav(u32::MAX, 10), step), Some(10_000), "a stream's head names no length");
            assert_eq!(length(&amr.concat(), step), Some(60_040));
            assert_eq!(length(&silk.concat(), step), Some(1_000));
            assert_eq!(length(&silk.concat()[1..], step), Some(1_000), "without WeChat's first byte");
        }
    }

    #[test]
    fn what_is_no_recording_tells_nothing() {
        for file in
            [vec![], vec![0; 43], vec![0; 200], b"ID3".repeat(40), [b"#!AMR\n".to_vec(), vec![0x54; 60]].concat()]
        {
            assert_eq!(length(&file, 7), None);
        }
    }
}
