//! A broker that is slow: a proxy in front of the real one that keeps what it is told to keep.

use super::broker::Broker;
use std::io;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
};

/// What the broker's side says when it has a message (MQTT 3.1.1, 2.2.1).
pub const ACKNOWLEDGEMENT: u8 = 4;
/// A message.
pub const MESSAGE: u8 = 3;

/// A proxy; when it is dropped it ends, and with it every connection and what was kept.
pub struct Proxy {
    /// Its address.
    pub url: String,
    kept: watch::Sender<Option<u8>>,
    held: watch::Receiver<usize>,
    serving: JoinHandle<()>,
}

impl Proxy {
    /// Starts a proxy that keeps nothing.
    pub async fn start(broker: &Broker) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("mqtt://{}", listener.local_addr().expect("an address"));
        let (kept, keeps) = watch::channel(None);
        let (holds, held) = watch::channel(0);
        let port = broker.port();
        let serving = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let gate = Gate { keeps: keeps.clone(), holds: holds.clone() };
                connections.spawn(async move {
                    // A connection that breaks is what the tests are about.
                    let _ = serve(client, port, gate).await;
                });
            }
        });
        Self { url, kept, held, serving }
    }

    /// Keeps the gateway's messages, or their acknowledgements, until [`Self::release`].
    pub fn keep(&self, packet: u8) {
        self.kept.send_replace(Some(packet));
    }

    /// Waits until something is kept on the way.
    pub async fn holds(&self) {
        self.held.clone().wait_for(|held| *held > 0).await.expect("the proxy runs");
    }

    /// Lets everything pass, what was kept on the way included.
    pub fn release(&self) {
        self.kept.send_replace(None);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Where a packet waits while its type is kept.
#[derive(Clone)]
struct Gate {
    keeps: watch::Receiver<Option<u8>>,
    holds: watch::Sender<usize>,
}

async fn serve(mut client: TcpStream, port: u16, gate: Gate) -> io::Result<()> {
    let mut broker = TcpStream::connect(("127.0.0.1", port)).await?;
    let (mut from_client, mut to_client) = client.split();
    let (mut from_broker, mut to_broker) = broker.split();
    // The gateway sends messages and gets acknowledgements; its listener gets messages, which always pass.
    tokio::select! {
        ended = pass(&mut from_client, &mut to_broker, gate.clone(), MESSAGE) => ended,
        ended = pass(&mut from_broker, &mut to_client, gate, ACKNOWLEDGEMENT) => ended,
    }
}

/// Passes packets on; one of the type `here` waits at the gate while that type is kept.
async fn pass(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    mut gate: Gate,
    here: u8,
) -> io::Result<()> {
    loop {
        let packet = packet(from).await?;
        if packet.first().is_some_and(|first| first >> 4 == here) {
            gate.holds.send_modify(|held| *held += usize::from(*gate.keeps.borrow() == Some(here)));
            gate.keeps.wait_for(|kept| *kept != Some(here)).await.map_err(io::Error::other)?;
        }
        to.write_all(&packet).await?;
    }
}

/// Reads a packet: its type, its length in groups of seven bits, and the rest (MQTT 3.1.1, 2.2).
async fn packet(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut packet = vec![from.read_u8().await?];
    let (mut length, mut shift) = (0, 0);
    loop {
        let group = from.read_u8().await?;
        packet.push(group);
        length |= usize::from(group & 0x7f) << shift;
        shift += 7;
        if group & 0x80 == 0 {
            break;
        }
    }
    let head = packet.len();
    packet.resize(head + length, 0);
    from.read_exact(&mut packet[head..]).await?;
    Ok(packet)
}
