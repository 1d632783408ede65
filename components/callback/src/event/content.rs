//! From the fields of a callback to those of its event, as the table of types says.

use super::put;
use crate::envelope::{as_integer, as_text};
use contract::events::{Field, Shape, qr_code};
use serde_json::{Map, Value};

/// Reads these fields; what is not there, or of a type that cannot be read, is left out.
pub fn read(data: &Map<String, Value>, table: &[Field]) -> Map<String, Value> {
    let mut content = Map::new();
    for field in table {
        put(&mut content, field.name, value(data, field));
    }
    content
}

/// Reads a list of people: `[{"id", "name"}]`. An entry is an object, or an id.
pub fn people(list: Option<&Value>) -> Value {
    let entries = list.and_then(Value::as_array).into_iter().flatten();
    Value::Array(entries.filter_map(person).collect())
}

fn person(entry: &Value) -> Option<Value> {
    let first = |names: &[&str]| names.iter().find_map(|name| entry.get(name).and_then(as_text));
    let id = as_text(entry).or_else(|| first(&["user_id", "userId", "id"]))?;
    let mut person = Map::new();
    put(&mut person, "id", Some(id));
    put(&mut person, "name", first(&["name", "nickname"]));
    Some(Value::Object(person))
}

/// Takes the first place that has something; an empty text only if no other place has more.
fn value(data: &Map<String, Value>, field: &Field) -> Option<Value> {
    let mut found = field.paths.iter().filter_map(|path| shaped(at(data, path)?, field.shape));
    let first = found.next()?;
    if first == "" { Some(found.next().unwrap_or(first)) } else { Some(first) }
}

/// Finds the value at a path; a dot leads into an object.
pub fn at<'a>(data: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let mut names = path.split('.');
    let outermost = data.get(names.next()?)?;
    names.try_fold(outermost, |value, name| value.get(name))
}

fn shaped(value: &Value, shape: Shape) -> Option<Value> {
    match shape {
        Shape::Text => text(value).map(Value::from),
        Shape::Integer => as_integer(value).map(Value::from),
        Shape::Number => number(value).map(Value::from),
        Shape::Boolean => boolean(value).map(Value::from),
        Shape::FileName => text(value).map(|text| text.rsplit('/').next().unwrap_or_default().into()),
        Shape::People => value.is_array().then(|| people(Some(value))),
        Shape::QrCodeState => as_integer(value).and_then(qr_code::name).map(Value::from),
    }
}

/// Reads a text; here an empty one is something that the platform said.
fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned).or_else(|| as_text(value))
}

fn number(value: &Value) -> Option<f64> {
    let number = value.as_f64().or_else(|| serde_json::from_str(value.as_str()?.trim()).ok())?;
    number.is_finite().then_some(number)
}

fn boolean(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| match text(value)?.as_str() {
        "1" | "true" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    })
}
