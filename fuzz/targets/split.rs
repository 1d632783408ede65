//! A text to split: its format (one byte), the limit (two bytes, little-endian) and the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use split::{Format, join, split};
use unicode_segmentation::UnicodeSegmentation;

fuzz_target!(|data: &[u8]| {
    let Some(([format, low, high], source)) = data.split_first_chunk() else { return };
    let Ok(source) = std::str::from_utf8(source) else { return };
    let format = if format % 2 == 0 { Format::Text } else { Format::Markdown };
    let limit = usize::from(u16::from_le_bytes([*low, *high])) % 5_000;
    let parts = match split(source, format, limit) {
        Ok(parts) => parts,
        Err(refused) => {
            assert!(source.len() > limit && source.is_char_boundary(refused.at) && refused.room <= limit);
            return;
        }
    };
    assert!(parts.iter().all(|part| part.len() <= limit || source.len() <= limit));
    assert_eq!(parts.len() == 1, source.len() <= limit, "only what is too long is split");
    assert_eq!(join(&parts, format).as_deref(), Some(source), "{parts:#?}");
    for part in &parts {
        assert_eq!(split(part, format, limit).as_ref(), Ok(&vec![part.clone()]), "a part is not split again");
    }
    if format == Format::Text && parts.len() > 1 {
        let bodies: Vec<&str> = parts.iter().map(|part| part.split_once('\n').expect("a marker").1).collect();
        assert_eq!(bodies.concat(), source, "a text has nothing that is ended and begun again");
        let apart: usize = bodies.iter().map(|body| body.graphemes(true).count()).sum();
        assert_eq!(apart, source.graphemes(true).count(), "no grapheme cluster is cut: {parts:#?}");
    }
});
