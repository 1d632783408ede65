//! From parameters and their rules to JSON Schema.
//!
//! A schema says no more than the rules do; what it cannot say, bytes instead of characters and what parameters are to
//! each other, stands in the descriptions.

use crate::endpoint::{Kind, Parameter, Rule};
use serde_json::{Map, Value, json};

/// Describes a body with these parameters. What the table does not name is let pass.
pub fn object(parameters: &[Parameter]) -> Value {
    let required: Vec<&str> =
        parameters.iter().filter(|parameter| parameter.required).map(|parameter| parameter.name).collect();
    optional_object(parameters, &required)
}

/// Describes the same, with other parameters required.
pub fn optional_object(parameters: &[Parameter], required: &[&str]) -> Value {
    let properties: Map<String, Value> =
        parameters.iter().map(|parameter| (parameter.name.to_owned(), in_body(parameter))).collect();
    let mut schema = json!({ "type": "object", "properties": properties });
    set(&mut schema, "required", required.into());
    schema
}

/// Describes a parameter of a body: one that is not required may be `null`, or an empty text.
pub fn in_body(parameter: &Parameter) -> Value {
    let mut schema = described(parameter);
    if !parameter.required {
        allow_null(&mut schema);
    }
    schema
}

/// Describes a parameter of a query.
pub fn in_query(parameter: &Parameter) -> Value {
    described(parameter)
}

fn described(parameter: &Parameter) -> Value {
    let mut schema = of_kind(parameter.kind);
    for rule in parameter.rules {
        apply(*rule, parameter, &mut schema);
    }
    let rules: Vec<String> = parameter.rules.iter().map(Rule::to_string).collect();
    let separator = if rules.is_empty() { "" } else { ";" };
    set(&mut schema, "description", format!("{}{separator}{}", parameter.about, rules.join(";")).into());
    schema
}

fn of_kind(kind: Kind) -> Value {
    match kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Integer => json!({ "type": "integer" }),
        Kind::IntegerOrDigits => json!({ "type": ["integer", "string"], "pattern": "^[0-9]+$", "maxLength": 19 }),
        Kind::Number => json!({ "type": "number" }),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::TextList => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Object(fields) => object(fields),
        Kind::ObjectList(fields) => json!({ "type": "array", "items": object(fields) }),
        Kind::AnyObjectList => json!({ "type": "array", "items": { "$ref": "#/components/schemas/RobotMessage" } }),
        Kind::File => json!({ "type": "string", "contentMediaType": "application/octet-stream" }),
    }
}

/// Writes a rule into a schema; for a list, rules about strings are about its entries. Of two patterns the later rule's
/// stays: it is the narrower one.
fn apply(rule: Rule, parameter: &Parameter, schema: &mut Value) {
    match rule {
        Rule::Count(least, most) => {
            set(schema, "minItems", least.into());
            set(schema, "maxItems", most.into());
        }
        Rule::Range(least, most) => {
            set(schema, "minimum", least.into());
            set(schema, "maximum", most.into());
        }
        Rule::Between(least, most) => {
            set(schema, "minimum", least.into());
            set(schema, "maximum", most.into());
        }
        Rule::OneOf(allowed) => set(schema, "enum", allowed.into()),
        Rule::Words(allowed) => set(schema, "enum", allowed.into()),
        Rule::NotEmpty if parameter.required => set_on_strings(schema, "minLength", 1.into()),
        Rule::MaxBytes(limit) | Rule::MaxCharacters(limit) => set_on_strings(schema, "maxLength", limit.into()),
        Rule::NotEmpty | Rule::Alone(_) | Rule::FileBytes(..) | Rule::FileSeconds(_) => {}
        Rule::NotBlank | Rule::Conversation | Rule::Room | Rule::Http | Rule::File | Rule::Identifiers(..) => {
            let pattern = pattern(rule);
            let pattern = if parameter.required { pattern } else { format!("^$|{pattern}") };
            set_on_strings(schema, "pattern", pattern.into());
        }
    }
}

fn pattern(rule: Rule) -> String {
    const ID: &str = "[0-9A-Za-z-]{1,64}";
    match rule {
        Rule::Conversation => format!("^(S:{ID}_{ID}|R:{ID})$"),
        Rule::Room => format!("^R:{ID}$"),
        Rule::Http => r"^https?://\S+$".into(),
        Rule::File => r"^(https?://\S+|/[Gg][Nn][Aa][Pp][Ii]/.+)$".into(),
        Rule::Identifiers(least, _) => {
            let more = least.saturating_sub(1);
            format!(r"^[^,\s]{{1,64}}(,[^,\s]{{1,64}}){{{more},}}$")
        }
        _ => r"\S".into(),
    }
}

/// Sets a member of the strings' schema: a list's entries', or the schema itself.
fn set_on_strings(schema: &mut Value, name: &str, value: Value) {
    match schema.get_mut("items") {
        Some(items) => set(items, name, value),
        None => set(schema, name, value),
    }
}

fn allow_null(schema: &mut Value) {
    let Some(kind) = schema.get("type").cloned() else { return };
    let kinds = match kind {
        Value::Array(mut kinds) => {
            kinds.push("null".into());
            kinds
        }
        kind => vec![kind, "null".into()],
    };
    set(schema, "type", kinds.into());
    if let Some(Value::Array(allowed)) = schema.get_mut("enum") {
        allowed.push(Value::Null);
    }
}

/// Sets a member of an object.
pub fn set(schema: &mut Value, name: &str, value: Value) {
    if let Value::Object(members) = schema {
        members.insert(name.to_owned(), value);
    }
}
