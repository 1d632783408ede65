//! Groups: made, named, joined and left.

use serde_json::{Value, json};

use super::accounts::CORP;
use super::arguments::Arguments;
use super::template::Values;
use super::{Quntool, Refusal, Reply};

/// How a member came: invited.
const INVITED: i64 = 1;

/// A group.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// The account that made it; only it can remove members.
    owner: String,
    name: String,
    created_at: u64,
    /// Ids, in the order in which they came.
    members: Vec<String>,
    /// The id in WeCom's open interface, once it is known.
    pub(super) external_id: Option<String>,
}

impl Group {
    fn new(owner: &str, members: Vec<String>, at: u64) -> Self {
        Self { owner: owner.to_owned(), name: String::new(), created_at: at, members, external_id: None }
    }

    /// Tells whether customers are in it. Only employees can join one without.
    fn is_external(&self) -> bool {
        self.members.iter().any(|member| is_customer(member))
    }
}

fn is_customer(id: &str) -> bool {
    id.starts_with("788")
}

/// Makes a group of the account and at least two others.
pub(super) fn create(quntool: &mut Quntool, arguments: &Arguments, at: u64) -> Reply {
    let owner = arguments.text("wxId");
    let mut others = arguments.joined("memberWxIds");
    others.retain(|member| *member != owner);
    others.dedup();
    if others.len() < 2 {
        return Err(Refusal::invalid("memberWxIds must name at least two others"));
    }
    let number = quntool.next();
    let room = (10_890_000_000_000_000 + number).to_string();
    let members = std::iter::once(&owner).chain(&others).cloned().collect();
    let conversation = format!("R:{room}");
    quntool.groups.insert(conversation.clone(), Group::new(&owner, members, at));
    quntool.tell_members("notify_type_room_create", &owner, &conversation, &others, at)?;
    let added: Vec<Value> = others.iter().map(|member| json!({"success_add_vidlist": member})).collect();
    Ok(json!({
        "createruin": owner,
        "createtime": at / 1000,
        "error_code": 0,
        "error_message": "",
        "failmem": [{"type": 0, "vid": 0}],
        "msgid": 1_045_000 + number,
        "msgseq": (8_594_000 + number).to_string(),
        "roomid": room,
        "roomname": "",
        "sessionid": "R1lmUUxlaDhSRHFiX3pIeA==",
        "success_add_vidlist": added,
    }))
}

/// Lists the groups that an account is in.
pub(super) fn list(quntool: &mut Quntool, arguments: &Arguments, _: u64) -> Reply {
    let account = arguments.text("wxId");
    let own = quntool.groups.iter().filter(|(_, group)| group.members.contains(&account));
    let shown = own.map(|(conversation, group)| {
        json!({
            "wx_id": null,
            "conversation_id": conversation,
            "create_time": group.created_at / 1000,
            "create_user_id": group.owner,
            "is_external": i64::from(group.is_external()),
            "nickname": group.name,
            "is_admin": 0,
            "is_creator": i64::from(group.owner == account),
            "total": group.members.len(),
        })
    });
    Ok(shown.collect())
}

/// Renames a group.
pub(super) fn rename(quntool: &mut Quntool, arguments: &Arguments, at: u64) -> Reply {
    let (account, conversation) = named(arguments);
    let name = arguments.text("name");
    quntool.group(&account, &conversation, at)?.name.clone_from(&name);
    quntool.tell_members("room_name_changed", &account, &conversation, &[], at)?;
    Ok(Value::Null)
}

/// Lists a group's members.
pub(super) fn members(quntool: &mut Quntool, arguments: &Arguments, at: u64) -> Reply {
    let (account, conversation) = named(arguments);
    let group = quntool.group(&account, &conversation, at)?.clone();
    let shown: Vec<Value> = group
        .members
        .iter()
        .map(|member| {
            let name = quntool.member_name(&conversation, member);
            json!({
                "acctid": if is_customer(member) { "" } else { "Feng" },
                "avatar": "https://wework.qpic.cn/wwpic/678939_GlpKyxZORneIsEs_1682306909/0",
                "corp_id": CORP,
                "invite_user_id": group.owner,
                "is_admin": i64::from(*member == group.owner),
                "join_scene": INVITED,
                "join_time": group.created_at / 1000,
                "mobile": "",
                "nickname": "",
                "position": "",
                "realname": name,
                "remark": "",
                "room_nickname": "",
                "sex": 1,
                "unionid": "ozynqsh65F9Rb6HF8Gu0hWp-----",
                "user_id": member,
                "username": name,
            })
        })
        .collect();
    let total = shown.len();
    Ok(json!({
        "conversation_id": conversation,
        "member_list": shown,
        "page_num": 1,
        "page_size": 100_000,
        "total": total,
        "total_page": 1,
    }))
}

