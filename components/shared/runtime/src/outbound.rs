//! Requests to others.

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
use std::{future::poll_fn, pin::pin};

/// Sends a request, and resolves when the head of its answer is there.
///
/// The body is written as soon as the host has the request, before this task waits: the host then has it when it writes the
/// head. Written earlier it would lie in the guest until the host turns to it. Spin 4.1 does not set `TCP_NODELAY`: a body
/// that leaves in a write of its own waits about 40 ms for the acknowledgement of its head, on every connection that was
/// kept.
pub async fn send(request: http::Request<Vec<u8>>) -> Result<Response, ErrorCode> {
    let (parts, body) = request.into_parts();
    let (mut writer, contents) = wit_stream::new();
    let request = host_request(parts, Some(contents))?;
    let mut answer = pin!(client::send(request));
    let mut body = Some(Box::pin(async move { drop(writer.write_all(body).await) }));
    let answer = poll_fn(|context| {
        let answered = answer.as_mut().poll(context);
        if let Some(mut written) = body.take()
            && written.as_mut().poll(context).is_pending()
        {
            // What is left over when the host has gone away has nobody to go to.
            spawn(written);
        }
        answered
    });
    Response::from_response(answer.await?)
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
