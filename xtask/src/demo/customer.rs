//! Customers: reached in a conversation of a hosted account, through Quntool.

use anyhow::Result;
use serde_json::json;

use super::stage::{Answer, Stage, say};
use crate::sandbox::CREDENTIAL;

/// The hosted account, the customer, and their conversation, as in Quntool's samples.
pub const ACCOUNT: &str = "168885435526XXXX";
pub const CUSTOMER: &str = "788130083907XXXX";
pub const CONVERSATION: &str = "S:168885435526XXXX_788130083907XXXX";

/// What Quntool reports when WeCom finds that an account sends too fast.
const TOO_FREQUENT: i64 = -1_000_999;

/// A message is taken by the platform, and later known to have arrived; both of its ids name it.
pub async fn is_told(stage: &Stage) -> Result<()> {
    let sent = send(stage, "Your parcel has left.").await?;
    let known = stage.becomes(sent.message_id()?, "delivered").await?;
    known.expect("/upstreamId", sent.text("/data/msgId")?)?;
    known.expect("/recipients/0/recipient", CONVERSATION)?;
    let known = stage.becomes(sent.text("/data/msgId")?, "delivered").await?;
    known.expect("/id", sent.message_id()?)
}

/// A message is published, answered on another topic, and later known to have arrived.
pub async fn is_told_by_mqtt(stage: &Stage) -> Result<()> {
    let message = json!({"wxId": ACCOUNT, "conversationId": CONVERSATION, "content": "Your parcel is near."});
    let request = stage.gateway("/gnapi/open/msg/text").header("apikey", CREDENTIAL).header("x-transport", "mqtt");
    let sent = say(request, &message).await?;
    sent.expect("/code", 0)?;
    let known = stage.becomes(sent.message_id()?, "delivered").await?;
    known.expect("/upstreamId", sent.text("/data/msgId")?)
}

/// A message is taken by the platform, which later says why it did not arrive.
pub async fn is_out_of_reach(stage: &Stage) -> Result<()> {
    let outcome = json!({"next": 1, "error_code": TOO_FREQUENT, "error_message": "Abnormal request frequency"});
    stage.order("/simulator/outcome", &outcome).await?;
    let sent = send(stage, "Your parcel is delayed.").await?;
    let known = stage.becomes(sent.message_id()?, "failed").await?;
    known.expect("/recipients/0/code", TOO_FREQUENT)
}

async fn send(stage: &Stage, content: &str) -> Result<Answer> {
    let message = json!({"wxId": ACCOUNT, "conversationId": CONVERSATION, "content": content});
    let sent = say(stage.gateway("/gnapi/open/msg/text").header("apikey", CREDENTIAL), &message).await?;
    sent.expect("/code", 0)?;
    Ok(sent)
}
