//! What belongs to an instance of a component: its grants, and what it shares with the others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::allowed_hosts::AllowedHosts;
use crate::clock::WallClock;
use crate::key_value::Backend;
use crate::metrics::Metrics;
use crate::outbound::{Client, Outbound};
use crate::output::Output;
use crate::request::Inbound;
use crate::sqlite;

/// What the manifest grants a component.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    /// The component's id.
    pub component: String,
    pub key_value_stores: BTreeSet<String>,
    pub sqlite_databases: BTreeSet<String>,
    pub allowed_outbound_hosts: AllowedHosts,
    pub variables: BTreeMap<String, String>,
}

/// What all instances share.
pub(crate) struct Shared {
    pub key_value: Arc<Backend>,
    /// The connections to the SQLite file.
    pub sqlite: Arc<sqlite::Pool>,
    pub client: Client,
    pub clock: WallClock,
    pub metrics: Arc<Metrics>,
    /// True once the host has stopped: what instances still do is abandoned.
    pub stopped: AtomicBool,
}

/// The data of an instance's store.
pub(crate) struct State {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    outbound: Outbound,
    inbound: Inbound,
    pub(crate) table: ResourceTable,
}

impl State {
    /// The state of a new instance: no files, no environment, no sockets.
    pub(crate) fn new(grants: Arc<Grants>, shared: Arc<Shared>) -> Self {
        let wasi = WasiCtxBuilder::new()
            .stdout(Output::new(&grants.component))
            .stderr(Output::new(&grants.component))
            .wall_clock(shared.clock.clone())
            .allow_tcp(false)
            .allow_udp(false)
            .build();
        Self {
            wasi,
            http: WasiHttpCtx::new(),
            outbound: Outbound::new(grants, shared),
            inbound: Inbound,
            table: ResourceTable::new(),
        }
    }

    pub(crate) fn grants(&self) -> &Grants {
        self.outbound.grants()
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        self.outbound.shared()
    }
}

impl State {
    /// The view through which the host itself hands requests to the guest: they keep their `Host` header.
    pub(crate) fn inbound(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.inbound, table: &mut self.table, ctx: &mut self.http }
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.outbound, table: &mut self.table, ctx: &mut self.http }
    }
}
