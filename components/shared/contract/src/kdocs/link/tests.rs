//! Links that lead to a robot, and links that do not.

use super::*;
use crate::samples::hostile;

const ORIGINS: &[&str] = &[ROBOT_ORIGIN, "http://127.0.0.1:3100/"];

#[test]
fn takes_webhooks_of_the_allowed_origins() {
    for (link, key) in [
        ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx", "xxx"),
        ("http://127.0.0.1:3100/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4", "693a91f6-7xxx-4bc4"),
    ] {
        assert_eq!(check_link(link, ORIGINS), Ok(key));
    }
}

#[test]
fn refuses_everything_else_without_repeating_it() {
    let key_of_65 = format!("{ROBOT_ORIGIN}{WEBHOOK_PATH}?key={}", "k".repeat(65));
    for link in [
        "",
        "xxx",
        "https://qyapi.weixin.qq.com",
        "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx",
        "https://qyapi.weixin.qq.com:444/cgi-bin/webhook/send?key=xxx",
        "https://qyapi.weixin.qq.com.evil.example/cgi-bin/webhook/send?key=xxx",
        "https://qyapi.weixin.qq.com@evil.example/cgi-bin/webhook/send?key=xxx",
        "https://user:pass@qyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx",
        "https://evil.example/https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send/../x?key=xxx",
        "https://qyapi.weixin.qq.com//cgi-bin/webhook/send?key=xxx",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=a&debug=1",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?debug=1&key=a",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=a#b",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=a%00",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=汉",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=a\n",
        " https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=a",
        key_of_65.as_str(),
    ] {
        let reason = check_link(link, ORIGINS).unwrap_err();
        assert!(link.is_empty() || !reason.contains(link), "{link}");
    }
    assert!(check_link("/cgi-bin/webhook/send?key=a", &[""]).is_err());
}

#[test]
fn refuses_every_hostile_link() {
    let links = hostile::links("127.0.0.1:3999");
    assert!(links.len() >= 60, "{}", links.len());
    for link in links {
        assert!(check_link(&link, ORIGINS).is_err(), "{link:?}");
        assert_eq!(alias(&link), None, "{link:?}");
    }
}

#[test]
fn an_alias_is_a_word_behind_its_prefix() {
    assert_eq!(alias("robot:ops"), Some("ops"));
    for text in [
        "ops",
        "robot:",
        "Robot:ops",
        "robot:a b",
        "robot://ops",
        "robot:a?key=b",
        &format!("robot:{}", "a".repeat(65)),
    ] {
        assert_eq!(alias(text), None, "{text}");
    }
}
