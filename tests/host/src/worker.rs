//! The instances of a component: created when needed, reused as Spin does it.
//!
//! The handler creates one whenever a second request waits behind the only instance that is free. Each burst would leave
//! as many instances as it had requests, which then have one request each at a time, and nothing that requests of one
//! moment could share. So requests go to the handler in turns: as many at once as there are cores.

use std::future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Sleep, sleep, timeout};
use wasmtime::component::GuestTaskId;
use wasmtime::{Engine, Store, StoreContextMut};
use wasmtime_wasi_http::handler::{
    HandlerState, Instance, Proxy, ShouldAccept, WorkerExpiration, WorkerState, WorkerStatus,
};
use wasmtime_wasi_http::p3::bindings::ServicePre;

use crate::state::{Grants, Shared, State};

/// How many requests an instance serves; Spin's default.
const REQUESTS: usize = 128;

/// How many requests an instance serves at once; Spin's default.
const CONCURRENT_REQUESTS: usize = 16;

/// How long an instance without work lives; Spin's default.
const IDLE: Duration = Duration::from_secs(1);

/// A request waits for its turn so long at most: an instance that holds a thread holds up nobody else for longer.
const TURN: Duration = Duration::from_millis(20);

/// A component that is compiled and linked, ready to be instantiated.
pub(crate) struct Component {
    pub engine: Engine,
    pub service: ServicePre<State>,
    pub grants: Arc<Grants>,
    pub shared: Arc<Shared>,
    pub turns: Turns,
}

/// Whose turn it is to go to the handler.
pub(crate) struct Turns(Arc<Semaphore>);

impl Turns {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(available_parallelism().map_or(1, usize::from))))
    }

    /// Waits for a turn, which ends when an instance has taken the request; none if that takes too long.
    pub(crate) async fn next(&self) -> Option<OwnedSemaphorePermit> {
        match self.0.clone().try_acquire_owned() {
            Ok(turn) => Some(turn),
            Err(_) => timeout(TURN, self.0.clone().acquire_owned()).await.ok()?.ok(),
        }
    }
}

impl HandlerState for Component {
    type StoreData = State;
    type WorkerExpiration = IdleExpiration;
    type WorkerState = Worker;

    async fn instantiate(&self) -> wasmtime::Result<Instance<State, IdleExpiration, Worker>> {
        let state = State::new(self.grants.clone(), self.shared.clone());
        let mut store = Store::new(&self.engine, state);
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        let proxy = Proxy::P3(self.service.instantiate_async(&mut store).await?);
        self.shared.metrics.instances.increment();
        Ok(Instance {
            store,
            proxy,
            view: State::inbound,
            expiration: IdleExpiration { sleep: Box::pin(sleep(IDLE)) },
            state: Worker { grants: self.grants.clone(), shared: self.shared.clone() },
        })
    }
}

/// Ends an instance that has had no work for a while; work itself may take as long as it likes.
pub(crate) struct IdleExpiration {
    sleep: Pin<Box<Sleep>>,
}

impl WorkerExpiration for IdleExpiration {
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>, status: WorkerStatus, start: Instant) -> Poll<()> {
        match status {
            WorkerStatus::Requests | WorkerStatus::PostReturn => Poll::Pending,
            WorkerStatus::Idle => {
                let deadline = (start + IDLE).into();
                if self.sleep.deadline() != deadline {
                    self.sleep.as_mut().reset(deadline);
                }
                self.sleep.as_mut().poll(cx)
            }
        }
    }
}

/// What bounds the work of an instance.
pub(crate) struct Worker {
    grants: Arc<Grants>,
    shared: Arc<Shared>,
}

impl WorkerState for Worker {
    type StoreData = State;
    type RequestData = Option<OwnedSemaphorePermit>;

    fn should_accept_request(&self, concurrent: usize, total: usize) -> ShouldAccept {
        if total >= REQUESTS {
            ShouldAccept::Never
        } else if concurrent >= CONCURRENT_REQUESTS {
            ShouldAccept::No
        } else {
            ShouldAccept::Yes
        }
    }

    fn on_request_start(
        &self,
        _: StoreContextMut<'_, State>,
        turn: Option<OwnedSemaphorePermit>,
        _: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + Sync>> {
        drop(turn);
        Box::pin(future::pending())
    }

    fn drop(&self, store: Store<State>, result: wasmtime::Result<()>) {
        // The runtime's end drops the instances that are left, which looks as if they had panicked.
        let stopped = self.shared.stopped.load(Ordering::Relaxed);
        if let (Err(error), false) = (result, stopped) {
            tracing::error!(component = self.grants.component, "an instance failed: {}", error.root_cause());
            tracing::debug!("{error:?}");
        }
        drop(store);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_turn_is_waited_for_but_not_for_long() {
        let turns = Turns(Arc::new(Semaphore::new(1)));
        let first = turns.next().await;
        assert!(first.is_some());

        let begun = Instant::now();
        assert!(turns.next().await.is_none());
        assert!(begun.elapsed() >= TURN);

        let (second, ()) = tokio::join!(turns.next(), async { drop(first) });
        assert!(second.is_some());
    }
}
