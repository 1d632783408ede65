//! Files: bytes pass through as they come, and none of them is held.

use crate::{Exchange, Unanswered};
use caller::{
    quntool::{self, File},
    types::Failure,
};
use contract::{Arguments, Problem, Violation, arguments::Names, quntool::files, routes};
use http::{HeaderMap, header};
use runtime::{announced_length, clock};
use serde_json::{Value, json};
use spin_sdk::{
    http::Request,
    wasip3::{
        self,
        http::types::{self, ErrorCode, Fields},
    },
};
use surface::{Answer, Refusal, Secret, body, link};

/// The documented endpoint that takes files (seed 001, 文件上传).
pub const UPLOAD: &str = "/gnapi/open/file/upload";
/// The largest upload, in bytes; the platform takes videos of 50 MB at most.
const LIMIT: u64 = 200 * 1024 * 1024;

/// A signed link is valid for so many seconds unless the caller says otherwise.
const LIFETIME: u64 = 3_600;

/// Streams a multipart form to the platform.
pub async fn upload(exchange: &Exchange, request: Request) -> Result<Answer, Unanswered> {
    let (parts, mut incoming) = request.into_parts();
    exchange.authenticate(&parts.headers).await?;
    let media_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.unwrap_or_default().to_owned();
    let is_form = media_type.get(..19).is_some_and(|start| start.eq_ignore_ascii_case("multipart/form-data"));
    if !is_form || !media_type.contains("boundary=") {
        return Err(Refusal::new(Problem::UnsupportedMediaType, "应为 multipart/form-data").into());
    }
    let length = announced_length(&parts.headers);
    if length.is_some_and(|length| length > LIMIT) {
        return Err(Refusal::new(Problem::BodyTooLarge, format!("上限 {LIMIT} 字节")).into());
    }
    let Some(request) = incoming.take_unstarted().filter(|_| length != Some(0)) else {
        return Err(Refusal::from(Violation { field: "file".into(), reason: "缺失:必填,类型为文件".into() }).into());
    };
    let (_, done) = wasip3::wit_future::new(|| Ok(()));
    let (body, _) = types::Request::consume_body(request, done);
    let answer = quntool::upload(media_type, length, body).await?;
    Ok(Answer::raw(answer.status, answer.body))
}

/// Fetches a media file, for a caller or by a link that the gateway signed.
pub async fn download(exchange: &Exchange, headers: &HeaderMap) -> Result<File, Unanswered> {
    let path = files::decode(&exchange.path);
    if !link::verify(&link_secret().await, &path, &exchange.query, clock::now() / 1_000) {
        exchange.authenticate(headers).await?;
    }
    quntool::download(path).await.map_err(|failure| match failure {
        Failure::NotFound => Refusal::new(Problem::UnknownPath, "平台上没有该文件").into(),
        failure => failure.into(),
    })
}

/// `POST /v1/files/link`: signs a link to a media file, `{"path", "expiresIn"?}` (seconds), for those who have no
/// credential. The link begins at the gateway's root.
pub async fn sign(exchange: &Exchange, request: Request) -> Result<Answer, Unanswered> {
    let (parts, incoming) = request.into_parts();
    exchange.authenticate(&parts.headers).await?;
    let bytes = body::read(&parts.headers, incoming).await?;
    let arguments = Arguments::check(routes::FILE_LINK, body::object(&parts.headers, &bytes)?, Names::Exact)
        .map_err(Refusal::from)?;
    let path = arguments.text("path");
    if !files::is_file(&path) {
        let violation = Violation { field: "path".into(), reason: "应为 /gnapi/files/ 开头的路径".into() };
        return Err(Refusal::from(violation).into());
    }
    let lifetime = arguments.documented.get("expiresIn").and_then(Value::as_u64).unwrap_or(LIFETIME);
    let expires = clock::now() / 1_000 + lifetime;
    let Some(url) = link::sign(&link_secret().await, &path, expires) else {
        return Err(Refusal::new(Problem::NotConfigured, "变量 link_secret 与 tick_token 均未设置").into());
    };
    Ok(Answer::json(200, &json!({ "url": url, "expiresAt": clock::rfc3339(expires * 1_000) })))
}

async fn link_secret() -> Secret {
    let tick_token = Secret::new(runtime::variable("tick_token").await);
    link::secret(Secret::new(runtime::variable("link_secret").await), &tick_token)
}

/// Answers with a file.
pub fn respond(file: File, request_id: &str) -> Result<types::Response, ErrorCode> {
    let mut headers = vec![
        ("x-request-id".to_owned(), request_id.as_bytes().to_vec()),
        // Whatever the file says it is, a browser that follows the link must not run it here.
        ("x-content-type-options".to_owned(), b"nosniff".to_vec()),
        ("content-security-policy".to_owned(), b"sandbox".to_vec()),
    ];
    let media_type = file.media_type.unwrap_or_else(|| "application/octet-stream".into());
    headers.push(("content-type".to_owned(), media_type.into_bytes()));
    headers.extend(file.length.map(|length| ("content-length".to_owned(), length.to_string().into_bytes())));
    let fields = Fields::from_list(&headers).map_err(|_| ErrorCode::InternalError(None))?;
    let (_, trailers) = wasip3::wit_future::new(|| Ok(None));
    let (response, _) = types::Response::new(fields, Some(file.content), trailers);
    // Both are valid statuses.
    let _ = response.set_status_code(file.status);
    Ok(response)
}
