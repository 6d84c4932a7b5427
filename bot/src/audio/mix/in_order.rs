//! How is work done on all cores and its results used in order, while the next are on their way?

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc;

/// Fills a value for each of `n` pieces on all cores, and gives the values to `next` in the order of the
/// pieces, as soon as each is there.
///
/// Values are used again for later pieces: new memory would cost more than what is done in it. There are
/// never more than two beyond the number of threads, so that memory stays small.
///
/// # Panics
/// If `work` does.
pub(super) fn each<T: Default + Send>(
    n: usize,
    work: impl Fn(usize, &mut T) + Sync,
    mut next: impl FnMut(&T),
) {
    let n_at_once = (rayon::current_num_threads() + 2).min(n);
    let (done, arriving) = mpsc::channel();
    rayon::in_place_scope(|scope| {
        let work = &work;
        let begin = |index: usize, mut value: T| {
            let done = done.clone();
            scope.spawn(move |_| {
                let worked = catch_unwind(AssertUnwindSafe(|| work(index, &mut value)));
                // Nobody waits any more if another piece has panicked.
                let _ = done.send(worked.map(|()| (index, value)));
            });
        };
        (0..n_at_once).for_each(|index| begin(index, T::default()));
        let (mut begun, mut due) = (n_at_once, 0);
        let mut waiting = BTreeMap::new();
        while due < n {
            let Ok(arrived) = arriving.recv() else { break };
            let (index, value) = arrived.unwrap_or_else(|panic| resume_unwind(panic));
            waiting.insert(index, value);
            while let Some(value) = waiting.remove(&due) {
                next(&value);
                due += 1;
                if begun < n {
                    begin(begun, value);
                    begun += 1;
                }
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_used_in_order_and_few_values_do() {
        let mut heard = Vec::new();
        let n_made = std::sync::atomic::AtomicUsize::new(0);
        let work = |index: usize, value: &mut Option<usize>| {
            if value.is_none() {
                n_made.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
            *value = Some(index * index);
        };
        each(300, work, |value: &Option<usize>| heard.push(value.unwrap_or(0)));
        assert!(heard.iter().enumerate().all(|(index, value)| *value == index * index));
        assert_eq!(heard.len(), 300);
        assert!(n_made.into_inner() <= rayon::current_num_threads() + 2);
        each(0, |_, _: &mut u8| (), |_| panic!("there is none"));
    }

    #[test]
    fn a_panic_is_passed_on_and_nobody_waits_for_ever() {
        let fails = || each(50, |index, _: &mut u8| assert!(index != 7, "seven"), |_| ());
        assert!(catch_unwind(fails).is_err());
    }
}
