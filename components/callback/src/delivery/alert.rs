//! A text in the operators' group.

use super::{Consequence, Outcome, consequence, schedule};
use crate::{
    configuration::Configuration,
    envelope::Envelope,
    journal::{
        Event,
        deliveries::{Delivery, Tried},
    },
    subscriber::SUBSCRIBER_STOPPED,
};
use caller::{
    messages,
    types::{Content, Message, Recipient, Robot, Text},
};
use contract::quntool::files;
use runtime::clock::rfc3339;
use serde_json::Value;
use surface::{Secret, credential::OWN_CALLER, link, preference};

/// The QR code of a `safe_validate` lives for so many milliseconds (seed 001:81).
const QR_CODE: u64 = 5 * 60_000;
/// China has one time zone, so many milliseconds ahead of UTC.
const BEIJING: u64 = 8 * 3_600_000;
/// A value is shown up to so many characters.
const SHOWN: usize = 64;

/// Sends the text of an event to the robot's group, once: whoever repeats the try finds it in the ledger.
pub async fn attempt(delivery: &Delivery, robot: &Secret, configuration: &Configuration) -> Outcome {
    let event = &delivery.event;
    let Some(content) = text(event, configuration.origin(&event.origin), &configuration.link_secret) else {
        return Outcome::because(Tried::Skipped, "there is nothing to tell");
    };
    let message = Message {
        caller: OWN_CALLER.into(),
        request_id: event.id.clone(),
        recipient: Recipient::Robot(Robot { webhook: robot.reveal().to_owned(), signing_secret: None }),
        content: Content::RobotMarkdown(Text { content }),
        extra: None,
        idempotency_key: Some(format!("alert/{}/{}", event.id, delivery.turn)),
        options: preference::DEFAULT,
    };
    let Err(failure) = messages::send(message).await else { return Outcome::of(Tried::Delivered) };
    let (consequence, reason) = consequence(&failure);
    let tried = match consequence {
        Consequence::NotDone(wait) => schedule::at(delivery.attempts, wait).map_or(Tried::Dead, Tried::Anew),
        Consequence::UnderWay => schedule::at(delivery.attempts, None).map_or(Tried::Dead, Tried::Retry),
        Consequence::Never | Consequence::Unclear => Tried::Dead,
    };
    Outcome::because(tried, reason)
}

/// Writes what an operator has to know, as markdown of a robot; none if an event asks for nothing.
///
/// The text of an event is always the same, so that the ledger knows it again.
fn text(event: &Event, origin: &str, link_secret: &Secret) -> Option<String> {
    let envelope = Envelope::read(&event.raw)?;
    let account = plain(envelope.account.as_deref().unwrap_or("未知"));
    let named = |name: &str| match envelope.text(name) {
        Some(name) => format!("{}({account})", plain(&name)),
        None => account.clone(),
    };
    let container = plain(envelope.source.as_deref().unwrap_or("未知"));
    let (title, mut lines, advice) = match event.kind.as_str() {
        "user_offline" => (
            "企业微信账号已离线",
            vec![("账号", account), ("容器", container)],
            "请确认是否在其他设备登录或异常退出,并重新上线该账号",
        ),
        "safe_validate" => (
            "企业微信账号需要扫码安全验证",
            vec![
                ("账号", named("UserName")),
                ("二维码", qr_code(&envelope, event, origin, link_secret)),
                ("有效期至", beijing(event.received_at + QR_CODE)),
            ],
            "请在 5 分钟内用该账号的手机企业微信扫码",
        ),
        "qrcode_status_msg" => (
            "企业微信登录需要验证码",
            vec![("账号", named("nick_name")), ("容器", container)],
            "请在手机企业微信上查看验证码,并通过 /gnapi/open/container/verify 提交",
        ),
        SUBSCRIBER_STOPPED => (
            "事件订阅方已停止接收",
            vec![("订阅方", plain(&subscriber(&event.raw)?))],
            "该订阅方返回了 410,此后的事件成为死信;修复后请更换其地址,或用 POST /v1/events/replay 重新投递给它",
        ),
        _ => return None,
    };
    lines.push(("时间", beijing(event.received_at)));
    lines.push(("事件", event.id.clone()));
    let lines: String = lines.iter().map(|(name, value)| format!("> {name}:{value}\n")).collect();
    Some(format!("**{title}**\n{lines}{advice}"))
}

