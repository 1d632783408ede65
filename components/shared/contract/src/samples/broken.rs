//! Requests that break one rule each, made from a table and a request that breaks none.

use crate::endpoint::{Kind, Parameter, Rule};
use serde_json::{Map, Value, json};

/// How a parameter is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum How {
    /// It is left out.
    Missing,
    /// It is `null`.
    Null,
    /// Its value is of another kind; in a query, where everything is text, that may not show.
    WrongKind,
    /// Its value is empty.
    Empty,
    /// Its value is longer, larger or more than allowed.
    TooLong,
}

/// A request that breaks one rule.
#[derive(Clone, Debug)]
pub struct Broken {
    /// The parameter, as the refusal has to name it.
    pub field: String,
    /// How it is broken.
    pub how: How,
    /// The parameters of the request.
    pub given: Map<String, Value>,
}

/// Breaks every rule for single values that a table has. `valid` keeps all of them, under the documented names.
pub fn requests(table: &[Parameter], valid: &Map<String, Value>) -> Vec<Broken> {
    table.iter().flat_map(|parameter| of_parameter(parameter, valid)).collect()
}

fn of_parameter(parameter: &Parameter, valid: &Map<String, Value>) -> Vec<Broken> {
    let name = parameter.name;
    let broken = |field: String, how: How, value: Option<Value>| {
        let mut given = valid.clone();
        match value {
            Some(value) => given.insert(name.to_owned(), value),
            None => given.remove(name),
        };
        Broken { field, how, given }
    };
    let mut requests = vec![broken(name.into(), How::WrongKind, Some(wrong_kind(parameter.kind)))];
    if parameter.required {
        requests.push(broken(name.into(), How::Missing, None));
        requests.push(broken(name.into(), How::Null, Some(Value::Null)));
        requests.extend(empty(parameter).map(|value| broken(name.into(), How::Empty, Some(value))));
    }
    let first = valid.get(name).and_then(Value::as_array).and_then(|list| list.first());
    let too_long = parameter.rules.iter().filter_map(|rule| too_long(*rule, parameter.kind, first));
    requests.extend(too_long.map(|value| broken(name.into(), How::TooLong, Some(value))));
    match (parameter.kind, valid.get(name)) {
        (Kind::Object(fields), Some(Value::Object(inner))) => {
            requests.extend(
                self::requests(fields, inner)
                    .into_iter()
                    .map(|inside| broken(format!("{name}.{}", inside.field), inside.how, Some(inside.given.into()))),
            );
        }
        (Kind::ObjectList(fields), Some(Value::Array(list))) => {
            let Some(Value::Object(inner)) = list.first() else { return requests };
            requests.extend(self::requests(fields, inner).into_iter().map(|inside| {
                let list = [inside.given.into()].into_iter().chain(list.iter().skip(1).cloned()).collect();
                broken(format!("{name}[0].{}", inside.field), inside.how, Some(Value::Array(list)))
            }));
        }
        _ => {}
    }
    requests
}

fn wrong_kind(kind: Kind) -> Value {
    match kind {
        Kind::Text | Kind::File | Kind::Object(_) => json!(7),
        Kind::Integer | Kind::Number | Kind::IntegerOrDigits | Kind::Boolean | Kind::TextList => json!("x"),
        Kind::ObjectList(_) | Kind::AnyObjectList => json!(["x"]),
    }
}

/// Returns the empty value, unless the rules let it pass.
fn empty(parameter: &Parameter) -> Option<Value> {
    let refused = parameter.rules.iter().any(|rule| match rule {
        Rule::NotEmpty | Rule::NotBlank => matches!(parameter.kind, Kind::Text),
        Rule::Count(least, _) => *least > 0,
        _ => false,
    });
    refused.then(|| if matches!(parameter.kind, Kind::Text) { json!("") } else { json!([]) })
}

/// Returns a value that is just beyond what a rule allows; `entry` is a good one of a list.
fn too_long(rule: Rule, kind: Kind, entry: Option<&Value>) -> Option<Value> {
    let text = |length: usize| "7".repeat(length);
    let list = matches!(kind, Kind::TextList);
    match rule {
        Rule::MaxBytes(limit) | Rule::MaxCharacters(limit) if list => Some(json!([text(limit + 1)])),
        Rule::MaxBytes(limit) | Rule::MaxCharacters(limit) => Some(text(limit + 1).into()),
        Rule::Count(_, most) => Some(vec![entry?.clone(); most + 1].into()),
        Rule::Range(_, most) => most.checked_add(1).map(Value::from),
        Rule::Between(_, most) => Some((most + 1.0).into()),
        Rule::OneOf(allowed) => allowed.iter().max().map(|most| (most + 1).into()),
        Rule::Identifiers(_, most) => {
            let identifiers: Vec<String> = (0..=most).map(|number| number.to_string()).collect();
            Some(identifiers.join(",").into())
        }
        Rule::NotEmpty
        | Rule::NotBlank
        | Rule::Words(_)
        | Rule::Conversation
        | Rule::Room
        | Rule::Http
        | Rule::File
        | Rule::Alone(_)
        | Rule::FileBytes(..)
        | Rule::FileSeconds(_) => None,
    }
}
