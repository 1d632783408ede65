//! From the list of a request to what is sent: every message checked, and those that are too long split.

use caller::types::Content;
use contract::{
    Violation,
    kdocs::{MOST_PARTS, RobotMessage},
};
use message::robot;
use serde_json::{Map, Value};
use split::{Format, split};

/// One message to the robot.
#[derive(Debug)]
pub struct Part {
    /// What it says.
    pub content: Content,
    /// What the document does not name.
    pub extra: Option<String>,
}

/// The fields that mention somebody: in the first part only, so that nobody is called twice.
const MENTIONS: &[&str] = &["mentioned_list", "mentioned_mobile_list"];

/// Checks one message of the list, `{"msgtype": kind, kind: {…}}`, and returns what to send: one part, or several if it
/// is too long for one and may be split.
pub fn plan(index: usize, mut message: Map<String, Value>, may_split: bool) -> Result<Vec<Part>, Violation> {
    let violation = |field: &str, reason: String| Violation { field: format!("data[{index}].{field}"), reason };
    let Some(Value::String(kind)) = message.remove("msgtype") else {
        return Err(violation("msgtype", "缺失:必填,类型为字符串".into()));
    };
    let documented = robot::find(&kind).map_err(|inner| violation("msgtype", inner.reason))?;
    let Some(Value::Object(fields)) = message.remove(&kind) else {
        return Err(violation(&kind, "缺失:必填,类型为对象".into()));
    };
    let inside = |inner: Violation| violation(&format!("{kind}.{}", inner.field), inner.reason);
    let parts = if may_split { divided(documented, fields).map_err(inside)? } else { vec![fields] };
    let planned = parts.into_iter().map(|fields| {
        let (content, extra) = robot::content(documented, fields).map_err(inside)?;
        Ok(Part { content, extra: robot::extra(message.clone(), extra) })
    });
    planned.collect()
}

/// Divides fields whose `content` is too long into those of several messages.
fn divided(documented: &RobotMessage, fields: Map<String, Value>) -> Result<Vec<Map<String, Value>>, Violation> {
    let (Some(limit), Some(Value::String(content))) = (documented.splits_at, fields.get("content")) else {
        return Ok(vec![fields]);
    };
    if content.len() <= limit {
        return Ok(vec![fields]);
    }
    let violation = |reason| Violation { field: "content".into(), reason };
    let most = || format!("过长:{} 字节,最多拆分为 {MOST_PARTS} 条,每条 {limit} 字节(UTF-8)", content.len());
    if content.len() > MOST_PARTS * limit {
        return Err(violation(most()));
    }
    let format = if documented.kind == "text" { Format::Text } else { Format::Markdown };
    let parts = split(content, format, limit).map_err(|unsplittable| {
        violation(format!(
            "过长且无法拆分:{} 字节,上限 {limit} 字节(UTF-8);第 {} 字节起的链接、标签、行内代码或表格行不能拆开",
            content.len(),
            unsplittable.at
        ))
    })?;
    if parts.len() > MOST_PARTS {
        return Err(violation(most()));
    }
    let with_content = |(number, content): (usize, String)| {
        let mut fields = fields.clone();
        if number > 0 {
            fields.retain(|name, _| !MENTIONS.contains(&name.as_str()));
        }
        fields.insert("content".into(), content.into());
        fields
    };
    Ok(parts.into_iter().enumerate().map(with_content).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use caller::types::Text;
    use serde_json::json;

    fn planned(message: Value, may_split: bool) -> Result<Vec<Part>, Violation> {
        let Value::Object(message) = message else { panic!("not an object") };
        plan(1, message, may_split)
    }

    fn field(message: Value) -> String {
        planned(message, false).unwrap_err().field
    }

    #[test]
    fn takes_the_messages_of_the_document() {
        let message = json!({"msgtype": "markdown", "markdown": {"content": "## 这是要发送的markdown"}});
        let parts = planned(message, true).unwrap();
        let [Part { content: Content::RobotMarkdown(Text { content }), extra: None }] = parts.as_slice() else {
            panic!("{parts:?}")
        };
        assert!(content.starts_with("##"));
    }

    #[test]
    fn names_the_message_and_the_field() {
        assert_eq!(field(json!({})), "data[1].msgtype");
        assert_eq!(field(json!({"msgtype": "video"})), "data[1].msgtype");
        assert_eq!(field(json!({"msgtype": "text"})), "data[1].text");
        assert_eq!(field(json!({"msgtype": "text", "text": {}})), "data[1].text.content");
        let long = "x".repeat(4_097);
        assert_eq!(field(json!({"msgtype": "markdown", "markdown": {"content": long}})), "data[1].markdown.content");
        let untitled = json!({"msgtype": "news", "news": {"articles": [{"url": "https://a.test"}]}});
        assert_eq!(field(untitled), "data[1].news.articles[0].title");
    }

    #[test]
    fn a_text_that_is_too_long_becomes_several_and_mentions_once() {
        let long = "一二三四五六七八九。".repeat(200);
        let message = json!({"msgtype": "text", "text": {"content": long, "mentioned_list": ["@all"]}, "chatid": "c"});
        let parts = planned(message, true).unwrap();
        let texts: Vec<_> = parts
            .iter()
            .map(|part| match &part.content {
                Content::RobotText(text) => text,
                other => panic!("{other:?}"),
            })
            .collect();
        assert!(texts.len() > 2 && texts.iter().all(|text| text.content.len() <= 2_048));
        let contents: Vec<&String> = texts.iter().map(|text| &text.content).collect();
        assert_eq!(split::join(&contents, Format::Text).as_deref(), Some(long.as_str()));
        let mentioned: Vec<usize> = texts.iter().map(|text| text.mentioned_list.len()).collect();
        assert_eq!((mentioned[0], mentioned[1..].iter().sum::<usize>()), (1, 0));
        assert!(parts.iter().all(|part| part.extra.as_deref() == Some(r#"{"chatid":"c"}"#)));
    }

    #[test]
    fn what_cannot_or_must_not_be_split_names_limit_and_size() {
        let markdown = |content: &str| json!({"msgtype": "markdown", "markdown": {"content": content}});
        let whole = planned(markdown(&"一".repeat(2_000)), false).unwrap_err();
        assert!(whole.reason.contains("6000 字节") && whole.reason.contains("4096 字节"), "{whole}");
        let link = planned(markdown(&format!("见 <https://a.test/{}>", "x".repeat(5_000))), true).unwrap_err();
        assert_eq!(link.field, "data[1].markdown.content");
        assert!(link.reason.contains("无法拆分") && link.reason.contains("第 4 字节"), "{link}");
        let endless = planned(markdown(&"一".repeat(200_000)), true).unwrap_err();
        assert!(endless.reason.contains("600000 字节") && endless.reason.contains("100 条"), "{endless}");
    }
}
