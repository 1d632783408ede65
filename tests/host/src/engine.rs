//! The wasmtime engine and what it links guests against.

use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use wasmtime::component::{HasSelf, Linker};
use wasmtime::{Cache, CacheConfig, Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::bindings::Imports;
use crate::state::State;

/// How often a guest that computes without a pause lets others run; Spin's value.
const EPOCH: Duration = Duration::from_millis(10);

/// How many instances may live at once; Spin's value.
const INSTANCES: u32 = 1000;

/// How many core instances and memories an instance may have: a component that is composed of several has several.
const PARTS: u32 = 4;

/// Bytes of an instance's memory and tables that stay resident for the next one; Spin's values.
const RESIDENT_MEMORY: usize = 2 << 20;
const RESIDENT_TABLE: usize = 512 << 10;

/// Creates the engine; compiled code is kept in the folder `cache`.
pub(crate) fn engine(cache: &Path) -> anyhow::Result<Engine> {
    let mut settings = CacheConfig::new();
    settings.with_directory(cache);
    let settings = Cache::new(settings).map_err(anyhow::Error::from);
    let settings = settings.with_context(|| format!("cannot use the cache {}", cache.display()))?;
    let mut config = Config::new();
    config.wasm_component_model_async(true).epoch_interruption(true).cache(Some(settings));
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
    let engine = Engine::new(&config).or_else(|error| {
        // The pool reserves terabytes of address space, which not every machine gives.
        tracing::warn!("instances are not pooled: {error}");
        Engine::new(config.allocation_strategy(InstanceAllocationStrategy::OnDemand))
    })?;
    advance_epochs(&engine)?;
    Ok(engine)
}

/// Everything that a component may import.
pub(crate) fn linker(engine: &Engine) -> anyhow::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    Imports::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
    Ok(linker)
}

fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(INSTANCES)
        .total_stacks(INSTANCES)
        .total_core_instances(INSTANCES * PARTS * 4)
        .total_memories(INSTANCES * PARTS)
        .total_tables(INSTANCES * PARTS * 2)
        .table_elements(100_000)
        .max_component_instance_size(10 << 20)
        .max_core_instance_size(10 << 20)
        .max_memories_per_component(32)
        .max_tables_per_component(64)
        .max_core_instances_per_component(200)
        .linear_memory_keep_resident(RESIDENT_MEMORY)
        .table_keep_resident(RESIDENT_TABLE);
    pool
}

/// Advances the engine's epoch until the engine is gone.
fn advance_epochs(engine: &Engine) -> anyhow::Result<()> {
    let engine = engine.weak();
    let advance = move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            thread::sleep(EPOCH);
        }
    };
    thread::Builder::new().name("epochs".into()).spawn(advance)?;
    Ok(())
}
