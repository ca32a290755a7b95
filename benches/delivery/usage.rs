//! What processes used, as the kernel counts it in `/proc`.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};

use crate::bench::count;
use crate::outcome::Result;

/// Clock ticks a second in `/proc/<pid>/stat`: 100 on every Linux that Rust runs on (`USER_HZ`).
const TICKS: f64 = 100.0;

/// A line of `/proc/<pid>/stat`, as far as it matters here.
#[derive(Debug, Clone, Copy)]
struct Stat {
    parent: u32,
    own: f64,
    /// Of children that have ended and were waited for.
    children: f64,
}

/// Seconds of user and system time of one process.
pub(crate) fn cpu(pid: u32) -> Result<f64> {
    Ok(stat(pid)?.own)
}

/// Seconds of user and system time of a process and all its children, also of those that have ended.
pub(crate) fn cpu_of_family(parent: u32) -> Result<f64> {
    // One that ends while we look is counted with its parent's children next time.
    let used = family(parent)?.into_iter().filter_map(|pid| stat(pid).ok());
    Ok(used.map(|stat| stat.own + stat.children).sum())
}

/// Sends a signal to a process and all its children.
pub(crate) fn signal_family(parent: u32, signal: Signal) -> Result<()> {
    for pid in family(parent)? {
        if let Some(pid) = Pid::from_raw(i32::try_from(pid)?) {
            // A child may have ended meanwhile.
            let _ = kill_process(pid, signal);
        }
    }
    Ok(())
}

/// A process, which must run, and its children.
fn family(parent: u32) -> Result<Vec<u32>> {
    stat(parent)?;
    let mut found = vec![parent];
    for entry in fs::read_dir("/proc")?.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if stat(pid).is_ok_and(|child| child.parent == parent) {
            found.push(pid);
        }
    }
    Ok(found)
}

/// Most memory that a process ever had resident, and what it has now; in MB.
pub(crate) fn resident_mb(pid: u32) -> Result<(f64, f64)> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.split_whitespace().next().and_then(|kb| kb.parse::<f64>().ok()).unwrap_or_default() * 1024.0 / 1e6
    };
    Ok((field("VmHWM:"), field("VmRSS:")))
}

fn stat(pid: u32) -> Result<Stat> {
    let line = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name before may hold spaces and parentheses; what follows the last one does not.
    let fields: Vec<&str> = line.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|ticks| ticks.parse::<u64>().ok()).unwrap_or_default();
    let time = |ticks: u64| count(ticks) / TICKS;
    Ok(Stat {
        parent: u32::try_from(ticks(1)).unwrap_or_default(),
        own: time(ticks(11) + ticks(12)),
        children: time(ticks(13) + ticks(14)),
    })
}
