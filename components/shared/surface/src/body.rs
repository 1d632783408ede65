//! Bodies, on their way in.

use crate::Refusal;
use contract::Problem;
use http::{HeaderMap, header};
use http_body::Body;
use http_body_util::BodyExt;
use runtime::announced_length;
use serde_json::{Map, Value};

/// The largest body that is read, in bytes; uploads are streamed and do not come here.
pub const LIMIT: usize = 1024 * 1024;

/// Of a body that is too large, so many bytes more are read before it is refused.
const LINGER: usize = 8 * LIMIT;

/// Reads a body of at most [`LIMIT`] bytes; nothing beyond is kept.
pub async fn read<B>(headers: &HeaderMap, body: B) -> Result<Vec<u8>, Refusal>
where
    B: Body + Unpin,
    B::Data: AsRef<[u8]>,
{
    read_within(LIMIT, headers, body).await
}

/// Reads a body of at most so many bytes; nothing beyond is kept.
pub async fn read_within<B>(limit: usize, headers: &HeaderMap, body: B) -> Result<Vec<u8>, Refusal>
where
    B: Body + Unpin,
    B::Data: AsRef<[u8]>,
{
    let announced = announced_length(headers);
    let mut body = body;
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(too_large(limit, body).await);
    }
    let mut bytes = Vec::with_capacity(announced.and_then(|length| usize::try_from(length).ok()).unwrap_or(0));
    while announced.is_none_or(|length| length > bytes.len() as u64)
        && let Some(frame) = body.frame().await
    {
        let frame = frame.map_err(|_| Refusal::new(Problem::InvalidBody, "请求体传输中断"))?;
        if let Ok(data) = frame.into_data() {
            if bytes.len() + data.as_ref().len() > limit {
                return Err(too_large(limit, body).await);
            }
            bytes.extend_from_slice(data.as_ref());
        }
    }
    Ok(bytes)
}

/// Reads a body as a JSON object. A media type that names something else than JSON is refused; the ones that clients
/// send when they are told nothing are let pass.
pub fn object(headers: &HeaderMap, bytes: &[u8]) -> Result<Map<String, Value>, Refusal> {
    const LENIENT: &[&str] = &["application/json", "text/json", "text/plain", "application/x-www-form-urlencoded"];
    if let Some(value) = headers.get(header::CONTENT_TYPE) {
        let media_type = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
        let media_type = media_type.to_ascii_lowercase();
        if !media_type.is_empty() && !LENIENT.contains(&media_type.as_str()) && !media_type.ends_with("+json") {
            return Err(Refusal::new(Problem::UnsupportedMediaType, ""));
        }
    }
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(Refusal::new(Problem::InvalidBody, "应为 JSON 对象")),
        Err(error) => {
            let place = format!("第 {} 行第 {} 列无法解析", error.line(), error.column());
            Err(Refusal::new(Problem::InvalidBody, place))
        }
    }
}

/// Refuses a body. Some more of it is read and forgotten: a caller that is still writing when the connection closes does
/// not get to see the answer.
pub async fn too_large<B>(limit: usize, mut body: B) -> Refusal
where
    B: Body + Unpin,
    B::Data: AsRef<[u8]>,
{
    let mut forgotten = 0;
    while forgotten < LINGER
        && let Some(Ok(frame)) = body.frame().await
    {
        forgotten += frame.data_ref().map_or(0, |data| data.as_ref().len());
    }
    Refusal::new(Problem::BodyTooLarge, format!("上限 {limit} 字节"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(media_type: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, media_type.parse().unwrap());
        headers
    }

    #[test]
    fn takes_json_under_the_media_types_that_clients_send() {
        for media_type in
            ["application/json", "application/json; charset=UTF-8", "text/plain", "application/x-www-form-urlencoded"]
        {
            assert!(object(&headers(media_type), b"{}").is_ok(), "{media_type}");
        }
        assert!(object(&HeaderMap::new(), b"{\"a\":1}").is_ok());
    }

    #[test]
    fn refuses_other_media_types_and_other_bodies() {
        let problem = |media_type: &str, body: &[u8]| object(&headers(media_type), body).unwrap_err().problem;
        assert_eq!(problem("multipart/form-data; boundary=x", b"{}"), Problem::UnsupportedMediaType);
        assert_eq!(problem("application/xml", b"{}"), Problem::UnsupportedMediaType);
        for body in [&b""[..], b"[]", b"7", b"{", b"{\"a\":1,}", b"\xff{}"] {
            assert_eq!(problem("application/json", body), Problem::InvalidBody, "{body:?}");
        }
        let deep = "[".repeat(10_000);
        assert_eq!(problem("application/json", deep.as_bytes()), Problem::InvalidBody);
    }
}
