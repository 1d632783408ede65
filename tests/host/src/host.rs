//! The host: a manifest, where its data lies, and the address it listens on.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{env, fs, thread};

use anyhow::{Context as _, anyhow, ensure};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use wasmtime::Engine;
use wasmtime::component::Linker;
use wasmtime_wasi_http::handler::ProxyHandler;
use wasmtime_wasi_http::p3::bindings::ServicePre;

use crate::allowed_hosts::AllowedHosts;
use crate::app::App;
use crate::bindings::trigger::SpinMqttPre;
use crate::clock::WallClock;
use crate::manifest::{self, Manifest};
use crate::metrics::Metrics;
use crate::mqtt::trigger::{self, Listener};
use crate::outbound::Client;
use crate::routes::Routes;
use crate::runtime_config::RuntimeConfig;
use crate::state::{Grants, Shared, State};
use crate::variables::Variables;
use crate::worker::{Component, Turns};
use crate::{engine, image, key_value, server, sqlite};

/// How a host is to run; see [`Host::builder`].
pub struct Builder {
    manifest: Manifest,
    data: PathBuf,
    cache: Option<PathBuf>,
    listen: SocketAddr,
    clock_offset: i64,
    runtime_config: RuntimeConfig,
    variables: HashMap<String, String>,
}

/// A host that is ready: its components are compiled, its address is bound.
pub struct Host {
    listener: TcpListener,
    address: SocketAddr,
    app: Arc<App>,
    listeners: Vec<Listener>,
}

impl Host {
    /// Starts to describe a host for the manifest whose state lies in the folder `data`.
    pub fn builder(manifest: Manifest, data: impl Into<PathBuf>) -> Builder {
        Builder {
            manifest,
            data: data.into(),
            cache: None,
            listen: ([127, 0, 0, 1], 0).into(),
            clock_offset: 0,
            runtime_config: RuntimeConfig::default(),
            variables: HashMap::new(),
        }
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How often guests called the host so far.
    pub fn metrics(&self) -> Arc<Metrics> {
        self.app.shared.metrics.clone()
    }

    /// The guests' wall clock.
    pub fn clock(&self) -> WallClock {
        self.app.shared.clock.clone()
    }

    /// Serves until `stop` resolves, then lets the requests in flight finish, for 10 s at most.
    pub async fn serve(self, stop: impl Future<Output = ()>) {
        let shared = self.app.shared.clone();
        // They end with this call.
        let mut listening = JoinSet::new();
        for listener in self.listeners {
            listening.spawn(listener.listen());
        }
        server::serve(self.listener, self.app, stop).await;
        shared.stopped.store(true, Ordering::Relaxed);
    }
}

impl Builder {
    /// Sets the folder for composed components and compiled code, which hosts may share; `cache` in the data folder by
    /// default.
    #[must_use]
    pub fn cache(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache = Some(folder.into());
        self
    }

    /// Sets the address to listen on; a free port of 127.0.0.1 by default.
    #[must_use]
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Moves the guests' wall clock by this many seconds.
    #[must_use]
    pub fn clock_offset(mut self, seconds: i64) -> Self {
        self.clock_offset = seconds;
        self
    }

    /// Sets which backends stand behind the labels; files in the data folder by default.
    #[must_use]
    pub fn runtime_config(mut self, config: RuntimeConfig) -> Self {
        self.runtime_config = config;
        self
    }

    /// Sets a variable of the application; it goes before `SPIN_VARIABLE_<NAME>` in the environment.
    #[must_use]
    pub fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.insert(format!("SPIN_VARIABLE_{}", name.to_ascii_uppercase()), value.into());
        self
    }

    /// Compiles the components, opens the stores and binds the address.
    ///
    /// Everything that the manifest promises is checked here: an error says what is wrong and where. Needs a runtime
    /// with several threads, because guests may hold one while they wait for the disk.
    pub async fn build(self) -> anyhow::Result<Host> {
        let flavor = tokio::runtime::Handle::current().runtime_flavor();
        ensure!(flavor == tokio::runtime::RuntimeFlavor::MultiThread, "the host needs a runtime with several threads");
        let listener =
            TcpListener::bind(self.listen).await.with_context(|| format!("cannot listen on {}", self.listen))?;
        let address = listener.local_addr()?;
        let (app, listeners) = tokio::task::block_in_place(|| self.load())?;
        Ok(Host { listener, address, app: Arc::new(app), listeners })
    }

