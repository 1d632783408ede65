//! What guests asked of the host, as it tells on SIGUSR1.

use super::{Gateway, eventually};
use crate::PATIENCE;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

impl Gateway {
    /// Returns how often guests called the host so far, by the names of `host::Metrics`.
    pub async fn host_calls(&self) -> Value {
        let before = self.reports().len();
        let process = i32::try_from(self.host.id()).ok().and_then(Pid::from_raw).expect("the host has an id");
        kill_process(process, Signal::USR1).expect("the host can be asked");
        eventually("the host tells", PATIENCE, async || self.reports().into_iter().nth(before)).await
    }

    fn reports(&self) -> Vec<Value> {
        let printed = self.printed();
        printed.lines().filter_map(|line| serde_json::from_str(line).ok()).filter(is_report).collect()
    }
}

fn is_report(line: &Value) -> bool {
    line.get("key_value_writes").is_some()
}
