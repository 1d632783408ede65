//! One check per rule.

use crate::{
    conversation,
    endpoint::{Rule, rule::numbers},
};
use serde_json::Value;
use std::collections::HashSet;

/// Checks one rule; the error is the reason, in Chinese. A value of a kind that the rule does not speak of passes.
pub fn check(rule: Rule, value: &Value) -> Result<(), String> {
    match rule {
        Rule::NotEmpty => texts(value).all(|text| !text.is_empty()),
        Rule::NotBlank => texts(value).all(|text| !text.trim().is_empty()),
        Rule::MaxBytes(limit) => texts(value).all(|text| text.len() <= limit),
        Rule::MaxCharacters(limit) => texts(value).all(|text| text.chars().count() <= limit),
        Rule::Count(least, most) => value.as_array().is_none_or(|list| (least..=most).contains(&list.len())),
        Rule::Range(least, most) => value.as_i64().is_none_or(|number| (least..=most).contains(&number)),
        Rule::Between(least, most) => value.as_f64().is_none_or(|number| (least..=most).contains(&number)),
        Rule::OneOf(allowed) => value.as_i64().is_none_or(|number| allowed.contains(&number)),
        Rule::Words(allowed) => texts(value).all(|text| allowed.contains(&text)),
        Rule::Conversation => {
            return texts(value).try_for_each(conversation::check).map_err(str::to_owned);
        }
        Rule::Room => {
            return texts(value).try_for_each(conversation::check_room).map_err(str::to_owned);
        }
        Rule::Http => texts(value).all(is_http),
        Rule::File => texts(value).all(|text| is_http(text) || is_uploaded(text)),
        Rule::Identifiers(least, most) => {
            return texts(value).try_for_each(|text| check_identifiers(text, least, most));
        }
        Rule::Alone(entry) => {
            value.as_array().is_none_or(|list| list.len() == 1 || !list.iter().any(|found| found == entry))
        }
        // The value is a file's name; what is known of the file is checked where it is known.
        Rule::FileBytes(..) | Rule::FileSeconds(_) => true,
    }
    .then_some(())
    .ok_or_else(|| reason(rule, value))
}

fn reason(rule: Rule, value: &Value) -> String {
    match rule {
        Rule::NotEmpty => "不能为空".into(),
        Rule::NotBlank => "不能为空白".into(),
        Rule::MaxBytes(limit) => {
            let longest = texts(value).map(str::len).max().unwrap_or(0);
            format!("过长:{longest} 字节,上限 {limit} 字节(UTF-8)")
        }
        Rule::MaxCharacters(limit) => {
            let longest = texts(value).map(|text| text.chars().count()).max().unwrap_or(0);
            format!("过长:{longest} 个字符,上限 {limit} 个字符")
        }
        Rule::Count(least, most) => {
            let count = value.as_array().map_or(0, Vec::len);
            format!("数量为 {count},应为 {least} 到 {most}")
        }
        Rule::Range(least, most) => format!("取值应为 {least} 到 {most}"),
        Rule::Between(least, most) => format!("取值应为 {least} 到 {most}"),
        Rule::OneOf(allowed) => format!("取值应为 {}", numbers(allowed)),
        Rule::Words(allowed) => format!("取值应为 {}", allowed.join("、")),
        Rule::Http => "应为 http:// 或 https:// 开头的地址".into(),
        Rule::File => "应为 http:// 或 https:// 开头的地址,或上传接口返回的 /gnapi/ 开头的路径".into(),
        Rule::Alone(entry) => format!("{entry} 只能单独出现"),
        Rule::Conversation | Rule::Room | Rule::Identifiers(..) | Rule::FileBytes(..) | Rule::FileSeconds(_) => {
            format!("不符合要求:{rule}")
        }
    }
}

/// The strings of a string or of a list.
fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let own = value.as_str();
    let listed = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    own.into_iter().chain(listed)
}

fn is_http(text: &str) -> bool {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    rest.is_some_and(|rest| !rest.is_empty() && !text.chars().any(|c| c.is_whitespace() || c.is_control()))
}

/// File names may hold spaces, and an upload's answer holds them unencoded.
fn is_uploaded(text: &str) -> bool {
    const ROOT: &str = "/gnapi/";
    text.len() > ROOT.len()
        && text.get(..ROOT.len()).is_some_and(|start| start.eq_ignore_ascii_case(ROOT))
        && !text.chars().any(char::is_control)
}

fn check_identifiers(text: &str, least: usize, most: usize) -> Result<(), String> {
    if text.contains('\u{ff0c}') {
        return Err("应使用英文逗号隔开".into());
    }
    let identifiers: Vec<&str> = text.split(',').map(str::trim).collect();
    if identifiers.iter().any(|identifier| identifier.is_empty()) {
        return Err("不能有空的 id".into());
    }
    if identifiers.iter().any(|identifier| identifier.len() > 64) {
        return Err("id 过长:上限 64 字节".into());
    }
    let different = identifiers.iter().collect::<HashSet<_>>().len();
    if (least..=most).contains(&different) {
        return Ok(());
    }
    Err(format!("有 {different} 个不同的 id,应为 {least} 到 {most} 个"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ids_stand_between_commas_of_the_ascii_kind() {
        let group = |text: &str| check(Rule::Identifiers(2, 3), &json!(text));
        for text in ["1,2", "788130083907XXXX,788130125713XXXX", "1, 2,3", "1,1,2"] {
            assert_eq!(group(text), Ok(()), "{text}");
        }
        for text in ["1", "1,", "1,,2", "1,1", "1,2,3,4", "1\u{ff0c}2", &format!("1,{}", "2".repeat(65))] {
            assert!(group(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_file_is_an_address_or_what_an_upload_returned() {
        for text in ["http://a.test/x%20y", "/gnapi/Files/2021/发布 群控.txt", "/GNAPI/files/x"] {
            assert_eq!(check(Rule::File, &json!(text)), Ok(()), "{text}");
        }
        for text in ["", "x.png", "/files/x", "/gnapi/", "/gnapi/a\nb", "ftp://a.test/x", "http://a b"] {
            assert!(check(Rule::File, &json!(text)).is_err(), "{text}");
        }
    }
}