    fn load(&self) -> anyhow::Result<(App, Vec<Listener>)> {
        let manifest = &self.manifest;
        let lookup = |name: &str| self.variables.get(name).cloned().or_else(|| env::var(name).ok());
        let variables = Variables::resolve(&manifest.variables, lookup)?;
        let routes = Routes::new(&manifest.trigger.http)?;
        fs::create_dir_all(&self.data).with_context(|| format!("cannot create {}", self.data.display()))?;
        let shared = Arc::new(Shared {
            key_value: Arc::new(key_value::Backend::new(
                self.runtime_config.key_value_store.default.as_ref(),
                &self.data.join("key_value.db"),
            )?),
            sqlite: Arc::new(sqlite::Pool::new(self.data.join("sqlite.db"))),
            client: Client::new(),
            clock: WallClock::with_offset(self.clock_offset),
            metrics: Arc::default(),
            stopped: AtomicBool::new(false),
        });
        let cache = self.cache.clone().unwrap_or_else(|| self.data.join("cache"));
        fs::create_dir_all(&cache).with_context(|| format!("cannot create {}", cache.display()))?;
        let cache = cache.canonicalize()?;
        let engine = engine::engine(&cache.join("compiled"))?;
        let loader =
            Loader { manifest, variables, shared: shared.clone(), linker: engine::linker(&engine)?, engine, cache };
        let components = thread::scope(|scope| {
            let loads: Vec<_> = manifest
                .served_components()
                .map(|(id, component)| {
                    let loader = &loader;
                    (id, scope.spawn(move || loader.load(id, component)))
                })
                .collect();
            loads
                .into_iter()
                .map(|(id, load)| {
                    let component = load.join().map_err(|_| anyhow!("in [component.{id}]: loading it panicked"))??;
                    Ok((id.clone(), ProxyHandler::new(component)))
                })
                .collect::<anyhow::Result<_>>()
        })?;
        let listeners = loader.listeners()?;
        Ok((App { routes, components, shared }, listeners))
    }
}

/// What every component is loaded with.
struct Loader<'a> {
    manifest: &'a Manifest,
    variables: Variables,
    shared: Arc<Shared>,
    linker: Linker<State>,
    engine: Engine,
    cache: PathBuf,
}

impl Loader<'_> {
    fn load(&self, id: &str, component: &manifest::Component) -> anyhow::Result<Component> {
        let place = || format!("in [component.{id}]");
        let grants = self.grants(id, component).with_context(place)?;
        let wasm = image::load(self.manifest, id, component, &self.cache.join("composed"))?;
        let service = self.service(&wasm).map_err(anyhow::Error::from).with_context(place)?;
        let (engine, shared) = (self.engine.clone(), self.shared.clone());
        Ok(Component { engine, service, grants: Arc::new(grants), shared, turns: Turns::new() })
    }

    /// Loads what stands behind the MQTT triggers.
    fn listeners(&self) -> anyhow::Result<Vec<Listener>> {
        let Some(settings) = &self.manifest.application.trigger.mqtt else { return Ok(Vec::new()) };
        if self.variables.expand(&settings.address)?.is_empty() {
            return Ok(Vec::new());
        }
        let mut listeners = Vec::new();
        for trigger in &self.manifest.trigger.mqtt {
            let id = &trigger.component;
            let place = || format!("in [component.{id}]");
            let component = self.manifest.components.get(id).context("the component is missing")?;
            let grants = self.grants(id, component).with_context(place)?;
            let wasm = image::load(self.manifest, id, component, &self.cache.join("composed"))?;
            let service = self.handler(&wasm).map_err(anyhow::Error::from).with_context(place)?;
            let (engine, shared) = (self.engine.clone(), self.shared.clone());
            let component = trigger::Component { engine, service, grants: Arc::new(grants), shared };
            let listener = Listener::new(settings, trigger, &self.variables, Arc::new(component));
            listeners.push(listener.context("in [application.trigger.mqtt]")?);
        }
        Ok(listeners)
    }

    fn handler(&self, wasm: &[u8]) -> wasmtime::Result<SpinMqttPre<State>> {
        let component = wasmtime::component::Component::new(&self.engine, wasm)?;
        SpinMqttPre::new(self.linker.instantiate_pre(&component)?)
    }

    fn service(&self, wasm: &[u8]) -> wasmtime::Result<ServicePre<State>> {
        let component = wasmtime::component::Component::new(&self.engine, wasm)?;
        ServicePre::new(self.linker.instantiate_pre(&component)?)
    }

    fn grants(&self, id: &str, component: &manifest::Component) -> anyhow::Result<Grants> {
        let only = |kind: &str, labels: &[String], default: &str| {
            let unknown = labels.iter().find(|label| *label != default);
            unknown.map_or(Ok(()), |label| Err(anyhow!("{kind} names {label:?}, but there is only {default:?}")))
        };
        only("key_value_stores", &component.key_value_stores, key_value::DEFAULT_LABEL)?;
        only("sqlite_databases", &component.sqlite_databases, sqlite::DEFAULT_LABEL)?;
        Ok(Grants {
            component: id.to_owned(),
            key_value_stores: component.key_value_stores.iter().cloned().collect(),
            sqlite_databases: component.sqlite_databases.iter().cloned().collect(),
            allowed_outbound_hosts: AllowedHosts::parse(&component.allowed_outbound_hosts, &self.variables)
                .context("in allowed_outbound_hosts")?,
            variables: self.variables.expand_all(&component.variables).context("in variables")?,
        })
    }
}
