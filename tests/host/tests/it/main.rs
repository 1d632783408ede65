//! The host, library and program, with guests of a few lines: `guests/`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod fixture;
mod program;
mod serving;
