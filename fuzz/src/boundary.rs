//! From one side of the WIT to the other, as the host takes a message there: from the types that callers import to
//! those that `client` exports.

use caller::types as from;
use client::fuzzing::types as to;

/// Takes a message across, with nothing wished.
pub fn message(recipient: from::Recipient, content: from::Content, extra: Option<String>) -> to::Message {
    to::Message {
        caller: "crm".into(),
        request_id: "r-1".into(),
        recipient: self::recipient(recipient),
        content: self::content(content),
        extra,
        idempotency_key: None,
        options: to::Options {
            max_wait_ms: None,
            respond_async: false,
            priority: to::Priority::Normal,
            send_at: None,
            expires_at: None,
            retry: to::Retry::Never,
            transport: None,
        },
    }
}

fn recipient(recipient: from::Recipient) -> to::Recipient {
    use from::Recipient as From;
    match recipient {
        From::Employees(from::Employees { work_ids, company_id }) => {
            to::Recipient::Employees(to::Employees { work_ids, company_id })
        }
        From::Conversation(from::Conversation { account, conversation_id }) => {
            to::Recipient::Conversation(to::Conversation { account, conversation_id })
        }
        From::Robot(from::Robot { webhook, signing_secret }) => {
            to::Recipient::Robot(to::Robot { webhook, signing_secret })
        }
    }
}

fn content(content: from::Content) -> to::Content {
    use from::Content as From;
    use to::Content as To;
    let text = |from::Text { content }| to::Text { content };
    let media = |from::Media { file_url }| to::Media { file_url };
    let uploaded = |from::RobotMedia { media_id }| to::RobotMedia { media_id };
    let saved = |from::SavedCard { id }| to::SavedCard { id };
    let articles = |articles: Vec<from::Article>| articles.into_iter().map(article).collect();
    match content {
        From::AppText(value) => To::AppText(text(value)),
        From::AppTextCard(from::TextCard { title, description, url, button_text }) => {
            To::AppTextCard(to::TextCard { title, description, url, button_text })
        }
        From::AppFile(from::AppFile { file_url, safe }) => To::AppFile(to::AppFile { file_url, safe }),
        From::AppNews(value) => To::AppNews(articles(value)),
        From::AppMarkdown(value) => To::AppMarkdown(text(value)),
        From::ChatText(value) => To::ChatText(text(value)),
        From::ChatRoomAt(from::RoomAt { content, at_list }) => To::ChatRoomAt(to::RoomAt { content, at_list }),
        From::ChatImage(value) => To::ChatImage(media(value)),
        From::ChatFile(value) => To::ChatFile(media(value)),
        From::ChatGif(value) => To::ChatGif(media(value)),
        From::ChatVideo(value) => To::ChatVideo(media(value)),
        From::ChatVoice(value) => To::ChatVoice(media(value)),
        From::ChatPersonCard(from::PersonCard { person_card_user_id, nick_name, avatar }) => {
            To::ChatPersonCard(to::PersonCard { person_card_user_id, nick_name, avatar })
        }
        From::ChatLink(from::Link { title, description, url, image_url }) => {
            To::ChatLink(to::Link { title, description, url, image_url })
        }
        From::ChatMiniProgram(from::MiniProgram {
            username,
            appid,
            appname,
            appicon,
            title,
            page_path,
            cover_path,
        }) => To::ChatMiniProgram(to::MiniProgram { username, appid, appname, appicon, title, page_path, cover_path }),
        From::ChatVideoNumber(from::VideoNumber {
            cover_url,
            description,
            feed_type,
            nickname,
            thumb_url,
            url,
            extras,
            avatar,
        }) => To::ChatVideoNumber(to::VideoNumber {
            cover_url,
            description,
            feed_type,
            nickname,
            thumb_url,
            url,
            extras,
            avatar,
        }),
        From::ChatQuote(from::Quote { content, server_id, quote }) => {
            To::ChatQuote(to::Quote { content, server_id, quote })
        }
        From::ChatSavedMiniProgram(value) => To::ChatSavedMiniProgram(saved(value)),
        From::ChatSavedVideoNumber(value) => To::ChatSavedVideoNumber(saved(value)),
        From::RobotText(from::RobotText { content, mentioned_list, mentioned_mobile_list }) => {
            To::RobotText(to::RobotText { content, mentioned_list, mentioned_mobile_list })
        }
        From::RobotMarkdown(value) => To::RobotMarkdown(text(value)),
        From::RobotMarkdownV2(value) => To::RobotMarkdownV2(text(value)),
        From::RobotImage(from::RobotImage { base64, md5 }) => To::RobotImage(to::RobotImage { base64, md5 }),
        From::RobotNews(value) => To::RobotNews(articles(value)),
        From::RobotFile(value) => To::RobotFile(uploaded(value)),
        From::RobotVoice(value) => To::RobotVoice(uploaded(value)),
        From::RobotTemplateCard(card) => To::RobotTemplateCard(card),
    }
}

fn article(from::Article { title, description, url, picture_url }: from::Article) -> to::Article {
    to::Article { title, description, url, picture_url }
}
