//! Robots: post into a group, through KDocs.

use anyhow::Result;
use serde_json::json;

use super::stage::{Stage, say};
use crate::sandbox::CREDENTIAL;

/// A message is taken by the platform, which says nothing more about it.
pub async fn tells_the_group(stage: &Stage) -> Result<()> {
    let message = json!({
        "link": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=demo",
        "data": [{"msgtype": "markdown", "markdown": {"content": "## Build 42 passed"}}],
    });
    let path = format!("/api/v1/openapi/notification/wecom?access_token={CREDENTIAL}");
    let sent = say(stage.gateway(&path), &message).await?;
    sent.expect("/code", 0)?;
    stage.becomes(sent.message_id()?, "submitted").await?;
    Ok(())
}
