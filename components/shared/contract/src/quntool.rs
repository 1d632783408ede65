//! The endpoints of 聚合聊天 (seed 001): conversations of hosted accounts.
//!
//! A parameter is required unless the document says that it may be left out, and must not be empty unless the document
//! shows it empty, hands on a value that may be, or has no other way to clear what it sets. Where the document gives no
//! length, the one here only keeps absurd requests away.

mod contacts;
pub mod files;
mod groups;
mod identifiers;
mod labels;
mod login;
mod messages;
pub mod mqtt;
mod other;

use crate::endpoint::{Chapter, Endpoint, Kind, Method, Parameter, Rule, System};

/// The root of every path.
pub const ROOT: &str = "/gnapi/open";

/// The parameters that say whom a message is for, under their names in `/v1` and in the document.
pub const ADDRESS: &[(&str, &str)] = &[("account", ACCOUNT.name), ("conversation", CONVERSATION.name)];

/// The chapters, in the document's order.
pub const CHAPTERS: &[Chapter] = &[
    Chapter { title: "登录", title_english: "Login", endpoints: login::ENDPOINTS },
    Chapter { title: "联系人", title_english: "Contacts", endpoints: contacts::ENDPOINTS },
    Chapter { title: "消息", title_english: "Messages", endpoints: messages::ENDPOINTS },
    Chapter { title: "群聊", title_english: "Groups", endpoints: groups::ENDPOINTS },
    Chapter {
        title: "开放平台双向互通", title_english: "Ids of the open platform", endpoints: identifiers::ENDPOINTS
    },
    Chapter { title: "标签", title_english: "Labels", endpoints: labels::ENDPOINTS },
    Chapter { title: "其他", title_english: "Other", endpoints: other::ENDPOINTS },
];

/// Every endpoint, in the document's order.
pub const ENDPOINTS: &[Endpoint] = &all();

const COUNT: usize = {
    let mut count = 0;
    let mut chapters = CHAPTERS;
    while let Some((chapter, rest)) = chapters.split_first() {
        count += chapter.endpoints.len();
        chapters = rest;
    }
    count
};

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler only, which refuses an index out of bounds")]
const fn all() -> [Endpoint; COUNT] {
    let mut all = [endpoint(Method::Get, "", ""); COUNT];
    let mut count = 0;
    let mut chapters = CHAPTERS;
    while let Some((chapter, rest)) = chapters.split_first() {
        let mut endpoints = chapter.endpoints;
        while let Some((endpoint, rest)) = endpoints.split_first() {
            all[count] = *endpoint;
            count += 1;
            endpoints = rest;
        }
        chapters = rest;
    }
    all
}

const fn endpoint(method: Method, path: &'static str, source: &'static str) -> Endpoint {
    Endpoint::new(System::Quntool, method, path, source)
}

const ACCOUNT: Parameter = identifier("wxId", "企业微信id");

const CONVERSATION: Parameter = Parameter::required(
    "conversationId",
    Kind::Text,
    &[Rule::NotEmpty, Rule::MaxBytes(160), Rule::Conversation],
    "接收者的会话ID,个人会话以S:开头,由企业微信id和接收人拼接而成,id小的排在前面,群聊会话以R:开头",
);

const ROOM: Parameter = room("conversationId");

/// The conversation id of a group, under the name that the document gives it.
const fn room(name: &'static str) -> Parameter {
    Parameter::required(name, Kind::Text, &[Rule::NotEmpty, Rule::MaxBytes(80), Rule::Room], "群聊id,以R:开头")
}

/// An id that is passed on as it is: the documents mask digits with letters, and none of their ids is longer.
const fn identifier(name: &'static str, about: &'static str) -> Parameter {
    Parameter::required(name, Kind::Text, &[Rule::NotBlank, Rule::MaxBytes(64)], about)
}

/// A text that may be empty.
const fn remark(name: &'static str, about: &'static str) -> Parameter {
    Parameter::required(name, Kind::Text, &[Rule::MaxBytes(4_096)], about)
}

/// A text that may be long.
const fn content(name: &'static str, about: &'static str) -> Parameter {
    Parameter::required(name, Kind::Text, &[Rule::NotEmpty, Rule::MaxBytes(65_536)], about)
}

/// At least one id.
const fn identifiers(name: &'static str, about: &'static str) -> Parameter {
    let rules = &[Rule::Count(1, 1_000), Rule::NotBlank, Rule::MaxBytes(64)];
    Parameter::required(name, Kind::TextList, rules, about)
}
