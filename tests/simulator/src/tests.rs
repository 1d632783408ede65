//! Every rule, checked with real requests.

mod answers;
mod control;
mod directory;
mod faults;
mod kdocs;
mod logins;
mod outcomes;
mod quntool;
mod robot;
mod subscriber;
mod support;
mod wanwang;
