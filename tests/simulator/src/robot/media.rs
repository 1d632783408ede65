//! Uploads for a robot: valid for three days, and for this robot only (path/99110).

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Refusal, Robots};
use crate::call::Call;
use crate::world::World;

const LIFETIME_MS: u64 = 3 * 24 * 3600 * 1000;
/// Bytes of a file, from and to.
const FILE_BYTES: std::ops::RangeInclusive<usize> = 6..=20 << 20;
/// Bytes of a voice message, from and to.
const VOICE_BYTES: std::ops::RangeInclusive<usize> = 6..=2 << 20;

#[derive(Debug)]
pub(super) struct Upload {
    key: String,
    at: u64,
}

/// Takes an upload, and answers its id.
pub(super) fn upload(world: &World, key: &str, call: &Call) -> Result<Value, Refusal> {
    let now = world.clock.now();
    let mut robots = world.robots.lock();
    robots.check_key(key)?;
    let (kind, sizes) = match call.query("type") {
        Some("file") => ("file", FILE_BYTES),
        Some("voice") => ("voice", VOICE_BYTES),
        _ => return Err(Refusal::new(40004, "invalid media type")),
    };
    let part = call.parts.iter().find(|part| part.name == "media" && part.file_name.is_some());
    let part = part.ok_or_else(|| Refusal::new(41005, "media data missing"))?;
    if !sizes.contains(&part.bytes.len()) {
        return Err(Refusal::new(40006, "invalid media size"));
    }
    if kind == "voice" && !part.bytes.starts_with(b"#!AMR") {
        return Err(Refusal::new(40005, "invalid file type"));
    }
    let media_id = Uuid::new_v4().simple().to_string();
    robots.media.insert(media_id.clone(), Upload { key: key.to_owned(), at: now });
    Ok(json!({"type": kind, "media_id": media_id, "created_at": (now / 1000).to_string()}))
}

impl Robots {
    /// Tells whether an upload can be sent by this robot.
    pub(super) fn has_media(&self, key: &str, media_id: &str, now: u64) -> bool {
        self.media.get(media_id).is_some_and(|upload| upload.key == key && now.saturating_sub(upload.at) < LIFETIME_MS)
    }
}
