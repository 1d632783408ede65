//! The five kinds of messages: what they must say, and how much of it arrives.

use serde_json::{Value, json};
use url::Url;

use super::{INVALID_PARAMETER, Refusal};

/// Bytes of a text or a markdown that arrive; WeCom cuts the rest (path/90236).
const TEXT_BYTES: usize = 2048;
/// Characters of a card's title and description, and of its button (path/90236).
const CARD_TITLE_CHARS: usize = 128;
const CARD_DESCRIPTION_CHARS: usize = 512;
const BUTTON_CHARS: usize = 4;
/// Bytes of an address (path/90236).
const URL_BYTES: usize = 2048;
/// Articles of one message (path/90236), and the code for too many.
const ARTICLES: usize = 8;
const TOO_MANY_ARTICLES: i64 = 45008;
/// Bytes of an article's title and description (path/90236).
const ARTICLE_TITLE_BYTES: usize = 128;
const ARTICLE_DESCRIPTION_BYTES: usize = 512;

/// The formats that can be confidential, as the document lists them.
const SAFE_FORMATS: [&str; 14] =
    ["txt", "pdf", "doc", "docx", "ppt", "pptx", "xls", "xlsx", "xml", "jpg", "jpeg", "png", "bmp", "gif"];

/// A kind of message.
pub(super) struct Kind {
    /// The last segment of its path.
    pub(super) operation: &'static str,
    /// Its name in the truth.
    pub(super) name: &'static str,
    /// Reads its content as it arrives, and tells whether it was cut.
    pub(super) read: fn(&Value) -> Result<(Value, bool), Refusal>,
}

/// Every kind of message.
pub(super) const KINDS: [Kind; 5] = [
    Kind { operation: "sendByWorkIds", name: "text", read: read_text },
    Kind { operation: "sendTextCardByWorkIds", name: "textCard", read: read_text_card },
    Kind { operation: "sendFileByWorkIds", name: "file", read: read_file },
    Kind { operation: "sendImageByWorkIds", name: "image", read: read_news },
    Kind { operation: "sendMarkdownByWorkIds", name: "markdown", read: read_markdown },
];

/// Reads a required text.
pub(super) fn text<'a>(object: &'a Value, field: &str) -> Result<&'a str, Refusal> {
    object
        .get(field)
        .and_then(Value::as_str)
        .filter(|text| !text.trim().is_empty())
        .ok_or_else(|| Refusal::missing(field))
}

fn read_text(body: &Value) -> Result<(Value, bool), Refusal> {
    let (content, cut) = within_bytes(text(body, "content")?, TEXT_BYTES);
    Ok((json!({"content": content}), cut))
}

fn read_markdown(body: &Value) -> Result<(Value, bool), Refusal> {
    let markdown =
        body.get("markdown").filter(|value| value.is_object()).ok_or_else(|| Refusal::missing("markdown"))?;
    read_text(markdown)
}

fn read_text_card(body: &Value) -> Result<(Value, bool), Refusal> {
    let card = body.get("textCard").filter(|value| value.is_object()).ok_or_else(|| Refusal::missing("textCard"))?;
    let (title, title_cut) = within_chars(text(card, "title")?, CARD_TITLE_CHARS);
    let (description, description_cut) = within_chars(text(card, "description")?, CARD_DESCRIPTION_CHARS);
    let url = address(card, "url")?;
    let button = card.get("btntxt").and_then(Value::as_str).filter(|text| !text.is_empty()).unwrap_or("详情");
    let (button, button_cut) = within_chars(button, BUTTON_CHARS);
    let content = json!({"title": title, "description": description, "url": url, "btntxt": button});
    Ok((content, title_cut || description_cut || button_cut))
}

fn read_file(body: &Value) -> Result<(Value, bool), Refusal> {
    let url = address(body, "fileUrl")?;
    let safe = match body.get("safe") {
        None | Some(Value::Null) => 0,
        Some(value) => value.as_i64().filter(|safe| [0, 1].contains(safe)).ok_or_else(|| invalid("safe"))?,
    };
    let path = Url::parse(url).map_err(|_| invalid("fileUrl"))?.path().to_lowercase();
    let format = path.rsplit_once('.').map(|(_, format)| format);
    if safe == 1 && !format.is_some_and(|format| SAFE_FORMATS.contains(&format)) {
        return Err(invalid("safe"));
    }
    Ok((json!({"fileUrl": url, "safe": safe}), false))
}

fn read_news(body: &Value) -> Result<(Value, bool), Refusal> {
    let images = body.get("images").and_then(Value::as_array).filter(|images| !images.is_empty());
    let images = images.ok_or_else(|| Refusal::missing("images"))?;
    if images.len() > ARTICLES {
        return Err(Refusal::new(TOO_MANY_ARTICLES, "article count out of limit"));
    }
    let articles = images.iter().map(read_article).collect::<Result<Vec<_>, _>>()?;
    let cut = articles.iter().any(|(_, cut)| *cut);
    let articles: Vec<Value> = articles.into_iter().map(|(article, _)| article).collect();
    Ok((json!({"images": articles}), cut))
}

fn read_article(article: &Value) -> Result<(Value, bool), Refusal> {
    let (title, title_cut) = within_bytes(text(article, "title")?, ARTICLE_TITLE_BYTES);
    let (description, description_cut) = within_bytes(text(article, "description")?, ARTICLE_DESCRIPTION_BYTES);
    let picture = address(article, "picUrl")?;
    let url = article.get("url").and_then(Value::as_str);
    let content = json!({"title": title, "description": description, "picUrl": picture, "url": url});
    Ok((content, title_cut || description_cut))
}

fn address<'a>(object: &'a Value, field: &str) -> Result<&'a str, Refusal> {
    let url = text(object, field)?;
    let has_scheme = url.starts_with("http://") || url.starts_with("https://");
    if has_scheme && url.len() <= URL_BYTES { Ok(url) } else { Err(invalid(field)) }
}

fn invalid(field: &str) -> Refusal {
    Refusal::new(INVALID_PARAMETER, format!("invalid Request Parameter: {field}"))
}

/// Cuts a text to this many bytes, at the end of a character.
fn within_bytes(text: &str, limit: usize) -> (&str, bool) {
    let kept = text.get(..text.floor_char_boundary(limit)).unwrap_or_default();
    (kept, kept.len() < text.len())
}

fn within_chars(text: &str, limit: usize) -> (&str, bool) {
    let kept = text.char_indices().nth(limit).map_or(Some(text), |(end, _)| text.get(..end)).unwrap_or_default();
    (kept, kept.len() < text.len())
}
