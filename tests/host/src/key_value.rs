//! The key-value store: a SQLite file that several processes may share, or Redis.

mod redis;
mod spin;
mod sqlite;
mod wasi;

use std::path::Path;
use std::sync::Arc;

use wasmtime::component::Resource;

use crate::runtime_config::KeyValueStore;
use crate::state::State;

/// The only store there is.
pub(crate) const DEFAULT_LABEL: &str = "default";

/// A guest's handle on the store.
pub struct Store;

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error(transparent)]
    Redis(#[from] ::redis::RedisError),
}

type Result<T> = std::result::Result<T, Error>;

/// Where the values are kept. Each call happens as a whole.
pub(crate) enum Backend {
    Sqlite(Box<sqlite::Database>),
    Redis(redis::Server),
}

/// What a swap is based on.
pub enum Snapshot {
    /// The value as it was.
    Sqlite(sqlite::Snapshot),
    /// A transaction that watches the key.
    Redis(redis::Transaction),
}

impl Backend {
    /// Opens the store that was configured; the file if none was.
    pub(crate) fn new(configured: Option<&KeyValueStore>, file: &Path) -> anyhow::Result<Self> {
        Ok(match configured {
            None => Self::Sqlite(Box::new(sqlite::Database::open(file)?)),
            Some(KeyValueStore::Redis { url }) => Self::Redis(redis::Server::new(url)?),
        })
    }

    /// Makes sure that the store can be reached.
    pub(crate) async fn connect(&self) -> Result<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Redis(server) => server.connect().await,
        }
    }

    /// Reads the value of a key.
    pub(crate) async fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        match self {
            Self::Sqlite(database) => database.get(key).map_err(Error::from),
            Self::Redis(server) => server.get(key).await.map_err(Error::from),
        }
    }

    /// Tells whether a key is there.
    pub(crate) async fn exists(&self, key: &str) -> Result<bool> {
        match self {
            Self::Sqlite(database) => database.exists(key).map_err(Error::from),
            Self::Redis(server) => server.exists(key).await.map_err(Error::from),
        }
    }

    /// Lists all keys.
    pub(crate) async fn keys(&self) -> Result<Vec<String>> {
        match self {
            Self::Sqlite(database) => database.keys().map_err(Error::from),
            Self::Redis(server) => server.keys().await.map_err(Error::from),
        }
    }

    /// Reads the values of many keys. Redis cannot, as on Spin.
    pub(crate) async fn get_many(&self, keys: Vec<String>) -> Result<Vec<(String, Option<Vec<u8>>)>> {
        match self {
            Self::Sqlite(database) => database.get_many(keys).map_err(Error::from),
            Self::Redis(server) => server.get_many(keys).await.map_err(Error::from),
        }
    }

    /// Writes the value of a key.
    pub(crate) async fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        match self {
            Self::Sqlite(database) => database.set(key, value).map_err(Error::from),
            Self::Redis(server) => server.set(key, value).await.map_err(Error::from),
        }
    }

    /// Writes many values.
    pub(crate) async fn set_many(&self, entries: &[(String, Vec<u8>)]) -> Result<()> {
        match self {
            Self::Sqlite(database) => database.set_many(entries).map_err(Error::from),
            Self::Redis(server) => server.set_many(entries).await.map_err(Error::from),
        }
    }

    /// Deletes a key.
    pub(crate) async fn delete(&self, key: &str) -> Result<()> {
        match self {
            Self::Sqlite(database) => database.delete(key).map_err(Error::from),
            Self::Redis(server) => server.delete(key).await.map_err(Error::from),
        }
    }

    /// Deletes many keys.
    pub(crate) async fn delete_many(&self, keys: &[String]) -> Result<()> {
        match self {
            Self::Sqlite(database) => database.delete_many(keys).map_err(Error::from),
            Self::Redis(server) => server.delete_many(keys).await.map_err(Error::from),
        }
    }

    /// Adds to a counter, and returns its new value; a key that is not there counts as 0. Each backend writes counters
    /// in its own way.
    pub(crate) async fn increment(&self, key: &str, delta: i64) -> Result<i64> {
        match self {
            Self::Sqlite(database) => database.increment(key, delta).map_err(Error::from),
            Self::Redis(server) => server.increment(key, delta).await.map_err(Error::from),
        }
    }

    /// Begins a swap of the value of a key.
    pub(crate) async fn snapshot(&self, key: String) -> Result<Snapshot> {
        Ok(match self {
            Self::Sqlite(database) => Snapshot::Sqlite(database.snapshot(key)?),
            Self::Redis(server) => Snapshot::Redis(server.transaction(key).await?),
        })
    }

    /// Writes the value of a key if nobody else has; returns what the next try is based on if it is said to have failed.
    pub(crate) async fn swap(&self, old: Snapshot, value: Vec<u8>) -> Result<std::result::Result<(), Snapshot>> {
        Ok(match (self, old) {
            (Self::Sqlite(database), Snapshot::Sqlite(old)) => database.swap(old, &value)?.map_err(Snapshot::Sqlite),
            (Self::Redis(server), Snapshot::Redis(old)) => server.swap(old, value).await?.map_err(Snapshot::Redis),
            // A host has one backend.
            (_, old) => Err(old),
        })
    }
}

impl Snapshot {
    /// The value that the swap replaces.
    pub(crate) async fn current(&mut self) -> Result<Option<Vec<u8>>> {
        Ok(match self {
            Self::Sqlite(snapshot) => snapshot.value(),
            Self::Redis(transaction) => transaction.current().await?,
        })
    }
}

impl State {
    /// The store, for a call that only reads.
    fn reading(&self, store: &Resource<Store>) -> wasmtime::Result<Arc<Backend>> {
        self.table.get(store)?;
        self.shared().metrics.key_value_reads.increment();
        Ok(self.shared().key_value.clone())
    }

    /// The store, for a call that writes.
    fn writing(&self, store: &Resource<Store>) -> wasmtime::Result<Arc<Backend>> {
        self.table.get(store)?;
        self.shared().metrics.key_value_writes.increment();
        Ok(self.shared().key_value.clone())
    }
}
