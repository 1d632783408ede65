//! Parameters that come as text, in a query.

use super::Names;
use crate::endpoint::{Kind, Parameter};
use serde_json::{Map, Value};

/// Reads the decoded pairs of a query by the kinds of a table, ready for [`super::Arguments::check`].
///
/// Integers and booleans are read from their text (`1`, `false`, `False`); nothing after the `=` is no value. A list is
/// read from repeated names, with or without `[]`, and from text between commas. What does not fit stays as it came,
/// and a name that comes twice where one value is asked for becomes a list, so that the check names it.
pub fn read(
    table: &[Parameter],
    pairs: impl IntoIterator<Item = (String, String)>,
    names: Names,
) -> Map<String, Value> {
    let mut given = Map::new();
    for (name, text) in pairs {
        let bare = name.strip_suffix("[]").unwrap_or(&name);
        let listed = table.iter().find(|parameter| names.are_same(parameter.name, bare) && is_list(parameter));
        let single = table.iter().find(|parameter| names.are_same(parameter.name, &name));
        match (listed, single) {
            (Some(parameter), _) => {
                let entries = text.split(',').filter(|entry| !entry.is_empty()).map(Value::from);
                entries.for_each(|entry| append(&mut given, parameter.name, entry));
            }
            (None, Some(parameter)) => put(&mut given, &name, value(parameter.kind, text)),
            (None, None) => put(&mut given, &name, text.into()),
        }
    }
    given
}

const fn is_list(parameter: &Parameter) -> bool {
    matches!(parameter.kind, Kind::TextList)
}

fn value(kind: Kind, text: String) -> Value {
    match kind {
        Kind::Integer | Kind::Boolean if text.is_empty() => Value::Null,
        Kind::Integer => text.parse::<i64>().map_or(text.into(), Value::from),
        Kind::Boolean if text.eq_ignore_ascii_case("true") => true.into(),
        Kind::Boolean if text.eq_ignore_ascii_case("false") => false.into(),
        _ => text.into(),
    }
}

/// Keeps a value; a second one under the same name makes both a list.
fn put(given: &mut Map<String, Value>, name: &str, value: Value) {
    match given.get_mut(name) {
        None => {
            given.insert(name.to_owned(), value);
        }
        Some(Value::Array(list)) => list.push(value),
        Some(first) => *first = Value::Array(vec![first.take(), value]),
    }
}

fn append(given: &mut Map<String, Value>, name: &str, entry: Value) {
    match given.get_mut(name) {
        Some(Value::Array(list)) => list.push(entry),
        _ => {
            given.insert(name.to_owned(), Value::Array(vec![entry]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::{
        arguments::Names,
        endpoint::{Kind, Parameter},
    };
    use serde_json::{Value, json};

    const TABLE: &[Parameter] = &[
        Parameter::optional("userId", Kind::Text, &[], ""),
        Parameter::optional("IsOnline", Kind::Boolean, &[], ""),
        Parameter::optional("PageIndex", Kind::Integer, &[], ""),
        Parameter::optional("HostName", Kind::TextList, &[], ""),
    ];

    fn given(pairs: &[(&str, &str)]) -> Value {
        let pairs = pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        Value::Object(read(TABLE, pairs, Names::AnyCase))
    }

    #[test]
    fn text_becomes_what_the_table_asks_for() {
        assert_eq!(
            given(&[("userId", "7"), ("isonline", "False"), ("PageIndex", "2"), ("trace", "3")]),
            json!({"userId": "7", "isonline": false, "PageIndex": 2, "trace": "3"})
        );
        assert_eq!(
            given(&[("IsOnline", ""), ("HostName", ""), ("userId", "")]),
            json!({"IsOnline": null, "userId": ""})
        );
    }

    #[test]
    fn lists_come_in_all_the_ways_that_clients_write_them() {
        for pairs in [
            &[("HostName", "a"), ("HostName", "b")][..],
            &[("HostName[]", "a"), ("hostname[]", "b")],
            &[("HOSTNAME", "a,b")],
        ] {
            assert_eq!(given(pairs), json!({"HostName": ["a", "b"]}), "{pairs:?}");
        }
    }

    #[test]
    fn what_does_not_fit_stays_for_the_check() {
        assert_eq!(given(&[("IsOnline", "yes"), ("PageIndex", "x")]), json!({"IsOnline": "yes", "PageIndex": "x"}));
        assert_eq!(given(&[("userId", "1"), ("userId", "2")]), json!({"userId": ["1", "2"]}));
    }
}
