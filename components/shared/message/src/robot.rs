//! Messages to a WeCom group robot.

use crate::documented::Fields;
use caller::types::{Content, Robot, RobotText, Text};
use contract::{Arguments, Violation, arguments::Names, kdocs};
use serde_json::{Map, Value};

/// Checks a robot's webhook and signing secret.
pub async fn recipient(webhook: String, signing_secret: Option<String>) -> Result<Robot, Violation> {
    let robot_url = runtime::variable("robot_url").await;
    let violation = |field: &str, reason: &str| Violation { field: field.into(), reason: reason.into() };
    kdocs::check_link(&webhook, &[kdocs::ROBOT_ORIGIN, &robot_url]).map_err(|reason| violation("link", reason))?;
    if signing_secret.is_some() && runtime::variable("robot_mode").await == "direct" {
        return Err(violation("sk", "不适用:企业微信群机器人没有签名密钥"));
    }
    Ok(Robot { webhook, signing_secret })
}

/// Checks the fields of a message of this kind (`msgtype`), and returns what it says. Violations name the field without
/// the kind.
pub fn content(kind: &str, fields: Map<String, Value>) -> Result<Content, Violation> {
    let Some(documented) = kdocs::ROBOT_MESSAGES.iter().find(|documented| documented.kind == kind) else {
        let kinds: Vec<&str> = kdocs::ROBOT_MESSAGES.iter().map(|documented| documented.kind).collect();
        return Err(Violation { field: "msgtype".into(), reason: format!("取值应为 {}", kinds.join("、")) });
    };
    let arguments = Arguments::check(documented.parameters, fields, Names::Exact)?;
    let fields = Fields(&arguments.documented);
    let content = fields.text("content");
    match documented.kind {
        "text" => Ok(Content::RobotText(RobotText {
            content,
            mentioned_list: fields.texts("mentioned_list"),
            mentioned_mobile_list: fields.texts("mentioned_mobile_list"),
        })),
        "markdown" => Ok(Content::RobotMarkdown(Text { content })),
        other => Err(Violation { field: "msgtype".into(), reason: format!("{other} 暂不支持") }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_the_table_has_its_content() {
        for documented in kdocs::ROBOT_MESSAGES {
            let fields = serde_json::json!({ "content": "x" });
            let Value::Object(fields) = fields else { panic!("not an object") };
            assert!(content(documented.kind, fields).is_ok(), "{}", documented.kind);
        }
    }
}
