//! Containers: logging in by QR code, going offline and coming back; and who may do so.

use serde_json::{Value, json};
use uuid::Uuid;

use super::accounts::{Account, Status, USER, event, hostname};
use super::arguments::Arguments;
use super::template::Values;
use super::{Quntool, Refusal, Reply};
use crate::clock::{day, written};
use crate::json::overlay;

/// States of a QR code, by the document's numbers.
const SCANNED: i64 = 1;
const SUCCEEDED: i64 = 2;
const CODE_REQUIRED: i64 = 10;

/// The version that the document shows.
const VERSION: &str = "1.3.0.13";

/// The users that exist.
const USERS: [&str; 2] = [USER, "apps-2"];

/// A login that waits for its code.
#[derive(Debug)]
pub(super) struct Login {
    account: Account,
    key: String,
}

/// Begins a login: the QR code is scanned at once, and then a code is asked for.
pub(super) fn create(quntool: &mut Quntool, arguments: &Arguments, at: u64) -> Reply {
    let user = arguments.text("userId");
    if quntool.closed && !USERS.contains(&user.as_str()) {
        return Err(Refusal::unknown("userId", &user));
    }
    let number = quntool.next();
    let account = Account::new(&format!("{}", 1_688_850_000_000_100 + number), &user);
    Ok(quntool.begin(account, at))
}

/// Ends a login with the code, or says that the code is wrong.
pub(super) fn verify(quntool: &mut Quntool, arguments: &Arguments, at: u64) -> Reply {
    let hostname = arguments.text("hostname");
    let login = quntool.logins.get(&hostname).filter(|login| login.key == arguments.text("key"));
    if login.is_none() {
        return Ok(json!({"errcode": -2, "errmsg": "no login awaits a code"}));
    }
    if arguments.text("code") != quntool.login_code {
        return Ok(json!({"errcode": -1, "errmsg": "verify code error"}));
    }
    if let Some(Login { mut account, key }) = quntool.logins.remove(&hostname) {
        account.status = Status::Online;
        quntool.tell_qr_code(&account, &key, SUCCEEDED, at);
        quntool.tell(&account, "user_login", Values::new(), at);
        quntool.add_account(account);
    }
    Ok(json!({"errcode": 0, "errmsg": "ok"}))
}

/// Takes accounts offline; they come back without a scan.
pub(super) fn stop(quntool: &mut Quntool, arguments: &Arguments, at: u64) -> Reply {
    for account in quntool.hosted(arguments)? {
        quntool.go_offline(&account, Status::Offline, at);
    }
    Ok(Value::Null)
}

/// Brings accounts back; one that was logged out must be scanned again.
pub(super) fn start(quntool: &mut Quntool, arguments: &Arguments, at: u64) -> Reply {
    for mut account in quntool.hosted(arguments)? {
        match account.status {
            Status::Offline => quntool.come_back(account, at),
            Status::LoggedOut => {
                account.status = Status::ScanAgain;
                quntool.accounts.insert(account.wx_id.clone(), account.clone());
                quntool.begin(account, at);
            }
            _ => {}
        }
    }
    Ok(Value::Null)
}

/// Logs accounts out.
pub(super) fn remove(quntool: &mut Quntool, arguments: &Arguments, at: u64) -> Reply {
    for account in quntool.hosted(arguments)? {
        quntool.go_offline(&account, Status::LoggedOut, at);
    }
    Ok(Value::Null)
}

/// Takes accounts offline and brings them back.
pub(super) fn restart(quntool: &mut Quntool, arguments: &Arguments, at: u64) -> Reply {
    for account in quntool.hosted(arguments)? {
        if account.status == Status::Online {
            quntool.go_offline(&account, Status::Offline, at);
            quntool.come_back(account, at);
        }
    }
    Ok(Value::Null)
}

