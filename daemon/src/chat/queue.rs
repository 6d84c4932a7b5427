//! Whose wish is next?
//!
//! Fair queueing: the first wish of each person that waits comes before the second of anybody, so that a
//! newcomer waits for at most one of each other person. Within such a round the communities take turns.

use std::collections::{BTreeMap, HashMap};

use bot::chat::InvocationId;

/// The place of a wish: rounds go before places within a round, these before the order of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    round: u64,
    /// How many wishes of the same community come before it in its round.
    in_community: u32,
    arrival: u64,
}

/// Wishes that wait, in the order in which they are made.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: BTreeMap<Turn, InvocationId>,
    /// The last round in which a person has a wish.
    last: HashMap<Option<String>, u64>,
    /// How many wishes of a community were given a place in a round.
    placed: HashMap<(u64, Option<String>), u32>,
    /// The round of the wish that was taken last, and its place among those of its community.
    round: u64,
    place: u32,
    n_arrived: u64,
}

impl Queue {
    /// Puts a wish where it belongs.
    pub(crate) fn push(&mut self, id: InvocationId, asker: Option<&str>, community: Option<&str>) {
        let asker = asker.map(str::to_owned);
        let next = self.last.get(&asker).map_or(0, |last| last + 1);
        let round = next.max(self.round);
        self.last.insert(asker, round);
        let placed = self.placed.entry((round, community.map(str::to_owned))).or_default();
        // Who comes anew into a round takes turns with those who still wait in it.
        if round == self.round {
            *placed = (*placed).max(self.place);
        }
        let turn = Turn { round, in_community: *placed, arrival: self.n_arrived };
        *placed += 1;
        self.n_arrived += 1;
        self.waiting.insert(turn, id);
    }

    /// Takes the next wish.
    pub(crate) fn pop(&mut self) -> Option<InvocationId> {
        let (turn, id) = self.waiting.pop_first()?;
        self.place = turn.in_community;
        if turn.round > self.round {
            self.round = turn.round;
            self.last.retain(|_, last| *last >= turn.round);
            self.placed.retain(|(round, _), _| *round >= turn.round);
        }
        Some(id)
    }

    /// All that waits, the next first.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = InvocationId> + '_ {
        self.waiting.values().copied()
    }

    /// How many wishes wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(queue: &mut Queue, id: u64, listener: u64, community: &str) {
        queue.push(InvocationId(id), Some(&listener.to_string()), Some(community));
    }

    fn drain(queue: &mut Queue) -> Vec<u64> {
        std::iter::from_fn(|| queue.pop()).map(|id| id.0).collect()
    }

    #[test]
    fn a_newcomer_waits_for_one_wish_of_each_other_person_at_most() {
        let mut queue = Queue::default();
        for n in 0..30 {
            push(&mut queue, 100 * (n % 3) + n, n % 3, "a");
        }
        let before: Vec<u64> = (0..7).filter_map(|_| queue.pop()).map(|id| id.0 / 100).collect();
        assert_eq!(before, [0, 1, 2, 0, 1, 2, 0]);
        push(&mut queue, 999, 9, "a");
        let order = drain(&mut queue);
        let place = order.iter().position(|id| *id == 999).expect("it is made");
        let mut passed: Vec<u64> = order[..place].iter().map(|id| id / 100).collect();
        passed.sort_unstable();
        passed.dedup();
        assert_eq!(passed.len(), place, "one of each: {order:?}");
    }

    #[test]
    fn what_a_community_was_granted_before_is_not_held_against_its_newcomers() {
        let mut queue = Queue::default();
        for listener in 0..50 {
            push(&mut queue, listener, listener, "busy");
            assert_eq!(queue.pop(), Some(InvocationId(listener)));
        }
        for listener in 60..63 {
            push(&mut queue, listener, listener, "other");
        }
        push(&mut queue, 99, 99, "busy");
        let order = drain(&mut queue);
        assert!(order.iter().position(|id| *id == 99).is_some_and(|place| place <= 2), "{order:?}");
    }

    #[test]
    fn nobody_gets_ahead_by_asking_again_while_theirs_is_made() {
        let mut queue = Queue::default();
        push(&mut queue, 1, 1, "a");
        push(&mut queue, 2, 2, "a");
        assert_eq!(queue.pop(), Some(InvocationId(1)));
        push(&mut queue, 3, 1, "a");
        assert_eq!(drain(&mut queue), [2, 3]);
    }

    #[test]
    fn communities_take_turns() {
        let mut queue = Queue::default();
        for listener in 0..4 {
            push(&mut queue, listener, listener, "large");
        }
        push(&mut queue, 9, 9, "small");
        assert_eq!(drain(&mut queue), [0, 9, 1, 2, 3]);
    }
}
