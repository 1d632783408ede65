//! The document as a whole.

use super::document;
use crate::{catalog, routes::ROUTES};
use serde_json::Value;
use std::collections::HashSet;

/// Visits every value of a document.
fn visit<'a>(value: &'a Value, see: &mut impl FnMut(&'a Value)) {
    see(value);
    match value {
        Value::Array(values) => values.iter().for_each(|value| visit(value, see)),
        Value::Object(members) => members.values().for_each(|value| visit(value, see)),
        _ => {}
    }
}

#[test]
fn every_route_of_the_tables_is_described_once_and_nothing_else() {
    let document = document();
    let described: HashSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| methods.as_object().unwrap().keys().map(|method| (method.clone(), path.clone())))
        .collect();
    let documented = catalog::endpoints().map(|endpoint| (endpoint.method.as_str(), endpoint.path));
    let own = ROUTES.iter().map(|route| (route.method.as_str(), route.path));
    let expected: Vec<(String, String)> =
        documented.chain(own).map(|(method, path)| (method.to_ascii_lowercase(), path.to_owned())).collect();
    assert_eq!(described.len(), expected.len());
    assert_eq!(described, expected.into_iter().collect());
}

#[test]
fn operations_have_ids_of_their_own_tags_that_exist_and_both_languages() {
    let document = document();
    let tags: Vec<&Value> = document["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
    let mut ids = HashSet::new();
    for operation in document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values())
    {
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{}", operation["operationId"]);
        assert!(tags.contains(&&operation["tags"][0]), "{}", operation["tags"]);
        assert!(!operation["summary"].as_str().unwrap().is_ascii(), "{}", operation["summary"]);
        assert!(operation["description"].as_str().unwrap().starts_with(char::is_uppercase), "{operation}");
        assert!(operation["security"].is_array());
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_component_is_referred_to() {
    let document = document();
    let mut references = HashSet::new();
    visit(&document, &mut |value| {
        references.extend(value.get("$ref").and_then(Value::as_str));
    });
    for reference in &references {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
    for (kind, components) in document["components"].as_object().unwrap() {
        for name in components.as_object().unwrap().keys().filter(|_| kind != "securitySchemes") {
            assert!(references.contains(format!("#/components/{kind}/{name}").as_str()), "{kind}/{name}");
        }
    }
}

#[test]
fn documented_endpoints_say_what_they_refuse() {
    let document = document();
    for endpoint in catalog::endpoints() {
        let responses = &document["paths"][endpoint.path][endpoint.method.as_str().to_ascii_lowercase()]["responses"];
        for status in ["200", "400", "401", "404", "405", "413", "415", "422", "429", "500", "502", "504"] {
            assert!(responses.get(status).is_some(), "{} {status}", endpoint.path);
        }
    }
}

#[test]
fn a_schema_says_what_the_rules_say() {
    let document = document();
    let body = |path: &str| {
        let content = &document["paths"][path]["post"]["requestBody"]["content"];
        content["application/json"]["schema"].clone()
    };
    let text = body("/gnapi/open/msg/text");
    assert_eq!(text["required"], serde_json::json!(["wxId", "conversationId", "content"]));
    assert_eq!(text["properties"]["content"]["minLength"], 1);
    assert_eq!(text["properties"]["content"]["maxLength"], 65_536);
    let images = &body("/integration/wx_work/sendImageByWorkIds")["properties"]["images"];
    assert_eq!((&images["minItems"], &images["maxItems"]), (&1.into(), &8.into()));
    assert_eq!(images["items"]["properties"]["url"]["type"], serde_json::json!(["string", "null"]));
    let safe = &body("/integration/wx_work/sendFileByWorkIds")["properties"]["safe"];
    assert_eq!(safe["enum"], serde_json::json!([0, 1, null]));
    let upload = &document["paths"]["/gnapi/open/file/upload"]["post"]["requestBody"]["content"];
    assert!(upload["multipart/form-data"]["schema"]["properties"].get("file").is_some());
    let list = &document["paths"]["/gnapi/open/inner/user/wx/list"]["get"]["parameters"];
    assert_eq!((list[1]["name"].as_str(), list[1]["schema"]["type"].as_str()), (Some("IsOnline"), Some("boolean")));
}

#[test]
fn content_of_one_object_stands_beside_its_type() {
    let document = document();
    let employees = &document["components"]["schemas"]["SendRequest"]["oneOf"][0]["properties"]["content"]["oneOf"];
    let kinds: Vec<&str> = employees
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|content| content["properties"]["type"]["const"].as_str())
        .collect();
    assert_eq!(kinds, ["text", "textCard", "file", "image", "markdown"]);
    assert!(employees[1]["properties"].get("btntxt").is_some());
    assert!(employees[0]["properties"].get("workIds").is_none());
}
