//! The table against the callbacks that the document shows.

use super::*;
use crate::samples;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What becomes of the fields of `data` that no row names: they make the event's other parts, or stand in `raw` only.
const ELSEWHERE: &[&str] = &[
    "at_list",
    "cdn",
    "cdn_type",
    "conversation_id",
    "error_code",
    "error_message",
    "isOpenApi",
    "receiver",
    "room_conversation_id",
    "sendUserId",
    "sendUserName",
    "send_time",
    "sender",
    "sender_name",
    "sendtime",
];

/// The samples' `data` by type.
fn samples() -> BTreeMap<String, Vec<Value>> {
    let mut by_type: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for sample in samples::callbacks().unwrap() {
        let kind = sample.body["type"].as_str().unwrap().to_owned();
        by_type.entry(kind).or_default().push(sample.body["data"].clone());
    }
    by_type
}

fn has(data: &Value, path: &str) -> bool {
    data.pointer(&format!("/{}", path.replace('.', "/"))).is_some()
}

#[test]
fn there_are_the_24_types_that_the_document_shows() {
    let names: BTreeSet<&str> = all().map(|row| row.name).collect();
    let shown = samples();
    assert_eq!((all().count(), names.len()), (24, 24));
    assert_eq!(names, shown.keys().map(String::as_str).collect());
    assert!(all().all(|row| find(row.name).is_some_and(|found| found.name == row.name)));
    assert!(find(UNKNOWN).is_none() && find("").is_none());
}

#[test]
fn a_type_stands_where_the_table_says_before_its_samples() {
    let line = |source: &str| source.strip_prefix("001:").unwrap().parse::<u32>().unwrap();
    for sample in samples::callbacks().unwrap() {
        let row = find(sample.body["type"].as_str().unwrap()).unwrap();
        let gap = line(&sample.source) - line(row.source);
        assert!((1..=5).contains(&gap), "{}: {gap} lines", row.name);
    }
}

#[test]
fn what_is_required_is_what_every_sample_carries() {
    for row in all() {
        let samples = &samples()[row.name];
        let carried = |paths: &[&str]| samples.iter().all(|data| paths.iter().any(|path| has(data, path)));
        for field in row.fields {
            assert_eq!(carried(field.paths), field.required, "{} {}", row.name, field.name);
        }
        for media in row.media {
            assert_eq!(carried(&[media.path]), media.required, "{} {}", row.name, media.path);
        }
    }
}

#[test]
fn no_field_of_a_sample_is_forgotten() {
    for row in all() {
        let fields = row.fields.iter().chain(MESSAGE).flat_map(|field| field.paths.iter().copied());
        let named: BTreeSet<&str> =
            fields.chain(row.media.iter().map(|media| media.path)).chain(ELSEWHERE.iter().copied()).collect();
        for data in &samples()[row.name] {
            let forgotten: Vec<&String> = data
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, _)| name)
                .filter(|name| !named.contains(name.as_str()))
                .collect();
            assert!(forgotten.is_empty(), "{}: {forgotten:?}", row.name);
        }
    }
}

#[test]
fn names_within_a_type_are_unique() {
    for row in all() {
        let names: BTreeSet<&str> = row.fields.iter().map(|field| field.name).collect();
        assert_eq!(names.len(), row.fields.len(), "{}", row.name);
    }
}
