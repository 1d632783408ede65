//! The files of a callback, as absolute addresses.

use super::{
    Context, content,
    member::{Member, Object, text},
};
use contract::{events::Media, quntool::files};
use runtime::clock::rfc3339;
use serde_json::{Map, Value};
use std::borrow::Cow;
use surface::link;

/// Lists the files of a callback, `[{"role", "kind", "url", "expiresAt"}]`. What is neither a path of a media file nor an
/// address of the web is left out: it leads nowhere.
pub fn read<'a>(data: &'a Map<String, Value>, table: &[Media], context: &Context<'_>) -> Member<'a> {
    let entries = table.iter().filter_map(|media| {
        let (url, expires) = address(content::at(data, media.path)?.as_str()?.trim(), context)?;
        let mut file = Object::default();
        file.put("role", Some(text(media.role.name())));
        file.put("kind", Some(text(media.kind.name())));
        file.put("url", Some(text(url)));
        file.put("expiresAt", expires.map(|seconds| text(rfc3339(seconds.saturating_mul(1_000)))));
        Some(Member::Object(file))
    });
    Member::List(entries.collect())
}

/// Returns an absolute address, and in seconds until when it needs no credential where that ends.
fn address<'a>(place: &'a str, context: &Context<'_>) -> Option<(Cow<'a, str>, Option<u64>)> {
    if files::is_clean(place) && !place.contains(char::is_control) {
        let expires = context.now / 1_000 + link::LONGEST;
        let signed = link::sign(context.link_secret, place, expires);
        let expires = signed.is_some().then_some(expires);
        let path = signed.unwrap_or_else(|| files::encode(place));
        return Some((format!("{}{path}", context.origin).into(), expires));
    }
    is_web(place).then(|| (place.into(), None))
}

/// Whether a text is an address of the web: `http` or `https`, a host, and nothing that an address cannot hold.
fn is_web(address: &str) -> bool {
    let host = address.split_once("://").and_then(|(scheme, rest)| {
        let known = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
        known.then(|| rest.split(['/', '?', '#']).next().unwrap_or_default())
    });
    let forbidden =
        |character: char| character.is_control() || character.is_whitespace() || "\"<>\\^`{|}".contains(character);
    host.is_some_and(|host| !host.is_empty()) && !address.contains(forbidden)
}

#[cfg(test)]
mod tests {
    use super::*;
    use surface::Secret;

    const WEEK: u64 = 604_800;

    fn context(secret: &Secret) -> Context<'_> {
        Context { received_at: 0, now: 5_000, unverified: false, origin: "https://gateway.test", link_secret: secret }
    }

    #[test]
    fn a_path_of_the_platform_becomes_a_link_that_opens_for_a_week() {
        let secret = Secret::new("secret");
        let place = "/gnapi/files/Storage/视频 压缩后.mp4";
        let (url, expires) = address(place, &context(&secret)).unwrap();
        let (path, query) = url.strip_prefix("https://gateway.test").unwrap().split_once('?').unwrap();
        assert_eq!(expires, Some(5 + WEEK));
        assert!(url.is_ascii() && contract::quntool::files::decode(path) == place);
        assert!(link::verify(&secret, place, query, 5 + WEEK) && !link::verify(&secret, place, query, 6 + WEEK));
    }

    #[test]
    fn without_a_secret_a_path_is_absolute_and_needs_a_credential() {
        let unsigned = address("/gnapi/files/a b.jpg", &context(&Secret::new("")));
        assert_eq!(unsigned, Some(("https://gateway.test/gnapi/files/a%20b.jpg".into(), None)));
    }

    #[test]
    fn addresses_elsewhere_stay_as_they_are() {
        let secret = Secret::new("secret");
        for place in ["http://wx.qlogo.cn/mmhead/0", "HTTPS://a.test", "http://10.0.0.1:81/gnapi/files/a.jpg?b=c#d"] {
            assert_eq!(address(place, &context(&secret)), Some((place.into(), None)));
        }
    }

    #[test]
    fn nothing_else_is_an_address() {
        let secret = Secret::new("secret");
        for place in [
            "",
            "javascript:alert(1)",
            "http://",
            "https:///a",
            "http://a b/",
            "http://a/\n",
            "ftp://a/b",
            "//a/b",
            "/etc/passwd",
            "/gnapi/open/msg/text",
            "/gnapi/files/../open/inner/user/list",
            "/gnapi/files/%2e%2e/open",
            "/gnapi/files/a?b",
            "/gnapi/files/a\u{0}b",
        ] {
            assert_eq!(address(place, &context(&secret)), None, "{place:?}");
        }
    }
}
