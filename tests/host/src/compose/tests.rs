//! Composition, proven by running what was composed against the host's own interfaces.
//!
//! A guest is a core module in the text format, with the world that it claims to implement. Each exports
//! `run: async func() -> u32`, which tells what an import answered.

use std::sync::Arc;

use tempfile::TempDir;
use wasmtime::Store;
use wasmtime::component::{Component, TypedFunc};
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::*;
use crate::dependency::Capability;
use crate::engine;
use crate::key_value::Backend;
use crate::outbound::Client;
use crate::state::{Grants, Shared, State};

const WIT: &str = r#"
    package test:probe@1.0.0;
    interface calls { run: async func() -> u32; }
    interface counter { bump: func() -> u32; }
    world parent { import calls; export entry: async func() -> u32; }
    world both { import calls; import counter; export entry: async func() -> u32; }
    world store { import spin:key-value/key-value@3.0.0; export calls; }
    world bucket { import wasi:keyvalue/store@0.2.0-draft2; export calls; }
    world atomics { import wasi:keyvalue/store@0.2.0-draft2; import wasi:keyvalue/atomics@0.2.0-draft2; export calls; }
    world database { import spin:sqlite/sqlite@3.1.0; export calls; }
    world variable { import spin:variables/variables@3.0.0; export calls; }
    world counting { export calls; export counter; }
"#;

/// The code that a guest returns for a call that succeeded.
const OK: u32 = 100;

const PARENT: &str = r#"(module
    (import "test:probe/calls@1.0.0" "run" (func $run (result i32)))
    (memory (export "memory") 1)
    (func (export "entry") (result i32) (call $run)))"#;

/// Calls `import` with the word at address 16 and an address for the answer: an `ok` becomes [`OK`], an error its case,
/// which lies at `case`.
fn caller(module: &str, import: &str, word: &str, case: u32) -> String {
    format!(
        r#"(module
        (import "{module}" "{import}" (func $call (param i32 i32 i32)))
        (memory (export "memory") 2)
        (data (i32.const 16) "{word}")
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
        (func (export "test:probe/calls@1.0.0#run") (result i32)
            (call $call (i32.const 16) (i32.const {length}) (i32.const 1024))
            (if (result i32) (i32.load8_u (i32.const 1024))
                (then (i32.load8_u (i32.const {address})))
                (else (i32.const {OK})))))"#,
        length = word.len(),
        address = 1024 + case,
    )
}

fn store() -> Vec<u8> {
    guest("store", &caller("spin:key-value/key-value@3.0.0", "[static]store.open", "default", 4))
}

fn bucket() -> Vec<u8> {
    guest("bucket", &caller("wasi:keyvalue/store@0.2.0-draft2", "open", "default", 4))
}

fn database() -> Vec<u8> {
    guest("database", &caller("spin:sqlite/sqlite@3.1.0", "[static]connection.open", "default", 4))
}

fn variable() -> Vec<u8> {
    guest("variable", &caller("spin:variables/variables@3.0.0", "get", "greeting", 4))
}

fn guest(world: &str, text: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    resolve.push_dir("wit").unwrap();
    let package = resolve.push_source("probe.wit", WIT).unwrap();
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    let mut module = wat::parse_str(text).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    module
}

fn composed(child: &[u8], inherit: &Inherit) -> anyhow::Result<Vec<u8>> {
    let name = "test:probe".parse().unwrap();
    compose(&guest("parent", PARENT), &[Dependency { name: &name, wasm: child, inherit }])
}

/// Runs `entry` with the grants of a component that may do everything.
fn run(wasm: &[u8]) -> u32 {
    let folder = TempDir::new().unwrap();
    let shared = Shared {
        key_value: Arc::new(Backend::new(None, &folder.path().join("key_value.db")).unwrap()),
        sqlite: Arc::new(crate::sqlite::Pool::new(folder.path().join("sqlite.db"))),
        client: Client::new(),
        clock: Default::default(),
        metrics: Arc::default(),
        stopped: Default::default(),
    };
    let grants = Grants {
        key_value_stores: ["default".into()].into(),
        sqlite_databases: ["default".into()].into(),
        variables: [("greeting".into(), "hello".into())].into(),
        ..Grants::default()
    };
    let engine = engine::engine(&folder.path().join("cache")).unwrap();
    let linker = engine::linker(&engine).unwrap();
    let component = Component::new(&engine, wasm).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async move {
        let mut store = Store::new(&engine, State::new(Arc::new(grants), Arc::new(shared)));
        store.set_epoch_deadline(u64::MAX / 2);
        let instance = linker.instantiate_async(&mut store, &component).await.unwrap();
        let entry: TypedFunc<(), (u32,)> = instance.get_typed_func(&mut store, "entry").unwrap();
        let run = store.run_concurrent(async |accessor| entry.call_concurrent(accessor, ()).await);
        run.await.unwrap().unwrap().0
    })
}

