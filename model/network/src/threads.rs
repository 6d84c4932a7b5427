//! How is work divided among the cores?

use std::ops::Range;

/// Cores to use; always the same on a machine, as the number enters the last digits of gradients.
pub(crate) fn n_cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The lanes divided among `n` threads, at least four a share.
pub(crate) fn shares(n_lanes: usize, n: usize) -> Vec<Range<usize>> {
    let n_shares = n.min(n_lanes / 4).max(1);
    (0..n_shares).map(|idx| n_lanes * idx / n_shares..n_lanes * (idx + 1) / n_shares).collect()
}

/// Does every job on a thread of its own, the first on this one. Starting a thread takes some 30 µs,
/// a step of training milliseconds.
pub(crate) fn on_threads<J: Send, R: Send>(jobs: Vec<J>, work: impl Fn(J) -> R + Sync) -> Vec<R> {
    let mut jobs = jobs.into_iter();
    let Some(first) = jobs.next() else { return Vec::new() };
    std::thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = jobs.map(|job| scope.spawn(move || work(job))).collect();
        let mut results = vec![work(first)];
        for thread in threads {
            results.push(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        results
    })
}
