//! Uploaded files.

use std::sync::Arc;

use axum::http::StatusCode;
use bytes::Bytes;
use md5::{Digest, Md5};
use serde_json::{Value, json};
use url::Url;

use super::arguments::Arguments;
use super::{Quntool, Refusal, Reply};
use crate::call::{Answer, Content};
use crate::clock::day;
use crate::world::World;

/// An uploaded file.
#[derive(Debug)]
pub(super) struct File {
    pub(super) bytes: Bytes,
    media_type: Option<String>,
}

/// A file as a callback names it.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) path: String,
    pub(super) name: String,
    pub(super) size: usize,
    pub(super) md5: String,
}

/// Takes a file, and answers its path.
pub(super) fn upload(quntool: &mut Quntool, arguments: &Arguments, at: u64) -> Reply {
    let part = arguments.files.iter().find(|part| part.name == "file");
    let part = part.ok_or_else(|| Refusal::invalid("file is required"))?;
    let name = part.file_name.as_deref().unwrap_or("file").replace(['/', '\\'], "_");
    let path = format!("/gnapi/files/{}/{}/{name}", day(at), digest(&part.bytes));
    let file = File { bytes: part.bytes.clone(), media_type: part.content_type.clone() };
    quntool.files.insert(path.clone(), file);
    Ok(json!(path))
}

/// Serves an uploaded file.
pub(super) fn serve(world: &Arc<World>, path: &str) -> Answer {
    let quntool = world.quntool.lock();
    let Some((_, file)) = quntool.files.iter().find(|(stored, _)| encoded(stored) == path) else {
        return Answer::json(json!({"msg": "no such file", "code": 404, "data": Value::Null}))
            .with_status(StatusCode::NOT_FOUND);
    };
    let media_type = file.media_type.clone().unwrap_or_else(|| "application/octet-stream".to_owned());
    Answer { status: StatusCode::OK, headers: Vec::new(), content: Content::File(media_type, file.bytes.clone()) }
}

impl Quntool {
    /// Names a file as it is stored before it is sent: an uploaded one keeps its path, one from elsewhere gets one.
    pub(super) fn stored(&self, address: &str, at: u64) -> Stored {
        let name =
            address.split(['?', '#']).next().and_then(|path| path.rsplit('/').next()).unwrap_or_default().to_owned();
        match self.files.get(address) {
            Some(file) => Stored { path: address.to_owned(), name, size: file.bytes.len(), md5: digest(&file.bytes) },
            None => {
                let md5 = digest(address.as_bytes());
                let own = format!("/gnapi/files/Storage/{}/{md5}/{name}", day(at));
                Stored { path: if address.starts_with('/') { address.to_owned() } else { own }, name, size: 0, md5 }
            }
        }
    }
}

fn digest(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes a path as it stands in an address.
fn encoded(path: &str) -> String {
    Url::parse("http://localhost").and_then(|url| url.join(path)).map(|url| url.path().to_owned()).unwrap_or_default()
}
