//! `spin:key-value@3`.

use wasmtime::component::{Accessor, FutureReader, HasSelf, Resource, StreamReader};

use super::{Database, Store};
use crate::bindings::spin::key_value::key_value::{Error, Host, HostStore, HostStoreWithStore};
use crate::state::State;

impl Host for State {}

impl HostStore for State {
    fn drop(&mut self, store: Resource<Store>) -> wasmtime::Result<()> {
        self.table.delete(store)?;
        Ok(())
    }
}

impl<T: Send> HostStoreWithStore<T> for HasSelf<State> {
    async fn open(accessor: &Accessor<T, Self>, label: String) -> wasmtime::Result<Result<Resource<Store>, Error>> {
        accessor.with(|mut access| {
            let state = access.get();
            if !state.grants().key_value_stores.contains(&label) {
                return Ok(Err(Error::AccessDenied));
            }
            Ok(Ok(state.table.push(Store)?))
        })
    }

    async fn get(
        accessor: &Accessor<T, Self>,
        store: Resource<Store>,
        key: String,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        read(accessor, &store, |database| database.get(&key))
    }

    async fn set(
        accessor: &Accessor<T, Self>,
        store: Resource<Store>,
        key: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), Error>> {
        write(accessor, &store, |database| database.set(&key, &value))
    }

    async fn delete(
        accessor: &Accessor<T, Self>,
        store: Resource<Store>,
        key: String,
    ) -> wasmtime::Result<Result<(), Error>> {
        write(accessor, &store, |database| database.delete(&key))
    }

    async fn exists(
        accessor: &Accessor<T, Self>,
        store: Resource<Store>,
        key: String,
    ) -> wasmtime::Result<Result<bool, Error>> {
        read(accessor, &store, |database| database.exists(&key))
    }

    async fn get_keys(
        accessor: &Accessor<T, Self>,
        store: Resource<Store>,
    ) -> wasmtime::Result<(StreamReader<String>, FutureReader<Result<(), Error>>)> {
        let (keys, outcome) = match read(accessor, &store, Database::keys)? {
            Ok(keys) => (keys, Ok(())),
            Err(error) => (Vec::new(), Err(error)),
        };
        accessor.with(|mut access| {
            let keys = StreamReader::new(&mut access, keys)?;
            let outcome = FutureReader::new(&mut access, async move { wasmtime::error::Ok(outcome) })?;
            Ok((keys, outcome))
        })
    }
}

fn read<T, R>(
    accessor: &Accessor<T, HasSelf<State>>,
    store: &Resource<Store>,
    call: impl FnOnce(&Database) -> rusqlite::Result<R>,
) -> wasmtime::Result<Result<R, Error>> {
    let outcome = accessor.with(|mut access| access.get().read(store, call))?;
    Ok(outcome.map_err(|error| Error::Other(error.to_string())))
}

fn write<T, R>(
    accessor: &Accessor<T, HasSelf<State>>,
    store: &Resource<Store>,
    call: impl FnOnce(&Database) -> rusqlite::Result<R>,
) -> wasmtime::Result<Result<R, Error>> {
    let outcome = accessor.with(|mut access| access.get().write(store, call))?;
    Ok(outcome.map_err(|error| Error::Other(error.to_string())))
}
