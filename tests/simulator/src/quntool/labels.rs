//! Labels: which there are, and which contacts have them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::accounts::CORP;
use super::arguments::Arguments;
use super::contacts::{Contact, conversation};
use super::{Quntool, Refusal, Reply};

/// The group of every label, when it was made, and that it is a person's own, as the document shows one.
const LABEL_GROUP: &str = "14073749082601531";
const CREATED: u64 = 1_666_249_551;
const PERSONAL: i64 = 2;

/// The labels that exist from the start, by id.
pub(super) fn initial() -> BTreeMap<String, String> {
    let labels = [("14073751020663697", "房地产"), ("14073752873630633", "私域回答"), ("14073749589745780", "test-6")];
    labels.map(|(id, name)| (id.to_owned(), name.to_owned())).into_iter().collect()
}

/// Lists every label.
pub(super) fn all(quntool: &mut Quntool, _: &Arguments, _: u64) -> Reply {
    let shown = quntool.labels.iter().enumerate().map(|(order, (id, name))| {
        json!({
            "corpId": CORP,
            "name": name,
            "labelId": id,
            "labelGroupId": LABEL_GROUP,
            "dataType": 0,
            "labelType": PERSONAL,
            "sortOrder": order,
            "business": 0,
            "createTime": CREATED,
        })
    });
    Ok(shown.collect())
}

/// Sets the labels of a contact, in place of those that it has.
pub(super) fn set(quntool: &mut Quntool, arguments: &Arguments, _: u64) -> Reply {
    let labels = arguments.list("labelIds");
    for label in &labels {
        quntool.check_label(label)?;
    }
    quntool.contact(&arguments.text("wxId"), &arguments.text("contactUserId"))?.labels = labels;
    Ok(Value::Null)
}

/// Lists the labels of a contact.
pub(super) fn of_contact(quntool: &mut Quntool, arguments: &Arguments, _: u64) -> Reply {
    let labels = quntool.contact(&arguments.text("wxId"), &arguments.text("contactUserId"))?.labels.clone();
    let shown = labels.iter().map(|id| json!({"name": quntool.labels.get(id), "label_id": id}));
    Ok(shown.collect())
}

/// Finds the contacts of several accounts that have any of several labels, a page at a time.
pub(super) fn search(quntool: &mut Quntool, arguments: &Arguments, _: u64) -> Reply {
    let (accounts, labels) = (arguments.list("wxids"), arguments.list("labelIds"));
    let whole = |name: &str| {
        arguments.number(name).and_then(|number| usize::try_from(number).ok()).filter(|number| *number > 0)
    };
    let (index, size) = whole("PageIndex")
        .zip(whole("PageSize"))
        .ok_or_else(|| Refusal::invalid("PageIndex and PageSize begin at 1"))?;
    let wanted = |contact: &&Contact| {
        accounts.contains(&contact.account) && contact.labels.iter().any(|label| labels.contains(label))
    };
    let found = quntool.contacts.values().filter(wanted);
    Ok(found.skip((index - 1).saturating_mul(size)).take(size).map(found_by_label).collect())
}

/// Lists the customers of an account that have a label.
pub(super) fn contacts(quntool: &mut Quntool, arguments: &Arguments, _: u64) -> Reply {
    let (account, label) = (arguments.text("wxId"), arguments.text("labelId"));
    let labelled = quntool.contacts_of(&account).filter(|contact| contact.labels.contains(&label));
    Ok(labelled.map(Contact::external).collect())
}

fn found_by_label(contact: &Contact) -> Value {
    json!({
        "wx_id": contact.account,
        "user_id": contact.id,
        "conversation_id": conversation(&contact.account, &contact.id),
        "avatar": "http://wx.qlogo.cn/mmhead/yXKobejm7F0H0ukv0gqDWBZCicuGFE9sWCZ3iaf7iafFJc/0",
        "corp_id": CORP,
        "desc": contact.description,
        "external_job": null,
        "nickname": "",
        "position": "",
        "username": contact.username,
        "realname": "",
        "remark": contact.remark,
        "sex": 1,
        "is_delete": contact.deleted_at.is_some(),
        "delete_time": contact.deleted_at.map(crate::clock::written),
        "LastChatTimestamp": 1_709_711_349_450_u64,
        "LastChatMsg": "",
        "NewMsgCount": 0,
        "WarnMsg": {},
    })
}

impl Quntool {
    /// Refuses a label that does not exist; in an open directory it comes into being.
    fn check_label(&mut self, id: &str) -> Result<(), Refusal> {
        if !self.closed {
            self.labels.entry(id.to_owned()).or_insert_with(|| format!("标签{id}"));
        }
        if self.labels.contains_key(id) { Ok(()) } else { Err(Refusal::unknown("label", id)) }
    }
}
