//! The messages of a WeCom group robot (document 99110).

use super::{Content, maybe, object, some};
use crate::bindings::exports::wecom::gateway::types::Article;
use serde_json::{Value, json};

/// Puts a message to a robot into the robot's terms, `{"msgtype": kind, kind: {…}}`; none if the content is not for one.
pub fn prepare(content: &Content) -> Option<(&'static str, Value)> {
    let (kind, fields) = match content {
        Content::RobotText(text) => {
            let list = |list: &[String]| (!list.is_empty()).then(|| Value::from(list));
            let fields = object([
                ("content", some(text.content.as_str())),
                ("mentioned_list", list(&text.mentioned_list)),
                ("mentioned_mobile_list", list(&text.mentioned_mobile_list)),
            ]);
            ("text", fields)
        }
        Content::RobotMarkdown(text) => ("markdown", json!({ "content": text.content })),
        Content::RobotMarkdownV2(text) => ("markdown_v2", json!({ "content": text.content })),
        Content::RobotImage(image) => ("image", json!({ "base64": image.base64, "md5": image.md5 })),
        Content::RobotNews(articles) => {
            let articles: Vec<Value> = articles.iter().map(article).collect();
            ("news", json!({ "articles": articles }))
        }
        Content::RobotFile(media) => ("file", json!({ "media_id": media.media_id })),
        Content::RobotVoice(media) => ("voice", json!({ "media_id": media.media_id })),
        Content::RobotTemplateCard(card) => ("template_card", serde_json::from_str(card).ok()?),
        _ => return None,
    };
    Some((kind, object([("msgtype", some(kind)), (kind, Some(fields))])))
}

fn article(article: &Article) -> Value {
    object([
        ("title", some(article.title.as_str())),
        ("description", maybe(article.description.as_ref())),
        ("url", maybe(article.url.as_ref())),
        ("picurl", maybe(article.picture_url.as_ref())),
    ])
}
