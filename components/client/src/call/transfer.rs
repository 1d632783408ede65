//! Files, to and from Quntool. Their bytes pass through as streams; none of them is held here.

use super::{failure, lost, read};
use crate::{
    bindings::exports::wecom::gateway::{
        quntool::{Answer, File},
        types::Failure,
    },
    configuration,
    platform::invalid,
    upstream::{self, silence},
};
use contract::quntool::{ROOT, files};
use spin_sdk::wasip3::{
    self,
    http::{
        client,
        types::{ErrorCode, Fields, Method, Request, RequestOptions, Response, Scheme},
    },
};
use wit_bindgen::StreamReader;

/// Uploads a file; see `wit/quntool.wit`.
pub async fn upload(media_type: &str, length: Option<u64>, body: StreamReader<u8>) -> Result<Answer, Failure> {
    let configuration = configuration::read().await;
    let mut headers = vec![
        ("apikey", configuration.quntool_apikey.clone()),
        ("content-type", media_type.to_owned()),
        ("accept", "application/json".to_owned()),
    ];
    headers.extend(length.map(|length| ("content-length", length.to_string())));
    let url = format!("{}{ROOT}/file/upload", configuration.quntool_url);
    let response = send(&Method::Post, &url, &headers, Some(body)).await?;
    let status = response.get_status_code();
    let response = spin_sdk::http::FromResponse::from_response(response).map_err(|error| failure(silence(&error)))?;
    let body = upstream::body(response).await.map_err(failure)?;
    read(upstream::Answer { status, body })
}

/// Fetches a media file; see `wit/quntool.wit`.
pub async fn download(path: &str) -> Result<File, Failure> {
    let clean = files::is_file(path)
        && !path.split('/').any(|segment| matches!(segment, "." | ".."))
        && !path.contains(['?', '#', '\\', '%']);
    if !clean {
        return Err(invalid("path", "不是媒体文件的路径"));
    }
    let configuration = configuration::read().await;
    let url = format!("{}{}", configuration.quntool_url, files::encode(path));
    let headers = [("apikey", configuration.quntool_apikey.clone())];
    let response = send(&Method::Get, &url, &headers, None).await?;
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

async fn send(
    method: &Method,
    url: &str,
    headers: &[(&str, String)],
    body: Option<StreamReader<u8>>,
) -> Result<Response, Failure> {
    let broken = || failure(silence(&ErrorCode::HttpRequestUriInvalid));
    let uri: http::Uri = url.parse().map_err(|_| broken())?;
    let fields: Vec<(String, Vec<u8>)> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
    let fields = Fields::from_list(&fields).map_err(|_| broken())?;
    let options = RequestOptions::new();
    upstream::set_timeouts(&options);
    let (_, trailers) = wasip3::wit_future::new(|| Ok(None));
    let (request, _) = Request::new(fields, body, trailers, Some(options));
    let scheme = if uri.scheme_str() == Some("http") { Scheme::Http } else { Scheme::Https };
    let set = request
        .set_method(method)
        .and_then(|()| request.set_scheme(Some(&scheme)))
        .and_then(|()| request.set_authority(uri.authority().map(http::uri::Authority::as_str)))
        .and_then(|()| request.set_path_with_query(uri.path_and_query().map(http::uri::PathAndQuery::as_str)));
    set.map_err(|()| broken())?;
    client::send(request).await.map_err(|error| failure(silence(&error)))
}
