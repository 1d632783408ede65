//! Files, to and from Quntool. Their bytes pass through as streams; none of them is held here.

use super::{failure, form::Form, lost, read};
use crate::{
    bindings::exports::wecom::gateway::{
        quntool::{Answer, File},
        types::Failure,
    },
    configuration,
    ledger::{schema::MIGRATIONS, upload},
    platform::invalid,
    send::internal,
    upstream::{self, hidden, silence},
};
use contract::quntool::{ROOT, files};
use http::Method;
use runtime::{clock, outbound};
use serde_json::Value;
use spin_sdk::wasip3::{
    self,
    http::{
        client,
        types::{ErrorCode, RequestOptions, Response},
    },
    http_compat::RequestOptionsExtension,
};
use std::{cell::RefCell, rc::Rc};
use store::Database;
use wit_bindgen::StreamReader;

/// So many bytes are read at once.
const CHUNK: usize = 64 * 1024;
/// The file's part begins within so many bytes, which are held until it does.
const BEGINNING: usize = 64 * 1024;
/// What a form without a file is told.
const MISSING: &str = "缺失:必填,类型为文件";
/// Of a form that is refused, so many bytes more are read.
const LINGER: usize = 8 * 1024 * 1024;

/// Uploads a file; see `wit/quntool.wit`.
pub async fn upload(media_type: &str, length: Option<u64>, body: StreamReader<u8>) -> Result<Answer, Failure> {
    let form = Form::new(media_type).ok_or_else(|| invalid("boundary", "缺失:Content-Type 应带 boundary"))?;
    let form = Rc::new(RefCell::new(form));
    let body = with_file(body, form.clone()).await?;
    let answer = post(media_type, length, body).await?;
    if let (Some(path), Some(uploaded)) = (path_in(&answer), form.borrow().uploaded()) {
        let remembered =
            Database::open(&MIGRATIONS).and_then(|database| upload::remember(&database, &path, uploaded, clock::now()));
        if let Err(error) = remembered {
            // The file is there: its caller gets the path, and its size is not known. The log has the cause.
            let _ = internal(error);
        }
    }
    Ok(answer)
}

/// Reads a form until its file begins, and returns the same form as a stream that is read as it passes. Nothing of a
/// form without a file is passed on.
async fn with_file(mut body: StreamReader<u8>, form: Rc<RefCell<Form>>) -> Result<StreamReader<u8>, Failure> {
    let mut begun = Vec::with_capacity(CHUNK);
    while !form.borrow().has_file() {
        if form.borrow().is_over() {
            return Err(refused(body, MISSING).await);
        }
        let room = BEGINNING.saturating_sub(begun.len());
        if room == 0 {
            return Err(refused(body, "应在表单的前 64 KiB 内开始").await);
        }
        let (_, chunk) = body.read(Vec::with_capacity(room)).await;
        if chunk.is_empty() {
            return Err(invalid("file", MISSING));
        }
        form.borrow_mut().read(&chunk);
        begun.extend_from_slice(&chunk);
    }
    let (mut writer, reader) = wasip3::wit_stream::new();
    wasip3::spawn(async move {
        let mut chunk = begun;
        // What is left over when the reader went away has nobody to go to.
        while !chunk.is_empty() && writer.write_all(chunk).await.is_empty() {
            (_, chunk) = body.read(Vec::with_capacity(CHUNK)).await;
            form.borrow_mut().read(&chunk);
        }
    });
    Ok(reader)
}

/// A form that is refused is read on for a while: a caller that is still writing when the connection closes may never
/// see why.
async fn refused(mut body: StreamReader<u8>, reason: &str) -> Failure {
    for _ in 0..LINGER / CHUNK {
        let (_, chunk) = body.read(Vec::with_capacity(CHUNK)).await;
        if chunk.is_empty() {
            break;
        }
    }
    invalid("file", reason)
}

/// Returns the path that the platform gave a file.
fn path_in(answer: &Answer) -> Option<String> {
    let answer: Value = serde_json::from_str(&answer.body).ok()?;
    answer.get("data")?.as_str().filter(|path| files::is_file(path)).map(str::to_owned)
}

async fn post(media_type: &str, length: Option<u64>, body: StreamReader<u8>) -> Result<Answer, Failure> {
    let configuration = configuration::read().await;
    let mut headers = vec![
        ("apikey", configuration.quntool_apikey.clone()),
        ("content-type", media_type.to_owned()),
        ("accept", "application/json".to_owned()),
    ];
    headers.extend(length.map(|length| ("content-length", length.to_string())));
    let url = format!("{}{ROOT}/file/upload", configuration.quntool_url);
    let response = send(Method::POST, &url, &headers, Some(body)).await?;
    let status = response.get_status_code();
    let response = spin_sdk::http::FromResponse::from_response(response).map_err(|error| failure(silence(&error)))?;
    let body = upstream::body(response).await.map_err(failure)?;
    read(upstream::Answer { status, body: hidden(body, std::slice::from_ref(&configuration.quntool_apikey)) })
}

/// Fetches a media file; see `wit/quntool.wit`.
pub async fn download(path: &str) -> Result<File, Failure> {
    if !files::is_clean(path) {
        return Err(invalid("path", "不是媒体文件的路径"));
    }
    let configuration = configuration::read().await;
    let url = format!("{}{}", configuration.quntool_url, files::encode(path));
    let headers = [("apikey", configuration.quntool_apikey.clone())];
    let response = send(Method::GET, &url, &headers, None).await?;
    let status = response.get_status_code();
    if !matches!(status, 200 | 206) {
        return Err(if status == 404 { Failure::NotFound } else { lost("平台没有返回文件") });
    }
    let fields = response.get_headers();
    let header = |name: &str| fields.get(name).into_iter().next().and_then(|value| String::from_utf8(value).ok());
    let media_type = header("content-type");
    let length = header("content-length").and_then(|length| length.parse().ok());
    let (_, done) = wasip3::wit_future::new(|| Ok(()));
    let (content, _) = Response::consume_body(response, done);
    Ok(File { status, media_type, length, content })
}

/// Sends a request whose body comes as a stream, and resolves when the answer's head is there.
pub async fn send(
    method: Method,
    url: &str,
    headers: &[(&str, String)],
    body: Option<StreamReader<u8>>,
) -> Result<Response, Failure> {
    let broken = || failure(silence(&ErrorCode::HttpRequestUriInvalid));
    let options = RequestOptions::new();
    upstream::set_timeouts(&options);
    let mut request = http::Request::builder().method(method).uri(url).extension(RequestOptionsExtension(options));
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let (parts, ()) = request.body(()).map_err(|_| broken())?.into_parts();
    let request = outbound::host_request(parts, body).map_err(|_| broken())?;
    client::send(request).await.map_err(|error| failure(silence(&error)))
}
