//! What a component is told about a request beyond what the client sent: headers, scheme and authority, as on Spin.

use std::net::SocketAddr;

use anyhow::{Context as _, bail, ensure};
use http::header::{CONNECTION, HOST};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};
use wasmtime_wasi_http::{DEFAULT_FORBIDDEN_HEADERS, WasiHttpHooks};

use crate::routes::RouteMatch;

/// What the names of the headers begin with that only the host sets.
const RESERVED: &str = "spin-";

/// Which headers of a request reach the guest: all but those of the connection.
pub(crate) struct Inbound;

impl WasiHttpHooks for Inbound {
    fn is_forbidden_header(&mut self, name: &HeaderName) -> bool {
        *name != HOST && DEFAULT_FORBIDDEN_HEADERS.contains(name)
    }
}

/// Completes the URI and sets the headers; an error means that the client's request is malformed.
pub(crate) fn prepare<B>(request: &mut Request<B>, found: &RouteMatch<'_>, client: SocketAddr) -> anyhow::Result<()> {
    let uri = absolute(request.uri(), request.headers())?;
    let headers = request.headers_mut();
    headers.remove(CONNECTION);
    let forged: Vec<HeaderName> = headers.keys().filter(|name| name.as_str().starts_with(RESERVED)).cloned().collect();
    for name in forged {
        headers.remove(name);
    }
    set(headers, "spin-path-info", &found.path_info)?;
    set(headers, "spin-full-url", &uri.to_string())?;
    set(headers, "spin-matched-route", found.route.matched())?;
    set(headers, "spin-base-path", "/")?;
    set(headers, "spin-raw-component-route", &found.route.pattern)?;
    set(headers, "spin-component-route", found.route.prefix())?;
    set(headers, "spin-client-addr", &client.to_string())?;
    for (name, value) in &found.segments {
        let name = format!("spin-path-match-{}", name.to_ascii_lowercase());
        headers.insert(HeaderName::try_from(name)?, HeaderValue::try_from(value)?);
    }
    *request.uri_mut() = uri;
    Ok(())
}

fn set(headers: &mut HeaderMap, name: &'static str, value: &str) -> anyhow::Result<()> {
    headers.insert(HeaderName::from_static(name), HeaderValue::try_from(value)?);
    Ok(())
}

/// The request's URI with its scheme and the authority from the `Host` header.
fn absolute(uri: &Uri, headers: &HeaderMap) -> anyhow::Result<Uri> {
    let mut parts = uri.clone().into_parts();
    let host = headers.get(HOST).map(|host| Authority::try_from(host.as_bytes())).transpose();
    let host = host.context("the Host header is no authority")?;
    parts.authority = match (host, parts.authority) {
        (Some(host), Some(authority)) => {
            ensure!(host == authority, "the Host header differs from the URI's authority");
            Some(host)
        }
        (None, None) => bail!("there is no Host header"),
        (host, authority) => host.or(authority),
    };
    parts.scheme = Some(Scheme::HTTP);
    Ok(Uri::from_parts(parts)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::HttpTrigger;
    use crate::routes::Routes;

    fn prepared(route: &str, request: http::request::Builder) -> anyhow::Result<Request<()>> {
        let trigger = HttpTrigger { id: String::new(), route: route.into(), component: "one".into() };
        let routes = Routes::new(&[trigger]).unwrap();
        let mut request = request.body(()).unwrap();
        let path = request.uri().path().to_owned();
        prepare(&mut request, &routes.find(&path).unwrap(), ([127, 0, 0, 1], 8777).into())?;
        Ok(request)
    }

    #[test]
    fn the_headers_are_those_of_spin() {
        let request =
            prepared("/foo/:userid/...", Request::get("/foo/42/bar?key=value").header("Host", "gateway.example"))
                .unwrap();
        let header = |name: &str| request.headers()[name].to_str().unwrap();
        assert_eq!(header("spin-path-info"), "/bar");
        assert_eq!(header("spin-full-url"), "http://gateway.example/foo/42/bar?key=value");
        assert_eq!(header("spin-matched-route"), "/foo/:userid/...");
        assert_eq!(header("spin-base-path"), "/");
        assert_eq!(header("spin-raw-component-route"), "/foo/:userid/...");
        assert_eq!(header("spin-component-route"), "/foo/:userid");
        assert_eq!(header("spin-client-addr"), "127.0.0.1:8777");
        assert_eq!(header("spin-path-match-userid"), "42");
        assert_eq!(request.uri().to_string(), "http://gateway.example/foo/42/bar?key=value");
    }

    #[test]
    fn a_client_cannot_set_the_hosts_headers() {
        let request = Request::get("/a").header("Host", "h").header("Spin-Client-Addr", "1.2.3.4:5");
        let request = prepared("/...", request.header("spin-anything", "x").header("connection", "close")).unwrap();
        let values: Vec<_> = request.headers().get_all("spin-client-addr").iter().collect();
        assert_eq!(values, ["127.0.0.1:8777"]);
        assert!(!request.headers().contains_key("spin-anything") && !request.headers().contains_key("connection"));
    }

    #[test]
    fn an_authority_must_be_there_and_unambiguous() {
        for (request, reason) in [
            (Request::get("/a"), "no Host header"),
            (Request::get("/a").header("Host", "a b"), "no authority"),
            (Request::get("http://x/a").header("Host", "y"), "differs"),
        ] {
            let refusal = prepared("/...", request).unwrap_err().to_string();
            assert!(refusal.contains(reason), "{refusal}");
        }
        assert_eq!(prepared("/...", Request::get("http://x:1/a")).unwrap().uri(), "http://x:1/a");
    }
}
