//! The host's side of `wit/`, generated.

mod generated {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "wecom:host/imports",
        // A call holds its instance while it waits for Redis, and nobody else.
        imports: { "wasi:keyvalue": async | trappable, default: trappable },
        with: {
            "spin:key-value/key-value.store": crate::key_value::Store,
            "spin:mqtt/mqtt.connection": crate::mqtt::Connection,
            "spin:sqlite/sqlite.connection": crate::sqlite::Shared,
            "wasi:keyvalue/store.bucket": crate::key_value::Store,
            "wasi:keyvalue/atomics.cas": crate::key_value::Snapshot,
        },
    });
}

/// What the MQTT trigger asks of a component.
pub(crate) mod trigger {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "spin:mqtt-trigger/spin-mqtt",
    });
}

pub(crate) use generated::{Imports, spin, wasi};
