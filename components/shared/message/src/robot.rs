//! Messages to a WeCom group robot.

mod image;

use crate::documented::{Fields, article};
use caller::types::{Content, Robot, RobotImage, RobotMedia, RobotText, Text};
use contract::{
    Arguments, Violation,
    kdocs::{self, ROBOT_MESSAGES, RobotMessage},
};
use serde_json::{Map, Value, json};

/// Checks a robot's webhook, or its alias, and its signing secret. Whether there is such an alias is known to `client`.
pub async fn recipient(webhook: String, signing_secret: Option<String>) -> Result<Robot, Violation> {
    let violation = |field: &str, reason: &str| Violation { field: field.into(), reason: reason.into() };
    if kdocs::alias(&webhook).is_none() {
        let robot_url = runtime::variable("robot_url").await;
        kdocs::check_link(&webhook, &[kdocs::ROBOT_ORIGIN, &robot_url]).map_err(|reason| violation("link", reason))?;
    }
    if signing_secret.is_some() && runtime::variable("robot_mode").await == "direct" {
        return Err(violation("sk", "不适用:企业微信群机器人没有签名密钥"));
    }
    Ok(Robot { webhook, signing_secret })
}

/// Finds a type of message by its `msgtype`.
pub fn find(kind: &str) -> Result<&'static RobotMessage, Violation> {
    RobotMessage::find(kind).ok_or_else(|| {
        let kinds: Vec<&str> = ROBOT_MESSAGES.iter().map(|documented| documented.kind).collect();
        Violation { field: "msgtype".into(), reason: format!("取值应为 {}", kinds.join("、")) }
    })
}

/// Checks the fields of a message of this type, and returns what it says and what the document does not name, as it
/// stands in the robot's message. Violations name the field without the type.
pub fn content(
    documented: &RobotMessage,
    fields: Map<String, Value>,
) -> Result<(Content, Map<String, Value>), Violation> {
    let arguments = documented.check(fields)?;
    let content = typed(documented.kind, &arguments)?;
    let extra = match arguments.extra {
        // A card is handed on as a whole.
        extra if extra.is_empty() || documented.kind == "template_card" => Map::new(),
        extra => [(documented.kind.to_owned(), Value::Object(extra))].into_iter().collect(),
    };
    Ok((content, extra))
}

fn typed(kind: &str, arguments: &Arguments) -> Result<Content, Violation> {
    let fields = Fields(&arguments.documented);
    let text = || Text { content: fields.text("content") };
    let media = || RobotMedia { media_id: fields.text("media_id") };
    Ok(match kind {
        "text" => Content::RobotText(RobotText {
            content: fields.text("content"),
            mentioned_list: fields.texts("mentioned_list"),
            mentioned_mobile_list: fields.texts("mentioned_mobile_list"),
        }),
        "markdown" => Content::RobotMarkdown(text()),
        "markdown_v2" => Content::RobotMarkdownV2(text()),
        "image" => {
            let image = RobotImage { base64: fields.text("base64"), md5: fields.text("md5") };
            image::check(&image)?;
            Content::RobotImage(image)
        }
        "news" => Content::RobotNews(fields.objects("articles").map(|fields| article(fields, "picurl")).collect()),
        "file" => Content::RobotFile(media()),
        "voice" => Content::RobotVoice(media()),
        "template_card" => {
            let card: Map<String, Value> = arguments
                .documented
                .iter()
                .chain(&arguments.extra)
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            Content::RobotTemplateCard(Value::Object(card).to_string())
        }
        other => return Err(Violation { field: "msgtype".into(), reason: format!("{other} 暂不支持") }),
    })
}

/// Returns what the document does not name beside a message's type and fields, together with that inside of the fields.
pub fn extra(beside: Map<String, Value>, inside: Map<String, Value>) -> Option<String> {
    let mut extra = beside;
    extra.extend(inside);
    (!extra.is_empty()).then(|| json!(extra).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::samples::robot::fields;

    #[test]
    fn every_kind_of_the_table_has_its_content() {
        for documented in ROBOT_MESSAGES {
            let (_, extra) = content(documented, fields(documented.kind)).expect(documented.kind);
            assert!(extra.is_empty(), "{}", documented.kind);
        }
    }

    #[test]
    fn what_the_document_does_not_name_is_kept_where_it_stood() {
        for kind in ["text", "image", "news"] {
            let mut given = fields(kind);
            given.insert("trace".into(), json!(7));
            let (_, inside) = content(find(kind).unwrap(), given).unwrap();
            let beside = Map::from_iter([("chatid".to_owned(), json!("c"))]);
            let expected = json!({"chatid": "c", kind: {"trace": 7}});
            assert_eq!(serde_json::from_str::<Value>(&extra(beside, inside).unwrap()).unwrap(), expected);
        }
        let mut card = fields("template_card");
        card.insert("task_id".into(), json!("t"));
        let (content, _) = content(find("template_card").unwrap(), card).unwrap();
        assert!(matches!(content, Content::RobotTemplateCard(card) if card.contains(r#""task_id":"t""#)));
    }

    #[test]
    fn an_unknown_type_is_told_the_known_ones() {
        let violation = find("video").unwrap_err();
        assert!(violation.field == "msgtype" && violation.reason.contains("markdown_v2"), "{violation}");
    }
}
