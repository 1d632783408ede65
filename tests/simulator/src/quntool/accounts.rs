//! Hosted accounts: who they are, where they run, and whether they are online.

use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::arguments::Arguments;
use super::template::{RECEIVED, Values, render};
use super::{OFFLINE, Quntool, Refusal, envelope};
use crate::json::overlay;

/// The user who runs the accounts that come into being by being named.
pub(super) const USER: &str = "apps-1";

/// The company of every account.
pub(super) const CORP: &str = "1970325057080574";

/// Where an account stands, by the document's numbers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Status {
    Online = 0,
    Offline = 1,
    LoggedOut = 2,
    LoggingIn = 3,
    ScanAgain = 4,
}

/// A hosted account.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) wx_id: String,
    /// The container that it runs in.
    pub(super) hostname: String,
    pub(super) user_id: String,
    pub(super) username: String,
    pub(super) status: Status,
}

/// How an account is to be.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccountSetting {
    /// Its id.
    pub wx_id: String,
    /// Whether it is online.
    #[serde(default = "yes")]
    pub online: bool,
    /// Its name.
    #[serde(default)]
    pub username: Option<String>,
}

fn yes() -> bool {
    true
}

impl Account {
    /// Makes an account whose properties follow from its id.
    pub(super) fn new(wx_id: &str, user_id: &str) -> Self {
        Self {
            wx_id: wx_id.to_owned(),
            hostname: hostname(wx_id),
            user_id: user_id.to_owned(),
            username: format!("企微{}", tail(wx_id)),
            status: Status::Online,
        }
    }

    /// Makes up the number of the process that it runs in.
    pub(super) fn process(&self) -> u64 {
        self.hostname.bytes().fold(0, |sum, byte| sum * 7 + u64::from(byte)) % 50_000 + 1_000
    }

    /// Shows it as the list of accounts does.
    pub(super) fn listed(&self) -> Value {
        let qr_code = (self.status == Status::ScanAgain).then(|| format!("/gnapi/files/qrcode/{}.jpg", self.hostname));
        json!({
            "hostname": self.hostname,
            "wxId": self.wx_id,
            "userId": self.user_id,
            "username": self.username,
            "nickname": "",
            "avatar": "http://wework.qpic.cn/bizmail/fON3uGHibKLBoWGmHTtDZ1icIJiboib76VRSLr/0",
            "corp_id": CORP,
            "corp_name": "",
            "mobile": "18222222222",
            "position": "",
            "corp_short_name": "光年实验室",
            "job_name": "",
            "account": "",
            "acctid": format!("acct{}", tail(&self.wx_id)),
            "Status": self.status as i64,
            "QrCode": qr_code,
        })
    }

    /// Gives what the templates of callbacks have places for.
    pub(super) fn values(&self) -> Values {
        let own = [
            ("account", json!(self.wx_id)),
            ("username", json!(self.username)),
            ("acctid", json!(format!("acct{}", tail(&self.wx_id)))),
            ("corpid", json!(CORP)),
            ("pid", json!(self.process())),
        ];
        own.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
    }
}

impl Quntool {
    /// Takes an account, which comes into being if the directory is open.
    pub(super) fn account(&mut self, wx_id: &str) -> Result<&mut Account, Refusal> {
        if !self.accounts.contains_key(wx_id) {
            if self.closed {
                return Err(Refusal::unknown("wxId", wx_id));
            }
            self.add_account(Account::new(wx_id, USER));
        }
        self.accounts.get_mut(wx_id).ok_or_else(|| Refusal::unknown("wxId", wx_id))
    }

    /// Adds an account, with the contacts that every account has.
    pub(super) fn add_account(&mut self, account: Account) {
        self.add_first_contacts(&account.wx_id);
        self.accounts.insert(account.wx_id.clone(), account);
    }

    /// Lets a call through if its account exists and, to change or send something, is online.
    pub(super) fn admit(&mut self, is_read: bool, arguments: &Arguments) -> Result<(), Refusal> {
        if arguments.get("wxId").is_none() {
            return Ok(());
        }
        let account = self.account(&arguments.text("wxId"))?;
        if is_read || account.status == Status::Online {
            return Ok(());
        }
        Err(Refusal { code: OFFLINE, message: format!("wxId {} is not online", account.wx_id) })
    }

    /// Sets accounts up; a closed directory then knows only what it was given.
    pub(crate) fn set_accounts(&mut self, settings: Vec<AccountSetting>, closed: bool) {
        if closed {
            self.accounts.clear();
            self.contacts.clear();
        }
        self.closed = closed;
        for setting in settings {
            let mut account = Account::new(&setting.wx_id, USER);
            account.status = if setting.online { Status::Online } else { Status::Offline };
            account.username = setting.username.unwrap_or(account.username);
            self.add_account(account);
        }
    }

    /// Calls back with an event of an account.
    pub(super) fn tell(&mut self, account: &Account, kind: &str, values: Values, at: u64) {
        let body = event(account, kind, values, at);
        self.events.push(body);
    }
}

/// Makes the callback of an event from its template. While an account is logging in, the envelope names none.
pub(super) fn event(account: &Account, kind: &str, values: Values, at: u64) -> Value {
    let mut all = account.values();
    all.extend(values);
    let template = RECEIVED.get("events").and_then(|events| events.get(kind)).unwrap_or(&Value::Null);
    let body = envelope(account, kind, render(template, &all), None, at);
    if kind == "qrcode_status_msg" { overlay(body, json!({"userId": null, "wxid": ""})) } else { body }
}

/// Names the container of an account: twelve digits, as in the document.
pub(super) fn hostname(seed: &str) -> String {
    Md5::digest(seed.as_bytes()).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

fn tail(id: &str) -> &str {
    id.get(id.len().saturating_sub(4)..).unwrap_or(id)
}
