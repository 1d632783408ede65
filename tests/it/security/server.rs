//! A server that answers as no platform should.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// An answer: a head, and a body that is this block so many times.
#[derive(Clone, Default)]
pub struct Script {
    /// The status line and the headers, without the empty line behind them.
    pub head: String,
    /// What the body is made of.
    pub block: Vec<u8>,
    /// How often.
    pub times: usize,
    /// How long it takes a breath before each block.
    pub pause: Duration,
}

impl Script {
    /// Answers 200 with a JSON body.
    pub fn json(body: impl Into<Vec<u8>>) -> Self {
        let block = body.into();
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}", block.len());
        Self { head, block, times: 1, pause: Duration::ZERO }
    }

    /// Answers 200 with a body that announces no end.
    pub fn endless(block: Vec<u8>, times: usize) -> Self {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close".to_owned();
        Self { head, block, times, pause: Duration::ZERO }
    }

    /// Sends the client elsewhere.
    pub fn redirect(status: u16, location: &str) -> Self {
        let head = format!("HTTP/1.1 {status} Moved\r\nlocation: {location}\r\ncontent-length: 0");
        Self { head, ..Self::default() }
    }
}

/// A server that records what it is asked and answers by a script; it ends when it is dropped.
pub struct Server {
    /// Its origin.
    pub url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    script: Mutex<Script>,
    lines: Mutex<Vec<String>>,
    written: AtomicUsize,
}

impl Server {
    /// Starts on a free port.
    pub async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let shared = Arc::new(Shared { script: Mutex::new(script), ..Shared::default() });
        let served = shared.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = served.clone();
                // A client that has gone takes no more.
                tokio::spawn(async move { shared.answer(stream).await.ok() });
            }
        });
        Self { url, shared, task }
    }

    /// Answers otherwise from now on.
    pub fn play(&self, script: Script) {
        *self.shared.script.lock().expect("no test panicked here") = script;
    }

    /// Returns the request lines that came so far.
    pub fn lines(&self) -> Vec<String> {
        self.shared.lines.lock().expect("no test panicked here").clone()
    }

    /// Returns how many bytes of bodies left so far.
    pub fn written(&self) -> usize {
        self.shared.written.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    /// Reads one request, whose body has a length, and answers it.
    async fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut request = Vec::new();
        let end = loop {
            if let Some(end) = request.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            if stream.read_buf(&mut request).await? == 0 {
                return Ok(());
            }
        };
        let head = String::from_utf8_lossy(&request[..end]).to_ascii_lowercase();
        let length =
            head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok()).unwrap_or(0);
        while request.len() < end + length && stream.read_buf(&mut request).await? > 0 {}
        let line = String::from_utf8_lossy(&request).lines().next().unwrap_or_default().to_owned();
        self.lines.lock().expect("no test panicked here").push(line);

        let script = self.script.lock().expect("no test panicked here").clone();
        stream.write_all(format!("{}\r\n\r\n", script.head).as_bytes()).await?;
        for _ in 0..script.times {
            tokio::time::sleep(script.pause).await;
            stream.write_all(&script.block).await?;
            self.written.fetch_add(script.block.len(), Ordering::Relaxed);
        }
        stream.shutdown().await
    }
}
