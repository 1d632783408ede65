//! The story's HTTP: it shows what it sends and what comes back.

use std::fmt::Display;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::Value;

use crate::sandbox::CREDENTIAL;

/// How long anything may take to come true.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// How many characters of a body are shown.
const SHOWN: usize = 600;

/// The two programs that the story is about, and who speaks with them.
pub struct Stage {
    /// The gateway's origin.
    pub gateway: String,
    /// The simulator's origin.
    pub simulator: String,
    client: Client,
}

/// What came back.
pub struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Stage {
    /// Sets the stage for programs at these origins.
    pub fn new(gateway: &str, simulator: &str) -> Result<Self> {
        let client = Client::builder().no_proxy().timeout(PATIENCE).build().context("cannot set up HTTP")?;
        Ok(Self { gateway: gateway.to_owned(), simulator: simulator.to_owned(), client })
    }

    /// Begins a request to a path of the gateway.
    pub fn gateway(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.gateway))
    }

    /// Orders something of the simulator, and expects that it obeys.
    pub async fn order(&self, path: &str, order: &Value) -> Result<Answer> {
        say(self.client.post(format!("{}{path}", self.simulator)), order).await
    }

    /// Waits until the gateway's ledger has a message, by either of its ids, in a state.
    pub async fn becomes(&self, id: &str, state: &str) -> Result<Answer> {
        let begun = Instant::now();
        loop {
            let request = self.client.get(format!("{}/v1/messages/{id}", self.gateway)).header("apikey", CREDENTIAL);
            let answer = Answer::read(request.send().await?).await?;
            if answer.text("/state")? == state {
                println!("   → GET /v1/messages/{id}");
                answer.show();
                return Ok(answer);
            }
            if begun.elapsed() > PATIENCE {
                bail!("after {} s it was still {}", PATIENCE.as_secs(), answer.body);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Sends a JSON body, and expects that it is answered with success.
pub async fn say(request: RequestBuilder, body: &Value) -> Result<Answer> {
    show_request(&request, body);
    let answer = Answer::read(request.json(body).send().await?).await?;
    answer.show();
    Ok(answer)
}

/// Shows a request that is about to be sent.
pub fn show_request(request: &RequestBuilder, body: impl Display) {
    let request = request.try_clone().and_then(|request| request.build().ok());
    let path = request.map(|request| request.url().path().to_owned()).unwrap_or_default();
    println!("   → POST {path} {}", shortened(&body.to_string()));
}

impl Answer {
    /// Reads an answer, which must be a success with a JSON body or none.
    pub async fn read(response: Response) -> Result<Self> {
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await?;
        ensure!(status.is_success(), "{status} {text}");
        let body = match text.as_str() {
            "" => Value::Null,
            text => serde_json::from_str(text).with_context(|| format!("no JSON: {text}"))?,
        };
        Ok(Self { status, headers, body })
    }

    /// Shows what came back.
    pub fn show(&self) {
        let body = if self.body.is_null() { String::new() } else { shortened(&self.body.to_string()) };
        println!("   ← {} {body}", self.status.as_u16());
    }

    /// Expects a value at a JSON pointer.
    pub fn expect(&self, pointer: &str, expected: impl Into<Value>) -> Result<()> {
        let (found, expected) = (self.at(pointer)?, expected.into());
        ensure!(*found == expected, "{pointer} is {found}, not {expected}, in {}", self.body);
        Ok(())
    }

    /// Returns the text at a JSON pointer.
    pub fn text(&self, pointer: &str) -> Result<&str> {
        self.at(pointer)?.as_str().with_context(|| format!("{pointer} is no text in {}", self.body))
    }

    /// Returns the gateway's id of the message that was sent.
    pub fn message_id(&self) -> Result<&str> {
        let header = self.headers.get("x-message-id").context("the answer has no header x-message-id")?;
        header.to_str().context("the header x-message-id is no text")
    }

    /// Returns what is at a JSON pointer.
    pub fn at(&self, pointer: &str) -> Result<&Value> {
        self.body.pointer(pointer).with_context(|| format!("{pointer} is missing in {}", self.body))
    }
}

/// Cuts what is too long to be read at a glance.
pub fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_a_short_body_whole_and_cuts_a_long_one_between_characters() {
        assert_eq!(shortened("企业微信"), "企业微信");
        assert_eq!(shortened(&"微".repeat(SHOWN + 1)), format!("{}…", "微".repeat(SHOWN)));
    }

    #[test]
    fn says_what_it_found_in_place_of_what_it_expected() {
        let answer = Answer {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: serde_json::json!({"data": {"code": 1}}),
        };
        assert!(answer.expect("/data/code", 1).is_ok());
        let refusal = answer.expect("/data/code", 0).unwrap_err().to_string();
        assert_eq!(refusal, r#"/data/code is 1, not 0, in {"data":{"code":1}}"#);
        assert!(answer.expect("/data/name", 0).unwrap_err().to_string().starts_with("/data/name is missing"));
    }
}
