//! The key-value store in Redis, as Spin 4.1 keeps it: the same commands, with the same answers where they are wrong.
//!
//! A counter is decimal text. `get_many` sends `KEYS`, and so fails. A swap is made and said to have failed, because
//! `UNWATCH` takes no key. The label is no part of a key: whoever uses the same database shares the keys.

use anyhow::Context as _;
use redis::aio::ConnectionManager;
use redis::{AsyncCommands as _, Client, RedisResult, cmd, pipe};
use tokio::sync::OnceCell;

use super::Error;

/// A Redis server, through one connection that is made at the first use and made again when it breaks.
pub(crate) struct Server {
    client: Client,
    connection: OnceCell<ConnectionManager>,
}

/// A swap that was begun, on a connection of its own.
pub struct Transaction {
    key: String,
    connection: ConnectionManager,
}

impl Server {
    /// The server at a URL like `redis://127.0.0.1:6379`; nothing is sent yet.
    pub(crate) fn new(url: &str) -> anyhow::Result<Self> {
        let client = Client::open(url).context("the url of key_value_store.default is no Redis URL")?;
        Ok(Self { client, connection: OnceCell::new() })
    }

    async fn connection(&self) -> RedisResult<ConnectionManager> {
        self.connection.get_or_try_init(|| self.client.get_connection_manager()).await.cloned()
    }

    /// Connects, if no call has done so before.
    pub(crate) async fn connect(&self) -> Result<(), Error> {
        Ok(self.connection().await.map(drop)?)
    }

    /// Reads the value of a key.
    pub(crate) async fn get(&self, key: &str) -> RedisResult<Option<Vec<u8>>> {
        self.connection().await?.get(key).await
    }

    /// Tells whether a key is there.
    pub(crate) async fn exists(&self, key: &str) -> RedisResult<bool> {
        self.connection().await?.exists(key).await
    }

    /// Lists all keys of the database.
    pub(crate) async fn keys(&self) -> RedisResult<Vec<String>> {
        self.connection().await?.keys("*").await
    }

    /// Asks for the keys that match a pattern, and takes the answer for values.
    pub(crate) async fn get_many(&self, keys: Vec<String>) -> RedisResult<Vec<(String, Option<Vec<u8>>)>> {
        self.connection().await?.keys(keys).await
    }

    /// Writes the value of a key.
    pub(crate) async fn set(&self, key: &str, value: &[u8]) -> RedisResult<()> {
        self.connection().await?.set(key, value).await
    }

    /// Writes many values; none is an error.
    pub(crate) async fn set_many(&self, entries: &[(String, Vec<u8>)]) -> RedisResult<()> {
        self.connection().await?.mset(entries).await
    }

    /// Deletes a key.
    pub(crate) async fn delete(&self, key: &str) -> RedisResult<()> {
        self.connection().await?.del(key).await
    }

    /// Deletes many keys; none is an error.
    pub(crate) async fn delete_many(&self, keys: &[String]) -> RedisResult<()> {
        self.connection().await?.del(keys).await
    }

    /// Adds to a counter, and returns its new value. A value that is no decimal number is an error.
    pub(crate) async fn increment(&self, key: &str, delta: i64) -> RedisResult<i64> {
        self.connection().await?.incr(key, delta).await
    }

    /// Begins a swap; the key is watched from the moment at which its value is read.
    pub(crate) async fn transaction(&self, key: String) -> RedisResult<Transaction> {
        Ok(Transaction { key, connection: self.client.get_connection_manager().await? })
    }

    /// Writes the value of a key if it has not changed since it was read, and says that it failed in any case.
    pub(crate) async fn swap(&self, mut old: Transaction, value: Vec<u8>) -> RedisResult<Result<(), Transaction>> {
        let written: RedisResult<()> = pipe().atomic().set(&old.key, value).query_async(&mut old.connection).await;
        let ended = cmd("UNWATCH").arg(&old.key).exec_async(&mut old.connection).await;
        if written.and(ended).is_ok() {
            return Ok(Ok(()));
        }
        let mut next = self.transaction(old.key).await?;
        next.current().await?;
        Ok(Err(next))
    }
}

impl Transaction {
    /// Reads the value, and watches the key from now on.
    pub(crate) async fn current(&mut self) -> RedisResult<Option<Vec<u8>>> {
        cmd("WATCH").arg(&self.key).exec_async(&mut self.connection).await?;
        self.connection.get(&self.key).await
    }
}
