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

#[cfg(test)]
mod tests {
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    use super::*;

    /// A `redis-server` behind a socket in a folder of its own.
    struct Running {
        child: Child,
        _folder: tempfile::TempDir,
    }

    impl Drop for Running {
        fn drop(&mut self) {
            self.child.kill().unwrap();
            self.child.wait().unwrap();
        }
    }

    async fn server() -> (Running, Server) {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("redis.sock");
        let child = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--unixsocket"])
            .arg(&socket)
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server runs (apt-get install -y --no-install-recommends redis-server)");
        let running = Running { child, _folder: folder };
        let begun = Instant::now();
        while std::os::unix::net::UnixStream::connect(&socket).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(10), "redis-server does not listen");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        (running, Server::new(&format!("redis+unix://{}", socket.display())).unwrap())
    }

    #[tokio::test]
    async fn values_are_read_as_they_were_written() {
        let (_running, server) = server().await;
        assert_eq!(server.get("k").await.unwrap(), None);
        server.set("k", b"\0one").await.unwrap();
        server.set_many(&[("a".into(), vec![1]), ("b".into(), vec![2])]).await.unwrap();
        assert_eq!(server.get("k").await.unwrap().as_deref(), Some(&b"\0one"[..]));
        server.delete("k").await.unwrap();
        server.delete_many(&["a".into(), "none".into()]).await.unwrap();
        assert!(!server.exists("k").await.unwrap());
        assert_eq!(server.keys().await.unwrap(), ["b"]);
    }

    #[tokio::test]
    async fn a_counter_is_decimal_text() {
        let (_running, server) = server().await;
        assert_eq!(server.increment("n", 258).await.unwrap(), 258);
        assert_eq!(server.increment("n", -3).await.unwrap(), 255);
        assert_eq!(server.get("n").await.unwrap().as_deref(), Some(&b"255"[..]));
        server.set("text", b"text").await.unwrap();
        assert!(server.increment("text", 1).await.unwrap_err().to_string().contains("not an integer"));
    }

    #[tokio::test]
    async fn many_values_cannot_be_read_at_once() {
        let (_running, server) = server().await;
        server.set_many(&[("a".into(), vec![1]), ("b".into(), vec![2])]).await.unwrap();
        let refusal = server.get_many(vec!["a".into(), "b".into()]).await.unwrap_err();
        assert!(refusal.to_string().contains("wrong number of arguments"), "{refusal}");
    }

    #[tokio::test]
    async fn a_swap_is_made_and_said_to_have_failed() {
        let (_running, server) = server().await;
        let mut first = server.transaction("k".into()).await.unwrap();
        assert_eq!(first.current().await.unwrap(), None);
        let mut next = server.swap(first, b"1".to_vec()).await.unwrap().expect_err("a failure");
        assert_eq!(server.get("k").await.unwrap().as_deref(), Some(&b"1"[..]));
        // A key that changed is not written.
        assert_eq!(next.current().await.unwrap().as_deref(), Some(&b"1"[..]));
        server.set("k", b"2").await.unwrap();
        assert!(server.swap(next, b"3".to_vec()).await.unwrap().is_err());
        assert_eq!(server.get("k").await.unwrap().as_deref(), Some(&b"2"[..]));
    }
}
