//! How much of the processor do others take, and how much memory do we? As Linux says.

use std::fs::read_to_string;

/// Times of all processors and of the processes measured, in ticks.
pub(crate) struct Load {
    process: Option<u32>,
    busy: u64,
    total: u64,
    own: u64,
}

impl Load {
    /// The state now; `process` counts as ours.
    pub(crate) fn now(process: Option<u32>) -> Self {
        let stat = read_to_string("/proc/stat").unwrap_or_default();
        let line = stat.lines().next().unwrap_or_default();
        let ticks: Vec<u64> =
            line.split_whitespace().skip(1).take(8).filter_map(|n| n.parse().ok()).collect();
        let total: u64 = ticks.iter().sum();
        let idle: u64 = ticks.iter().skip(3).take(2).sum();
        let own = ticks_of("self") + process.map_or(0, |pid| ticks_of(&pid.to_string()));
        Self { process, busy: total - idle, total, own }
    }

    /// The share of the processor that others took since.
    pub(crate) fn foreign_since(&self) -> f64 {
        let now = Self::now(self.process);
        let foreign = (now.busy - self.busy).saturating_sub(now.own - self.own);
        foreign as f64 / (now.total - self.total).max(1) as f64
    }
}

fn ticks_of(process: &str) -> u64 {
    let stat = read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name, in parentheses, may hold anything.
    let rest = stat.rsplit(')').next().unwrap_or_default();
    rest.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum()
}

/// The most memory that this process has had, in bytes; 0 where it is not said.
pub(crate) fn peak_memory() -> u64 {
    let status = read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}
