//! Runs a Spin application on wasmtime, as `spin up` of Spin 4.1 would, for development and for tests.
//!
//! It serves the part of Spin that the gateway uses: the HTTP trigger with WASIp3 components, variables, the key-value
//! store (a file, or Redis through a runtime configuration), SQLite, outbound HTTP and component dependencies. What a
//! component was not granted, it is refused.
//!
//! It differs from Spin where a local host can be better: `TCP_NODELAY` is set, the key-value file is in write-ahead
//! mode and may be shared by several processes, a swap in it fails only when the value changed, compiled code is kept,
//! and requests in flight are finished before it stops.
//!
//! ```no_run
//! # async fn run() -> anyhow::Result<()> {
//! let manifest = host::Manifest::load("spin.toml")?;
//! let host = host::Host::builder(manifest, "data").variable("tick_token", "sandbox").build().await?;
//! println!("http://{}", host.address());
//! host.serve(std::future::pending()).await;
//! # Ok(())
//! # }
//! ```

mod allowed_hosts;
mod app;
mod bindings;
mod blocking;
mod clock;
mod compose;
mod dependency;
mod engine;
mod host;
mod image;
mod key_value;
pub mod manifest;
pub mod metrics;
mod mqtt;
mod outbound;
mod output;
mod request;
mod routes;
mod runtime_config;
mod server;
mod sqlite;
mod state;
mod variables;
mod worker;

pub use clock::WallClock;
pub use dependency::{Capability, DependencyName, Inherit};
pub use host::{Builder, Host};
pub use manifest::Manifest;
pub use metrics::Metrics;
pub use runtime_config::RuntimeConfig;
