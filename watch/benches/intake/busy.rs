//! How much of the machine did we take, and how much did others? As Linux counts it below `/proc`.

use std::fs::read_to_string;
use std::io;
use std::time::{Duration, Instant};

/// Length of the ticks in which Linux tells processor time to programs.
const TICK: f64 = 0.01;

/// The processor time spent until now.
pub(crate) struct Busy {
    at: Instant,
    /// Of everything on the machine, in seconds.
    all: f64,
    /// Of this process and those that help it, in seconds.
    ours: f64,
}

impl Busy {
    /// Of the machine, and of this process together with those of `pids`.
    pub(crate) fn now(pids: &[u32]) -> io::Result<Self> {
        let stat = read_to_string("/proc/stat")?;
        let line = stat.lines().next().unwrap_or_default();
        let ticks: Vec<f64> =
            line.split_whitespace().skip(1).filter_map(|t| t.parse().ok()).collect();
        // user, nice, system, then idle and waiting for disks, then interrupts and stolen time;
        // guests are counted in user already.
        let all = ticks.iter().take(3).sum::<f64>() + ticks.iter().skip(5).take(3).sum::<f64>();
        let mut ours = of_process("self")?;
        for pid in pids {
            ours += of_process(&pid.to_string())?;
        }
        Ok(Self { at: Instant::now(), all: all * TICK, ours: ours * TICK })
    }

    /// The share of `n_cores` that others took from `self` to `later`.
    pub(crate) fn share_of_others(&self, later: &Self, n_cores: usize) -> f64 {
        let others = (later.all - self.all) - (later.ours - self.ours);
        others / ((later.at - self.at).as_secs_f64() * n_cores as f64)
    }
}

/// Ticks of a process in its own code and in the kernel, all its threads together.
fn of_process(pid: &str) -> io::Result<f64> {
    let stat = read_to_string(format!("/proc/{pid}/stat"))?;
    // The name, in brackets, may hold anything; user and system time are the 14th and 15th field.
    let after_name = stat.rsplit_once(')').map_or("", |(_, after)| after);
    let ticks = after_name.split_whitespace().skip(11).take(2);
    Ok(ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum())
}

/// Processor time of this thread.
pub(crate) fn of_this_thread() -> io::Result<Duration> {
    let stat = read_to_string("/proc/thread-self/schedstat")?;
    let nanos = stat.split_whitespace().next().and_then(|nanos| nanos.parse().ok());
    nanos.map(Duration::from_nanos).ok_or_else(|| io::Error::other("no time in schedstat"))
}
