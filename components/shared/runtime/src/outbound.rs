//! Requests to others.

use crate::give_way;
use http::request::Parts;
use spin_sdk::{
    http::{FromResponse, Response},
    wasip3::{
        http::{
            client,
            types::{ErrorCode, Request},
        },
        http_compat::RequestOptionsExtension,
        spawn,
        wit_bindgen::StreamReader,
        wit_future, wit_stream,
    },
};

/// Sends a request, and resolves when the head of its answer is there.
///
/// The body is offered before the request is handed to the host, which so can have it when it writes the head. Spin 4.1 does
/// not set `TCP_NODELAY`: a body that leaves in a write of its own waits about 40 ms for the acknowledgement of its head,
/// on every connection that was kept.
pub async fn send(request: http::Request<Vec<u8>>) -> Result<Response, ErrorCode> {
    let (parts, body) = request.into_parts();
    let (mut writer, contents) = wit_stream::new();
    let request = host_request(parts, Some(contents))?;
    // What is left over when the host has gone away has nobody to go to.
    spawn(async move { drop(writer.write_all(body).await) });
    give_way().await;
    Response::from_response(client::send(request).await?)
}

/// Makes the host's request of a head, its timeouts among the extensions, and of a body that comes as a stream.
pub fn host_request(parts: Parts, contents: Option<StreamReader<u8>>) -> Result<Request, ErrorCode> {
    let fields = parts.headers.try_into().map_err(|_| ErrorCode::HttpRequestHeaderSectionSize(None))?;
    let options = parts.extensions.get::<RequestOptionsExtension>().cloned().map(|options| options.0);
    let (_, trailers) = wit_future::new(|| Ok(None));
    let (request, _) = Request::new(fields, contents, trailers, options);
    request.set_method(&parts.method.into()).map_err(|()| ErrorCode::HttpRequestMethodInvalid)?;
    let scheme = parts.uri.scheme().map(Into::into);
    request
        .set_scheme(scheme.as_ref())
        .and_then(|()| request.set_authority(parts.uri.authority().map(http::uri::Authority::as_str)))
        .and_then(|()| request.set_path_with_query(parts.uri.path_and_query().map(http::uri::PathAndQuery::as_str)))
        .map_err(|()| ErrorCode::HttpRequestUriInvalid)?;
    Ok(request)
}
