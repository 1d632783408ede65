//! The ids of customers and groups in WeCom's open interface, and back.

use md5::{Digest, Md5};
use serde_json::{Value, json};

use super::accounts::CORP;
use super::arguments::Arguments;
use super::contacts::Contact;
use super::{Quntool, Refusal, Reply};
use crate::json::overlay;

/// What the ids of WeChat users, WeCom users and groups begin with.
const WECHAT_USER: &str = "wmoweDQAA";
const WECOM_USER: &str = "wooweDQAA";
const ROOM: &str = "wrh7tCwAA";

fn external_id(id: &str) -> String {
    let prefix = if id.starts_with("1688") { WECOM_USER } else { WECHAT_USER };
    format!("{prefix}{id}")
}

/// Makes up the digits of an id that another one stands for.
fn digits(external_id: &str) -> u64 {
    Md5::digest(external_id.as_bytes())
        .iter()
        .fold(0, |number, byte| (number * 256 + u64::from(*byte)) % 1_000_000_000_000)
}

/// Asks WeCom for a customer's external id, and remembers it.
pub(super) fn external_user(quntool: &mut Quntool, arguments: &Arguments, _: u64) -> Reply {
    Ok(json!({"ExternalUserId": quntool.asked(arguments)?.external_id}))
}

/// Gives the external id that is remembered, or an empty one.
pub(super) fn external_user_from_database(quntool: &mut Quntool, arguments: &Arguments, _: u64) -> Reply {
    let key = (arguments.text("wxId"), arguments.text("ContactUserId"));
    let known = quntool.contacts.get(&key).and_then(|contact| contact.external_id.as_deref());
    Ok(json!({"ExternalUserId": known.unwrap_or_default()}))
}

/// Asks WeCom for the customer of an external id, and remembers it.
pub(super) fn contact_user(quntool: &mut Quntool, arguments: &Arguments, _: u64) -> Reply {
    let contact = quntool.of_external_id(&arguments.text("wxId"), &arguments.text("ExternalUserId"))?;
    Ok(json!({"ContactUserId": contact.id}))
}

/// Gives the customer whose external id is remembered, or an empty id.
pub(super) fn contact_user_from_database(quntool: &mut Quntool, arguments: &Arguments, _: u64) -> Reply {
    let (account, external_id) = (arguments.text("wxId"), arguments.text("ExternalUserId"));
    let known = quntool.contacts_of(&account).find(|contact| contact.external_id.as_ref() == Some(&external_id));
    Ok(json!({"ContactUserId": known.map(|contact| contact.id.as_str()).unwrap_or_default()}))
}

/// Gives the external id of a group.
pub(super) fn external_room(quntool: &mut Quntool, arguments: &Arguments, at: u64) -> Reply {
    let room = arguments.text("RoomId");
    let group = quntool.group(&arguments.text("wxId"), &room, at)?;
    let external_id = group.external_id.get_or_insert_with(|| room.replacen("R:", ROOM, 1));
    Ok(json!({"ExternalRoomId": external_id}))
}

/// Gives the group of an external id.
pub(super) fn room(quntool: &mut Quntool, arguments: &Arguments, at: u64) -> Reply {
    let external_id = arguments.text("ExternalRoomId");
    let known = quntool.groups.iter().find(|(_, group)| group.external_id.as_ref() == Some(&external_id));
    let room = match known {
        Some((room, _)) => room.clone(),
        None if quntool.closed => return Err(Refusal::unknown("ExternalRoomId", &external_id)),
        None => format!("R:1089{:012}", digits(&external_id)),
    };
    quntool.group(&arguments.text("wxId"), &room, at)?.external_id = Some(external_id);
    Ok(json!({"RoomId": room}))
}

/// Relates the ids of a customer, by either of two of them.
pub(super) fn relation(quntool: &mut Quntool, arguments: &Arguments, _: u64) -> Reply {
    let external_id = arguments.text("ExternalUserId");
    let contact = if arguments.get("ContactUserId").is_some() {
        quntool.asked(arguments)?
    } else if external_id.is_empty() {
        return Err(Refusal::invalid("ContactUserId or ExternalUserId is required"));
    } else {
        quntool.of_external_id(&arguments.text("wxId"), &external_id)?
    };
    Ok(related(contact))
}

/// Relates the ids of a customer anew, and shows who it is.
pub(super) fn synchronise(quntool: &mut Quntool, arguments: &Arguments, _: u64) -> Reply {
    let contact = quntool.asked(arguments)?;
    let avatar = "http://wx.qlogo.cn/mmhead/nibxxlib1VaPeQ6XS2j5y8iaGNK1cZSSn1thv2H4Xhv7p4LajLDXDf48Q/0";
    Ok(overlay(related(contact), json!({"Name": contact.username, "Avatar": avatar})))
}

fn related(contact: &Contact) -> Value {
    json!({
        "ContactUserId": contact.id,
        "ExternalUserId": contact.external_id,
        "CorpId": "wwe634f9fc91f00000",
        "CorpIdOrigin": CORP,
        "UnionId": format!("oVDY6wYqL{}", contact.id),
        "AddWay": 0,
        "State": null,
        "CreateTime": "2022-06-20 18:35:24",
        "AddWayDesc": "未知来源",
    })
}

impl Quntool {
    /// Takes a contact whose external id is known from then on.
    fn asked(&mut self, arguments: &Arguments) -> Result<&mut Contact, Refusal> {
        let contact = self.contact(&arguments.text("wxId"), &arguments.text("ContactUserId"))?;
        let id = external_id(&contact.id);
        contact.external_id.get_or_insert(id);
        Ok(contact)
    }

    /// Takes the contact of an external id, which comes into being if the directory is open.
    fn of_external_id(&mut self, account: &str, external_id: &str) -> Result<&mut Contact, Refusal> {
        let known = self.contacts_of(account).find(|contact| contact.external_id.as_deref() == Some(external_id));
        let id = match known {
            Some(contact) => contact.id.clone(),
            None if self.closed => return Err(Refusal::unknown("ExternalUserId", external_id)),
            None => format!("7881{:012}", digits(external_id)),
        };
        let contact = self.contact(account, &id)?;
        contact.external_id = Some(external_id.to_owned());
        Ok(contact)
    }
}
