//! Which robot a message is for: a webhook, or a name that the operator gave to one.

/// The path of a robot's webhook.
pub const WEBHOOK_PATH: &str = "/cgi-bin/webhook/send";

/// The origin of WeCom's robots.
pub const ROBOT_ORIGIN: &str = "https://qyapi.weixin.qq.com";

/// What an alias begins with where a webhook could stand as well.
const ALIAS: &str = "robot:";

/// Returns the name of an alias `robot:name`, if the text is one: 1 to 64 letters, digits and hyphens.
pub fn alias(link: &str) -> Option<&str> {
    link.strip_prefix(ALIAS).filter(|name| is_word(name))
}

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
        .ok_or("不是允许的群机器人地址,应以 https://qyapi.weixin.qq.com 开头,或为 robot: 开头的别名")?;
    let query = rest.strip_prefix(WEBHOOK_PATH).ok_or("路径应为 /cgi-bin/webhook/send")?;
    let key = query.strip_prefix("?key=").ok_or("应只有一个参数 key")?;
    if is_word(key) { Ok(key) } else { Err("key 应为 1 到 64 个字母、数字或连字符,且不带其他参数") }
}

/// Whether this can be a robot's key, or its name: 1 to 64 letters, digits and hyphens.
pub fn is_word(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests;
