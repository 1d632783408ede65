//! Quntool's callbacks: one try, about three seconds.

use std::time::Duration;

use anyhow::Result;
use serde::Serialize;
use serde_json::Value;

use crate::shared::Shared;
use crate::truth;
use crate::world::World;

/// What came of a callback.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// The `msgId` of its body.
    pub msg_id: Option<String>,
    /// The status that came back.
    pub status: Option<u16>,
    /// Why none came back.
    pub error: Option<String>,
    /// Its body, so that it can be sent again.
    pub body: Value,
}

/// Where callbacks go.
#[derive(Debug)]
pub(crate) struct Callbacks {
    client: reqwest::Client,
    url: Shared<Option<String>>,
}

impl Callbacks {
    /// Prepares to call back.
    pub(crate) fn new(url: Option<String>, timeout: Duration) -> Result<Self> {
        let client = reqwest::Client::builder().timeout(timeout).redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { client, url: Shared::new(url) })
    }

    /// Sends callbacks elsewhere from now on, or nowhere.
    pub(crate) fn redirect(&self, url: Option<String>) {
        *self.url.lock() = url;
    }

    /// Tells where callbacks go.
    pub(crate) fn url(&self) -> Option<String> {
        self.url.lock().clone()
    }

    async fn post(&self, body: &Value) -> Result<u16, String> {
        let url = self.url().ok_or("there is no callback URL")?;
        let sent = self.client.post(url).json(body).send().await;
        sent.map(|response| response.status().as_u16()).map_err(|error| match error.is_timeout() {
            true => "timeout".to_owned(),
            false => error.without_url().to_string(),
        })
    }
}

impl World {
    /// Sends a callback as it is, and notes what came of it.
    pub(crate) async fn call_back(&self, body: Value) -> Delivery {
        let at = self.clock.now();
        let posted = self.callbacks.post(&body).await;
        let text = |field| body.get(field).and_then(Value::as_str).map(str::to_owned);
        let (msg_id, kind) = (text("msgId"), text("type"));
        let (status, error) = (posted.as_ref().ok().copied(), posted.err());
        self.record.lock().truth.callbacks.push(truth::Callback {
            at,
            msg_id: msg_id.clone(),
            kind,
            status,
            error: error.clone(),
            body: body.clone(),
        });
        Delivery { msg_id, status, error, body }
    }
}
