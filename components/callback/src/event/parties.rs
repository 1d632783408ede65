//! Who wrote to whom, where, and which way.

use super::member::{Member, Object, text};
use crate::envelope::Envelope;
use serde_json::Value;
use std::borrow::Cow;

/// Which way a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the account.
    Inbound,
    /// From the account.
    Outbound,
    /// It is no message, or the callback does not say.
    None,
}

impl Direction {
    /// Returns the direction as events write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
            Self::None => "none",
        }
    }
}

/// Returns the direction of a callback; only a message has one.
pub fn direction(envelope: &Envelope, is_message: bool) -> Direction {
    match (envelope.text("sender"), &envelope.account) {
        _ if !is_message => Direction::None,
        (Some(sender), Some(account)) if sender == *account => Direction::Outbound,
        (Some(_), Some(_)) => Direction::Inbound,
        _ if envelope.sent_message_id.is_some() => Direction::Outbound,
        _ => Direction::None,
    }
}

/// Tells how an account's message was sent: `api` if the callback names the message that an API sent, or says so
/// (seed 001:17, 28), else by `hand`.
pub fn sent_by(envelope: &Envelope, direction: Direction) -> Option<&'static str> {
    let by_api = envelope.sent_message_id.is_some() || envelope.data.get("isOpenApi") == Some(&Value::Bool(true));
    (direction == Direction::Outbound).then_some(if by_api { "api" } else { "hand" })
}

/// Describes somebody whom a field of the data names, or two; none if there is no id.
pub fn party<'a>(envelope: &'a Envelope, id: &str, name: Option<&str>) -> Option<Object<'a>> {
    let mut party = Object::default();
    party.put("id", Some(text(envelope.text(id)?)));
    party.put("name", name.and_then(|name| envelope.text(name)).map(text));
    Some(party)
}

/// Describes who sent a message, and the platform's user who had the account send it.
pub fn sender(envelope: &Envelope) -> Option<Member<'_>> {
    let mut sender = party(envelope, "sender", Some("sender_name"))?;
    sender.put("user", party(envelope, "sendUserId", Some("sendUserName")).map(Member::Object));
    Some(Member::Object(sender))
}

/// Describes the conversation that a callback belongs to, and who is at its other end.
pub fn conversation(envelope: &Envelope, direction: Direction) -> Option<Member<'_>> {
    let id = envelope.conversation()?;
    let mut conversation = Object::default();
    if let Some(room) = id.strip_prefix("R:") {
        conversation.put("kind", Some(text("group")));
        conversation.put("room", Some(text(room.to_owned())));
    } else {
        conversation.put("kind", Some(text("direct")));
        conversation.put("otherParty", other_party(envelope, &id, direction).map(text));
    }
    conversation.put("id", Some(text(id)));
    Some(Member::Object(conversation))
}

/// Finds the end of a direct conversation, `S:one_other`, that is not the account; where the account is neither of them,
/// the one whom the message came from or went to.
fn other_party<'a>(envelope: &'a Envelope, conversation: &str, direction: Direction) -> Option<Cow<'a, str>> {
    let account = envelope.account.as_deref();
    match conversation.strip_prefix("S:").and_then(|ends| ends.split_once('_')) {
        Some((one, other)) if Some(one) == account => Some(other.to_owned().into()),
        Some((one, other)) if Some(other) == account => Some(one.to_owned().into()),
        _ => match direction {
            Direction::Inbound => envelope.text("sender"),
            Direction::Outbound => envelope.text("receiver"),
            Direction::None => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(callback: &Value) -> Envelope {
        Envelope::read(callback.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn who_sent_a_message_says_which_way_it_went() {
        let case = |callback: Value| direction(&read(&callback), true);
        assert_eq!(case(json!({"wxid": "1", "data": {"sender": "2"}})), Direction::Inbound);
        assert_eq!(case(json!({"wxid": "1", "data": {"sender": "1"}})), Direction::Outbound);
        assert_eq!(case(json!({"wxid": "1", "sendMsgId": "s", "data": {}})), Direction::Outbound);
        assert_eq!(case(json!({"wxid": "1", "data": {}})), Direction::None);
        assert_eq!(case(json!({"data": {"sender": "2"}})), Direction::None);
        assert_eq!(direction(&read(&json!({"wxid": "1", "data": {"sender": "1"}})), false), Direction::None);
    }

    #[test]
    fn an_accounts_message_was_sent_by_api_or_by_hand() {
        let case = |callback: Value| sent_by(&read(&callback), Direction::Outbound);
        assert_eq!(case(json!({"sendMsgId": "s"})), Some("api"));
        assert_eq!(case(json!({"sendMsgId": null, "data": {"isOpenApi": true}})), Some("api"));
        assert_eq!(case(json!({"sendMsgId": "", "data": {"isOpenApi": false}})), Some("hand"));
        assert_eq!(sent_by(&read(&json!({"sendMsgId": "s"})), Direction::Inbound), None);
    }

    #[test]
    fn a_field_without_a_name_is_nobodys_name() {
        let callback = json!({"data": {"receiver": "9", "": "x", "sender": "8", "sender_name": "乙"}});
        let party = |id, name| json!(party(&read(&callback), id, name));
        assert_eq!(party("receiver", None), json!({"id": "9"}));
        assert_eq!(party("sender", Some("sender_name")), json!({"id": "8", "name": "乙"}));
    }

    #[test]
    fn a_conversation_is_with_a_room_or_with_its_other_end() {
        let case = |id: &str, direction| {
            let data = json!({"conversation_id": id, "sender": "8", "receiver": "9"});
            json!(conversation(&read(&json!({"wxid": "168", "data": data})), direction))
        };
        assert_eq!(case("R:108", Direction::Inbound), json!({"kind": "group", "id": "R:108", "room": "108"}));
        for id in ["S:168_788", "S:788_168"] {
            assert_eq!(case(id, Direction::None), json!({"kind": "direct", "id": id, "otherParty": "788"}));
        }
        assert_eq!(case("S:168_168", Direction::None)["otherParty"], "168");
        assert_eq!(case("S:1_2", Direction::Inbound)["otherParty"], "8");
        assert_eq!(case("S:1_2", Direction::Outbound)["otherParty"], "9");
        assert_eq!(case("S:1_2", Direction::None), json!({"kind": "direct", "id": "S:1_2"}));
    }
}
