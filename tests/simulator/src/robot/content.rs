//! What a robot's message may say (path/99110).

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use md5::{Digest, Md5};
use serde_json::{Value, json};

use super::Refusal;

const TEXT_BYTES: usize = 2048;
const MARKDOWN_BYTES: usize = 4096;
/// Bytes of a picture before encoding.
const IMAGE_BYTES: usize = 2 << 20;
const ARTICLES: usize = 8;
/// Entries of a card's `horizontal_content_list` and `jump_list`.
const CARD_LISTS: [(&str, usize); 2] = [("horizontal_content_list", 6), ("jump_list", 3)];

/// Tells whether the robot has this upload.
type HasMedia<'a> = &'a dyn Fn(&str) -> bool;

/// Reads a message: its type and its content. Pictures are shown by their digest.
pub(super) fn read<'a>(message: &'a Value, has_media: HasMedia<'_>) -> Result<(&'a str, Value), Refusal> {
    let kind = message.get("msgtype").and_then(Value::as_str).unwrap_or_default();
    let content = message.get(kind).unwrap_or(&Value::Null);
    let check = match kind {
        "text" => limited(content, "text", TEXT_BYTES),
        "markdown" | "markdown_v2" => limited(content, kind, MARKDOWN_BYTES),
        "image" => return Ok((kind, image(content)?)),
        "news" => news(content),
        "file" | "voice" => media(content, has_media),
        "template_card" => card(content),
        _ => Err(Refusal::new(40008, "invalid message type")),
    };
    check.map(|()| (kind, content.clone()))
}

fn text<'a>(content: &'a Value, field: &str) -> &'a str {
    content.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn limited(content: &Value, kind: &str, limit: usize) -> Result<(), Refusal> {
    let text = text(content, "content");
    if text.is_empty() {
        return Err(Refusal::new(44004, "empty content"));
    }
    if text.len() > limit {
        return Err(invalid(format!("{kind}.content exceed max length {limit}")));
    }
    Ok(())
}

fn image(content: &Value) -> Result<Value, Refusal> {
    let bytes = BASE64_STANDARD.decode(text(content, "base64")).map_err(|_| invalid("image.base64 is not base64"))?;
    if bytes.is_empty() {
        return Err(Refusal::new(44001, "empty media data"));
    }
    if bytes.len() > IMAGE_BYTES {
        return Err(Refusal::new(40009, "invalid image size"));
    }
    let digest: String = Md5::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    if !digest.eq_ignore_ascii_case(text(content, "md5")) {
        return Err(Refusal::new(301_019, "media md5 not match"));
    }
    let is_picture = bytes.starts_with(b"\x89PNG\r\n\x1a\n") || bytes.starts_with(b"\xff\xd8\xff");
    if !is_picture {
        return Err(Refusal::new(40005, "invalid file type"));
    }
    Ok(json!({"md5": digest, "size": bytes.len()}))
}

fn news(content: &Value) -> Result<(), Refusal> {
    let articles = content.get("articles").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    match articles.len() {
        0 => return Err(Refusal::new(44003, "empty news data")),
        1..=ARTICLES => {}
        _ => return Err(Refusal::new(45008, "article count out of limit")),
    }
    for field in ["title", "url"] {
        if articles.iter().any(|article| text(article, field).is_empty()) {
            return Err(invalid(format!("news.articles.{field} missing")));
        }
    }
    Ok(())
}

fn media(content: &Value, has_media: HasMedia<'_>) -> Result<(), Refusal> {
    if has_media(text(content, "media_id")) { Ok(()) } else { Err(Refusal::new(40007, "invalid media_id")) }
}

fn card(content: &Value) -> Result<(), Refusal> {
    if !["text_notice", "news_notice"].contains(&text(content, "card_type")) {
        return Err(invalid("template_card.card_type invalid"));
    }
    if !content.get("card_action").is_some_and(Value::is_object) {
        return Err(invalid("template_card.card_action missing"));
    }
    for (list, limit) in CARD_LISTS {
        if content.get(list).and_then(Value::as_array).is_some_and(|entries| entries.len() > limit) {
            return Err(invalid(format!("template_card.{list} exceed max length {limit}")));
        }
    }
    Ok(())
}

fn invalid(what: impl std::fmt::Display) -> Refusal {
    Refusal::new(40058, format!("{what}. invalid Request Parameter"))
}
