//! The table against a message of every type, and against messages that break it.

use super::*;
use crate::samples::{broken, robot::fields};
use serde_json::json;

fn refused(kind: &str, change: impl FnOnce(&mut Value)) -> Option<String> {
    let mut given = Value::Object(fields(kind));
    change(&mut given);
    let Value::Object(given) = given else { panic!("not an object") };
    RobotMessage::find(kind).unwrap().check(given).err().map(|violation| violation.field)
}

#[test]
fn a_message_of_every_type_keeps_the_rules_and_names_every_field() {
    for message in ROBOT_MESSAGES {
        let arguments =
            message.check(fields(message.kind)).unwrap_or_else(|violation| panic!("{}: {violation}", message.kind));
        assert!(arguments.extra.is_empty(), "{}", message.kind);
        for parameter in message.parameters {
            assert!(arguments.documented.contains_key(parameter.name), "{} {}", message.kind, parameter.name);
        }
    }
}

#[test]
fn every_broken_rule_is_refused_with_the_fields_name() {
    for message in ROBOT_MESSAGES {
        let valid = fields(message.kind);
        for request in broken::requests(message.parameters, &valid) {
            let place = format!("{} {} {:?}", message.kind, request.field, request.how);
            let violation = message.check(request.given).expect_err(&place);
            assert_eq!(violation.field, request.field, "{place}: {violation}");
        }
    }
}

#[test]
fn a_card_has_what_its_type_and_its_links_need() {
    let card = |change: &dyn Fn(&mut Value)| refused("template_card", change);
    assert_eq!(card(&|_| {}), None);
    assert_eq!(card(&|card| card["card_image"] = json!(null)).as_deref(), Some("card_image"));
    assert_eq!(card(&|card| card["main_title"]["title"] = json!("")).as_deref(), Some("main_title.title"));
    let text = |card: &mut Value| {
        card["card_type"] = json!("text_notice");
        card["card_image"] = json!(null);
        card["main_title"] = json!(null);
    };
    assert_eq!(card(&text), None);
    let nothing_to_say = |card: &mut Value| {
        text(card);
        card["sub_title_text"] = json!(null);
    };
    assert_eq!(card(&nothing_to_say).as_deref(), Some("main_title.title"));
    assert_eq!(card(&|card| card["card_action"]["url"] = json!(null)).as_deref(), Some("card_action.url"));
    let to_a_mini_program =
        |card: &mut Value| card["jump_list"] = json!([card["jump_list"][0], {"type": 2, "title": "t"}]);
    assert_eq!(card(&to_a_mini_program).as_deref(), Some("jump_list[1].appid"));
    let to_a_member = |card: &mut Value| card["horizontal_content_list"][0] = json!({"type": 3, "keyname": "k"});
    assert_eq!(card(&to_a_member).as_deref(), Some("horizontal_content_list[0].userid"));
    let seven = |card: &mut Value| card["horizontal_content_list"] = json!(vec![json!({"keyname": "k"}); 7]);
    assert_eq!(card(&seven).as_deref(), Some("horizontal_content_list"));
    assert_eq!(card(&|card| card["card_image"]["aspect_ratio"] = json!(3)).as_deref(), Some("card_image.aspect_ratio"));
}
