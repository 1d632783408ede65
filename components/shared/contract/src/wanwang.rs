//! The endpoints of 万网中台 (seed 000): app messages to employees.
//!
//! Lengths are WeCom's (document 90236): it cuts what is longer without a word, so that longer is refused.

use crate::endpoint::{Chapter, Check, Endpoint, Kind, Method, Parameter, Rule, System};

/// An access token by client credentials (RFC 6749 §4.4); seed 000 names the mode and leaves the path out.
pub const TOKEN_PATH: &str = "/oauth2/token";

/// Takes a message back.
pub const RECALL_PATH: &str = "/integration/wx_work/recall";

/// One call of the platform takes so many work ids at most (document 90236); a message to more takes several.
pub const RECIPIENTS_PER_CALL: usize = 1_000;

/// The parameters that say whom a message is for, under their names in `/v1` and in the document.
pub const ADDRESS: &[(&str, &str)] = &[("workIds", WORK_IDS.name), ("companyId", COMPANY_ID.name)];

/// The chapters of the document.
pub const CHAPTERS: &[Chapter] =
    &[Chapter { title: "企业微信接口", title_english: "App messages to employees", endpoints: ENDPOINTS }];

const WORK_IDS: Parameter = Parameter::required(
    "workIds",
    Kind::TextList,
    &[Rule::Count(1, 10 * RECIPIENTS_PER_CALL), Rule::NotBlank, Rule::MaxBytes(64)],
    "工号,传多个时批量发送消息",
);

const COMPANY_ID: Parameter =
    Parameter::optional("companyId", Kind::Text, &[Rule::MaxBytes(64)], "公司id,为空时使用默认的企业微信应用");

const TITLE: Parameter = Parameter::required("title", Kind::Text, &[Rule::NotBlank, Rule::MaxCharacters(128)], "标题");

const DESCRIPTION: Parameter =
    Parameter::required("description", Kind::Text, &[Rule::NotBlank, Rule::MaxCharacters(512)], "描述");

/// What a message or a card says in text or markdown.
const fn content(about: &'static str) -> Parameter {
    Parameter::required("content", Kind::Text, &[Rule::NotEmpty, Rule::MaxBytes(2_048)], about)
}

const fn address(name: &'static str, about: &'static str) -> Parameter {
    Parameter::required(name, Kind::Text, &[Rule::NotEmpty, Rule::MaxBytes(2_048), Rule::Http], about)
}

const fn endpoint(path: &'static str) -> Endpoint {
    Endpoint::new(System::Wanwang, Method::Post, path, "000:13")
}

/// Every endpoint, in the document's order.
pub const ENDPOINTS: &[Endpoint] = &[
    endpoint("/integration/wx_work/sendByWorkIds")
        .titled("发送文本消息给指定用户", "Sends a text to employees")
        .sending("text")
        .taking(&[WORK_IDS, content("消息内容"), COMPANY_ID]),
    endpoint("/integration/wx_work/sendTextCardByWorkIds")
        .titled("发送文本卡片消息给指定用户", "Sends a card with a title, a text and a link to employees")
        .sending("textCard")
        .taking(&[
            WORK_IDS,
            Parameter::required(
                "textCard",
                Kind::Object(&[
                    TITLE,
                    DESCRIPTION,
                    address("url", "点击后跳转的链接"),
                    Parameter::optional("btntxt", Kind::Text, &[Rule::MaxCharacters(4)], "按钮文字"),
                ]),
                &[],
                "消息内容",
            ),
            COMPANY_ID,
        ]),
    endpoint("/integration/wx_work/sendFileByWorkIds")
        .titled("发送文件消息给指定用户", "Sends a file to employees")
        .sending("file")
        .taking(&[
            WORK_IDS,
            address("fileUrl", "文件地址(obs文件地址)"),
            Parameter::optional(
                "safe",
                Kind::Integer,
                &[Rule::OneOf(&[0, 1])],
                "表示是否是保密消息,0表示可对外分享,1表示不能分享且内容显示水印,默认为0",
            ),
            COMPANY_ID,
        ])
        .checked(&[Check::Extension {
            flag: "safe",
            address: "fileUrl",
            extensions: &[
                "txt", "pdf", "doc", "docx", "ppt", "pptx", "xls", "xlsx", "xml", "jpg", "jpeg", "png", "bmp", "gif",
            ],
        }]),
    endpoint("/integration/wx_work/sendImageByWorkIds")
        .titled("发送图文消息给指定用户", "Sends articles with pictures to employees")
        .sending("image")
        .taking(&[
            WORK_IDS,
            Parameter::required(
                "images",
                Kind::ObjectList(&[
                    TITLE,
                    DESCRIPTION,
                    address("picUrl", "图片地址(obs文件地址)"),
                    Parameter::optional("url", Kind::Text, &[Rule::MaxBytes(2_048), Rule::Http], "点击后跳转的链接"),
                ]),
                &[Rule::Count(1, 8)],
                "图文对象",
            ),
            COMPANY_ID,
        ]),
    endpoint("/integration/wx_work/sendMarkdownByWorkIds")
        .titled("发送Markdown消息给指定用户", "Sends markdown to employees")
        .sending("markdown")
        .taking(&[
            WORK_IDS,
            Parameter::required("markdown", Kind::Object(&[content("markdown内容")]), &[], "消息内容"),
            COMPANY_ID,
        ]),
    endpoint(RECALL_PATH)
        .titled("撤回应用消息", "Takes a message to employees back")
        .noted("可以撤回24小时内发送的应用消息")
        .taking(&[
            Parameter::required("msgId", Kind::Text, &[Rule::NotBlank, Rule::MaxBytes(512)], "消息id"),
            COMPANY_ID,
        ]),
];
