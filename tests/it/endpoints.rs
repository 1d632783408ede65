//! The documented endpoints of 万网中台 and 聚合聊天, all 64 of them: what tests walk through comes out of their tables.

mod leniency;
mod parameters;
mod rules;
mod samples;
mod upstream;

use crate::gateway::{Gateway, credentials::CRM};
use contract::{Endpoint, Location, System, catalog};
use reqwest::RequestBuilder;
use serde_json::{Map, Value};
use simulator::Request;

/// Returns every endpoint.
fn all() -> impl Iterator<Item = &'static Endpoint> {
    [System::Wanwang, System::Quntool].into_iter().flat_map(catalog::of)
}

/// Writes an endpoint as its document does.
fn name(endpoint: &Endpoint) -> String {
    format!("{} {}", endpoint.method.as_str(), endpoint.path)
}

/// Begins a request to an endpoint, with the credential of `crm` and no parameter.
fn bare(gateway: &Gateway, endpoint: &Endpoint) -> RequestBuilder {
    let method = endpoint.method.as_str().parse().expect("a method");
    let request = gateway.request(method, endpoint.path);
    match endpoint.system {
        System::Wanwang => request.bearer_auth(CRM),
        System::Quntool => request.header("apikey", CRM),
        System::Kdocs => request.query(&[("access_token", CRM)]),
    }
}

/// Begins a request to an endpoint with these parameters, at one of the places where its table says that they are.
fn request(gateway: &Gateway, endpoint: &Endpoint, location: Location, given: &Map<String, Value>) -> RequestBuilder {
    match location {
        Location::Query => bare(gateway, endpoint).query(&pairs(given)),
        _ => bare(gateway, endpoint).json(given),
    }
}

/// Writes parameters as the pairs of a query: a list by repeated names, `null` as nothing after the `=`.
fn pairs(given: &Map<String, Value>) -> Vec<(&str, String)> {
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let texts = |value: &Value| match value {
        Value::Array(values) => values.iter().map(text).collect(),
        value => vec![text(value)],
    };
    given.iter().flat_map(|(name, value)| texts(value).into_iter().map(move |text| (name.as_str(), text))).collect()
}

/// Tells in what a request to a platform is not the one that was made of the gateway, whose parameters were these under
/// their documented names. An empty text may be left out, and the default of an optional parameter may be added.
pub fn arrival(endpoint: &Endpoint, given: &Map<String, Value>, arrived: &Request) -> Vec<String> {
    let mut found = Vec::new();
    if (arrived.method.as_str(), arrived.path.as_str()) != (endpoint.method.as_str(), endpoint.path) {
        found.push(format!("{} {} arrived", arrived.method, arrived.path));
    }
    let own = match (&arrived.body, endpoint.location) {
        (Value::Object(body), _) => body.clone(),
        (_, Location::Query) => endpoint.read_query(arrived.query.clone()),
        (body, _) => return vec![format!("the body is {body}")],
    };
    for (name, value) in given.iter().filter(|(name, value)| own.get(*name) != Some(*value)) {
        let is_empty = *value == "" && !own.contains_key(name);
        if !is_empty {
            found.push(format!("{name} is {:?} instead of {value}", own.get(name)));
        }
    }
    for name in own.keys().filter(|name| !given.contains_key(*name)) {
        let is_optional = |name: &str| endpoint.parameters.iter().any(|one| one.name == name && !one.required);
        if !is_optional(name) {
            found.push(format!("{name} is {} without having been given", own[name]));
        }
    }
    found
}
