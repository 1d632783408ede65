//! From a request's parameters to arguments that keep every documented rule.

pub(crate) mod checks;
pub mod query;
mod rules;

use crate::endpoint::{Endpoint, Kind, Parameter, System};
use serde_json::{Map, Value};
use std::fmt;

/// A parameter and the rule that it breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The parameter, as the documents name it; `a.b` and `a[0].b` inside of others.
    pub field: String,
    /// The rule, in Chinese.
    pub reason: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "参数 {} {}", self.field, self.reason)
    }
}

/// How a platform reads parameter names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// As they are written.
    Exact,
    /// In any case (Quntool: "接口请求参数不区分大小写", 001:367).
    AnyCase,
}

impl Names {
    /// Returns how a system reads names.
    pub const fn of(system: System) -> Self {
        match system {
            System::Quntool => Self::AnyCase,
            System::Wanwang | System::Kdocs => Self::Exact,
        }
    }

    /// Whether two names are the same parameter.
    pub fn are_same(self, documented: &str, given: &str) -> bool {
        match self {
            Self::Exact => documented == given,
            Self::AnyCase => documented.eq_ignore_ascii_case(given),
        }
    }
}

impl Endpoint {
    /// Checks parameters against every rule of the endpoint, the ones across parameters included.
    pub fn check(&self, given: Map<String, Value>) -> Result<Arguments, Violation> {
        let arguments = Arguments::check(self.parameters, given, Names::of(self.system))?;
        self.checks.iter().try_for_each(|check| checks::check(*check, &arguments))?;
        Ok(arguments)
    }

    /// Reads the decoded pairs of a query, ready for [`Self::check`].
    pub fn read_query(&self, pairs: impl IntoIterator<Item = (String, String)>) -> Map<String, Value> {
        query::read(self.parameters, pairs, Names::of(self.system))
    }
}

/// Parameters that keep the rules of their table: documented ones under their documented names, and the rest.
#[derive(Debug, Default, PartialEq)]
pub struct Arguments {
    /// The documented parameters that are there.
    pub documented: Map<String, Value>,
    /// What the documents do not name; it is handed on as it came.
    pub extra: Map<String, Value>,
}

impl Arguments {
    /// Checks parameters against their table. `null` counts as absent. The first violation, in the table's order, is
    /// returned; a documented name that comes twice in different cases is one.
    pub fn check(table: &[Parameter], given: Map<String, Value>, names: Names) -> Result<Self, Violation> {
        check_object(table, given, names, "")
    }

    /// Returns a text; empty if it is absent, which the table decides.
    pub fn text(&self, name: &str) -> String {
        self.optional_text(name).unwrap_or_default()
    }

    /// Returns a text, if it is there and not empty.
    pub fn optional_text(&self, name: &str) -> Option<String> {
        self.documented.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// Returns a list of texts; empty if it is absent.
    pub fn texts(&self, name: &str) -> Vec<String> {
        let list = self.documented.get(name).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Returns a list of objects; empty if it is absent.
    pub fn objects(&mut self, name: &str) -> Vec<Map<String, Value>> {
        match self.documented.remove(name) {
            Some(Value::Array(list)) => list
                .into_iter()
                .filter_map(|value| if let Value::Object(map) = value { Some(map) } else { None })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Returns all of it as one object, documented names first.
    pub fn merged(self) -> Map<String, Value> {
        let Self { mut documented, extra } = self;
        documented.extend(extra);
        documented
    }

    /// Returns what the documents do not name as a JSON object, if there is any.
    pub fn extra_json(&self) -> Option<String> {
        (!self.extra.is_empty()).then(|| Value::Object(self.extra.clone()).to_string())
    }
}

fn check_object(
    table: &[Parameter],
    given: Map<String, Value>,
    names: Names,
    prefix: &str,
) -> Result<Arguments, Violation> {
    let mut arguments = Arguments::default();
    for (name, value) in given {
        let documented = table.iter().find(|parameter| names.are_same(parameter.name, &name));
        match documented {
            None => {
                arguments.extra.insert(name, value);
            }
            Some(_) if value.is_null() => {}
            Some(parameter) => {
                if arguments.documented.insert(parameter.name.to_owned(), value).is_some() {
                    return Err(violation(prefix, parameter.name, "重复出现".into()));
                }
            }
        }
    }
    for parameter in table {
        let value = arguments.documented.remove(parameter.name);
        if let Some(value) = check_parameter(parameter, value, names, prefix)? {
            arguments.documented.insert(parameter.name.to_owned(), value);
        }
    }
    Ok(arguments)
}

fn check_parameter(
    parameter: &Parameter,
    value: Option<Value>,
    names: Names,
    prefix: &str,
) -> Result<Option<Value>, Violation> {
    let Some(value) = value else {
        return if parameter.required {
            Err(violation(prefix, parameter.name, format!("缺失:必填,类型为{}", parameter.kind.name())))
        } else {
            Ok(None)
        };
    };
    let wrong_kind = || violation(prefix, parameter.name, format!("类型错误:应为{}", parameter.kind.name()));
    let value = match parameter.kind {
        Kind::IntegerOrDigits => digits(&value).unwrap_or(value),
        _ => value,
    };
    let right_kind = match parameter.kind {
        Kind::Text => value.is_string(),
        Kind::Integer | Kind::IntegerOrDigits => value.is_i64(),
        Kind::Number => value.is_number(),
        Kind::Boolean => value.is_boolean(),
        Kind::TextList => value.as_array().is_some_and(|list| list.iter().all(Value::is_string)),
        Kind::Object(_) => value.is_object(),
        Kind::ObjectList(_) | Kind::AnyObjectList => {
            value.as_array().is_some_and(|list| list.iter().all(Value::is_object))
        }
        Kind::File => false,
    };
    if !right_kind {
        return Err(wrong_kind());
    }
    if !parameter.required && value.as_str() == Some("") {
        return Ok(Some(value));
    }
    for rule in parameter.rules {
        rules::check(*rule, &value).map_err(|reason| violation(prefix, parameter.name, reason))?;
    }
    let path = join(prefix, parameter.name);
    let value = match (parameter.kind, value) {
        (Kind::Object(fields), Value::Object(map)) => Value::Object(check_fields(fields, map, names, &path)?),
        (Kind::ObjectList(fields), Value::Array(list)) => {
            let mut checked = Vec::with_capacity(list.len());
            for (index, entry) in list.into_iter().enumerate() {
                let Value::Object(map) = entry else { return Err(wrong_kind()) };
                checked.push(Value::Object(check_fields(fields, map, names, &format!("{path}[{index}]"))?));
            }
            Value::Array(checked)
        }
        (_, value) => value,
    };
    Ok(Some(value))
}

fn check_fields(
    fields: &[Parameter],
    given: Map<String, Value>,
    names: Names,
    path: &str,
) -> Result<Map<String, Value>, Violation> {
    check_object(fields, given, names, path).map(Arguments::merged)
}

/// Reads a string of decimal digits as an integer.
fn digits(value: &Value) -> Option<Value> {
    let text = value.as_str().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    text.parse::<i64>().ok().map(Value::from)
}

fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}

fn violation(prefix: &str, name: &str, reason: String) -> Violation {
    Violation { field: join(prefix, name), reason }
}

#[cfg(test)]
mod tests;
