//! Where a callback was sent to: the gateway's own origin, as the platform reaches it.

use http::{HeaderMap, Uri, header, uri::Authority};

/// Returns the origin (scheme, host, port) of a request: the host that it names, and `https` if the request or the proxy
/// in front (`x-forwarded-proto`) says so. Empty if it names no host.
pub fn of(uri: &Uri, headers: &HeaderMap) -> String {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST.as_str()).or_else(|| uri.authority().map(Authority::as_str));
    // User information is no part of an origin.
    let host = host.and_then(|host| host.rsplit('@').next()?.parse::<Authority>().ok());
    let Some(host) = host else { return String::new() };
    let forwarded = text("x-forwarded-proto").map(|schemes| schemes.split(',').next().unwrap_or_default().trim());
    let is_secure = forwarded.or(uri.scheme_str()).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
    let scheme = if is_secure { "https" } else { "http" };
    format!("{scheme}://{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(uri: &str, headers: &[(&str, &str)]) -> String {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(http::HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        of(&uri.parse().unwrap(), &map)
    }

    #[test]
    fn the_origin_is_the_host_that_the_request_names() {
        assert_eq!(origin("/callback", &[("host", "gw.test:3000")]), "http://gw.test:3000");
        assert_eq!(origin("http://gw.test/callback", &[]), "http://gw.test");
        assert_eq!(origin("https://gw.test/callback", &[("host", "[::1]:3000")]), "https://[::1]:3000");
        assert_eq!(origin("/", &[("host", "gw.test"), ("x-forwarded-proto", "https, http")]), "https://gw.test");
        assert_eq!(origin("/", &[("host", "gw.test"), ("x-forwarded-proto", "javascript")]), "http://gw.test");
    }

    #[test]
    fn a_host_that_is_none_makes_no_origin() {
        assert_eq!(origin("/", &[]), "");
        for host in ["a b", "a/b", "a\"b", "", "user@", "user[:@:1]:3000"] {
            assert_eq!(origin("/", &[("host", host)]), "", "{host:?}");
        }
        assert_eq!(origin("/", &[("host", "evil@gw.test")]), "http://gw.test");
    }
}
