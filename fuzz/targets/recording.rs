//! A recording: how it is cut (one byte), and its bytes.
#![no_main]

use client::fuzzing::Recording;
use libfuzzer_sys::fuzz_target;

/// A frame plays so many milliseconds.
const FRAME: u64 = 20;
/// A recording is known by so many bytes.
const HEAD: usize = 44;
/// The bytes behind the first one of a frame that holds speech, by its type (RFC 4867 §3.6).
const SPEECH: [usize; 8] = [12, 13, 15, 17, 19, 20, 26, 31];

fuzz_target!(|data: &[u8]| {
    let Some((step, bytes)) = data.split_first() else { return };
    let step = usize::from(*step).max(1);
    let length = length(bytes, bytes.len().max(1));
    assert_eq!(self::length(bytes, step), length, "a recording plays as long however it is cut");
    if !bytes.starts_with(b"RIFF") {
        assert!(length.is_none_or(|length| length <= bytes.len() as u64 * FRAME));
    }
    let kinds = bytes.iter().map(|byte| usize::from(*byte) % SPEECH.len());
    let frames = kinds.flat_map(|kind| [vec![(kind << 3) as u8 | 4], vec![0xFF; SPEECH[kind]]].concat());
    let amr: Vec<u8> = b"#!AMR\n".iter().copied().chain(frames).collect();
    known(&amr, step, bytes.len());
    let packets = bytes.iter().flat_map(|byte| [vec![*byte, 0], vec![0xFF; usize::from(*byte)]].concat());
    let silk: Vec<u8> = b"\x02#!SILK_V3".iter().copied().chain(packets).chain([0xFF, 0xFF]).collect();
    known(&silk, step, bytes.len());
});

/// A recording of so many frames plays so long.
fn known(recording: &[u8], step: usize, frames: usize) {
    let expected = (recording.len() >= HEAD).then_some(frames as u64 * FRAME);
    assert_eq!(length(recording, step), expected);
}

fn length(bytes: &[u8], step: usize) -> Option<u64> {
    let mut recording = Recording::default();
    bytes.chunks(step).for_each(|chunk| recording.read(chunk));
    recording.milliseconds(bytes.len() as u64)
}
