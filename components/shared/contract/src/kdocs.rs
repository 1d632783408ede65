//! The endpoint of KDocs (seed 002), and the messages of a WeCom group robot (document 99110).

pub mod card;
pub mod link;
pub mod media;
pub mod refusal;
pub mod robot;

pub use link::{ROBOT_ORIGIN, WEBHOOK_PATH, alias, check_link};
pub use robot::{ROBOT_MESSAGES, RobotMessage};

use crate::endpoint::{Chapter, Endpoint, Kind, Method, Parameter, Rule, System};

/// The notification APIs of KDocs that are not relayed; they take the same body for other platforms' robots.
pub const SIBLINGS: &str = "/api/v1/openapi/notification/";

/// Where KDocs renews an access token.
pub const TOKEN_PATH: &str = "/api/v1/oauth2/refresh_token";

/// The chapters of the document.
pub const CHAPTERS: &[Chapter] =
    &[Chapter { title: "企业微信群聊机器人", title_english: "WeCom group robots", endpoints: ENDPOINTS }];

/// Whether a text that is too long is split; in the body or in the query.
pub const SPLIT: Parameter = Parameter::optional(
    "split",
    Kind::Boolean,
    &[],
    "过长的 text、markdown、markdown_v2 是否拆分为多条发送,默认 true;false 时拒绝。也可放在查询参数中",
);

/// What a message of the list that fails means for those behind it; in the body or in the query.
pub const ON_ERROR: Parameter = Parameter::optional(
    "on_error",
    Kind::Text,
    &[Rule::Words(&["continue", STOP])],
    "一条消息失败后,continue 继续发送其余消息(默认),stop 不再发送。也可放在查询参数中",
);

/// The value of [`ON_ERROR`] that ends the list.
pub const STOP: &str = "stop";

/// A message is split into so many parts at most: what a robot takes in five minutes.
pub const MOST_PARTS: usize = 100;

/// The largest body that is read, in bytes: a picture of 2 MiB in base64, and more.
pub const BODY: usize = 4 * 1024 * 1024;

/// Every endpoint.
pub const ENDPOINTS: &[Endpoint] =
    &[Endpoint::new(System::Kdocs, Method::Post, "/api/v1/openapi/notification/wecom", "002:12")
        .titled("发送企业微信群聊机器人消息", "Sends messages through a WeCom group robot")
        .noted(
            "split 与 on_error 是网关的扩展,不会转发;应答的 data.results 逐条说明 data 中每条消息的结果。\
             相同 Idempotency-Key 的重试只发送尚未发出的消息",
        )
        .sending("robot")
        .taking(&[
            Parameter::required(
                "link",
                Kind::Text,
                &[Rule::NotEmpty, Rule::MaxBytes(2_048)],
                "机器人通知地址,或网关配置的别名 robot:名称",
            ),
            Parameter::optional("sk", Kind::Text, &[Rule::MaxBytes(256)], "签名密钥,如开启了签名要求则需要"),
            // A robot takes 20 messages a minute, so that more can never go out in one request.
            Parameter::required(
                "data",
                Kind::AnyObjectList,
                &[Rule::Count(1, 20)],
                "消息列表,消息体参见群机器人配置说明",
            ),
            SPLIT,
            ON_ERROR,
        ])];
