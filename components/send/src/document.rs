//! `GET /openapi.json`: the document that was rendered from the tables when the component was built.

use contract::Problem;
use surface::{Answer, Refusal};

const DEFLATED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/openapi.json.deflate"));

/// Answers with the document.
pub fn answer() -> Result<Answer, Refusal> {
    let document = miniz_oxide::inflate::decompress_to_vec(DEFLATED).ok().and_then(|text| String::from_utf8(text).ok());
    document.map(|document| Answer::raw(200, document)).ok_or_else(|| Refusal::new(Problem::Internal, ""))
}
