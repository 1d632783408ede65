//! Finding someone by phone number, and making them a contact.

use serde_json::{Value, json};

use super::accounts::CORP;
use super::arguments::Arguments;
use super::template::{SEARCH, Values, render};
use super::{Quntool, Refusal, Reply};
use crate::json::overlay;

/// Finds the WeChat user and the WeCom user of a phone number: any number has both.
pub(super) fn by_phone(_: &mut Quntool, arguments: &Arguments, _: u64) -> Reply {
    let keyword = arguments.text("keyword");
    let digits: String = keyword.chars().filter(char::is_ascii_digit).collect();
    let customer = format!("788{digits:0>13}");
    let values = [
        ("keyword", keyword),
        ("wxuin", customer.clone()),
        ("workuin", format!("1688{digits:0>12}")),
        ("corpid", CORP.to_owned()),
        ("name", format!("客户{customer}")),
        ("openid", openid(&customer)),
        ("ticket", format!("4067A0FEC85A5C1B34A302B6758E9175{digits:0>16}")),
    ];
    let values: Values = values.map(|(name, value)| (name.to_owned(), json!(value))).into_iter().collect();
    let document = render(&SEARCH, &values);
    let part = |name: &str| document.get(name).cloned().unwrap_or_default();
    let people = json!({"contact_info": part("contact_info"), "corpinfo": part("corpinfo")});
    let item = overlay(overlay(part("item"), people.clone()), json!({"contact_info_wx": part("contact_info_wx")}));
    Ok(overlay(overlay(part("top"), people), json!({"datalist": [item]})))
}

/// Makes someone who was found a contact; they agree at once.
pub(super) fn add(quntool: &mut Quntool, arguments: &Arguments, at: u64) -> Reply {
    let (account, id) = (arguments.text("wxId"), arguments.text("contactUserId"));
    if quntool.closed && arguments.text("openid") != openid(&id) {
        return Err(Refusal::invalid("openid does not belong to contactUserId"));
    }
    quntool.befriend(&account, &id, at)?;
    Ok(Value::Null)
}

fn openid(customer: &str) -> String {
    format!("orFrbs{customer}")
}

impl Quntool {
    /// Makes someone a contact, and calls back with it.
    pub(super) fn befriend(&mut self, account: &str, id: &str, at: u64) -> Result<(), Refusal> {
        let contact = self.meet(account, id);
        contact.deleted_at = None;
        let values = [
            ("conversationid", super::contacts::conversation(account, id)),
            ("sender", id.to_owned()),
            ("sendername", contact.username.clone()),
        ];
        let values: Values = values.map(|(name, value)| (name.to_owned(), json!(value))).into_iter().collect();
        let account = self.account(account)?.clone();
        self.tell(&account, "notify_type_contact_add", values, at);
        Ok(())
    }
}
