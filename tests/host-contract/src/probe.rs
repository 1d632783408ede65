//! The probe's HTTP, typed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::Client;
use serde::Deserialize;
use serde_json::{Value, json};

/// How long one operation may take: a write may wait for others.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A probe behind one address or several. Operations go to the addresses in turn, so that what has to hold holds
/// between processes as well.
pub struct Probe {
    urls: RwLock<Vec<String>>,
    token: String,
    client: Client,
    next: AtomicUsize,
}

/// What one operation came to.
#[derive(Debug, Deserialize)]
pub struct Done {
    /// The instance that did it.
    pub instance: String,
    /// How long the host took.
    pub microseconds: u64,
    /// What the host answered.
    #[serde(default)]
    pub result: Value,
    error: Option<String>,
}

/// A statement with its parameters, as the probe takes it.
#[derive(Clone, Debug)]
pub struct Statement(Value);

/// Writes a statement; parameters are integers, texts, nulls, and blobs by [`blob`].
pub fn statement(statement: &str, parameters: &[Value]) -> Statement {
    Statement(json!({ "statement": statement, "parameters": parameters }))
}

/// Writes bytes as the probe takes them for a blob, and answers one.
pub fn blob(bytes: &[u8]) -> Value {
    json!({ "blob": BASE64_STANDARD.encode(bytes) })
}

impl Probe {
    /// A probe at these origins (`http://127.0.0.1:3000`), with its token.
    pub fn new(urls: &[String], token: &str) -> Result<Self> {
        let client = Client::builder().no_proxy().timeout(TIMEOUT).build().context("cannot set up HTTP")?;
        let probe = Self { urls: RwLock::default(), token: token.to_owned(), client, next: AtomicUsize::new(0) };
        probe.lead_to(urls)?;
        Ok(probe)
    }

    /// Goes on at these origins.
    pub fn lead_to(&self, urls: &[String]) -> Result<()> {
        ensure!(!urls.is_empty(), "no address of a probe is named");
        let urls = urls.iter().map(|url| url.trim_end_matches('/').to_owned()).collect();
        *self.urls.write().unwrap_or_else(PoisonError::into_inner) = urls;
        Ok(())
    }

    /// Does an operation at the next address.
    ///
    /// The error says what the host failed at, or that no probe answers there.
    pub async fn run(&self, operation: &str, arguments: Value) -> Result<Done> {
        let url = self.turn();
        let request = self.client.post(format!("{url}{operation}")).bearer_auth(&self.token).json(&arguments);
        let answer = request.send().await.with_context(|| format!("{operation}: {url} does not answer"))?;
        let status = answer.status();
        let text = answer.text().await.with_context(|| format!("{operation}: the answer of {url} broke off"))?;
        if !status.is_success() {
            bail!("{operation}: the probe at {url} answers {status}: {text}");
        }
        let done: Done = serde_json::from_str(&text)
            .with_context(|| format!("{operation}: {url} is no probe, it answers {text}"))?;
        if let Some(error) = done.error {
            bail!("{operation}: {error}");
        }
        Ok(done)
    }

    /// How many addresses there are.
    pub fn addresses(&self) -> usize {
        self.urls.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Returns the address whose turn it is.
    fn turn(&self) -> String {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let urls = self.urls.read().unwrap_or_else(PoisonError::into_inner);
        turn.checked_rem(urls.len()).and_then(|index| urls.get(index)).cloned().unwrap_or_default()
    }

    /// Reads a value.
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        let value = self.run("/key-value/get", json!({ "key": key })).await?.result;
        let text: Option<String> = serde_json::from_value(value)?;
        text.map(|text| BASE64_STANDARD.decode(text).context("a value is not base64")).transpose()
    }

    /// Writes a value.
    pub async fn set(&self, key: &str, value: &[u8]) -> Result<Done> {
        self.run("/key-value/set", json!({ "key": key, "value": BASE64_STANDARD.encode(value) })).await
    }

    /// Writes values in one call.
    pub async fn set_many(&self, values: &[(String, Vec<u8>)]) -> Result<Done> {
        let values: BTreeMap<_, _> = values.iter().map(|(key, value)| (key, BASE64_STANDARD.encode(value))).collect();
        self.run("/key-value/set-many", json!({ "values": values })).await
    }

    /// Adds to a counter, and returns its new value.
    pub async fn increment(&self, key: &str, delta: i64) -> Result<i64> {
        let done = self.run("/key-value/increment", json!({ "key": key, "delta": delta })).await?;
        integer(&done.result)
    }

    /// Reads a counter.
    pub async fn count(&self, key: &str) -> Result<i64> {
        integer(&self.run("/key-value/count", json!({ "key": key })).await?.result)
    }

    /// Deletes keys.
    pub async fn delete(&self, keys: &[String]) -> Result<Done> {
        self.run("/key-value/delete", json!({ "keys": keys })).await
    }

    /// Runs statements on one connection, and returns the rows of each.
    pub async fn transact(&self, statements: &[Statement]) -> Result<Vec<Vec<Vec<Value>>>> {
        let statements: Vec<_> = statements.iter().map(|Statement(value)| value).collect();
        let done = self.run("/sqlite/execute", json!({ "statements": statements })).await?;
        Ok(serde_json::from_value(done.result)?)
    }

    /// Runs one statement, and returns its rows.
    pub async fn query(&self, text: &str, parameters: &[Value]) -> Result<Vec<Vec<Value>>> {
        let results = self.transact(&[statement(text, parameters)]).await?;
        results.into_iter().next().context("the statement has no result")
    }

    /// Runs one statement, and returns the first column of its one row.
    pub async fn scalar(&self, text: &str, parameters: &[Value]) -> Result<Value> {
        let rows = self.query(text, parameters).await?;
        let [row] = rows.as_slice() else { bail!("{} rows instead of one: {text}", rows.len()) };
        row.first().cloned().context("the row has no column")
    }
}

/// Reads an integer of an answer.
pub fn integer(value: &Value) -> Result<i64> {
    value.as_i64().with_context(|| format!("{value} is no integer"))
}
