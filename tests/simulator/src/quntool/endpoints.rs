//! Every documented endpoint, with what it must be given.

use axum::http::Method;
use serde_json::Value;

use super::arguments::Arguments;
use super::{Quntool, Refusal, Reply, cards, contacts, files, groups, identifiers, labels, logins, search};

/// A documented endpoint.
pub(super) struct Endpoint {
    method: Method,
    /// Its path below `/gnapi/open/`.
    pub(super) path: &'static str,
    parameters: &'static [(&'static str, Shape)],
    pub(super) action: Action,
}

/// What an endpoint does.
#[derive(Clone, Copy)]
pub(super) enum Action {
    /// Sends a message.
    Message,
    /// Reads or changes what Quntool remembers.
    Call(fn(&mut Quntool, &Arguments, u64) -> Reply),
}

/// What a required parameter must look like.
#[derive(Clone, Copy)]
enum Shape {
    /// A text with something in it.
    Text,
    /// A text, perhaps an empty one.
    MaybeEmpty,
    /// A list with something in it.
    List,
    /// A list, perhaps an empty one.
    MaybeEmptyList,
    /// A whole number.
    Number,
    /// `S:` and two ids of which the smaller stands first, or `R:` and an id.
    Conversation,
    /// `R:` and an id.
    Group,
    /// An `http…` address, or the path that an upload gave.
    File,
}

use Action::{Call, Message};
use Shape::{Conversation, File, Group, List, MaybeEmpty, MaybeEmptyList, Number, Text};

const HOSTS: &[(&str, Shape)] = &[("hostname", List)];
const ACCOUNT: &[(&str, Shape)] = &[("wxId", Text)];
const CONTACT: &[(&str, Shape)] = &[("wxId", Text), ("ContactUserId", Text)];
const EXTERNAL: &[(&str, Shape)] = &[("wxId", Text), ("ExternalUserId", Text)];
const GROUP: &[(&str, Shape)] = &[("wxId", Text), ("conversationId", Group)];
const MEMBERS: &[(&str, Shape)] = &[("wxId", Text), ("conversationId", Group), ("memberWxIds", Text)];
const MEDIA: &[(&str, Shape)] = &[("wxId", Text), ("conversationId", Conversation), ("fileUrl", File)];

