//! All endpoint tables together: what routing asks them.

use crate::{
    endpoint::{Chapter, Endpoint, System},
    kdocs, quntool, wanwang,
};

/// Why no endpoint answers a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// No endpoint has the path.
    Path,
    /// The path has other methods; these, as the header `Allow` writes them.
    Method(String),
}

/// Returns the chapters of a system's documents.
pub const fn chapters(system: System) -> &'static [Chapter] {
    match system {
        System::Wanwang => wanwang::CHAPTERS,
        System::Quntool => quntool::CHAPTERS,
        System::Kdocs => kdocs::CHAPTERS,
    }
}

/// Returns the endpoints of a system, in the order of its documents.
pub const fn of(system: System) -> &'static [Endpoint] {
    match system {
        System::Wanwang => wanwang::ENDPOINTS,
        System::Quntool => quntool::ENDPOINTS,
        System::Kdocs => kdocs::ENDPOINTS,
    }
}

/// Returns every endpoint of every system.
pub fn endpoints() -> impl Iterator<Item = &'static Endpoint> {
    System::ALL.iter().copied().flat_map(of)
}

/// Finds the endpoint that a request is for.
pub fn find(method: &str, path: &str) -> Result<&'static Endpoint, Missing> {
    let mut allowed = Vec::new();
    for endpoint in endpoints().filter(|endpoint| endpoint.has_path(path)) {
        if endpoint.method.as_str() == method {
            return Ok(endpoint);
        }
        allowed.push(endpoint.method.as_str());
    }
    Err(if allowed.is_empty() { Missing::Path } else { Missing::Method(allowed.join(", ")) })
}

/// Finds the endpoint that sends a type of message.
pub fn message(system: System, kind: &str) -> Option<&'static Endpoint> {
    of(system).iter().find(|endpoint| endpoint.message == Some(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_finds_its_endpoint() {
        let found = |method, path| find(method, path).map(|endpoint| endpoint.source);
        assert_eq!(found("POST", "/integration/wx_work/recall"), Ok("000:13"));
        assert_eq!(found("DELETE", "/gnapi/open/group/member"), Ok("001:1112"));
        assert_eq!(found("GET", "/GNAPI/open/miniProgram/List"), Ok("001:1948"));
        assert_eq!(found("POST", "/integration/wx_work/RECALL"), Err(Missing::Path));
        assert_eq!(found("PUT", "/gnapi/open/group/member"), Err(Missing::Method("POST, DELETE".into())));
        assert_eq!(found("GET", "/gnapi/open/"), Err(Missing::Path));
    }

    #[test]
    fn a_message_finds_its_endpoint() {
        let path = |system, kind| message(system, kind).map(|endpoint| endpoint.path);
        assert_eq!(path(System::Wanwang, "file"), Some("/integration/wx_work/sendFileByWorkIds"));
        assert_eq!(path(System::Quntool, "file"), Some("/gnapi/open/msg/file"));
        assert_eq!(path(System::Quntool, "savedVideoNum"), Some("/gnapi/open/videonum/send"));
        assert_eq!(path(System::Wanwang, "gif"), None);
    }
}