/// Adds members. A group of employees lets no customer in, and says nothing.
pub(super) fn add(quntool: &mut Quntool, arguments: &Arguments, at: u64) -> Reply {
    let (account, conversation) = named(arguments);
    let group = quntool.group(&account, &conversation, at)?;
    let open = group.is_external() || group.members.len() <= 1;
    let mut added = arguments.joined("memberWxIds");
    added.retain(|member| !group.members.contains(member) && (open || !is_customer(member)));
    group.members.extend(added.iter().cloned());
    if !added.is_empty() {
        quntool.tell_members("notify_type_room_add_member", &account, &conversation, &added, at)?;
    }
    Ok(Value::Null)
}

/// Removes members. For anyone but the owner nothing happens, and nothing is said.
pub(super) fn remove(quntool: &mut Quntool, arguments: &Arguments, at: u64) -> Reply {
    let (account, conversation) = named(arguments);
    let group = quntool.group(&account, &conversation, at)?;
    let mut removed = arguments.joined("memberWxIds");
    removed.retain(|member| group.members.contains(member) && group.owner == account && *member != account);
    group.members.retain(|member| !removed.contains(member));
    if !removed.is_empty() {
        quntool.tell_members("notify_type_room_del_member", &account, &conversation, &removed, at)?;
    }
    Ok(Value::Null)
}

/// Makes a member a contact; it agrees at once.
pub(super) fn befriend(quntool: &mut Quntool, arguments: &Arguments, at: u64) -> Reply {
    let (account, conversation) = named(arguments);
    let member = arguments.text("memberWxId");
    if quntool.closed && !quntool.group(&account, &conversation, at)?.members.contains(&member) {
        return Err(Refusal::unknown("member", &member));
    }
    quntool.befriend(&account, &member, at)?;
    Ok(Value::Null)
}

/// Publishes a notice; nobody asks for it again.
pub(super) fn notice(quntool: &mut Quntool, arguments: &Arguments, at: u64) -> Reply {
    let (account, conversation) = named(arguments);
    quntool.group(&account, &conversation, at)?;
    Ok(Value::Null)
}

fn named(arguments: &Arguments) -> (String, String) {
    (arguments.text("wxId"), arguments.text("conversationId"))
}

impl Quntool {
    /// Takes a group, which comes into being if the directory is open.
    pub(super) fn group(&mut self, account: &str, conversation: &str, at: u64) -> Result<&mut Group, Refusal> {
        if !self.closed && !self.groups.contains_key(conversation) {
            let members = vec![account.to_owned()];
            self.groups.insert(conversation.to_owned(), Group::new(account, members, at));
        }
        self.groups.get_mut(conversation).ok_or_else(|| Refusal::unknown("group", conversation))
    }

    /// Names a member as the others see it; `0` is everyone.
    pub(super) fn member_name(&self, conversation: &str, id: &str) -> String {
        if id == "0" {
            return "所有人".to_owned();
        }
        let owner = self.groups.get(conversation).map(|group| group.owner.clone()).unwrap_or_default();
        let as_account = self.accounts.get(id).map(|account| account.username.clone());
        let as_contact = || self.contacts.get(&(owner, id.to_owned())).map(|contact| contact.username.clone());
        as_account.or_else(as_contact).unwrap_or_else(|| format!("客户{id}"))
    }

    fn tell_members(
        &mut self,
        kind: &str,
        account: &str,
        conversation: &str,
        members: &[String],
        at: u64,
    ) -> Result<(), Refusal> {
        let group = self.group(account, conversation, at)?.clone();
        let list: Vec<Value> =
            members.iter().map(|id| json!({"name": self.member_name(conversation, id), "user_id": id})).collect();
        let names: Vec<String> = group.members.iter().map(|id| self.member_name(conversation, id)).collect();
        let name = if group.name.is_empty() { names.join("、") } else { group.name };
        let account = self.account(account)?.clone();
        let values =
            [("conversationid", json!(conversation)), ("memberlist", Value::Array(list)), ("roomname", json!(name))];
        let values: Values = values.map(|(name, value)| (name.to_owned(), value)).into_iter().collect();
        self.tell(&account, kind, values, at);
        Ok(())
    }
}
