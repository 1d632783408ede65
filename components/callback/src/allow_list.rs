//! Whose callbacks are taken. Quntool signs nothing: beside the token in the path, its container and its account tell
//! whether a callback is one of ours.

use crate::envelope::Envelope;
use contract::Problem;
use runtime::log::{self, Level};
use surface::Refusal;

/// The variables `callback_sources` and `callback_accounts`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct AllowList {
    sources: Vec<String>,
    accounts: Vec<String>,
}

impl AllowList {
    /// Reads the two variables: JSON lists of container ids and of account ids; an empty one allows all. The error names
    /// the variable.
    pub fn parse(sources: &str, accounts: &str) -> Result<Self, String> {
        Ok(Self { sources: list("callback_sources", sources)?, accounts: list("callback_accounts", accounts)? })
    }

    /// Refuses a callback of a container or an account that is not listed.
    ///
    /// A callback that names no account, as that of a QR code which nobody has scanned, is vouched for by its container
    /// where containers are listed.
    pub fn check(&self, envelope: &Envelope) -> Result<(), Refusal> {
        let is_listed = |list: &[String], id: &Option<String>| id.as_ref().is_some_and(|id| list.contains(id));
        let vouched = !self.sources.is_empty() && envelope.account.is_none();
        if !self.sources.is_empty() && !is_listed(&self.sources, &envelope.source) {
            return Err(refuse("source", "callback_sources", &envelope.source));
        }
        if !self.accounts.is_empty() && !vouched && !is_listed(&self.accounts, &envelope.account) {
            return Err(refuse("wxid", "callback_accounts", &envelope.account));
        }
        Ok(())
    }
}

/// Refuses a callback because of one of its fields, and tells the operator.
fn refuse(field: &str, variable: &str, id: &Option<String>) -> Refusal {
    let id = id.as_deref().unwrap_or_default();
    log::write(Level::Warn, "a callback was refused", &[("field", field), ("value", id), ("not in", variable)]);
    Refusal::new(Problem::CallbackNotAllowed, format!("{field} 不在变量 {variable} 中")).of_field(field)
}

fn list(variable: &str, json: &str) -> Result<Vec<String>, String> {
    if json.trim().is_empty() {
        return Ok(Vec::new());
    }
    serde_json::from_str(json).map_err(|_| format!("变量 {variable} 不是 JSON 字符串数组"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn is_taken(list: &AllowList, callback: Value) -> bool {
        list.check(&Envelope::read(callback.to_string().as_bytes()).unwrap()).is_ok()
    }

    #[test]
    fn empty_lists_take_all() {
        for (sources, accounts) in [("", ""), ("[]", " [ ] ")] {
            let list = AllowList::parse(sources, accounts).unwrap();
            assert!(is_taken(&list, json!({})) && is_taken(&list, json!({"source": "a", "wxid": "b"})));
        }
    }

    #[test]
    fn a_list_takes_only_what_stands_in_it() {
        let list = AllowList::parse(r#"["a","b"]"#, r#"["168"]"#).unwrap();
        assert!(is_taken(&list, json!({"source": "b", "wxid": "168"})));
        assert!(is_taken(&list, json!({"source": "b", "wxid": 168})));
        assert!(is_taken(&list, json!({"source": "a", "wxid": ""})), "its container vouches for it");
        for callback in [
            json!({}),
            json!({"source": "c", "wxid": "168"}),
            json!({"source": "a", "wxid": "169"}),
            json!({"wxid": "168"}),
            json!({"source": "", "wxid": "168"}),
            json!({"source": "A", "wxid": "168"}),
            json!({"source": ["a"], "wxid": "168"}),
        ] {
            assert!(!is_taken(&list, callback.clone()), "{callback}");
        }
    }

    #[test]
    fn without_listed_containers_a_callback_must_name_its_account() {
        let list = AllowList::parse("", r#"["168"]"#).unwrap();
        assert!(is_taken(&list, json!({"wxid": "168"})));
        assert!(!is_taken(&list, json!({"source": "a"})) && !is_taken(&list, json!({"wxid": null})));
        assert!(is_taken(&list, json!({"type": "qrcode_status_msg", "wxid": "", "data": {"vid": "168"}})));
    }

    #[test]
    fn a_list_that_is_none_is_named() {
        for (sources, accounts, name) in
            [("a", "", "callback_sources"), ("{}", "[]", "callback_sources"), ("[]", "[1]", "callback_accounts")]
        {
            assert!(AllowList::parse(sources, accounts).unwrap_err().contains(name));
        }
    }
}
