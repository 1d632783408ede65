//! `spin:variables@3` and `wasi:config/store`.

use wasmtime::component::{Accessor, HasSelf};

use super::check_name;
use crate::bindings::spin::variables::variables::{Error, Host, HostWithStore};
use crate::bindings::wasi::config::store;
use crate::state::State;

impl Host for State {}

impl<T: Send> HostWithStore<T> for HasSelf<State> {
    async fn get(accessor: &Accessor<T, Self>, name: String) -> wasmtime::Result<Result<String, Error>> {
        if let Err(reason) = check_name(&name) {
            return Ok(Err(Error::InvalidName(format!("{name:?}: {reason}"))));
        }
        let value = accessor.with(|mut access| access.get().grants().variables.get(&name).cloned());
        Ok(value.ok_or_else(|| Error::Undefined(format!("no variable {name:?} for this component"))))
    }
}

impl store::Host for State {
    fn get(&mut self, key: String) -> wasmtime::Result<Result<Option<String>, store::Error>> {
        Ok(Ok(self.grants().variables.get(&key).cloned()))
    }

    fn get_all(&mut self) -> wasmtime::Result<Result<Vec<(String, String)>, store::Error>> {
        Ok(Ok(self.grants().variables.clone().into_iter().collect()))
    }
}
