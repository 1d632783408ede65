//! A connection that is kept, and opened again where it was lost.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The longest that an answer may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A connection over HTTP/1.1, one request at a time.
pub struct Connection {
    address: SocketAddr,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Connection {
    /// Will be opened by its first request.
    pub fn new(address: SocketAddr) -> Self {
        Self { address, sender: None }
    }

    /// Sends a request, and reads its answer to the end.
    pub async fn ask(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Bytes>> {
        let mut sender = match self.sender.take().filter(|sender| !sender.is_closed()) {
            Some(sender) => sender,
            None => self.connect().await?,
        };
        let answer = timeout(TIMEOUT, async {
            sender.ready().await?;
            let (head, body) = sender.send_request(request).await?.into_parts();
            Ok::<_, hyper::Error>(Response::from_parts(head, body.collect().await?.to_bytes()))
        })
        .await
        .context("no answer in time")??;
        self.sender = Some(sender);
        Ok(answer)
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>> {
        let stream = TcpStream::connect(self.address).await.context("cannot connect")?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // How it ends is seen by the requests.
        tokio::spawn(async move { drop(connection.await) });
        Ok(sender)
    }
}
