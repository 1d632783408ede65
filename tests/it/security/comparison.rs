//! Credentials are compared in one place. What a clock shows of a comparison depends on the machine; what the code says
//! does not.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

const COMPONENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../components");

/// Where a secret is shown, how often, and what it becomes there. Nowhere is it compared: that is `Secret::matches`.
const REVEALED: [(&str, usize); 5] = [
    // The address of the robot that gets alerts.
    ("callback/src/delivery/alert.rs", 1),
    // The key that signs events.
    ("callback/src/subscriber.rs", 1),
    // Presented to `matches` of another one.
    ("shared/surface/src/credential.rs", 1),
    // The keys that sign links.
    ("shared/surface/src/link.rs", 2),
    // The key that signs tokens.
    ("shared/surface/src/token.rs", 1),
];

/// What compares a text with what somebody presented.
const COMPARISONS: [&str; 6] = [" == ", " != ", ".eq(", ".contains(", ".starts_with(", ".cmp("];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Returns what is compiled into components: every source without its tests.
fn compiled() -> BTreeMap<String, String> {
    let mut found = Vec::new();
    sources(Path::new(COMPONENTS), &mut found);
    let name = |path: &Path| path.strip_prefix(COMPONENTS).expect("it lies there").to_string_lossy().into_owned();
    let read = |path: &PathBuf| {
        let text = fs::read_to_string(path).expect("a source");
        (name(path), text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned())
    };
    found.iter().map(read).filter(|(name, _)| !name.contains("/tests")).collect()
}

#[test]
fn a_secret_is_shown_only_where_it_becomes_a_key_or_an_address() {
    let shown = compiled().into_iter().map(|(name, text)| (name, text.matches(".reveal()").count()));
    let shown: Vec<(String, usize)> = shown.filter(|(_, count)| *count > 0).collect();
    assert_eq!(shown, REVEALED.map(|(name, count)| (name.to_owned(), count)));
}

#[test]
fn nothing_compares_a_credential_but_the_one_that_takes_constant_time() {
    let sources = compiled();
    assert!(sources["shared/surface/src/credential.rs"].contains(".ct_eq("), "the one place is there");
    assert!(sources["shared/surface/src/link.rs"].contains(".verify_slice("), "signatures are verified by their code");
    for (name, text) in &sources {
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            let shows = ["reveal()", "apikey ", "callback_token", "tick_token", "client_secret", "presented"];
            let names = shows.iter().any(|shown| line.contains(shown));
            let compares = COMPARISONS.iter().any(|comparison| line.contains(comparison));
            assert!(!(names && compares), "{name}: {line}");
        }
    }
}
