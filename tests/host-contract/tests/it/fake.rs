//! A host with a probe, in memory, that breaks the contract as it is told.

mod faults;
mod key_value;
mod sqlite;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::{Json, Router};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use host_contract::Hosts;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Mutex;
use tokio::time::sleep;

pub use faults::{FAULTS, Fault};

/// The token of every fake.
pub const TOKEN: &str = "fake";

/// A host; its process is a runtime of its own, so that a kill ends everything that runs.
pub struct Fake {
    state: Arc<Shared>,
    process: std::sync::Mutex<Option<Runtime>>,
}

/// What outlives a process.
struct Shared {
    fault: Option<Fault>,
    key_value: key_value::Store,
    sqlite: sqlite::Database,
    calls: AtomicU64,
    sleepers: Mutex<()>,
}

impl Fake {
    /// A host that breaks one thing, or nothing. It does not run yet.
    pub fn new(fault: Option<Fault>) -> Self {
        let state = Shared {
            fault,
            key_value: key_value::Store::new(fault),
            sqlite: sqlite::Database::new(fault),
            calls: AtomicU64::new(0),
            sleepers: Mutex::default(),
        };
        Self { state: Arc::new(state), process: std::sync::Mutex::default() }
    }
}

impl Hosts for Fake {
    fn kill(&self) -> BoxFuture<'_, anyhow::Result<()>> {
        async {
            self.process.lock().unwrap().take().unwrap().shutdown_background();
            self.state.key_value.die();
            self.state.sqlite.die().await;
            Ok(())
        }
        .boxed()
    }

    fn start(&self) -> BoxFuture<'_, anyhow::Result<Vec<String>>> {
        async {
            let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
            let url = format!("http://{}", listener.local_addr()?);
            listener.set_nonblocking(true)?;
            let process = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
            let router = Router::new().fallback(answer).with_state(self.state.clone());
            process.spawn(async { axum::serve(TcpListener::from_std(listener).unwrap(), router).await });
            *self.process.lock().unwrap() = Some(process);
            Ok(vec![url])
        }
        .boxed()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        if let Some(process) = self.process.lock().unwrap().take() {
            process.shutdown_background();
        }
    }
}

async fn answer(
    State(host): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    Json(arguments): Json<Value>,
) -> (StatusCode, Json<Value>) {
    if headers.get("authorization").is_none_or(|value| value != format!("Bearer {TOKEN}").as_str()) {
        return (StatusCode::UNAUTHORIZED, Json(json!({ "status": 401 })));
    }
    let call = host.calls.fetch_add(1, Ordering::Relaxed);
    let instance = format!("instance {}", call % 4);
    let outcome = match uri.path().split_at(1).1.split_once('/') {
        Some(("key-value", operation)) => host.key_value.run(operation, &arguments).await,
        Some(("sqlite", _)) => host.sqlite.run(&arguments).await,
        _ => run(&host, uri.path(), &arguments, call).await,
    };
    (
        StatusCode::OK,
        Json(match outcome {
            Ok(result) => json!({ "instance": instance, "microseconds": call % 9, "result": result }),
            Err(error) => json!({ "instance": instance, "microseconds": 1, "error": error }),
        }),
    )
}

/// What the probe's module `execution` does.
async fn run(host: &Arc<Shared>, path: &str, arguments: &Value, call: u64) -> Result<Value, String> {
    match path {
        "/clock" => {
            let now = u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
            Ok(json!(match host.fault {
                Some(Fault::WrongClock) => now + 60_000,
                Some(Fault::UnevenClock) => now + call % 2 * 200,
                _ => now,
            }))
        }
        "/identifier" if host.fault == Some(Fault::SameIdentifier) => Ok(json!((call / 2).to_string())),
        "/identifier" => Ok(json!(call.to_string())),
        "/sleep" => {
            let asked = arguments["milliseconds"].as_u64().unwrap();
            let slept = if host.fault == Some(Fault::ShortSleep) { asked / 2 } else { asked };
            let alone = host.fault == Some(Fault::SleepsAlone);
            let _turn = if alone { Some(host.sleepers.lock().await) } else { None };
            sleep(Duration::from_millis(slept)).await;
            Ok(json!(slept))
        }
        "/background" => {
            let (host, arguments) = (host.clone(), arguments.clone());
            if host.fault != Some(Fault::StopsAfterTheAnswer) {
                tokio::spawn(async move {
                    while host.key_value.count(arguments["awaited"].as_str().unwrap()) == 0 {
                        sleep(Duration::from_millis(5)).await;
                    }
                    host.key_value.add(arguments["done"].as_str().unwrap(), 1);
                });
            }
            Ok(Value::Null)
        }
        "/outbound" => match host.fault {
            Some(Fault::LetsOut) => Ok(json!(200)),
            Some(Fault::TriesToLetOut) => Err("ErrorCode::ConnectionRefused".into()),
            _ => Err("ErrorCode::HttpRequestDenied".into()),
        },
        _ => Err(format!("no operation {path}")),
    }
}
