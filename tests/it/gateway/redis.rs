//! A Redis server of a test's own.

use super::eventually;
use crate::PATIENCE;
use redis::{AsyncCommands, aio::MultiplexedConnection};
use std::{
    fs::{self, File},
    io::ErrorKind,
    net::TcpListener,
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

/// So many ports are tried: between looking for a free one and listening on it, another test may take it.
const TRIES: usize = 20;

/// A server that listens; it is killed when it is dropped.
pub struct Redis {
    /// Its URL.
    pub url: String,
    child: Child,
    _folder: TempDir,
}

impl Redis {
    /// Starts a server that keeps nothing on the disk; resolves when it listens.
    pub async fn start() -> Self {
        for _ in 0..TRIES {
            if let Some(redis) = Self::try_start().await {
                return redis;
            }
        }
        panic!("redis-server found no free port in {TRIES} tries");
    }

    async fn try_start() -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        let folder = tempfile::tempdir().expect("a folder for Redis");
        let output = folder.path().join("stdout");
        let spawned = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port"])
            .arg(port.to_string())
            .arg("--dir")
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(File::create(&output).expect("Redis' output can be kept"))
            .spawn();
        let child = match spawned {
            Ok(child) => child,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                panic!("redis-server is missing: apt-get install -y --no-install-recommends redis-server")
            }
            Err(error) => panic!("redis-server does not run: {error}"),
        };
        let mut redis = Self { url: format!("redis://127.0.0.1:{port}"), child, _folder: folder };
        let listens = eventually("Redis listens, or ends", PATIENCE, async || {
            let printed = fs::read_to_string(&output).unwrap_or_default();
            if printed.contains("Ready to accept connections") {
                return Some(true);
            }
            redis.child.try_wait().expect("Redis can be waited for").map(|_| false)
        });
        listens.await.then_some(redis)
    }

    /// Connects to it.
    pub async fn connect(&self) -> MultiplexedConnection {
        let client = redis::Client::open(self.url.as_str()).expect("a URL");
        client.get_multiplexed_async_connection().await.expect("Redis answers")
    }

    /// Returns the keys that begin so, sorted.
    pub async fn keys(&self, prefix: &str) -> Vec<String> {
        let mut keys: Vec<String> = self.connect().await.keys(format!("{prefix}*")).await.expect("Redis lists keys");
        keys.sort();
        keys
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.child.kill().expect("Redis can be killed");
        self.child.wait().expect("Redis ends");
    }
}
