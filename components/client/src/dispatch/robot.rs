//! Messages to robots.

use super::Ending;
use crate::{
    bindings::exports::wecom::gateway::types::Robot,
    configuration::{Configuration, RobotMode},
    platform::{self, Verdict, kdocs},
    token::{self, Issuer, kdocs::can_renew},
    upstream::{self, Outbound},
};
use contract::kdocs::{
    WEBHOOK_PATH,
    refusal::{self, TOKEN_DEAD},
};
use serde_json::Value;

/// Sends a message to a robot, through KDocs or straight. A refusal that the table knows says what to do.
pub async fn robot(configuration: &Configuration, robot: &Robot, message: &Value) -> Result<Verdict, Ending> {
    let verdict = match configuration.robot_mode {
        RobotMode::Direct => {
            let outbound = Outbound::post(direct_url(configuration, robot), message).hiding(key(robot));
            platform::read(&upstream::exchange(outbound).await?)
        }
        RobotMode::Kdocs => through_kdocs(configuration, robot, &kdocs::body(robot, message.clone())).await?,
    };
    Ok(match verdict {
        Verdict::Refused(mut refused) => {
            refused.hint = refused.hint.or_else(|| refusal::hint(refused.code).map(str::to_owned));
            Verdict::Refused(refused)
        }
        verdict => verdict,
    })
}

/// Posts to KDocs. A dead token is renewed once, and the request made once more: what was refused for its token did
/// nothing.
async fn through_kdocs(configuration: &Configuration, robot: &Robot, body: &Value) -> Result<Verdict, Ending> {
    let mut access = token::kdocs::current(configuration).await?;
    let mut renewed = false;
    loop {
        let outbound = Outbound::post(kdocs_url(configuration, &access), body).hiding(&access).hiding(key(robot));
        match platform::read(&upstream::exchange(outbound).await?) {
            Verdict::Refused(refused) if refused.code == TOKEN_DEAD => {
                if renewed || !can_renew(configuration) {
                    return Err(Ending::Unauthorized(refused));
                }
                access = token::renewed(Issuer::Kdocs, configuration, Some(&access)).await?;
                renewed = true;
            }
            verdict => return Ok(verdict),
        }
    }
}

fn direct_url(configuration: &Configuration, robot: &Robot) -> String {
    format!("{}{WEBHOOK_PATH}?key={}", configuration.robot_url, key(robot))
}

fn key(robot: &Robot) -> &str {
    robot.webhook.rsplit_once("?key=").map_or("", |(_, key)| key)
}

fn kdocs_url(configuration: &Configuration, access: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("access_token", access).finish();
    format!("{}{}?{query}", configuration.kdocs_url, kdocs::PATH)
}
