//! Messages of the documented endpoints of Wanwang and Quntool.

use caller::types::{
    AppFile, Article, Content, Conversation, Employees, Link, Media, MiniProgram, PersonCard, Quote, Recipient, RoomAt,
    SavedCard, Text, TextCard, VideoNumber,
};
use contract::Arguments;
use serde_json::{Map, Value};

/// Returns whom a message is for and what it says, by the path of its endpoint; none if the endpoint sends no message.
pub fn of(path: &str, arguments: &Arguments) -> Option<(Recipient, Content)> {
    let fields = Fields(&arguments.documented);
    match path.strip_prefix("/gnapi/open") {
        Some(path) => Some((conversation(fields), chat(path, fields)?)),
        None => Some((employees(fields), app(path, fields)?)),
    }
}

fn employees(fields: Fields<'_>) -> Recipient {
    Recipient::Employees(Employees { work_ids: fields.texts("workIds"), company_id: fields.some("companyId") })
}

fn conversation(fields: Fields<'_>) -> Recipient {
    Recipient::Conversation(Conversation {
        account: fields.text("wxId"),
        conversation_id: fields.text("conversationId"),
    })
}

fn app(path: &str, fields: Fields<'_>) -> Option<Content> {
    Some(match path {
        "/integration/wx_work/sendByWorkIds" => Content::AppText(Text { content: fields.text("content") }),
        "/integration/wx_work/sendTextCardByWorkIds" => {
            let card = fields.object("textCard");
            Content::AppTextCard(TextCard {
                title: card.text("title"),
                description: card.text("description"),
                url: card.text("url"),
                button_text: card.some("btntxt"),
            })
        }
        "/integration/wx_work/sendFileByWorkIds" => {
            Content::AppFile(AppFile { file_url: fields.text("fileUrl"), safe: fields.integer("safe") == Some(1) })
        }
        "/integration/wx_work/sendImageByWorkIds" => {
            Content::AppNews(fields.objects("images").map(|image| article(image, "picUrl")).collect())
        }
        "/integration/wx_work/sendMarkdownByWorkIds" => {
            Content::AppMarkdown(Text { content: fields.object("markdown").text("content") })
        }
        _ => return None,
    })
}

fn chat(path: &str, fields: Fields<'_>) -> Option<Content> {
    let media = || Media { file_url: fields.text("fileUrl") };
    let saved = |name: &str| Some(SavedCard { id: fields.integer(name)? });
    Some(match path {
        "/msg/text" => Content::ChatText(Text { content: fields.text("content") }),
        "/msg/roomAt" => {
            Content::ChatRoomAt(RoomAt { content: fields.text("content"), at_list: fields.texts("atList") })
        }
        "/msg/image" => Content::ChatImage(media()),
        "/msg/file" => Content::ChatFile(media()),
        "/msg/gif" => Content::ChatGif(media()),
        "/msg/video" => Content::ChatVideo(media()),
        "/msg/voice" => Content::ChatVoice(media()),
        "/msg/personCard" => Content::ChatPersonCard(PersonCard {
            person_card_user_id: fields.text("personCardUserId"),
            nick_name: fields.text("nickName"),
            avatar: fields.text("avatar"),
        }),
        "/msg/link" => Content::ChatLink(Link {
            title: fields.text("title"),
            description: fields.some("desc"),
            url: fields.text("url"),
            image_url: fields.some("imageUrl"),
        }),
        "/msg/miniProgram" => Content::ChatMiniProgram(MiniProgram {
            username: fields.text("username"),
            appid: fields.text("appid"),
            appname: fields.text("appname"),
            appicon: fields.text("appicon"),
            title: fields.text("title"),
            page_path: fields.text("page_path"),
            cover_path: fields.text("cover_path"),
        }),
        "/msg/videoNum" => Content::ChatVideoNumber(VideoNumber {
            cover_url: fields.text("cover_url"),
            description: fields.text("desc"),
            // 4 is the documents' default.
            feed_type: fields.integer("feed_type").unwrap_or(4),
            nickname: fields.text("nickname"),
            thumb_url: fields.text("thumb_url"),
            url: fields.text("url"),
            extras: fields.text("extras"),
            avatar: fields.text("avatar"),
        }),
        "/msg/quote" => Content::ChatQuote(Quote {
            content: fields.text("content"),
            server_id: fields.text("serverId"),
            quote: fields.some("quote"),
        }),
        "/miniProgram/send" => Content::ChatSavedMiniProgram(saved("miniProgramId")?),
        "/videonum/send" => Content::ChatSavedVideoNumber(saved("videoNumId")?),
        _ => return None,
    })
}

/// Reads an article; documents differ in how they write the picture's name.
pub(crate) fn article(fields: Fields<'_>, picture: &str) -> Article {
    Article {
        title: fields.text("title"),
        description: fields.some("description"),
        url: fields.some("url"),
        picture_url: fields.some(picture),
    }
}

/// Arguments that keep the rules of their table.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(pub(crate) &'a Map<String, Value>);

impl<'a> Fields<'a> {
    pub(crate) fn text(self, name: &str) -> String {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    pub(crate) fn some(self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    pub(crate) fn texts(self, name: &str) -> Vec<String> {
        let list = self.0.get(name).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// A number, or a text that holds one.
    fn integer(self, name: &str) -> Option<i64> {
        let value = self.0.get(name)?;
        value.as_i64().or_else(|| value.as_str()?.parse().ok())
    }

    /// An object; an absent one has no fields.
    fn object(self, name: &str) -> Self {
        self.0.get(name).and_then(Value::as_object).map_or(self, Fields)
    }

    pub(crate) fn objects(self, name: &str) -> impl Iterator<Item = Self> + use<'a> {
        let list = self.0.get(name).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_object).map(Fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::{System, catalog};

    /// Every endpoint that sends a message has its content here, and no other has.
    #[test]
    fn every_message_of_the_tables_has_its_content() {
        for endpoint in catalog::of(System::Wanwang).iter().chain(catalog::of(System::Quntool)) {
            let mut arguments = Arguments::default();
            arguments.documented.insert("miniProgramId".into(), 7.into());
            arguments.documented.insert("videoNumId".into(), "20".into());
            assert_eq!(of(endpoint.path, &arguments).is_some(), endpoint.message.is_some(), "{}", endpoint.path);
        }
    }

    #[test]
    fn a_text_keeps_its_recipient_and_words() {
        let given = serde_json::json!({"WxId": "1", "conversationId": "S:1_2", "content": "hi"});
        let Value::Object(given) = given else { panic!("not an object") };
        let endpoint = catalog::message(System::Quntool, "text").unwrap();
        let arguments = endpoint.check(given).unwrap();
        let (recipient, content) = of(endpoint.path, &arguments).unwrap();
        assert!(matches!(recipient, Recipient::Conversation(to) if to.account == "1" && to.conversation_id == "S:1_2"));
        assert!(matches!(content, Content::ChatText(text) if text.content == "hi"));
    }
}
