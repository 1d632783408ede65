//! The tables against the documents' own requests, and against requests that break them.

use super::{Sample, broken, broken::How, requests};
use crate::{
    catalog,
    endpoint::{Endpoint, Kind, Location, Parameter, Rule},
    quntool, wanwang,
};
use std::collections::HashSet;

fn samples() -> Vec<(Sample, &'static Endpoint)> {
    let with_endpoint = |sample: Sample| {
        let endpoint = sample.endpoint().unwrap_or_else(|missing| panic!("{}: {missing:?}", sample.path));
        (sample, endpoint)
    };
    requests().unwrap().into_iter().map(with_endpoint).collect()
}

#[test]
fn every_request_of_the_documents_keeps_the_rules() {
    for (sample, endpoint) in samples() {
        let place = format!("{} {} ({})", sample.method, sample.path, sample.source);
        match sample.given(endpoint) {
            Some(given) => {
                let arguments = endpoint.check(given).unwrap_or_else(|violation| panic!("{place}: {violation}"));
                assert!(arguments.extra.is_empty(), "{place}: {:?}", arguments.extra);
            }
            None => {
                let parts: Vec<&String> = sample.multipart.as_ref().unwrap().keys().collect();
                assert_eq!(parts, ["file"], "{place}");
            }
        }
    }
}

#[test]
fn every_endpoint_has_a_request() {
    let samples = samples();
    for endpoint in catalog::endpoints() {
        let found = samples.iter().any(|(_, found)| (found.method, found.path) == (endpoint.method, endpoint.path));
        assert!(found, "{} {}", endpoint.method.as_str(), endpoint.path);
    }
    assert_eq!((wanwang::ENDPOINTS.len(), quntool::ENDPOINTS.len()), (6, 58));
}

#[test]
fn every_broken_rule_is_refused_with_the_parameters_name() {
    let mut seen = HashSet::new();
    for (sample, endpoint) in samples() {
        let Some(given) = sample.given(endpoint) else { continue };
        let valid = endpoint.check(given).unwrap().documented;
        for request in broken::requests(endpoint.parameters, &valid) {
            let place = format!("{} {} {}: {:?}", sample.method, sample.path, request.field, request.how);
            let violation = endpoint.check(request.given).expect_err(&place);
            assert_eq!(violation.field, request.field, "{place}: {violation}");
            seen.insert((endpoint.method, endpoint.path, request.field, request.how));
        }
    }
    let count = |how: How| seen.iter().filter(|(.., found)| *found == how).count();
    let required: usize = catalog::endpoints()
        .filter(|endpoint| endpoint.location != Location::Multipart)
        .map(|endpoint| required(endpoint.parameters))
        .sum();
    assert_eq!((count(How::Missing), count(How::Null)), (required, required));
    assert!(count(How::WrongKind) >= required);
}

/// How many parameters must be there, the fields of others included.
fn required(table: &[Parameter]) -> usize {
    let inside = |parameter: &Parameter| match parameter.kind {
        Kind::Object(fields) | Kind::ObjectList(fields) => required(fields),
        _ => 0,
    };
    table.iter().map(|parameter| usize::from(parameter.required) + inside(parameter)).sum()
}

#[test]
fn every_parameter_is_bounded() {
    fn check(parameter: &Parameter, path: &str) {
        let has = |found: fn(&Rule) -> bool| parameter.rules.iter().any(found);
        let bounded_text = has(|rule| {
            matches!(rule, Rule::MaxBytes(_) | Rule::MaxCharacters(_) | Rule::Identifiers(..) | Rule::Words(_))
        });
        let bounded_list = has(|rule| matches!(rule, Rule::Count(..)));
        let bounded = match parameter.kind {
            Kind::Text => bounded_text,
            Kind::TextList => bounded_text && bounded_list,
            Kind::Integer | Kind::IntegerOrDigits => has(|rule| matches!(rule, Rule::Range(..) | Rule::OneOf(_))),
            Kind::Number => has(|rule| matches!(rule, Rule::Between(..))),
            Kind::ObjectList(_) | Kind::AnyObjectList => bounded_list,
            Kind::Boolean | Kind::Object(_) | Kind::File => true,
        };
        assert!(bounded, "{path} {}", parameter.name);
        if let Kind::Object(fields) | Kind::ObjectList(fields) = parameter.kind {
            fields.iter().for_each(|field| check(field, path));
        }
    }
    for endpoint in catalog::endpoints() {
        endpoint.parameters.iter().for_each(|parameter| check(parameter, endpoint.path));
    }
    for message in crate::kdocs::ROBOT_MESSAGES {
        message.parameters.iter().for_each(|parameter| check(parameter, message.kind));
    }
}

#[test]
fn rows_are_whole_and_unlike_each_other() {
    let mut routes = HashSet::new();
    let mut messages = HashSet::new();
    let mut operations = HashSet::new();
    for endpoint in catalog::endpoints() {
        assert!(routes.insert((endpoint.method, endpoint.path)), "{}", endpoint.path);
        assert!(endpoint.message.is_none_or(|kind| messages.insert((endpoint.system, kind))), "{}", endpoint.path);
        assert!(endpoint.operation().is_none_or(|operation| operations.insert(operation)), "{}", endpoint.path);
        assert!(!endpoint.summary.is_empty() && !endpoint.summary_english.is_empty(), "{}", endpoint.path);
        let (seed, line) = endpoint.source.split_once(':').unwrap();
        assert!(seed.len() == 3 && line.parse::<u32>().is_ok(), "{}", endpoint.source);
    }
    let of_quntool = quntool::ENDPOINTS.iter().filter(|endpoint| endpoint.message.is_some()).count();
    // 58 without the 14 messages and the upload.
    assert_eq!((of_quntool, operations.len()), (14, 43));
}
