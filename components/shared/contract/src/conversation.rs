//! Conversation ids of Quntool (seed 001:669).

/// Why a conversation id is none, in Chinese.
pub type Reason = &'static str;

/// Checks a conversation id: `S:` and the two ends' ids, the smaller first, for a person; `R:` and an id for a group.
///
/// Ids are letters, digits and hyphens (the documents mask digits with letters); the smaller is the shorter, or of
/// two equally long the one that sorts first, which for numbers is the numeric order. Equal ends are let pass, as in the
/// documents' samples.
pub fn check(id: &str) -> Result<(), Reason> {
    const SHAPE: Reason = "应为 S:较小id_较大id(个人会话)或 R:群id(群聊会话)";
    if let Some(room) = id.strip_prefix("R:") {
        return if is_identifier(room) { Ok(()) } else { Err(SHAPE) };
    }
    let (first, second) = id.strip_prefix("S:").and_then(|ends| ends.split_once('_')).ok_or(SHAPE)?;
    if !is_identifier(first) || !is_identifier(second) {
        return Err(SHAPE);
    }
    if (first.len(), first) > (second.len(), second) {
        return Err("个人会话 S: 中较小的 id 应排在前面");
    }
    Ok(())
}

/// Checks the conversation id of a group: `R:` and the group's id.
pub fn check_room(id: &str) -> Result<(), Reason> {
    if id.strip_prefix("R:").is_some_and(is_identifier) { Ok(()) } else { Err("应为群聊会话 R:群id") }
}

fn is_identifier(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::{check, check_room};

    #[test]
    fn takes_the_ids_of_the_documents() {
        for id in [
            "S:168885435526XXXX_788130083907XXXX",
            "S:16888505639XXXX_788130083907XXXX",
            "S:16888888888_16888888888",
            "R:1089985527713XXXX",
            "R:11111111111",
        ] {
            assert_eq!(check(id), Ok(()), "{id}");
        }
    }

    #[test]
    fn refuses_what_is_no_conversation() {
        for id in ["", "S:", "R:", "S:1", "S:1_", "S:_1", "X:1_2", "1_2", "S:1_2_3", "R:1 2", "S:1_2\n", "r:1"] {
            assert!(check(id).is_err(), "{id}");
        }
    }

    #[test]
    fn refuses_the_larger_id_in_front() {
        assert!(check("S:788130083907XXXX_168885435526XXXX").is_err());
        assert!(check("S:1000_999").is_err());
        assert_eq!(check("S:999_1000"), Ok(()));
    }

    #[test]
    fn a_room_is_a_group_conversation() {
        assert_eq!(check_room("R:1089985527713XXXX"), Ok(()));
        for id in ["", "R:", "1089985527713XXXX", "S:1_2", "R:1_2"] {
            assert!(check_room(id).is_err(), "{id}");
        }
    }
}
