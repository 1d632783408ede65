//! The endpoint of KDocs (seed 002), and the messages of a WeCom group robot (document 99110).

use crate::endpoint::{Chapter, Endpoint, Kind, Method, Parameter, Rule, System};

/// The path of a robot's webhook.
pub const WEBHOOK_PATH: &str = "/cgi-bin/webhook/send";

/// The origin of WeCom's robots.
pub const ROBOT_ORIGIN: &str = "https://qyapi.weixin.qq.com";

/// Checks a robot's webhook, `{origin}/cgi-bin/webhook/send?key={key}`, where the origin is one of the allowed ones and
/// the key is 1 to 64 letters, digits and hyphens; returns the key. The error is the reason, in Chinese, without the
/// link: it is a secret.
///
/// The text is compared and not parsed: whatever a parser would have to make sense of is refused.
pub fn check_link<'a>(link: &'a str, origins: &[&str]) -> Result<&'a str, &'static str> {
    let rest = origins
        .iter()
        .filter(|origin| !origin.is_empty())
        .find_map(|origin| link.strip_prefix(origin.trim_end_matches('/')))
        .ok_or("不是允许的群机器人地址,应以 https://qyapi.weixin.qq.com 开头")?;
    let query = rest.strip_prefix(WEBHOOK_PATH).ok_or("路径应为 /cgi-bin/webhook/send")?;
    let key = query.strip_prefix("?key=").ok_or("应只有一个参数 key")?;
    let is_key = (1..=64).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if is_key { Ok(key) } else { Err("key 应为 1 到 64 个字母、数字或连字符,且不带其他参数") }
}

/// The chapters of the document.
pub const CHAPTERS: &[Chapter] =
    &[Chapter { title: "企业微信群聊机器人", title_english: "WeCom group robots", endpoints: ENDPOINTS }];

/// Every endpoint.
pub const ENDPOINTS: &[Endpoint] =
    &[Endpoint::new(System::Kdocs, Method::Post, "/api/v1/openapi/notification/wecom", "002:12")
        .titled("发送企业微信群聊机器人消息", "Sends messages through a WeCom group robot")
        .sending("robot")
        .taking(&[
            Parameter::required("link", Kind::Text, &[Rule::NotEmpty, Rule::MaxBytes(2_048)], "机器人通知地址"),
            Parameter::optional("sk", Kind::Text, &[Rule::MaxBytes(256)], "签名密钥,如开启了签名要求则需要"),
            // A robot takes 20 messages a minute, so that more can never go out in one request.
            Parameter::required(
                "data",
                Kind::AnyObjectList,
                &[Rule::Count(1, 20)],
                "消息列表,消息体参见群机器人配置说明",
            ),
        ])];

/// A type of robot message.
#[derive(Debug)]
pub struct RobotMessage {
    /// `msgtype`, which is also the name of the object that holds the fields.
    pub kind: &'static str,
    /// The fields of that object.
    pub parameters: &'static [Parameter],
    /// What it is, in Chinese.
    pub summary: &'static str,
}

/// Every type of robot message that is relayed.
pub const ROBOT_MESSAGES: &[RobotMessage] = &[
    RobotMessage {
        kind: "text",
        parameters: &[
            Parameter::required("content", Kind::Text, &[Rule::NotEmpty, Rule::MaxBytes(2_048)], "文本内容"),
            Parameter::optional(
                "mentioned_list",
                Kind::TextList,
                &[Rule::Count(0, 1_000), Rule::MaxBytes(64)],
                "提醒的成员userid,@all表示所有人",
            ),
            Parameter::optional(
                "mentioned_mobile_list",
                Kind::TextList,
                &[Rule::Count(0, 1_000), Rule::MaxBytes(64)],
                "提醒的成员手机号,@all表示所有人",
            ),
        ],
        summary: "文本",
    },
    RobotMessage {
        kind: "markdown",
        parameters: &[Parameter::required(
            "content",
            Kind::Text,
            &[Rule::NotEmpty, Rule::MaxBytes(4_096)],
            "markdown内容",
        )],
        summary: "markdown",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGINS: &[&str] = &[ROBOT_ORIGIN, "http://127.0.0.1:3100/"];

    #[test]
    fn takes_webhooks_of_the_allowed_origins() {
        for (link, key) in [
            ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx", "xxx"),
            ("http://127.0.0.1:3100/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4", "693a91f6-7xxx-4bc4"),
        ] {
            assert_eq!(check_link(link, ORIGINS), Ok(key));
        }
    }

    #[test]
    fn refuses_everything_else_without_repeating_it() {
        let key_of_65 = format!("{ROBOT_ORIGIN}{WEBHOOK_PATH}?key={}", "k".repeat(65));
        for link in [
            "",
            "xxx",
            "https://qyapi.weixin.qq.com",
            "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx",
            "https://qyapi.weixin.qq.com:444/cgi-bin/webhook/send?key=xxx",
            "https://qyapi.weixin.qq.com.evil.example/cgi-bin/webhook/send?key=xxx",
            "https://qyapi.weixin.qq.com@evil.example/cgi-bin/webhook/send?key=xxx",
            "https://user:pass@qyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx",
            "https://evil.example/https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=xxx",
            "https://qyapi.weixin.qq.com/cgi-bin/webhook/send/../x?key=xxx",
            "https://qyapi.weixin.qq.com//cgi-bin/webhook/send?key=xxx",
            "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=",
            "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=a&debug=1",
            "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?debug=1&key=a",
            "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=a#b",
            "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=a%00",
            "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=汉",
            "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=a\n",
            " https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=a",
            key_of_65.as_str(),
        ] {
            let reason = check_link(link, ORIGINS).unwrap_err();
            assert!(link.is_empty() || !reason.contains(link), "{link}");
        }
        assert!(check_link("/cgi-bin/webhook/send?key=a", &[""]).is_err());
    }
}
