//! The body of KDocs' notification: every message checked, and split where it is too long.
#![no_main]

use caller::types::{Content, Recipient, Robot};
use contract::kdocs::{ENDPOINTS, MOST_PARTS, RobotMessage};
use kdocs_relay::fuzzing::{Part, plan};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use split::{Format, join};

fuzz_target!(|data: &[u8]| {
    let Some(given) = fuzz::object(data) else { return };
    let Ok(mut arguments) = ENDPOINTS[0].check(given) else { return };
    for (index, message) in arguments.objects("data").into_iter().enumerate() {
        let whole = plan(index, message.clone(), false);
        match plan(index, message.clone(), true) {
            Ok(parts) => {
                assert!((1..=MOST_PARTS).contains(&parts.len()));
                assert_eq!(whole.is_ok(), parts.len() == 1, "only what is too long is split");
                check(&message, parts);
            }
            Err(violation) => {
                assert!(violation.field.starts_with(&format!("data[{index}].")) && !violation.reason.is_empty());
                assert!(whole.is_err(), "what is taken as it is needs no splitting");
            }
        }
    }
});

/// Parts keep the rules, say together what the message said, and mention once.
fn check(message: &Map<String, Value>, parts: Vec<Part>) {
    let kind = message["msgtype"].as_str().expect("a type");
    let limit = RobotMessage::find(kind).expect("a known type").splits_at;
    if let Some(limit) = limit {
        let texts: Vec<String> = parts.iter().map(|part| text(&part.content).to_owned()).collect();
        assert!(texts.iter().all(|text| text.len() <= limit));
        let format = if kind == "text" { Format::Text } else { Format::Markdown };
        assert_eq!(join(&texts, format).as_deref(), message[kind]["content"].as_str());
    }
    for (number, part) in parts.into_iter().enumerate() {
        if let (1.., Content::RobotText(text)) = (number, &part.content) {
            assert!(text.mentioned_list.is_empty() && text.mentioned_mobile_list.is_empty());
        }
        let robot = || Recipient::Robot(Robot { webhook: "robot:ops".into(), signing_secret: None });
        let prepared = fuzz::sent(robot(), part.content, part.extra);
        let Value::Object(body) = &prepared.body else { panic!("no object: {}", prepared.body) };
        let again = plan(0, body.clone(), false).expect("what leaves keeps the rules");
        let [again] = again.try_into().expect("one part");
        assert_eq!(fuzz::sent(robot(), again.content, again.extra), prepared, "what leaves reads as what came");
    }
}

fn text(content: &Content) -> &str {
    match content {
        Content::RobotText(text) => &text.content,
        Content::RobotMarkdown(text) | Content::RobotMarkdownV2(text) => &text.content,
        other => panic!("no text: {other:?}"),
    }
}
