//! Generated from `wit/`, and nothing else.
#![allow(missing_docs, unsafe_code, clippy::all, clippy::pedantic, clippy::restriction)]

wit_bindgen::generate!({
    world: "mqtt-reply",
    path: "../../wit",
    generate_all,
});

export!(Component);

/// What the component exports.
pub struct Component;
