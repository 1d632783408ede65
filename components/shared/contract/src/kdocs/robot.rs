//! The messages of a WeCom group robot (document 99110), each with its fields and their rules.

use super::card;
use crate::{
    arguments::{Arguments, Names, Violation, checks},
    endpoint::{Check, Kind, Parameter, Rule},
};
use serde_json::{Map, Value};

/// A text has so many bytes at most.
pub const TEXT_BYTES: usize = 2_048;
/// Markdown of both kinds has so many bytes at most.
pub const MARKDOWN_BYTES: usize = 4_096;
/// A picture has so many bytes at most, before encoding.
pub const IMAGE_BYTES: usize = 2 * 1024 * 1024;
/// What a picture's bytes begin with: PNG and JPEG.
pub const IMAGE_STARTS: &[&[u8]] = &[b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"];

/// A type of robot message.
#[derive(Debug)]
pub struct RobotMessage {
    /// `msgtype`, which is also the name of the object that holds the fields.
    pub kind: &'static str,
    /// The fields of that object.
    pub parameters: &'static [Parameter],
    /// What they must be to each other.
    pub checks: &'static [Check],
    /// What it is, in Chinese.
    pub summary: &'static str,
    /// Where a text that is too long can be split: how many bytes of `content` one message takes.
    pub splits_at: Option<usize>,
}

impl RobotMessage {
    const fn new(kind: &'static str, summary: &'static str, parameters: &'static [Parameter]) -> Self {
        Self { kind, parameters, checks: &[], summary, splits_at: None }
    }

    const fn splitting_at(self, limit: usize) -> Self {
        Self { splits_at: Some(limit), ..self }
    }

    /// Finds a type by its `msgtype`.
    pub fn find(kind: &str) -> Option<&'static Self> {
        ROBOT_MESSAGES.iter().find(|message| message.kind == kind)
    }

    /// Checks the fields against every rule. Violations name the field without the type.
    pub fn check(&self, given: Map<String, Value>) -> Result<Arguments, Violation> {
        let arguments = Arguments::check(self.parameters, given, Names::Exact)?;
        self.checks.iter().try_for_each(|check| checks::check(*check, &arguments))?;
        Ok(arguments)
    }
}

const fn content(limit: &'static [Rule], about: &'static str) -> Parameter {
    Parameter::required("content", Kind::Text, limit, about)
}

const fn mentioned(name: &'static str, about: &'static str) -> Parameter {
    Parameter::optional(name, Kind::TextList, &[Rule::Count(0, 1_000), Rule::MaxBytes(64)], about)
}

const MARKDOWN: &[Rule] = &[Rule::NotEmpty, Rule::MaxBytes(MARKDOWN_BYTES)];

const MEDIA_ID: &[Parameter] = &[Parameter::required(
    "media_id",
    Kind::Text,
    &[Rule::NotBlank, Rule::MaxBytes(256)],
    "上传接口返回的文件id,三天内有效,只能由上传时的机器人发送",
)];

const ARTICLE: &[Parameter] = &[
    Parameter::required("title", Kind::Text, &[Rule::NotBlank, Rule::MaxBytes(128)], "标题"),
    Parameter::optional("description", Kind::Text, &[Rule::MaxBytes(512)], "描述"),
    Parameter::required("url", Kind::Text, &[Rule::NotEmpty, Rule::MaxBytes(2_048), Rule::Http], "点击后跳转的链接"),
    Parameter::optional("picurl", Kind::Text, &[Rule::MaxBytes(2_048), Rule::Http], "图片链接,支持 JPG、PNG"),
];

/// Every type of robot message, in the document's order.
pub const ROBOT_MESSAGES: &[RobotMessage] = &[
    RobotMessage::new(
        "text",
        "文本",
        &[
            content(&[Rule::NotEmpty, Rule::MaxBytes(TEXT_BYTES)], "文本内容"),
            mentioned("mentioned_list", "提醒的成员userid,@all表示所有人"),
            mentioned("mentioned_mobile_list", "提醒的成员手机号,@all表示所有人"),
        ],
    )
    .splitting_at(TEXT_BYTES),
    RobotMessage::new("markdown", "markdown", &[content(MARKDOWN, "markdown内容,可用 <@userid> 提醒成员")])
        .splitting_at(MARKDOWN_BYTES),
    RobotMessage::new(
        "markdown_v2",
        "markdown_v2",
        &[content(MARKDOWN, "markdown_v2内容,支持表格与代码块,不支持字体颜色与提醒成员")],
    )
    .splitting_at(MARKDOWN_BYTES),
    RobotMessage::new(
        "image",
        "图片",
        &[
            Parameter::required(
                "base64",
                Kind::Text,
                &[Rule::NotEmpty, Rule::MaxBytes(IMAGE_BYTES.div_ceil(3) * 4)],
                "图片内容的base64编码,编码前最大2M,支持JPG、PNG格式",
            ),
            Parameter::required(
                "md5",
                Kind::Text,
                &[Rule::NotEmpty, Rule::MaxBytes(32)],
                "图片内容(base64编码前)的md5值,32个十六进制字符",
            ),
        ],
    ),
    RobotMessage::new(
        "news",
        "图文",
        &[Parameter::required("articles", Kind::ObjectList(ARTICLE), &[Rule::Count(1, 8)], "图文消息")],
    ),
    RobotMessage::new("file", "文件", MEDIA_ID),
    RobotMessage::new("voice", "语音", MEDIA_ID),
    RobotMessage { checks: card::CHECKS, ..RobotMessage::new("template_card", "模版卡片", card::TEMPLATE_CARD) },
];

#[cfg(test)]
mod tests;
