//! What the rules say of a file that a message names, where the gateway knows the file: it was uploaded through it.

use super::internal;
use crate::{
    bindings::exports::wecom::gateway::types::{Failure, System},
    ledger::upload,
    platform::{Prepared, invalid},
};
use contract::{System as Documents, catalog, endpoint::Rule, quntool::files};
use store::Sql;

/// Refuses a message whose file breaks a rule of its row in the endpoint table, naming the parameter.
pub fn check(sql: &impl Sql, prepared: &Prepared) -> Result<(), Failure> {
    if prepared.system != System::Quntool {
        return Ok(());
    }
    let parameters = catalog::message(Documents::Quntool, &prepared.kind).map_or(&[][..], |row| row.parameters);
    for parameter in parameters.iter().filter(|parameter| parameter.rules.iter().any(Rule::is_about_the_file)) {
        let address = prepared.body.get(parameter.name).and_then(serde_json::Value::as_str);
        let Some(path) = address.and_then(files::path_of) else { continue };
        let Some(uploaded) = upload::find(sql, &path).map_err(internal)? else { continue };
        for rule in parameter.rules {
            files::check(*rule, uploaded).map_err(|reason| invalid(parameter.name, &reason))?;
        }
    }
    Ok(())
}
