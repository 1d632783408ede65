//! A form: how it is cut (one byte), its media type in the first line, and its body.
#![no_main]

use client::fuzzing::Form;
use contract::quntool::files::Uploaded;
use libfuzzer_sys::fuzz_target;

/// Stands for so many letters: heads longer than any fuzzer would write them.
const LONG: (u8, usize) = (1, 4_000);
/// A form of more bytes has nothing new.
const LIMIT: usize = 64 * 1024;
/// A form comes in so many pieces at most: a head is copied once for each of them.
const PIECES: usize = 256;

fuzz_target!(|data: &[u8]| {
    let Some((step, data)) = data.split_first() else { return };
    let Some(line) = data.iter().position(|byte| *byte == b'\n') else { return };
    let Ok(media_type) = std::str::from_utf8(&data[..line]) else { return };
    let body: Vec<u8> = data[line + 1..]
        .iter()
        .flat_map(|byte| if *byte == LONG.0 { vec![b'a'; LONG.1] } else { vec![*byte] })
        .take(LIMIT)
        .collect();
    let step = usize::from(*step).max(1 + body.len() / PIECES);
    if let Some(whole) = read(media_type, &body, body.len().max(1)) {
        assert_eq!(read(media_type, &body, step), Some(whole), "a form is the same however it is cut");
        let (has_file, is_over, uploaded) = whole;
        assert!(uploaded.is_none_or(|file| has_file && is_over && file.bytes <= body.len() as u64));
    }
    let content = [b"\r\n", body.as_slice()].concat();
    if !content.windows(5).any(|window| window == b"\r\n--x") {
        let form = [b"--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n", body.as_slice(), b"\r\n--x--"];
        let read = read("multipart/form-data; boundary=x", &form.concat(), step);
        let bytes = read.and_then(|(.., uploaded)| uploaded).map(|uploaded| uploaded.bytes);
        assert_eq!(bytes, Some(body.len() as u64), "a file is as long as its content");
    }
});

fn read(media_type: &str, body: &[u8], step: usize) -> Option<(bool, bool, Option<Uploaded>)> {
    let mut form = Form::new(media_type)?;
    body.chunks(step).for_each(|chunk| form.read(chunk));
    Some((form.has_file(), form.is_over(), form.uploaded()))
}
