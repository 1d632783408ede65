//! Guests, manifests, servers and clients for the tests.

use std::convert::Infallible;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tempfile::TempDir;
use tokio::net::TcpListener;
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// An application in a folder of its own.
pub struct App {
    folder: TempDir,
}

impl App {
    /// An application with one component of each given guest, at `/{guest}`, that may send to `allowed`.
    pub fn new(guests: &[&str], allowed: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut manifest = "spin_manifest_version = 2\napplication = { name = \"test\" }\n".to_owned();
        for guest in guests {
            fs::write(folder.path().join(format!("{guest}.wasm")), core_module(guest)).unwrap();
            manifest += &format!(
                "[[trigger.http]]\nroute = \"/{guest}/...\"\ncomponent = \"{guest}\"\n\
                 [component.{guest}]\nsource = \"{guest}.wasm\"\nallowed_outbound_hosts = [\"{allowed}\"]\n"
            );
        }
        fs::write(folder.path().join("spin.toml"), manifest).unwrap();
        Self { folder }
    }

    /// Adds to the manifest.
    pub fn with(self, manifest: &str) -> Self {
        let path = self.manifest();
        fs::write(&path, fs::read_to_string(&path).unwrap() + manifest).unwrap();
        self
    }

    pub fn manifest(&self) -> PathBuf {
        self.folder.path().join("spin.toml")
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

/// Compiled code, which all tests share.
pub fn cache() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("cache")
}

fn core_module(guest: &str) -> Vec<u8> {
    let guests = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/guests");
    let mut module = wat::parse_file(guests.join(format!("{guest}.wat"))).unwrap();
    let mut resolve = Resolve::default();
    let package = resolve.push_file(guests.join("http.wit")).unwrap();
    let world = resolve.select_world(&[package], Some("guest")).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    module
}

/// A server that answers with the body it got, after a while.
pub struct Upstream {
    pub address: SocketAddr,
    requests: Arc<AtomicUsize>,
}

impl Upstream {
    pub async fn start(delay: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = requests.clone();
        let echo = service_fn(move |request: Request<Incoming>| {
            counter.fetch_add(1, Ordering::SeqCst);
            async move {
                tokio::time::sleep(delay).await;
                let response = Response::builder().status(StatusCode::CREATED).header("x-upstream", "yes");
                Ok::<_, Infallible>(response.body(request.into_body()).unwrap())
            }
        });
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = auto::Builder::new(TokioExecutor::new());
                let echo = echo.clone();
                tokio::spawn(async move { server.serve_connection(TokioIo::new(stream), echo).await });
            }
        });
        Self { address, requests }
    }

    /// How many requests arrived.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

/// Posts `body` to the host with `authority` as the `Host` header.
pub async fn post(url: &str, authority: &str, body: impl Into<Bytes>) -> Response<Bytes> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let request = Request::post(url).header("host", authority).body(Full::new(body.into())).unwrap();
    let (head, body) = client.request(request).await.unwrap().into_parts();
    Response::from_parts(head, body.collect().await.unwrap().to_bytes())
}
