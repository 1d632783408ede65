//! The rows: which work is measured on whom.

use super::peers::Language::{Node, Python};
use super::subject::Kind::{self, Empty, Gateway, Peer};
use super::work::Work;

/// A row of the table.
#[derive(Debug)]
pub struct Row {
    /// Its letter; the peers share one.
    pub letter: char,
    /// What is done, and by whom if it is not the gateway.
    pub name: &'static str,
    /// By whom.
    pub kind: Kind,
    /// What.
    pub work: Work,
}

/// All rows, in their order.
pub static ROWS: [Row; 25] = [
    row('a', "an empty component on the same host", Empty, Work::Empty),
    row('b', "callback accepted: durable, answered", Gateway, Work::Callback),
    row('c', "callback refused as a repeat", Gateway, Work::Repeat),
    row('d', "callback, until its signed event is at the subscriber", Gateway, Work::HandOn),
    row('e', "Quntool text sent", Gateway, Work::Text),
    row('f', "robot text relayed", Gateway, Work::Relay),
    row('g', "`GET /v1/messages/{id}`", Gateway, Work::Read),
    row('h', "(b) by Node", Peer(Node, 1), Work::Callback),
    row('h', "(b) by Node, 2 processes", Peer(Node, 2), Work::Callback),
    row('h', "(b) by Python", Peer(Python, 1), Work::Callback),
    row('h', "(b) by Python, 2 processes", Peer(Python, 2), Work::Callback),
    row('h', "(d) by Node", Peer(Node, 1), Work::HandOn),
    row('h', "(d) by Node, 2 processes", Peer(Node, 2), Work::HandOn),
    row('h', "(d) by Python", Peer(Python, 1), Work::HandOn),
    row('h', "(d) by Python, 2 processes", Peer(Python, 2), Work::HandOn),
    row('h', "(e) by Node", Peer(Node, 1), Work::Text),
    row('h', "(e) by Node, 2 processes", Peer(Node, 2), Work::Text),
    row('h', "(e) by Python", Peer(Python, 1), Work::Text),
    row('h', "(e) by Python, 2 processes", Peer(Python, 2), Work::Text),
    row('i', "(f) by apprise, behind FastAPI", Peer(Python, 1), Work::Relay),
    row('j', "one row committed by a component that does nothing else", Empty, Work::Commit),
    row('k', "one request to the platform by a component that does nothing else", Empty, Work::Call),
    row('l', "a callback read by a component that does nothing else", Empty, Work::Body),
    row('m', "one counter counted on by a component that does nothing else", Empty, Work::Count),
    row('n', "the rows of a moment committed together by a component that does nothing else", Empty, Work::Insert),
];

const fn row(letter: char, name: &'static str, kind: Kind, work: Work) -> Row {
    Row { letter, name, kind, work }
}
