//! An account's contacts: customers, and colleagues.

use serde_json::{Value, json};

use super::accounts::CORP;
use super::arguments::Arguments;
use super::{Quntool, Refusal, Reply};
use crate::clock::written;

/// The company that WeChat users belong to, as the document shows it.
const WECHAT_CORP: &str = "1970325134026788";

/// The contacts that every account has: two customers and a colleague.
const FIRST: [(&str, &str); 3] =
    [("7881300000000001", "左脚"), ("7881300000000002", "卡卡"), ("1688850000000901", "XF")];

/// A contact of an account.
#[derive(Clone, Debug, Default)]
pub(super) struct Contact {
    pub(super) account: String,
    pub(super) id: String,
    pub(super) username: String,
    pub(super) remark: String,
    pub(super) description: String,
    pub(super) phones: Vec<String>,
    /// Label ids.
    pub(super) labels: Vec<String>,
    /// The id in WeCom's open interface, once it is known.
    pub(super) external_id: Option<String>,
    /// When it was deleted.
    pub(super) deleted_at: Option<u64>,
}

/// Names the conversation of two: `S:` and both ids, the smaller first.
pub(super) fn conversation(one: &str, other: &str) -> String {
    let order = |id: &str| (id.len(), id.to_owned());
    let (first, second) = if order(one) <= order(other) { (one, other) } else { (other, one) };
    format!("S:{first}_{second}")
}

impl Contact {
    pub(super) fn new(account: &str, id: &str, username: &str) -> Self {
        Self { account: account.to_owned(), id: id.to_owned(), username: username.to_owned(), ..Self::default() }
    }

    /// Tells whether it is a colleague: an id of WeCom that no other company has.
    pub(super) fn is_inner(&self) -> bool {
        self.id.starts_with("1688")
    }

    /// Shows it as the list of customers does.
    pub(super) fn external(&self) -> Value {
        json!({
            "avatar": "http://wx.qlogo.cn/mmhead/Q3auHgzwzM4QzCpELF16JuPpMBAD3rhcqyAuhfJAKx7OKN73tib7e1g/0",
            "conversation_id": conversation(&self.account, &self.id),
            "corp_id": WECHAT_CORP,
            "nickname": "",
            "position": "",
            "realname": "",
            "remark": self.remark,
            "sex": 1,
            "user_id": self.id,
            "username": self.username,
            "external_user_id": self.external_id.as_deref().unwrap_or_default(),
            "is_delete": self.deleted_at.is_some(),
            "delete_time": self.deleted_at.map(written),
        })
    }

    fn inner(&self) -> Value {
        json!({
            "avatar": "https://wework.qpic.cn/wwhead/duc2TvpEgSTPk74IwG7BsibtM6hc3nmj8e8o5Chc9G1kTYLBenKs6ic/0",
            "conversation_id": conversation(&self.account, &self.id),
            "corp_id": CORP,
            "nickname": self.username,
            "position": "",
            "realname": self.username,
            "remark": self.remark,
            "sex": 2,
            "user_id": self.id,
            "username": self.username,
        })
    }
}

impl Quntool {
    /// Gives an account the contacts that every account has.
    pub(super) fn add_first_contacts(&mut self, account: &str) {
        for (id, username) in FIRST {
            self.contacts.insert((account.to_owned(), id.to_owned()), Contact::new(account, id, username));
        }
    }

    /// Takes a contact, which comes into being if the directory is open.
    pub(super) fn contact(&mut self, account: &str, id: &str) -> Result<&mut Contact, Refusal> {
        if !self.closed {
            self.meet(account, id);
        }
        self.contacts.get_mut(&(account.to_owned(), id.to_owned())).ok_or_else(|| Refusal::unknown("contact", id))
    }

    /// Lets an account know a contact.
    pub(super) fn meet(&mut self, account: &str, id: &str) -> &mut Contact {
        let key = (account.to_owned(), id.to_owned());
        self.contacts.entry(key).or_insert_with(|| Contact::new(account, id, &format!("客户{id}")))
    }

    /// Lists the contacts of an account.
    pub(super) fn contacts_of<'a>(&'a self, account: &'a str) -> impl Iterator<Item = &'a Contact> {
        self.contacts.values().filter(move |contact| contact.account == account)
    }

    fn named(&mut self, arguments: &Arguments, field: &str) -> Result<&mut Contact, Refusal> {
        self.contact(&arguments.text("wxId"), &arguments.text(field))
    }
}

/// Lists an account's customers, those that were deleted too.
pub(super) fn external(quntool: &mut Quntool, arguments: &Arguments, _: u64) -> Reply {
    let account = arguments.text("wxId");
    Ok(quntool.contacts_of(&account).filter(|contact| !contact.is_inner()).map(Contact::external).collect())
}

/// Lists an account's colleagues.
pub(super) fn inner(quntool: &mut Quntool, arguments: &Arguments, _: u64) -> Reply {
    let account = arguments.text("wxId");
    let colleagues = quntool.contacts_of(&account).filter(|contact| contact.is_inner() && contact.deleted_at.is_none());
    Ok(colleagues.map(Contact::inner).collect())
}

/// Shows what else is known of a customer.
pub(super) fn extended(quntool: &mut Quntool, arguments: &Arguments, _: u64) -> Reply {
    let contact = quntool.named(arguments, "ContactId")?;
    Ok(json!({
        "corp_remark": "",
        "desc": contact.description,
        "phone_list": contact.phones,
        "remark": contact.remark,
        "status": 1,
        "user_id": contact.id,
    }))
}

/// Sets a contact's remark.
pub(super) fn remark(quntool: &mut Quntool, arguments: &Arguments, _: u64) -> Reply {
    quntool.named(arguments, "contactId")?.remark = arguments.text("remark");
    Ok(Value::Null)
}

/// Sets a contact's description.
pub(super) fn describe(quntool: &mut Quntool, arguments: &Arguments, _: u64) -> Reply {
    quntool.named(arguments, "contactId")?.description = arguments.text("desc");
    Ok(Value::Null)
}

/// Sets a contact's phone numbers.
pub(super) fn phones(quntool: &mut Quntool, arguments: &Arguments, _: u64) -> Reply {
    quntool.named(arguments, "contactId")?.phones = arguments.list("phones");
    Ok(Value::Null)
}

/// Deletes a contact, which stays in the list as deleted.
pub(super) fn remove(quntool: &mut Quntool, arguments: &Arguments, at: u64) -> Reply {
    quntool.named(arguments, "ContactUserId")?.deleted_at.get_or_insert(at);
    Ok(Value::Null)
}

/// Shows customers by account and id; those unknown are left out.
pub(super) fn query(quntool: &mut Quntool, arguments: &Arguments, _: u64) -> Reply {
    let pairs = arguments.get("ContactInfos").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let field = |pair: &Value, name: &str| {
        let fields = pair.as_object().into_iter().flatten();
        fields
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .find_map(|(_, value)| value.as_str().map(str::to_owned))
    };
    let mut found = Vec::new();
    for pair in pairs {
        let account = field(pair, "WxId").ok_or_else(|| Refusal::invalid("WxId is required"))?;
        let id = field(pair, "ContactUserId").ok_or_else(|| Refusal::invalid("ContactUserId is required"))?;
        quntool.account(&account)?;
        found.extend(quntool.contact(&account, &id).map(|contact| contact.external()).ok());
    }
    Ok(Value::Array(found))
}
