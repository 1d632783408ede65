//! Media files: they stream through the gateway, in and out, and nobody gets anything else by their path.

mod download;
mod known;
mod link;
mod memory;
mod paths;
mod upload;

use crate::gateway::{Gateway, answer::Answer, credentials::CRM};
use futures::stream::{self, Stream};
use reqwest::{Body, multipart};
use std::io;

const UPLOAD: &str = "/gnapi/open/file/upload";
const MEBIBYTE: usize = 1024 * 1024;
/// The largest video that the platform takes.
const LARGE: usize = 50 * MEBIBYTE;
/// What a stream hands on at a time.
const BLOCK: usize = 64 * 1024;

/// The bytes of a file of `length`, block by block; `seed` tells files apart.
fn blocks(seed: u8, length: usize) -> impl Iterator<Item = Vec<u8>> {
    (0..length.div_ceil(BLOCK)).map(move |number| {
        // No two blocks of a file are alike, so that one that is lost, doubled or moved is seen.
        let mut block = vec![seed; BLOCK.min(length - number * BLOCK)];
        let mark = number.to_le_bytes();
        let marked = mark.len().min(block.len());
        block[..marked].copy_from_slice(&mark[..marked]);
        block
    })
}

/// The same bytes at once.
pub fn content(seed: u8, length: usize) -> Vec<u8> {
    blocks(seed, length).flatten().collect()
}

fn body(seed: u8, length: usize) -> impl Stream<Item = io::Result<Vec<u8>>> {
    stream::iter(blocks(seed, length).map(Ok))
}

/// Uploads a file as a stream; the form says how long it is.
async fn upload(gateway: &Gateway, seed: u8, length: usize, name: &str) -> Answer {
    let bytes = u64::try_from(length).expect("a length fits");
    let part = multipart::Part::stream_with_length(Body::wrap_stream(body(seed, length)), bytes);
    let form = multipart::Form::new().part("file", part.file_name(name.to_owned()));
    gateway.ask(gateway.post(UPLOAD).header("apikey", CRM).multipart(form)).await
}

/// Uploads a file, and returns its path on the platform.
pub async fn uploaded(gateway: &Gateway, seed: u8, length: usize, name: &str) -> String {
    let answer = upload(gateway, seed, length, name).await;
    assert_eq!((answer.status, answer.body["code"].as_i64()), (200, Some(0)), "{answer:?}");
    answer.text_at("/data").to_owned()
}
