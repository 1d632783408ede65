//! `spin:sqlite@3.1`.

use std::sync::{Arc, Mutex};

use tokio::task::spawn_blocking;
use wasmtime::component::{Accessor, FutureReader, HasSelf, Resource, StreamReader};

use super::{Connection, Shared};
use crate::bindings::spin::sqlite::sqlite::{
    Error, Host, HostConnection, HostConnectionWithStore, QueryResult, RowResult, Value,
};
use crate::blocking::lock;
use crate::state::State;

/// A statement's columns, its rows, and whether these are all.
type Rows = (Vec<String>, StreamReader<RowResult>, FutureReader<Result<(), Error>>);

impl State {
    fn connect(&mut self, database: &str) -> wasmtime::Result<Result<Resource<Shared>, Error>> {
        if !self.grants().sqlite_databases.contains(database) {
            return Ok(Err(Error::AccessDenied));
        }
        self.shared().metrics.sqlite_opens.increment();
        Ok(match Connection::open(&self.shared().sqlite) {
            Ok(connection) => Ok(self.table.push(Arc::new(Mutex::new(connection)))?),
            Err(error) => Err(error),
        })
    }

    fn connection(&self, connection: &Resource<Shared>) -> wasmtime::Result<Shared> {
        Ok(self.table.get(connection)?.clone())
    }
}

impl Host for State {}

impl HostConnection for State {
    fn open(&mut self, database: String) -> wasmtime::Result<Result<Resource<Shared>, Error>> {
        self.connect(&database)
    }

    fn execute(
        &mut self,
        connection: Resource<Shared>,
        statement: String,
        parameters: Vec<Value>,
    ) -> wasmtime::Result<Result<QueryResult, Error>> {
        self.shared().metrics.sqlite_statements.increment();
        Ok(lock(&*self.connection(&connection)?).execute(&statement, &parameters))
    }

    fn last_insert_rowid(&mut self, connection: Resource<Shared>) -> wasmtime::Result<i64> {
        Ok(lock(&*self.connection(&connection)?).last_insert_rowid())
    }

    fn changes(&mut self, connection: Resource<Shared>) -> wasmtime::Result<u64> {
        Ok(lock(&*self.connection(&connection)?).changes())
    }

    fn drop(&mut self, connection: Resource<Shared>) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        Ok(())
    }
}

impl<T: Send> HostConnectionWithStore<T> for HasSelf<State> {
    async fn open_async(
        accessor: &Accessor<T, Self>,
        database: String,
    ) -> wasmtime::Result<Result<Resource<Shared>, Error>> {
        accessor.with(|mut access| access.get().connect(&database))
    }

    async fn execute_async(
        accessor: &Accessor<T, Self>,
        connection: Resource<Shared>,
        statement: String,
        parameters: Vec<Value>,
    ) -> wasmtime::Result<Result<Rows, Error>> {
        let connection = accessor.with(|mut access| {
            let state = access.get();
            state.shared().metrics.sqlite_statements.increment();
            state.connection(&connection)
        })?;
        let execute = move || lock(&connection).execute(&statement, &parameters);
        let QueryResult { columns, rows } = match spawn_blocking(execute).await? {
            Ok(result) => result,
            Err(error) => return Ok(Err(error)),
        };
        accessor.with(|mut access| {
            let rows = StreamReader::new(&mut access, rows)?;
            let outcome = FutureReader::new(&mut access, async { wasmtime::error::Ok(Ok(())) })?;
            Ok(Ok((columns, rows, outcome)))
        })
    }

    async fn last_insert_rowid_async(
        accessor: &Accessor<T, Self>,
        connection: Resource<Shared>,
    ) -> wasmtime::Result<i64> {
        accessor.with(|mut access| access.get().last_insert_rowid(connection))
    }

    async fn changes_async(accessor: &Accessor<T, Self>, connection: Resource<Shared>) -> wasmtime::Result<u64> {
        accessor.with(|mut access| access.get().changes(connection))
    }
}