/// Writes the link to the QR code's picture: absolute, and valid as long as the code.
fn qr_code(envelope: &Envelope, event: &Event, origin: &str, link_secret: &Secret) -> String {
    let path = envelope.text("Qrcode").filter(|path| files::is_clean(path) && !path.contains(char::is_control));
    let Some(path) = path else { return "回调未提供图片".into() };
    let expires = (event.received_at + QR_CODE) / 1_000;
    let signed = link::sign(link_secret, &path, expires).unwrap_or_else(|| files::encode(&path));
    format!("[点击查看]({origin}{signed})")
}

fn subscriber(raw: &[u8]) -> Option<String> {
    let stopped: Value = serde_json::from_slice(raw).ok()?;
    Some(stopped.get("subscriber")?.as_str()?.to_owned())
}

/// Writes a time as people in China read it.
fn beijing(time: u64) -> String {
    let time = rfc3339(time.saturating_add(BEIJING));
    format!("{}(北京时间)", time.get(..19).unwrap_or_default().replace('T', " "))
}

/// Takes from a value what markdown would understand: it comes from outside.
fn plain(value: &str) -> String {
    let plain = |letter: &char| !letter.is_control() && !"<>[]()*`#!\\|".contains(*letter);
    value.chars().filter(plain).take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::System;
    use serde_json::json;

    fn event(kind: &str, data: &Value) -> Event {
        let raw = match kind {
            SUBSCRIBER_STOPPED => data.clone(),
            _ => json!({"type": kind, "wxid": "168885056393XXXX", "source": "17eeb4b5a466", "data": data}),
        };
        Event {
            sequence: 1,
            id: "0199-e".into(),
            system: System::Quntool,
            message_id: "m".into(),
            kind: kind.into(),
            origin: "https://gateway.example".into(),
            received_at: 1_697_793_173_604,
            state: "routed".into(),
            unverified: false,
            repeat_of: None,
            raw: raw.to_string().into_bytes(),
        }
    }

    fn written(kind: &str, data: &Value) -> String {
        text(&event(kind, data), "https://gateway.example", &Secret::new("secret")).unwrap()
    }

    #[test]
    fn every_alert_says_what_happened_to_whom_and_what_to_do() {
        assert_eq!(
            written("user_offline", &Value::Null),
            "**企业微信账号已离线**\n> 账号:168885056393XXXX\n> 容器:17eeb4b5a466\n\
             > 时间:2023-10-20 17:12:53(北京时间)\n> 事件:0199-e\n\
             请确认是否在其他设备登录或异常退出,并重新上线该账号"
        );
        let code =
            written("qrcode_status_msg", &json!({"status": 10, "nick_name": "helloni4栋", "qrcode_key": "6E16"}));
        assert!(code.contains("helloni4栋(168885056393XXXX)") && code.contains("17eeb4b5a466"), "{code}");
        assert!(written(SUBSCRIBER_STOPPED, &json!({"subscriber": "crm"})).contains("> 订阅方:crm\n"));
        assert_eq!(text(&event("text_msg", &Value::Null), "", &Secret::new("")), None);
    }

    #[test]
    fn the_qr_code_is_a_link_that_lives_as_long_as_the_code() {
        let data = json!({"Qrcode": "/gnapi/files/cache/发布 1.jpg", "UserName": "企业微信名称"});
        let validate = written("safe_validate", &data);
        let (_, link) = validate.split_once("[点击查看](").unwrap();
        let (link, _) = link.split_once(')').unwrap();
        let (path, query) = link.strip_prefix("https://gateway.example").unwrap().split_once('?').unwrap();
        let verify = |now| link::verify(&Secret::new("secret"), &files::decode(path), query, now);
        assert!(verify(1_697_793_173 + 300) && !verify(1_697_793_173 + 301));
        assert!(validate.contains("有效期至:2023-10-20 17:17:53"), "{validate}");
        for path in ["", "javascript:alert(1)", "/v1/messages", "/gnapi/files/../x"] {
            let validate = written("safe_validate", &json!({"Qrcode": path}));
            assert!(!validate.contains("]("), "{validate}");
        }
    }

    #[test]
    fn nothing_from_outside_is_markdown() {
        let long = format!("](https://evil.example)\n# <@all>**`{}", "名".repeat(5_000));
        let alert = written("safe_validate", &json!({"UserName": long, "Qrcode": long}));
        assert!(alert.len() < 2_048 && !alert.contains("](https") && !alert.contains("<@all"), "{alert}");
        assert_eq!(alert.lines().count(), 7, "{alert}");
    }
}
