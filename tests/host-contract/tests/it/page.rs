//! The contract's table in `docs/hosts.md` is the contract.

use std::fmt::Write as _;
use std::{env, fs};

use host_contract::requirements;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/hosts.md");
const BEGINS: &str = "## The contract\n\n";
const ENDS: &str = "\n## What was seen";

#[test]
fn the_page_shows_every_requirement() {
    let mut table = "| what has to hold | what breaks otherwise | what to do |\n|---|---|---|\n".to_owned();
    for requirement in requirements() {
        writeln!(table, "| {} | {} | {} |", requirement.name, requirement.breaks, requirement.remedy).unwrap();
    }
    let page = fs::read_to_string(PAGE).unwrap();
    let (head, rest) = page.split_once(BEGINS).unwrap();
    let (shown, tail) = rest.split_once(ENDS).unwrap();
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(PAGE, format!("{head}{BEGINS}{table}{ENDS}{tail}")).unwrap();
    } else {
        assert_eq!(shown, table, "docs/hosts.md is rendered by: UPDATE_DOCS=1 cargo test -p host-contract page");
    }
}
