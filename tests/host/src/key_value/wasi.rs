//! `wasi:keyvalue@0.2.0-draft2`: store, atomics and batch.

use wasmtime::component::Resource;

use super::{Snapshot, Store};
use crate::bindings::wasi::keyvalue::atomics::{self, CasError};
use crate::bindings::wasi::keyvalue::batch;
use crate::bindings::wasi::keyvalue::store::{self, Error, KeyResponse};
use crate::state::State;

fn other(error: super::Error) -> Error {
    Error::Other(error.to_string())
}

impl store::Host for State {
    async fn open(&mut self, identifier: String) -> wasmtime::Result<Result<Resource<Store>, Error>> {
        if !self.grants().key_value_stores.contains(&identifier) {
            return Ok(Err(Error::AccessDenied));
        }
        if let Err(error) = self.shared().key_value.clone().connect().await {
            return Ok(Err(other(error)));
        }
        Ok(Ok(self.table.push(Store)?))
    }
}

impl store::HostBucket for State {
    async fn get(&mut self, bucket: Resource<Store>, key: String) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        Ok(self.reading(&bucket)?.get(&key).await.map_err(other))
    }

    async fn set(
        &mut self,
        bucket: Resource<Store>,
        key: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), Error>> {
        Ok(self.writing(&bucket)?.set(&key, &value).await.map_err(other))
    }

    async fn delete(&mut self, bucket: Resource<Store>, key: String) -> wasmtime::Result<Result<(), Error>> {
        Ok(self.writing(&bucket)?.delete(&key).await.map_err(other))
    }

    async fn exists(&mut self, bucket: Resource<Store>, key: String) -> wasmtime::Result<Result<bool, Error>> {
        Ok(self.reading(&bucket)?.exists(&key).await.map_err(other))
    }

    async fn list_keys(
        &mut self,
        bucket: Resource<Store>,
        cursor: Option<String>,
    ) -> wasmtime::Result<Result<KeyResponse, Error>> {
        if cursor.is_some() {
            return Ok(Err(Error::Other("every answer holds all keys: there is no cursor".into())));
        }
        let keys = self.reading(&bucket)?.keys().await.map_err(other);
        Ok(keys.map(|keys| KeyResponse { keys, cursor: None }))
    }

    async fn drop(&mut self, bucket: Resource<Store>) -> wasmtime::Result<()> {
        self.table.delete(bucket)?;
        Ok(())
    }
}

impl batch::Host for State {
    async fn get_many(
        &mut self,
        bucket: Resource<Store>,
        keys: Vec<String>,
    ) -> wasmtime::Result<Result<Vec<(String, Option<Vec<u8>>)>, Error>> {
        Ok(self.reading(&bucket)?.get_many(keys).await.map_err(other))
    }

    async fn set_many(
        &mut self,
        bucket: Resource<Store>,
        entries: Vec<(String, Vec<u8>)>,
    ) -> wasmtime::Result<Result<(), Error>> {
        Ok(self.writing(&bucket)?.set_many(&entries).await.map_err(other))
    }

    async fn delete_many(&mut self, bucket: Resource<Store>, keys: Vec<String>) -> wasmtime::Result<Result<(), Error>> {
        Ok(self.writing(&bucket)?.delete_many(&keys).await.map_err(other))
    }
}

impl atomics::Host for State {
    async fn increment(
        &mut self,
        bucket: Resource<Store>,
        key: String,
        delta: i64,
    ) -> wasmtime::Result<Result<i64, Error>> {
        Ok(self.writing(&bucket)?.increment(&key, delta).await.map_err(other))
    }

    async fn swap(&mut self, cas: Resource<Snapshot>, value: Vec<u8>) -> wasmtime::Result<Result<(), CasError>> {
        let old = self.table.delete(cas)?;
        self.shared().metrics.key_value_writes.increment();
        let outcome = self.shared().key_value.clone().swap(old, value).await;
        Ok(match outcome {
            Ok(Ok(())) => Ok(()),
            Ok(Err(current)) => Err(CasError::CasFailed(self.table.push(current)?)),
            Err(error) => Err(CasError::StoreError(other(error))),
        })
    }
}

impl atomics::HostCas for State {
    async fn new(
        &mut self,
        bucket: Resource<Store>,
        key: String,
    ) -> wasmtime::Result<Result<Resource<Snapshot>, Error>> {
        Ok(match self.reading(&bucket)?.snapshot(key).await {
            Ok(snapshot) => Ok(self.table.push(snapshot)?),
            Err(error) => Err(other(error)),
        })
    }

    async fn current(&mut self, cas: Resource<Snapshot>) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        Ok(self.table.get_mut(&cas)?.current().await.map_err(other))
    }

    async fn drop(&mut self, cas: Resource<Snapshot>) -> wasmtime::Result<()> {
        self.table.delete(cas)?;
        Ok(())
    }
}
