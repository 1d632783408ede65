//! Key-value and SQLite access: the only crate that touches either.
//!
//! Both are edges. What is stored under which key stands in [`keys`]; statements stand with the component that owns
//! the tables, and are run through [`Database`].

mod checkpoint;
pub mod database;
pub mod key_value;
pub mod keys;
#[cfg(feature = "memory")]
pub mod memory;
mod together;

pub use checkpoint::checkpoint;
pub use database::{Database, Row, Sql, Value};
pub use key_value::KeyValue;

/// Why the store did not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The key-value store failed, in the host's words. A retry may help.
    #[error("key-value store: {0}")]
    KeyValue(String),
    /// The database failed, in the host's words. A retry may help.
    #[error("database: {0}")]
    Database(String),
    /// A row does not have the shape that its statement promises: the schema and the code differ.
    #[error("database: column {0} is missing or has another type")]
    Shape(usize),
}
