//! The checks, by what they are about: each module has its rows of the contract, and how they are found out.

pub mod counters;
pub mod database;
pub mod durability;
pub mod execution;
pub mod rows;
pub mod statements;
pub mod values;

use anyhow::Result;
use futures::future::try_join_all;

/// Does something so many times at once; fails with the first failure.
async fn at_once<T, F: Future<Output = Result<T>>>(times: usize, each: impl Fn(usize) -> F) -> Result<Vec<T>> {
    try_join_all((0..times).map(each)).await
}
