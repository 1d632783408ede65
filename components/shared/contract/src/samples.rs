//! Requests and callbacks as the documents show them, and such as break one rule each: what tests of every kind walk
//! through.

pub mod broken;
pub mod hostile;
pub mod mutated;
pub mod robot;

use crate::{
    catalog::{self, Missing},
    endpoint::{Endpoint, Location},
};
use serde::Deserialize;
use serde_json::{Map, Value};

/// One request of the documents: its JSON mended where it is broken, its placeholders filled in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// Where it stands: the seed's number and line.
    pub source: String,
    /// Whether the documents describe it without showing it.
    #[serde(default)]
    pub made_up: bool,
    /// Its method.
    pub method: String,
    /// Its path.
    pub path: String,
    /// Its query, decoded; a list stands for a name that comes several times.
    #[serde(default)]
    pub query: Map<String, Value>,
    /// Its JSON body.
    pub body: Option<Map<String, Value>>,
    /// The parts of its multipart form, with the names of their files.
    pub multipart: Option<Map<String, Value>>,
}

/// Returns every sample, in the documents' order.
pub fn requests() -> serde_json::Result<Vec<Sample>> {
    serde_json::from_str(include_str!("../fixtures/requests.json"))
}

impl Sample {
    /// Finds the endpoint that the request is for.
    pub fn endpoint(&self) -> Result<&'static Endpoint, Missing> {
        catalog::find(&self.method, &self.path)
    }

    /// Returns the pairs of the query.
    pub fn pairs(&self) -> Vec<(String, String)> {
        let texts = |value: &Value| match value {
            Value::Array(values) => values.clone(),
            value => vec![value.clone()],
        };
        let pairs = self.query.iter().flat_map(|(name, value)| {
            texts(value).into_iter().filter_map(|text| Some((name.clone(), text.as_str()?.to_owned())))
        });
        pairs.collect()
    }

    /// Returns the parameters, ready for [`Endpoint::check`]; none for a multipart form.
    pub fn given(&self, endpoint: &Endpoint) -> Option<Map<String, Value>> {
        match (endpoint.location, &self.body) {
            (Location::Multipart, _) => None,
            (_, Some(body)) => Some(body.clone()),
            (_, None) => Some(endpoint.read_query(self.pairs())),
        }
    }
}

/// One callback of the documents, cleaned of what makes it no JSON.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Callback {
    /// Where it stands: the seed's number and line.
    pub source: String,
    /// Whether the account received it, or sent it.
    pub direction: Direction,
    /// Its body.
    pub body: Value,
}

/// Which way a callback's message went; what is no message counts as received.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// To the account.
    Received,
    /// From the account.
    Sent,
}

/// Returns every callback that the documents show, in their order.
pub fn callbacks() -> serde_json::Result<Vec<Callback>> {
    serde_json::from_str(include_str!("../fixtures/callbacks.json"))
}

#[cfg(test)]
mod tests;
