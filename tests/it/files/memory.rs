//! How much memory files take: the gateway holds none of them. Linux tells the memory of a process, others may not.
#![cfg(target_os = "linux")]

use super::{LARGE, MEBIBYTE, content, uploaded};
use crate::gateway::{Gateway, credentials::CRM};
use futures::{StreamExt, future::join_all};

/// Files at once.
const AT_ONCE: u8 = 4;
/// What a file may take, of its 50 MiB: buffers on both sides, and the components' own memory.
const EACH: u64 = 4 * 1024 * 1024;
/// The memory of an instance that begins meanwhile is no file's: it is there in the next round.
const ROUNDS: usize = 3;

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

/// Uploads files at once and downloads them again; returns what each took, on both ways.
async fn there_and_back(gateway: &Gateway) -> [u64; 2] {
    let before = gateway.measure_memory();
    let paths = join_all((1..=AT_ONCE).map(async |seed| uploaded(gateway, seed, LARGE, "video.mp4").await)).await;
    let uploads = gateway.peak_memory().saturating_sub(before);
    let before = gateway.measure_memory();
    let contents: Vec<Vec<u8>> = (1..=AT_ONCE).map(|seed| content(seed, LARGE)).collect();
    let same = join_all(paths.iter().zip(&contents).map(|(path, content)| is_content(gateway, path, content))).await;
    let downloads = gateway.peak_memory().saturating_sub(before);
    assert_eq!(same, [true; AT_ONCE as usize], "each came back as it went");
    [uploads, downloads].map(|taken| taken / u64::from(AT_ONCE))
}

#[tokio::test]
async fn files_of_50_mib_stream_through_both_ways_without_being_held() {
    let gateway = Gateway::start().await;
    // What one file needs is there from now on.
    let first = uploaded(&gateway, 0, LARGE, "warm.mp4").await;
    assert!(is_content(&gateway, &first, &content(0, LARGE)).await);

    let mut least = [u64::MAX; 2];
    for _ in 0..ROUNDS {
        let taken = there_and_back(&gateway).await;
        least = [0, 1].map(|way| least[way].min(taken[way]));
        if least.iter().all(|each| *each < EACH) {
            return;
        }
    }
    panic!("{AT_ONCE} uploads and downloads of {} MiB took {least:?} bytes each", LARGE / MEBIBYTE);
}