fn only(capability: Capability) -> Inherit {
    Inherit::Some(vec![capability])
}

#[test]
fn what_is_inherited_reaches_the_host() {
    for (child, capability) in [
        (store(), Capability::KeyValueStores),
        (bucket(), Capability::KeyValueStores),
        (database(), Capability::SqliteDatabases),
        (variable(), Capability::Variables),
    ] {
        assert_eq!(run(&composed(&child, &only(capability)).unwrap()), OK, "{capability:?}");
        assert_eq!(run(&composed(&child, &Inherit::All).unwrap()), OK, "{capability:?}");
    }
}

#[test]
fn what_is_not_inherited_answers_with_the_interfaces_own_error() {
    // The cases: access-denied of the key-value stores and of SQLite, undefined of the variables.
    for (child, other, case) in [
        (store(), Capability::SqliteDatabases, 2),
        (bucket(), Capability::SqliteDatabases, 1),
        (database(), Capability::KeyValueStores, 1),
        (variable(), Capability::KeyValueStores, 1),
    ] {
        assert_eq!(run(&composed(&child, &only(other)).unwrap()), case, "{other:?}");
        assert_eq!(run(&composed(&child, &Inherit::default()).unwrap()), case);
    }
}

#[test]
fn what_spin_cannot_deny_must_be_inherited() {
    let text = r#"(module
        (import "wasi:keyvalue/store@0.2.0-draft2" "open" (func (param i32 i32 i32)))
        (import "wasi:keyvalue/atomics@0.2.0-draft2" "increment" (func (param i32 i32 i32 i64 i32)))
        (memory (export "memory") 1)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
        (func (export "test:probe/calls@1.0.0#run") (result i32) (i32.const 1)))"#;
    let child = guest("atomics", text);
    let refusal = format!("{:#}", composed(&child, &only(Capability::SqliteDatabases)).unwrap_err());
    assert!(refusal.contains("must inherit \"key_value_stores\""), "{refusal}");
    assert_eq!(run(&composed(&child, &only(Capability::KeyValueStores)).unwrap()), 1);
}

#[test]
fn a_dependency_is_one_instance_whatever_it_satisfies() {
    let counting = guest(
        "counting",
        r#"(module
        (memory (export "memory") 1)
        (global $count (mut i32) (i32.const 0))
        (func (export "test:probe/counter@1.0.0#bump") (result i32)
            (global.set $count (i32.add (global.get $count) (i32.const 1)))
            (global.get $count))
        (func (export "test:probe/calls@1.0.0#run") (result i32) (global.get $count)))"#,
    );
    let both = guest(
        "both",
        r#"(module
        (import "test:probe/calls@1.0.0" "run" (func $run (result i32)))
        (import "test:probe/counter@1.0.0" "bump" (func $bump (result i32)))
        (memory (export "memory") 1)
        (func (export "entry") (result i32) (drop (call $bump)) (drop (call $bump)) (call $run)))"#,
    );
    let (name, inherit) = ("test:probe@1.0.0".parse().unwrap(), Inherit::default());
    let composed = compose(&both, &[Dependency { name: &name, wasm: &counting, inherit: &inherit }]).unwrap();
    assert_eq!(run(&composed), 2);
}

#[test]
fn a_dependency_that_does_not_fit_is_refused() {
    let parent = guest("parent", PARENT);
    let child = store();
    let inherit = Inherit::default();
    let refusal = |names: &[&str]| {
        let names: Vec<DependencyName> = names.iter().map(|name| name.parse().unwrap()).collect();
        let dependencies: Vec<_> =
            names.iter().map(|name| Dependency { name, wasm: &child, inherit: &inherit }).collect();
        format!("{:#}", compose(&parent, &dependencies).unwrap_err())
    };
    assert!(refusal(&["test:other"]).contains("test:other matches no import"));
    assert!(refusal(&["test:probe", "test:probe/calls"]).contains("satisfied by two dependencies"));

    let both = guest(
        "both",
        r#"(module
        (import "test:probe/counter@1.0.0" "bump" (func $bump (result i32)))
        (memory (export "memory") 1)
        (func (export "entry") (result i32) (call $bump)))"#,
    );
    let name = "test:probe".parse().unwrap();
    let error = compose(&both, &[Dependency { name: &name, wasm: &child, inherit: &inherit }]).unwrap_err();
    assert!(format!("{error:#}").contains("does not export test:probe/counter@1.0.0"), "{error:#}");
}