const fn get(path: &'static str, parameters: &'static [(&'static str, Shape)], action: Action) -> Endpoint {
    Endpoint { method: Method::GET, path, parameters, action }
}

const fn post(path: &'static str, parameters: &'static [(&'static str, Shape)], action: Action) -> Endpoint {
    Endpoint { method: Method::POST, path, parameters, action }
}

const fn put(path: &'static str, parameters: &'static [(&'static str, Shape)], action: Action) -> Endpoint {
    Endpoint { method: Method::PUT, path, parameters, action }
}

const fn delete(path: &'static str, parameters: &'static [(&'static str, Shape)], action: Action) -> Endpoint {
    Endpoint { method: Method::DELETE, path, parameters, action }
}

/// The document's endpoints, in its order.
static ENDPOINTS: [Endpoint; 58] = [
    post("container/verify", &[("hostname", Text), ("key", Text), ("code", Text)], Call(logins::verify)),
    post("container/create", &[("userId", Text)], Call(logins::create)),
    post("container/stop", HOSTS, Call(logins::stop)),
    post("container/start", HOSTS, Call(logins::start)),
    post("container/remove", HOSTS, Call(logins::remove)),
    post("container/restart", HOSTS, Call(logins::restart)),
    get("inner/user/wx/list", &[], Call(logins::list)),
    get("contact/external/list", ACCOUNT, Call(contacts::external)),
    get("contact/extendinfo", &[("wxId", Text), ("ContactId", Text)], Call(contacts::extended)),
    get("contact/inner/list", ACCOUNT, Call(contacts::inner)),
    put("contact/remark", &[("wxId", Text), ("contactId", Text), ("remark", MaybeEmpty)], Call(contacts::remark)),
    put("contact/desc", &[("wxId", Text), ("contactId", Text), ("desc", MaybeEmpty)], Call(contacts::describe)),
    put("contact/phone", &[("wxId", Text), ("contactId", Text), ("phones", MaybeEmptyList)], Call(contacts::phones)),
    post("contact/remove", CONTACT, Call(contacts::remove)),
    post("contact/external/query", &[("ContactInfos", List)], Call(contacts::query)),
    post("msg/text", &[("wxId", Text), ("conversationId", Conversation), ("content", Text)], Message),
    post("msg/roomAt", &[("wxId", Text), ("conversationId", Group), ("content", Text), ("atList", List)], Message),
    post("msg/image", MEDIA, Message),
    post("msg/file", MEDIA, Message),
    post("msg/gif", MEDIA, Message),
    post("msg/video", MEDIA, Message),
    post("msg/voice", MEDIA, Message),
    post(
        "msg/personCard",
        &[
            ("wxId", Text),
            ("conversationId", Conversation),
            ("personCardUserId", Text),
            ("nickName", Text),
            ("avatar", MaybeEmpty),
        ],
        Message,
    ),
    post("msg/link", &[("wxId", Text), ("conversationId", Conversation), ("title", Text), ("url", Text)], Message),
    post(
        "msg/miniProgram",
        &[
            ("wxId", Text),
            ("conversationId", Conversation),
            ("username", Text),
            ("appid", Text),
            ("appname", Text),
            ("appicon", MaybeEmpty),
            ("title", Text),
            ("page_path", Text),
            ("cover_path", MaybeEmpty),
        ],
        Message,
    ),
    post(
        "msg/videoNum",
        &[
            ("wxId", Text),
            ("conversationId", Conversation),
            ("cover_url", Text),
            ("desc", MaybeEmpty),
            ("feed_type", Number),
            ("nickname", Text),
            ("thumb_url", Text),
            ("url", Text),
            ("extras", MaybeEmpty),
            ("avatar", MaybeEmpty),
        ],
        Message,
    ),
    post(
        "msg/quote",
        &[("wxId", Text), ("conversationId", Conversation), ("content", Text), ("serverId", Text)],
        Message,
    ),
    post("group", &[("wxId", Text), ("memberWxIds", Text)], Call(groups::create)),
    get("group/list", ACCOUNT, Call(groups::list)),
    put("group/name", &[("wxId", Text), ("conversationId", Group), ("name", Text)], Call(groups::rename)),
    get("group/member/list", GROUP, Call(groups::members)),
    post("group/member", MEMBERS, Call(groups::add)),
    delete("group/member", MEMBERS, Call(groups::remove)),
    post(
        "group/member/contact",
        &[("wxId", Text), ("conversationId", Group), ("memberWxId", Text), ("verify", MaybeEmpty)],
        Call(groups::befriend),
    ),
    post("group/notice", &[("wxId", Text), ("conversationId", Group), ("content", Text)], Call(groups::notice)),
    post("contact/externalUserId", CONTACT, Call(identifiers::external_user)),
    post("contact/externalUserIdFromDb", CONTACT, Call(identifiers::external_user_from_database)),
    post("contact/contactUserId", EXTERNAL, Call(identifiers::contact_user)),
    post("contact/contactUserIdFromDb", EXTERNAL, Call(identifiers::contact_user_from_database)),
    post("group/externalRoomId", &[("wxId", Text), ("RoomId", Group)], Call(identifiers::external_room)),
    post("group/RoomId", &[("wxId", Text), ("ExternalRoomId", Text)], Call(identifiers::room)),
    get("contact/relation", ACCOUNT, Call(identifiers::relation)),
    post("contact/relation/sync", CONTACT, Call(identifiers::synchronise)),
    get("label/all", ACCOUNT, Call(labels::all)),
    post(
        "label/contact/setlabel",
        &[("wxId", Text), ("contactUserId", Text), ("labelIds", MaybeEmptyList)],
        Call(labels::set),
    ),
    get("label/contact/labels", CONTACT, Call(labels::of_contact)),
    post(
        "label/contact/search",
        &[("labelIds", List), ("wxids", List), ("PageIndex", Number), ("PageSize", Number)],
        Call(labels::search),
    ),
    get("label/contacts", &[("labelId", Text), ("wxId", Text)], Call(labels::contacts)),
    get("inner/user/list", &[], Call(logins::users)),
    get("contact/search", &[("wxId", Text), ("keyword", Text)], Call(search::by_phone)),
    post(
        "contact/search/add",
        &[("wxId", Text), ("contactUserId", Text), ("openid", Text), ("wxticket", MaybeEmpty), ("verify", MaybeEmpty)],
        Call(search::add),
    ),
    get("container/memory", &[], Call(logins::memory)),
    get("miniprogram/list", &[], Call(cards::mini_programs)),
    post("miniProgram/send", &[("wxId", Text), ("conversationId", Conversation), ("miniProgramId", Number)], Message),
    get("videonum/list", &[], Call(cards::video_numbers)),
    post("videonum/send", &[("wxId", Text), ("conversationId", Conversation), ("videoNumId", Number)], Message),
    post("file/upload", &[], Call(files::upload)),
    post("batchmsg/confirm", ACCOUNT, Call(confirm_batch)),
];

/// Finds an endpoint.
pub(super) fn find(method: &Method, path: &str) -> Option<&'static Endpoint> {
    ENDPOINTS.iter().find(|endpoint| endpoint.path == path && endpoint.method == method)
}

/// Tells whether any endpoint has this path.
pub(super) fn exists(path: &str) -> bool {
    ENDPOINTS.iter().any(|endpoint| endpoint.path == path)
}

impl Endpoint {
    /// Tells whether it only reads.
    pub(super) fn is_read(&self) -> bool {
        self.method == Method::GET
    }

    /// Refuses arguments that the document does not allow.
    pub(super) fn check(&self, arguments: &Arguments) -> Result<(), Refusal> {
        for (name, shape) in self.parameters {
            let value = arguments.get(name).ok_or_else(|| Refusal::invalid(format!("{name} is required")))?;
            if !shape.fits(value) {
                return Err(Refusal::invalid(format!("{name} is invalid")));
            }
        }
        Ok(())
    }
}

impl Shape {
    fn fits(self, value: &Value) -> bool {
        let text = value.as_str().unwrap_or_default();
        match self {
            Text => value.is_number() || !text.trim().is_empty(),
            MaybeEmpty => value.is_string(),
            List => value.as_array().is_some_and(|items| !items.is_empty()),
            MaybeEmptyList => value.is_array(),
            Number => value.is_i64() || text.parse::<i64>().is_ok(),
            Conversation => is_group(text) || is_conversation(text),
            Group => is_group(text),
            File => text.starts_with("http") || text.to_lowercase().starts_with("/gnapi/files/"),
        }
    }
}

fn is_group(text: &str) -> bool {
    text.strip_prefix("R:").is_some_and(is_id)
}

fn is_conversation(text: &str) -> bool {
    let pair = text.strip_prefix("S:").and_then(|ids| ids.split_once('_'));
    pair.is_some_and(|(first, second)| is_id(first) && is_id(second) && contacts::conversation(first, second) == text)
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Confirms the messages to many customers that await it; none is remembered here.
fn confirm_batch(_: &mut Quntool, _: &Arguments, _: u64) -> Reply {
    Ok(Value::Null)
}
