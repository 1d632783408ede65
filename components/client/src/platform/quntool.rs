//! 聚合聊天 (seed 001).

use super::{Content, Prepared, add, maybe, object, some};
use crate::bindings::exports::wecom::gateway::types::{Conversation, Media, System};
use serde_json::{Map, Value, json};

/// Puts a message to a conversation into the platform's terms; none if the content is not for one.
pub fn prepare(conversation: &Conversation, content: &Content) -> Option<Prepared> {
    let (path, kind, fields) = describe(content)?;
    let mut body = object([
        ("wxId", some(conversation.account.as_str())),
        ("conversationId", some(conversation.conversation_id.as_str())),
    ]);
    add(&mut body, fields);
    Some(Prepared {
        system: System::Quntool,
        path,
        kind,
        account: Some(conversation.account.clone()),
        company: None,
        recipients: vec![conversation.conversation_id.clone()],
        body,
    })
}

fn describe(content: &Content) -> Option<(&'static str, &'static str, Map<String, Value>)> {
    let (path, kind, fields) = match content {
        Content::ChatText(text) => ("/gnapi/open/msg/text", "text", json!({ "content": text.content })),
        Content::ChatRoomAt(text) => {
            ("/gnapi/open/msg/roomAt", "roomAt", json!({ "content": text.content, "atList": text.at_list }))
        }
        Content::ChatImage(file) => ("/gnapi/open/msg/image", "image", media(file)),
        Content::ChatFile(file) => ("/gnapi/open/msg/file", "file", media(file)),
        Content::ChatGif(file) => ("/gnapi/open/msg/gif", "gif", media(file)),
        Content::ChatVideo(file) => ("/gnapi/open/msg/video", "video", media(file)),
        Content::ChatVoice(file) => ("/gnapi/open/msg/voice", "voice", media(file)),
        Content::ChatPersonCard(card) => (
            "/gnapi/open/msg/personCard",
            "personCard",
            json!({ "personCardUserId": card.person_card_user_id, "nickName": card.nick_name, "avatar": card.avatar }),
        ),
        Content::ChatLink(link) => (
            "/gnapi/open/msg/link",
            "link",
            object([
                ("title", some(link.title.as_str())),
                ("desc", maybe(link.description.as_ref())),
                ("url", some(link.url.as_str())),
                ("imageUrl", maybe(link.image_url.as_ref())),
            ]),
        ),
        Content::ChatMiniProgram(card) => (
            "/gnapi/open/msg/miniProgram",
            "miniProgram",
            json!({
                "username": card.username, "appid": card.appid, "appname": card.appname, "appicon": card.appicon,
                "title": card.title, "page_path": card.page_path, "cover_path": card.cover_path,
            }),
        ),
        Content::ChatVideoNumber(card) => (
            "/gnapi/open/msg/videoNum",
            "videoNum",
            json!({
                "cover_url": card.cover_url, "desc": card.description, "feed_type": card.feed_type,
                "nickname": card.nickname, "thumb_url": card.thumb_url, "url": card.url, "extras": card.extras,
                "avatar": card.avatar,
            }),
        ),
        Content::ChatQuote(quote) => (
            "/gnapi/open/msg/quote",
            "quote",
            object([
                ("content", some(quote.content.as_str())),
                ("serverId", some(quote.server_id.as_str())),
                ("quote", maybe(quote.quote.as_ref())),
            ]),
        ),
        Content::ChatSavedMiniProgram(card) => {
            ("/gnapi/open/miniProgram/send", "savedMiniProgram", json!({ "miniProgramId": card.id }))
        }
        Content::ChatSavedVideoNumber(card) => {
            ("/gnapi/open/videonum/send", "savedVideoNum", json!({ "videoNumId": card.id }))
        }
        _ => return None,
    };
    match fields {
        Value::Object(fields) => Some((path, kind, fields)),
        _ => None,
    }
}

fn media(media: &Media) -> Value {
    json!({ "fileUrl": media.file_url })
}
