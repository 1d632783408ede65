//! The template card of a WeCom group robot: `text_notice` and `news_notice` (document 99110).
//!
//! The lengths that the document recommends for display are no limits; texts are bounded far above them.

use crate::endpoint::{Check, Kind, Parameter, Rule};

const SHOWN: &[Rule] = &[Rule::MaxBytes(1_024)];
const ADDRESS: &[Rule] = &[Rule::MaxBytes(2_048), Rule::Http];
const IDENTIFIER: &[Rule] = &[Rule::MaxBytes(256)];

const fn shown(name: &'static str, about: &'static str) -> Parameter {
    Parameter::optional(name, Kind::Text, SHOWN, about)
}

const fn required(name: &'static str, about: &'static str) -> Parameter {
    Parameter::required(name, Kind::Text, &[Rule::NotBlank, Rule::MaxBytes(1_024)], about)
}

const fn choice(name: &'static str, allowed: &'static [Rule], about: &'static str) -> Parameter {
    Parameter::optional(name, Kind::Integer, allowed, about)
}

const URL: Parameter = Parameter::optional("url", Kind::Text, ADDRESS, "跳转的链接,type 为 1 时必填");
const APPID: Parameter = Parameter::optional("appid", Kind::Text, IDENTIFIER, "跳转的小程序的appid,type 为 2 时必填");
const PAGEPATH: Parameter = Parameter::optional("pagepath", Kind::Text, SHOWN, "跳转的小程序的页面");
const JUMP: Parameter = choice("type", &[Rule::OneOf(&[0, 1, 2])], "0 不跳转(默认),1 链接,2 小程序");

/// The fields of a card.
pub const TEMPLATE_CARD: &[Parameter] = &[
    Parameter::required(
        "card_type",
        Kind::Text,
        &[Rule::Words(&["text_notice", "news_notice"])],
        "text_notice 文本通知,news_notice 图文展示",
    ),
    Parameter::optional(
        "source",
        Kind::Object(&[
            Parameter::optional("icon_url", Kind::Text, ADDRESS, "来源图片的链接"),
            shown("desc", "来源的描述"),
            choice("desc_color", &[Rule::OneOf(&[0, 1, 2, 3])], "描述的颜色:0 灰(默认),1 黑,2 红,3 绿"),
        ]),
        &[],
        "卡片来源",
    ),
    Parameter::optional(
        "main_title",
        Kind::Object(&[shown("title", "一级标题"), shown("desc", "标题辅助信息")]),
        &[],
        "主要内容",
    ),
    Parameter::optional(
        "emphasis_content",
        Kind::Object(&[shown("title", "关键数据"), shown("desc", "关键数据的描述")]),
        &[],
        "关键数据样式",
    ),
    Parameter::optional(
        "card_image",
        Kind::Object(&[
            Parameter::required("url", Kind::Text, &[Rule::NotEmpty, Rule::MaxBytes(2_048), Rule::Http], "图片的链接"),
            Parameter::optional("aspect_ratio", Kind::Number, &[Rule::Between(1.3, 2.25)], "图片的宽高比,默认1.3"),
        ]),
        &[],
        "图片样式,news_notice 必填",
    ),
    Parameter::optional(
        "image_text_area",
        Kind::Object(&[
            JUMP,
            URL,
            APPID,
            PAGEPATH,
            shown("title", "标题"),
            shown("desc", "描述"),
            Parameter::required(
                "image_url",
                Kind::Text,
                &[Rule::NotEmpty, Rule::MaxBytes(2_048), Rule::Http],
                "图片的链接",
            ),
        ]),
        &[],
        "左图右文样式",
    ),
    Parameter::optional(
        "quote_area",
        Kind::Object(&[JUMP, URL, APPID, PAGEPATH, shown("title", "标题"), shown("quote_text", "引用文案")]),
        &[],
        "引用文献样式",
    ),
    Parameter::optional("sub_title_text", Kind::Text, SHOWN, "二级普通文本"),
    Parameter::optional(
        "vertical_content_list",
        Kind::ObjectList(&[required("title", "二级标题"), shown("desc", "二级普通文本")]),
        &[Rule::Count(0, 4)],
        "卡片二级垂直内容",
    ),
    Parameter::optional(
        "horizontal_content_list",
        Kind::ObjectList(&[
            choice("type", &[Rule::OneOf(&[0, 1, 2, 3])], "0 文本(默认),1 链接,2 文件,3 成员"),
            required("keyname", "二级标题"),
            shown("value", "二级文本"),
            URL,
            Parameter::optional("media_id", Kind::Text, IDENTIFIER, "文件的media_id,type 为 2 时必填"),
            Parameter::optional("userid", Kind::Text, IDENTIFIER, "成员的userid,type 为 3 时必填"),
        ]),
        &[Rule::Count(0, 6)],
        "二级标题与文本列表",
    ),
    Parameter::optional(
        "jump_list",
        Kind::ObjectList(&[JUMP, required("title", "跳转链接的文案"), URL, APPID, PAGEPATH]),
        &[Rule::Count(0, 3)],
        "跳转指引列表",
    ),
    Parameter::required(
        "card_action",
        Kind::Object(&[
            Parameter::required("type", Kind::Integer, &[Rule::OneOf(&[1, 2])], "1 链接,2 小程序"),
            URL,
            APPID,
            PAGEPATH,
        ]),
        &[],
        "整体卡片的点击跳转事件",
    ),
];

const fn needs(when: &'static str, is: &'static str, field: &'static str) -> Check {
    Check::Needs { when, is, field }
}

/// What the fields of a card must be to each other.
pub const CHECKS: &[Check] = &[
    Check::AnyOf(&["main_title.title", "sub_title_text"]),
    needs("card_type", "news_notice", "main_title.title"),
    needs("card_type", "news_notice", "card_image"),
    needs("card_action.type", "1", "card_action.url"),
    needs("card_action.type", "2", "card_action.appid"),
    needs("quote_area.type", "1", "quote_area.url"),
    needs("quote_area.type", "2", "quote_area.appid"),
    needs("image_text_area.type", "1", "image_text_area.url"),
    needs("image_text_area.type", "2", "image_text_area.appid"),
    needs("jump_list[].type", "1", "jump_list[].url"),
    needs("jump_list[].type", "2", "jump_list[].appid"),
    needs("horizontal_content_list[].type", "1", "horizontal_content_list[].url"),
    needs("horizontal_content_list[].type", "2", "horizontal_content_list[].media_id"),
    needs("horizontal_content_list[].type", "3", "horizontal_content_list[].userid"),
];
