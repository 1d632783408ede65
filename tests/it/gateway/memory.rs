//! How much memory the host takes, as Linux tells it.

use super::Gateway;
use std::fs;

impl Gateway {
    /// Returns how many bytes the host holds, and begins to measure its peak anew.
    pub fn measure_memory(&self) -> u64 {
        // 5 sets the peak back to what is held now (proc_pid_clear_refs(5)).
        fs::write(format!("/proc/{}/clear_refs", self.host.id()), "5").expect("the peak can be set back");
        self.memory("VmRSS")
    }

    /// Returns the most bytes that the host held since [`Self::measure_memory`].
    pub fn peak_memory(&self) -> u64 {
        self.memory("VmHWM")
    }

    fn memory(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.host.id())).expect("the host runs");
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
        kilobytes.expect("Linux tells the memory") * 1_024
    }
}
