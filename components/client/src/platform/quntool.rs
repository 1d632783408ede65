//! 聚合聊天 (seed 001).

use super::{Content, Prepared, add, maybe, object, some};
use crate::{
    bindings::exports::wecom::gateway::types::{Conversation, Media, System},
    ledger::echo,
};
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
        path: path.into(),
        kind: kind.into(),
        account: Some(conversation.account.clone()),
        company: None,
        recipients: vec![conversation.conversation_id.clone()],
        body,
        echo: callback(content).map(|(kind, content)| echo(kind, content)),
    })
}

/// The type of the callback that tells a message's outcome, and the text that it repeats word for word (seed 001:20).
fn callback(content: &Content) -> Option<(&'static str, Option<&str>)> {
    Some(match content {
        Content::ChatText(text) => ("text_msg", Some(&text.content)),
        // The names that take the places of `{$@}`, and the way that a quotation is told, are the platform's.
        Content::ChatRoomAt(_) | Content::ChatQuote(_) => ("text_msg", None),
        Content::ChatImage(_) => ("image_msg", None),
        Content::ChatFile(_) => ("file_msg", None),
        Content::ChatGif(_) => ("emoticon_msg", None),
        Content::ChatVideo(_) => ("video_msg", None),
        Content::ChatVoice(_) => ("voice_msg", None),
        Content::ChatPersonCard(_) => ("person_card_msg", None),
        Content::ChatLink(_) => ("link_card_msg", None),
        Content::ChatMiniProgram(_) | Content::ChatSavedMiniProgram(_) => ("mini_program_msg", None),
        Content::ChatVideoNumber(_) | Content::ChatSavedVideoNumber(_) => ("video_num_msg", None),
        _ => return None,
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
