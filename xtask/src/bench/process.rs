//! What processes cost, as Linux counts it, and on which cores they run.

use std::fs;
use std::path::Path;
use std::process::{Command as Plain, Stdio};
use std::thread::{self, available_parallelism};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Command;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::{cargo, program};

/// The clock of `/proc/PID/stat`: `USER_HZ` is 100 on every Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// Which cores who runs on.
pub struct Cores(Option<(String, String)>);

impl Cores {
    /// Keeps this program, and with it the load and what stands behind the servers, on the upper half of the cores. Nobody
    /// is kept anywhere where there is one core, or no `taskset`.
    pub fn share() -> Result<Self> {
        let cores = available_parallelism().context("the number of cores is unknown")?.get();
        if cores < 2 || program::find("taskset").is_none() {
            return Ok(Self(None));
        }
        let half = cores / 2;
        let range = |first, last| if first == last { format!("{first}") } else { format!("{first}-{last}") };
        let (servers, load) = (range(0, half - 1), range(half, cores - 1));
        let this = std::process::id().to_string();
        cargo::run(Plain::new("taskset").args(["-a", "-c", "-p", &load, &this]).stdout(Stdio::null()))?;
        Ok(Self(Some((servers, load))))
    }

    /// Does a piece of work of this program on the lower half of the cores, where the servers run.
    pub async fn with_servers<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let servers = self.0.as_ref().map(|(servers, _)| servers.clone());
        // A thread of its own, for it stays where it is put.
        let thread = thread::spawn(move || {
            if let Some(servers) = servers {
                let this = fs::read_link("/proc/thread-self").context("a thread does not know itself")?;
                let this = this.file_name().context("a thread has no number")?;
                cargo::run(Plain::new("taskset").args(["-c", "-p", &servers]).arg(this).stdout(Stdio::null()))?;
            }
            work()
        });
        spawn_blocking(|| thread.join()).await?.map_err(|_| anyhow!("a piece of work panicked"))?
    }

    /// Keeps a server to the lower half of the cores.
    pub fn server(&self, command: Command) -> Command {
        let Some((servers, _)) = &self.0 else { return command };
        let mut kept = Command::new("taskset");
        kept.args(["-c", servers]).arg(command.as_std().get_program()).args(command.as_std().get_args());
        kept
    }

    /// Says who runs where.
    pub fn told(&self) -> String {
        match &self.0 {
            Some((servers, load)) => {
                format!("servers on core {servers}, load, platforms and subscriber on core {load}")
            }
            None => "servers and load on every core".to_owned(),
        }
    }
}

/// What a process and its children have used.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Seconds of processor time.
    pub seconds: f64,
    /// Resident memory now, in bytes.
    pub resident: u64,
    /// Bytes that were written to files.
    pub written: u64,
}

impl Usage {
    /// Reads what a process and its children have used. What has ended has used nothing.
    pub fn of(process: Pid) -> Self {
        let mut usage = Self::default();
        for process in tree(process) {
            usage.seconds += seconds(process).unwrap_or_default();
            usage.resident += 1_024 * field(process, "status", "VmRSS:").unwrap_or_default();
            usage.written += field(process, "io", "write_bytes:").unwrap_or_default();
        }
        usage
    }
}

/// Returns a process and all that it started.
pub fn tree(process: Pid) -> Vec<Pid> {
    let mut found = vec![process];
    let mut looked_at = 0;
    while let Some(parent) = found.get(looked_at).copied() {
        looked_at += 1;
        let threads = fs::read_dir(format!("/proc/{}/task", parent.as_raw_nonzero())).into_iter().flatten().flatten();
        for thread in threads {
            let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
            found.extend(children.split_whitespace().filter_map(|child| Pid::from_raw(child.parse().ok()?)));
        }
    }
    found
}

/// Reads user and system time: fields 14 and 15, counted from behind the name, which may hold anything.
fn seconds(process: Pid) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero())).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(|field| field.parse::<u64>().unwrap_or_default());
    Some(ticks.sum::<u64>() as f64 / TICKS_PER_SECOND)
}

fn field(process: Pid, file: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{}/{file}", process.as_raw_nonzero())).ok()?;
    text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

/// Counts the calls that wait for a disk, with strace, which slows a process down; none where there is no strace.
pub struct Syncs {
    strace: tokio::process::Child,
}

/// How long strace may take to attach.
const ATTACH: Duration = Duration::from_millis(300);

impl Syncs {
    /// Counts from now on, into a file.
    pub async fn start(process: Pid, log: &Path) -> Result<Option<Self>> {
        let Some(program) = program::find("strace") else { return Ok(None) };
        let mut command = Command::new(program);
        command.args(["-f", "-qq", "-e", "trace=fsync,fdatasync", "-o"]).arg(log);
        for process in tree(process) {
            command.arg("-p").arg(process.as_raw_nonzero().to_string());
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let strace = command.spawn().context("cannot run strace")?;
        sleep(ATTACH).await;
        Ok(Some(Self { strace }))
    }

    /// Returns the count.
    pub async fn stop(mut self, log: &Path) -> Result<u64> {
        if let Some(process) = self.strace.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)) {
            kill_process(process, Signal::INT).context("cannot stop strace")?;
        }
        self.strace.wait().await?;
        let calls = fs::read_to_string(log).context("strace wrote nothing")?;
        Ok(calls.lines().filter(|line| line.contains("sync(")).count() as u64)
    }
}

/// Names the machine: its processor, its cores, its memory, its system.
pub fn machine() -> String {
    let read = |file: &str| fs::read_to_string(file).unwrap_or_default();
    let value = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).and_then(|line| line.split_once(':'));
        line.map(|(_, value)| value.trim().to_owned()).unwrap_or_else(|| "unknown".to_owned())
    };
    let cores = available_parallelism().map_or(1, usize::from);
    let memory = value(&read("/proc/meminfo"), "MemTotal").trim_end_matches(" kB").parse().unwrap_or(0_u64) >> 20;
    let kernel = read("/proc/sys/kernel/osrelease");
    format!("{cores} × {}, {memory} GiB, Linux {}", value(&read("/proc/cpuinfo"), "model name"), kernel.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::getpid;

    #[test]
    fn what_a_process_started_counts_too() {
        let mut child = Plain::new("sleep").arg("60").spawn().unwrap();

        let (processes, usage) = (tree(getpid()), Usage::of(getpid()));

        child.kill().unwrap();
        child.wait().unwrap();
        let id = i32::try_from(child.id()).ok().and_then(Pid::from_raw).unwrap();
        assert!(processes.contains(&getpid()) && processes.contains(&id), "{processes:?}");
        assert!(usage.resident > 1_000_000, "{usage:?}");
    }
}
