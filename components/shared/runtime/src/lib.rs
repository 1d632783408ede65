//! What the host gives every component: clock, randomness, variables, log, tasks, and the way out.
//!
//! This is an edge: logic takes times and identifiers as arguments, and only the outermost functions of a component
//! call this crate.

pub mod clock;
pub mod log;
pub mod outbound;
pub mod task;

use http::{HeaderMap, header};
use spin_sdk::variables;

/// Returns a new identifier: a UUID version 7 (RFC 9562), so that identifiers sort by the time they were made.
pub fn identifier() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// Returns a new identifier that tells this time, in milliseconds since the Unix epoch.
pub fn identifier_at(time: u64) -> String {
    uuid::Builder::from_unix_timestamp_millis(time, &random()).into_uuid().to_string()
}

/// How many bytes a body has by its `content-length`; none where that is missing or no number.
pub fn announced_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Returns `N` random bytes of the host's generator.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    for chunk in bytes.chunks_mut(16) {
        let source = uuid::Uuid::new_v4().into_bytes();
        for (to, from) in chunk.iter_mut().zip(source) {
            *to = from;
        }
    }
    bytes
}

/// Reads a variable of this component; an undefined one reads as empty, and empty means "not configured" everywhere.
pub async fn variable(name: &str) -> String {
    variables::get(name).await.unwrap_or_default()
}
