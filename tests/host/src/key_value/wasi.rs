//! `wasi:keyvalue@0.2.0-draft2`: store, atomics and batch.

use wasmtime::component::Resource;

use super::{Database, Snapshot, Store};
use crate::bindings::wasi::keyvalue::atomics::{self, CasError};
use crate::bindings::wasi::keyvalue::batch;
use crate::bindings::wasi::keyvalue::store::{self, Error, KeyResponse};
use crate::state::State;

fn other(error: rusqlite::Error) -> Error {
    Error::Other(error.to_string())
}

impl store::Host for State {
    fn open(&mut self, identifier: String) -> wasmtime::Result<Result<Resource<Store>, Error>> {
        if !self.grants().key_value_stores.contains(&identifier) {
            return Ok(Err(Error::AccessDenied));
        }
        Ok(Ok(self.table.push(Store)?))
    }
}

impl store::HostBucket for State {
    fn get(&mut self, bucket: Resource<Store>, key: String) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        Ok(self.read(&bucket, |database| database.get(&key))?.map_err(other))
    }

    fn set(&mut self, bucket: Resource<Store>, key: String, value: Vec<u8>) -> wasmtime::Result<Result<(), Error>> {
        Ok(self.write(&bucket, |database| database.set(&key, &value))?.map_err(other))
    }

    fn delete(&mut self, bucket: Resource<Store>, key: String) -> wasmtime::Result<Result<(), Error>> {
        Ok(self.write(&bucket, |database| database.delete(&key))?.map_err(other))
    }

    fn exists(&mut self, bucket: Resource<Store>, key: String) -> wasmtime::Result<Result<bool, Error>> {
        Ok(self.read(&bucket, |database| database.exists(&key))?.map_err(other))
    }

    fn list_keys(
        &mut self,
        bucket: Resource<Store>,
        cursor: Option<String>,
    ) -> wasmtime::Result<Result<KeyResponse, Error>> {
        if cursor.is_some() {
            return Ok(Err(Error::Other("every answer holds all keys: there is no cursor".into())));
        }
        let keys = self.read(&bucket, Database::keys)?.map_err(other);
        Ok(keys.map(|keys| KeyResponse { keys, cursor: None }))
    }

    fn drop(&mut self, bucket: Resource<Store>) -> wasmtime::Result<()> {
        self.table.delete(bucket)?;
        Ok(())
    }
}

impl batch::Host for State {
    fn get_many(
        &mut self,
        bucket: Resource<Store>,
        keys: Vec<String>,
    ) -> wasmtime::Result<Result<Vec<(String, Option<Vec<u8>>)>, Error>> {
        Ok(self.read(&bucket, |database| database.get_many(keys))?.map_err(other))
    }

    fn set_many(
        &mut self,
        bucket: Resource<Store>,
        entries: Vec<(String, Vec<u8>)>,
    ) -> wasmtime::Result<Result<(), Error>> {
        Ok(self.write(&bucket, |database| database.set_many(&entries))?.map_err(other))
    }

    fn delete_many(&mut self, bucket: Resource<Store>, keys: Vec<String>) -> wasmtime::Result<Result<(), Error>> {
        Ok(self.write(&bucket, |database| database.delete_many(&keys))?.map_err(other))
    }
}

impl atomics::Host for State {
    fn increment(&mut self, bucket: Resource<Store>, key: String, delta: i64) -> wasmtime::Result<Result<i64, Error>> {
        Ok(self.write(&bucket, |database| database.increment(&key, delta))?.map_err(other))
    }

    fn swap(&mut self, cas: Resource<Snapshot>, value: Vec<u8>) -> wasmtime::Result<Result<(), CasError>> {
        let old = self.table.delete(cas)?;
        self.shared().metrics.key_value_writes.increment();
        let outcome = self.shared().key_value.swap(old, &value);
        Ok(match outcome {
            Ok(Ok(())) => Ok(()),
            Ok(Err(current)) => Err(CasError::CasFailed(self.table.push(current)?)),
            Err(error) => Err(CasError::StoreError(other(error))),
        })
    }
}

impl atomics::HostCas for State {
    fn new(&mut self, bucket: Resource<Store>, key: String) -> wasmtime::Result<Result<Resource<Snapshot>, Error>> {
        Ok(match self.read(&bucket, |database| database.snapshot(key))? {
            Ok(snapshot) => Ok(self.table.push(snapshot)?),
            Err(error) => Err(other(error)),
        })
    }

    fn current(&mut self, cas: Resource<Snapshot>) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        Ok(Ok(self.table.get(&cas)?.value()))
    }

    fn drop(&mut self, cas: Resource<Snapshot>) -> wasmtime::Result<()> {
        self.table.delete(cas)?;
        Ok(())
    }
}