/// Lists the accounts: those online, unless `IsOnline` is false.
pub(super) fn list(quntool: &mut Quntool, arguments: &Arguments, _: u64) -> Reply {
    let all =
        arguments.text("IsOnline").eq_ignore_ascii_case("false") || arguments.get("IsOnline") == Some(&json!(false));
    let user = arguments.text("userId");
    let hosts = arguments.list("HostName");
    let wanted = |account: &&Account| {
        (all || account.status == Status::Online)
            && (user.is_empty() || account.user_id == user)
            && (hosts.is_empty() || hosts.contains(&account.hostname))
    };
    let new_logins = quntool
        .logins
        .values()
        .map(|login| &login.account)
        .filter(|account| !quntool.accounts.contains_key(&account.wx_id));
    Ok(quntool.accounts.values().chain(new_logins).filter(wanted).map(Account::listed).collect())
}

/// Lists the memory that online accounts use, in KB.
pub(super) fn memory(quntool: &mut Quntool, _: &Arguments, _: u64) -> Reply {
    let online = quntool.accounts.values().filter(|account| account.status == Status::Online);
    let used = online.map(|account| {
        json!({
            "WxId": account.wx_id,
            "UserName": account.username,
            "HostName": account.hostname,
            "WxPid": account.process(),
            "Memory": 120_000 + account.process(),
        })
    });
    Ok(used.collect())
}

/// Lists the users.
pub(super) fn users(_: &mut Quntool, _: &Arguments, _: u64) -> Reply {
    let [main, other] = USERS;
    Ok(json!([
        {
            "id": other,
            "username": "小小",
            "createdAt": "2023-01-05 06:09:19",
            "phone": null,
            "avatar": "https://thirdwx.qlogo.cn/mmopen/vi_32/DYAIOgq83er3lCVkGuwNYfh0jq5micfk2PCJWQ6k0yic4/132",
            "Permissions": [2],
            "IsAdmin": false,
            "Remark": "",
        },
        {
            "id": main,
            "username": "眠羊",
            "createdAt": "2020-12-21 08:18:16",
            "phone": "18200003300",
            "avatar": null,
            "Permissions": [],
            "IsAdmin": true,
            "Remark": null,
        },
    ]))
}

impl Quntool {
    /// Finds the accounts of the containers that a call names.
    fn hosted(&mut self, arguments: &Arguments) -> Result<Vec<Account>, Refusal> {
        let hosts = arguments.list("hostname");
        let find = |host: &String| self.accounts.values().find(|account| account.hostname == *host).cloned();
        if self.closed {
            return hosts.iter().map(|host| find(host).ok_or_else(|| Refusal::unknown("hostname", host))).collect();
        }
        Ok(hosts.iter().filter_map(find).collect())
    }

    fn begin(&mut self, mut account: Account, at: u64) -> Value {
        let key = Uuid::new_v4().simple().to_string().to_uppercase();
        if account.status == Status::Online {
            account.status = Status::LoggingIn;
            account.hostname = hostname(&key);
        }
        self.tell_qr_code(&account, &key, SCANNED, at);
        self.tell_qr_code(&account, &key, CODE_REQUIRED, at);
        let shown = json!({
            "qrcode": format!("/gnapi/files/{}/{}/{}.jpg", day(at), key.to_lowercase(), Uuid::new_v4()),
            "hostname": account.hostname,
            "version": VERSION,
            "createtime": written(at),
            "wxPid": account.process(),
        });
        self.logins.insert(account.hostname.clone(), Login { account, key });
        shown
    }

    /// Tells the state of a QR code.
    fn tell_qr_code(&mut self, account: &Account, key: &str, status: i64, at: u64) {
        let mut body = event(account, "qrcode_status_msg", Values::new(), at);
        let own = json!({"qrcode_key": key, "status": status});
        if let Some(data) = body.get_mut("data") {
            *data = overlay(data.take(), own);
        }
        self.events.push(body);
    }

    fn go_offline(&mut self, account: &Account, status: Status, at: u64) {
        if let Some(account) = self.accounts.get_mut(&account.wx_id) {
            account.status = status;
        }
        self.tell(account, "user_offline", Values::new(), at);
    }

    fn come_back(&mut self, mut account: Account, at: u64) {
        account.status = Status::Online;
        self.tell(&account, "user_login", Values::new(), at);
        self.accounts.insert(account.wx_id.clone(), account);
    }
}
