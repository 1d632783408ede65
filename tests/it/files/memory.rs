//! How much memory files take: the gateway holds none of them. Linux tells the memory of a process, others may not.
#![cfg(target_os = "linux")]

use super::{LARGE, MEBIBYTE, content, uploaded};
use crate::gateway::{Gateway, credentials::CRM};
use futures::{StreamExt, future::join_all};

/// Files at once.
const AT_ONCE: u8 = 4;
/// What a file may take, of its 50 MiB: buffers on both sides, and the components' own memory.
const EACH: u64 = 4 * 1024 * 1024;

/// Reads a download to its end, and returns whether it was this content.
async fn is_content(gateway: &Gateway, path: &str, content: &[u8]) -> bool {
    let answer = gateway.get(path).header("apikey", CRM).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let mut left = content;
    let mut bytes = answer.bytes_stream();
    while let Some(chunk) = bytes.next().await {
        let Some(rest) = left.strip_prefix(&chunk.expect("the file goes on")[..]) else { return false };
        left = rest;
    }
    left.is_empty()
}

#[tokio::test]
async fn files_of_50_mib_stream_through_both_ways_without_being_held() {
    let gateway = Gateway::start().await;
    // What one file needs is there from now on.
    let first = uploaded(&gateway, 0, LARGE, "warm.mp4").await;
    assert!(is_content(&gateway, &first, &content(0, LARGE)).await);

    let before = gateway.measure_memory();
    let paths = join_all((1..=AT_ONCE).map(async |seed| uploaded(&gateway, seed, LARGE, "video.mp4").await)).await;
    let uploads = gateway.peak_memory().saturating_sub(before);
    let before = gateway.measure_memory();
    let contents: Vec<Vec<u8>> = (1..=AT_ONCE).map(|seed| content(seed, LARGE)).collect();
    let same = join_all(paths.iter().zip(&contents).map(|(path, content)| is_content(&gateway, path, content))).await;
    let downloads = gateway.peak_memory().saturating_sub(before);

    assert_eq!(same, [true; AT_ONCE as usize], "each came back as it went");
    for (way, taken) in [("uploads", uploads), ("downloads", downloads)] {
        let each = taken / u64::from(AT_ONCE);
        assert!(each < EACH, "{AT_ONCE} {way} of {} MiB took {each} bytes each", LARGE / MEBIBYTE);
    }
}
