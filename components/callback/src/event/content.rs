//! From the fields of a callback to those of its event, as the table of types says.

use super::member::{Member, Object, number, text};
use crate::envelope::{as_integer, as_text};
use contract::events::{Field, Shape, qr_code};
use serde_json::{Map, Number, Value};
use std::borrow::Cow;

/// Reads these fields; what is not there, or of a type that cannot be read, is left out.
pub fn read<'a>(data: &'a Map<String, Value>, table: &[Field]) -> Object<'a> {
    let mut content = Object::default();
    for field in table {
        content.put(field.name, member(data, field));
    }
    content
}

/// Reads a list of people: `[{"id", "name"}]`. An entry is an object, or an id.
pub fn people(list: Option<&Value>) -> Member<'_> {
    let entries = list.and_then(Value::as_array).into_iter().flatten();
    Member::List(entries.filter_map(person).collect())
}

fn person(entry: &Value) -> Option<Member<'_>> {
    let first = |names: &[&str]| names.iter().find_map(|name| entry.get(name).and_then(as_text));
    let id = as_text(entry).or_else(|| first(&["user_id", "userId", "id"]))?;
    let mut person = Object::default();
    person.put("id", Some(text(id)));
    person.put("name", first(&["name", "nickname"]).map(text));
    Some(Member::Object(person))
}

/// Takes the first place that has something; an empty text only if no other place has more.
fn member<'a>(data: &'a Map<String, Value>, field: &Field) -> Option<Member<'a>> {
    let mut found = field.paths.iter().filter_map(|path| shaped(at(data, path)?, field.shape));
    let first = found.next()?;
    let is_empty = matches!(&first, Member::Text(text) if text.is_empty());
    if is_empty { Some(found.next().unwrap_or(first)) } else { Some(first) }
}

/// Finds the value at a path; a dot leads into an object.
pub fn at<'a>(data: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let mut names = path.split('.');
    let outermost = data.get(names.next()?)?;
    names.try_fold(outermost, |value, name| value.get(name))
}

fn shaped(value: &Value, shape: Shape) -> Option<Member<'_>> {
    match shape {
        Shape::Text => words(value).map(text),
        Shape::Integer => as_integer(value).map(number),
        Shape::Number => real(value).map(number),
        Shape::Boolean => boolean(value).map(Member::Boolean),
        Shape::FileName => words(value).map(|path| text(last(path))),
        Shape::People => value.is_array().then(|| people(Some(value))),
        Shape::QrCodeState => as_integer(value).and_then(qr_code::name).map(text),
    }
}

/// Reads a text; here an empty one is something that the platform said.
fn words(value: &Value) -> Option<Cow<'_, str>> {
    value.as_str().map(Cow::from).or_else(|| as_text(value))
}

/// Returns what stands behind a path's last slash.
fn last(path: Cow<'_, str>) -> Cow<'_, str> {
    match path {
        Cow::Borrowed(path) => path.rsplit('/').next().unwrap_or_default().into(),
        // A number has none.
        Cow::Owned(_) => path,
    }
}

fn real(value: &Value) -> Option<Number> {
    let number = value.as_f64().or_else(|| serde_json::from_str(value.as_str()?.trim()).ok())?;
    Number::from_f64(number)
}

fn boolean(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| match words(value)?.as_ref() {
        "1" | "true" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    })
}
