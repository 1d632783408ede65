//! Employees: reached by work id, through 万网中台.

use anyhow::Result;
use serde_json::json;

use super::stage::{Answer, Stage, say, show_request};
use crate::sandbox::CREDENTIAL;

/// A business system gets a token (RFC 6749 §4.4), and sends a message that the platform takes.
pub async fn is_told(stage: &Stage) -> Result<()> {
    let request = stage.gateway("/oauth2/token").basic_auth(CREDENTIAL, Some(CREDENTIAL));
    show_request(&request, "grant_type=client_credentials");
    let granted = Answer::read(request.form(&[("grant_type", "client_credentials")]).send().await?).await?;
    granted.show();

    let message = json!({"workIds": ["ww0517"], "content": "Your leave is approved."});
    let request = stage.gateway("/integration/wx_work/sendByWorkIds").bearer_auth(granted.text("/access_token")?);
    let sent = say(request, &message).await?;
    sent.expect("/code", 0)?;
    sent.expect("/ok", true)?;

    let known = stage.becomes(sent.message_id()?, "submitted").await?;
    known.expect("/upstreamId", sent.text("/data/msgId")?)?;
    known.expect("/recipients/0/recipient", "ww0517")
}
