//! One check per case across parameters.

use super::{Arguments, Violation};
use crate::endpoint::Check;
use serde_json::{Map, Value};

/// Checks what the parameters are to each other; the violation names the one that the caller changes.
pub fn check(check: Check, arguments: &Arguments) -> Result<(), Violation> {
    let text = |name: &str| arguments.documented.get(name).and_then(Value::as_str).unwrap_or_default();
    let (kept, field) = match check {
        Check::AnyOf(names) => {
            let is_there = |name: &&str| at(&arguments.documented, name).is_some_and(|value| !is_blank(value));
            (names.iter().any(is_there), names.first().copied().unwrap_or_default())
        }
        Check::Placeholders { text: name, placeholder, list } => {
            let entries = arguments.documented.get(list).and_then(Value::as_array).map_or(0, Vec::len);
            (text(name).matches(placeholder).count() <= entries, name)
        }
        Check::Extension { flag, address, extensions } => {
            let is_set = arguments.documented.get(flag).and_then(Value::as_i64) == Some(1);
            (!is_set || extension(text(address)).is_some_and(|found| extensions.contains(&found.as_str())), address)
        }
        Check::Needs { when, is, field } => return needs(&arguments.documented, when, is, field),
    };
    if kept { Ok(()) } else { Err(Violation { field: field.to_owned(), reason: format!("不符合要求:{check}") }) }
}

/// Checks that a field is there while another one has a value; in a list, for each of its entries.
fn needs(fields: &Map<String, Value>, when: &str, is: &str, field: &str) -> Result<(), Violation> {
    let missing = |field: String| Violation { field, reason: format!("缺失:{when} 为 {is} 时必填") };
    let keeps = |fields: &Map<String, Value>, when: &str, field: &str| {
        !at(fields, when).is_some_and(|value| is_written(value, is))
            || at(fields, field).is_some_and(|value| !is_blank(value))
    };
    let (Some((list, when)), Some((_, inner))) = (when.split_once("[]."), field.split_once("[].")) else {
        return if keeps(fields, when, field) { Ok(()) } else { Err(missing(field.to_owned())) };
    };
    let entries = at(fields, list).and_then(Value::as_array).into_iter().flatten();
    let mut broken =
        entries.enumerate().filter(|(_, entry)| entry.as_object().is_some_and(|entry| !keeps(entry, when, inner)));
    broken.next().map_or(Ok(()), |(index, _)| Err(missing(format!("{list}[{index}].{inner}"))))
}

/// The value at a path `a.b`.
fn at<'a>(fields: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let mut names = path.split('.');
    let first = fields.get(names.next()?)?;
    names.try_fold(first, |value, name| value.get(name))
}

/// Whether a text or a number is written so.
fn is_written(value: &Value, text: &str) -> bool {
    match value {
        Value::String(written) => written == text,
        Value::Number(number) => number.to_string() == text,
        _ => false,
    }
}

fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

/// The extension of the file that an address names, in lower case; its query and fragment do not count.
fn extension(address: &str) -> Option<String> {
    let (_, rest) = address.split(['?', '#']).next()?.split_once("://")?;
    let (_, path) = rest.split_once('/')?;
    let (_, extension) = path.rsplit('/').next()?.rsplit_once('.')?;
    Some(extension.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use crate::{
        arguments::Violation,
        catalog,
        endpoint::{Endpoint, System},
    };
    use serde_json::{Value, json};

    fn refusal(endpoint: &Endpoint, given: Value) -> Option<Violation> {
        let Value::Object(given) = given else { panic!("not an object") };
        endpoint.check(given).err()
    }

    #[test]
    fn mentions_have_a_member_for_every_placeholder() {
        let endpoint = catalog::message(System::Quntool, "roomAt").unwrap();
        let given = |content: &str, list: Value| json!({"wxId": "1", "conversationId": "R:1", "content": content, "atList": list});
        for (content, list) in [("你好", json!(["1"])), ("{$@}、{$@}", json!(["1", "2"])), ("{$@}", json!(["0"]))] {
            assert_eq!(refusal(endpoint, given(content, list)), None, "{content}");
        }
        let violation = refusal(endpoint, given("{$@}{$@}", json!(["1"]))).unwrap();
        assert_eq!(violation.to_string(), "参数 content 不符合要求:content 中 {$@} 的个数不多于 atList 的项数");
        assert_eq!(refusal(endpoint, given("hi", json!(["0", "1"]))).unwrap().field, "atList");
        let to_a_person = json!({"wxId": "1", "conversationId": "S:1_2", "content": "hi", "atList": ["1"]});
        assert_eq!(refusal(endpoint, to_a_person).unwrap().field, "conversationId");
    }

    #[test]
    fn a_relation_is_looked_up_by_one_id_at_least() {
        let endpoint = catalog::find("GET", "/gnapi/open/contact/relation").unwrap();
        for (name, id) in [("ContactUserId", "788"), ("ExternalUserId", "wm"), ("externaluserid", "wo")] {
            assert_eq!(refusal(endpoint, json!({"wxId": "1", name: id})), None, "{name}");
        }
        for given in [json!({"wxId": "1"}), json!({"wxId": "1", "ContactUserId": "", "ExternalUserId": " "})] {
            assert_eq!(refusal(endpoint, given).unwrap().field, "ContactUserId");
        }
    }

    #[test]
    fn a_confidential_file_is_of_a_type_that_can_be_watermarked() {
        let endpoint = catalog::message(System::Wanwang, "file").unwrap();
        let given = |url: &str, safe: Value| json!({"workIds": ["ww0517"], "fileUrl": url, "safe": safe});
        for (url, safe) in [
            ("https://a.test/x.zip", json!(0)),
            ("https://a.test/x.zip", json!(null)),
            ("https://a.test/x.PDF?sign=a.zip#b", json!(1)),
        ] {
            assert_eq!(refusal(endpoint, given(url, safe)), None, "{url}");
        }
        for url in ["https://a.test/x.zip", "https://a.test/x?file=a.pdf", "https://a.pdf", "https://a.test/pdf"] {
            assert_eq!(refusal(endpoint, given(url, json!(1))).unwrap().field, "fileUrl", "{url}");
        }
        assert_eq!(refusal(endpoint, given("https://a.test/x.pdf", json!(2))).unwrap().field, "safe");
    }
}
