//! Renders the OpenAPI document from the tables while the component is built: what makes it is larger than the document.

use std::{env, error::Error, fs, path::Path};

/// The level of compression beyond which nothing is gained.
const LEVEL: u8 = 9;

fn main() -> Result<(), Box<dyn Error>> {
    let document = contract::openapi::document().to_string();
    let deflated = miniz_oxide::deflate::compress_to_vec(document.as_bytes(), LEVEL);
    fs::write(Path::new(&env::var("OUT_DIR")?).join("openapi.json.deflate"), deflated)?;
    // A change of the tables compiles this program anew, and cargo runs it then.
    println!("cargo::rerun-if-changed=build.rs");
    Ok(())
}
