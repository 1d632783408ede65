//! Links and names in a text: a robot's webhook, a media file's path, a signed link, a conversation.
#![no_main]

use contract::{
    conversation,
    kdocs::{ROBOT_ORIGIN, WEBHOOK_PATH, alias, check_link, link::is_word},
    quntool::files,
};
use libfuzzer_sys::fuzz_target;
use surface::{Secret, link, query};
use url::Url;

const EXPIRES: u64 = 1_686_708_150;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    robot(text);
    file(text);
    signed(text);
    if conversation::check_room(text).is_ok() {
        assert_eq!(conversation::check(text), Ok(()));
    }
    for (name, _) in query::pairs(text) {
        let first = query::pairs(text).find(|(found, _)| *found == name).map(|(_, value)| value);
        assert_eq!(query::get(text, &name), first);
    }
});

/// A link that is taken leads to one robot's group on WeCom, in the eyes of a parser too.
fn robot(text: &str) {
    if let Ok(key) = check_link(text, &[ROBOT_ORIGIN]) {
        let url = Url::parse(text).expect("a URL");
        assert_eq!((url.scheme(), url.host_str(), url.port()), ("https", Some("qyapi.weixin.qq.com"), None));
        assert_eq!((url.username(), url.password(), url.path()), ("", None, WEBHOOK_PATH));
        assert_eq!((url.query(), url.fragment()), (Some(format!("key={key}").as_str()), None));
    }
    let of_key = format!("{ROBOT_ORIGIN}{WEBHOOK_PATH}?key={text}");
    assert_eq!(check_link(&of_key, &[ROBOT_ORIGIN]).ok(), Some(text).filter(|text| is_word(text)));
    assert_eq!(alias(&format!("robot:{text}")), Some(text).filter(|text| is_word(text)));
    assert!(alias(text).is_none() || check_link(text, &[ROBOT_ORIGIN]).is_err());
}

/// A path survives its encoding, and a clean one leads to no other place, in the eyes of a parser too.
fn file(text: &str) {
    let encoded = files::encode(text);
    assert!(encoded.is_ascii() && files::decode(&encoded) == text);
    assert!(files::path_of(text).is_none_or(|path| files::is_file(&path)));
    if files::is_clean(text) {
        let address = format!("https://gateway.test{encoded}");
        assert_eq!(files::path_of(&address).as_deref(), Some(text));
        let url = Url::parse(&address).expect("a URL");
        assert_eq!((url.path(), url.query(), url.fragment()), (encoded.as_str(), None, None));
    }
}

/// A signed link opens its file until it expires, and a text that nobody signed opens nothing.
fn signed(text: &str) {
    let secret = Secret::new("a secret of tests");
    let link = link::sign(&secret, text, EXPIRES).expect("there is a secret");
    let (path, query) = link.split_once('?').expect("a signature");
    let path = files::decode(path);
    assert!(link::verify(&secret, &path, query, EXPIRES));
    assert!(!link::verify(&secret, &path, query, EXPIRES + 1));
    assert!(!link::verify(&Secret::new("another"), &path, query, EXPIRES));
    assert!(!link::verify(&secret, &format!("{path}x"), query, EXPIRES));
    assert!(!link::verify(&secret, "/gnapi/files/a", text, 0));
}
