//! Callbacks of Quntool: kept, de-duplicated, and handed on.

mod delivery;
mod intake;
mod order;
mod retry;
