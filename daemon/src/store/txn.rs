//! How do several reads and writes become one step that happens wholly or not at all?
//!
//! A [`Txn`] collects writes in memory and reads through them, so that a step sees what it has done
//! so far. Only the writer thread makes transactions, one after the other; hence they never
//! conflict. Nothing here touches the disk except to read.

use std::collections::BTreeMap;

use super::codec::{Record, Tree, encode};
use super::engine::Engine;
use super::error::Error;
use super::view::{Pair, Pairs, Read, Writes};

/// A step in the making.
pub(super) struct Txn<'a> {
    base: &'a Engine,
    writes: Writes,
}

impl<'a> Txn<'a> {
    /// A step that has done nothing yet.
    pub(super) fn new(base: &'a Engine) -> Self {
        Self { base, writes: Writes::new() }
    }

    /// Sets the record at `key`.
    pub(super) fn put<R: Record>(
        &mut self,
        tree: Tree,
        key: Vec<u8>,
        record: &R,
    ) -> Result<(), Error> {
        let bytes = encode(tree, &key, record)?;
        self.writes.insert((tree, key), Some(bytes));
        Ok(())
    }

    /// Removes what is at `key`, if anything.
    pub(super) fn delete(&mut self, tree: Tree, key: Vec<u8>) {
        self.writes.insert((tree, key), None);
    }

    /// The next number of a counter; the first is 1.
    pub(super) fn next(&mut self, counter: &str) -> Result<u64, Error> {
        let last = self.get::<u64>(Tree::Meta, counter.as_bytes())?.unwrap_or(0);
        self.put(Tree::Meta, counter.into(), &(last + 1))?;
        Ok(last + 1)
    }

    /// All it wants to change.
    pub(super) fn into_writes(self) -> Writes {
        self.writes
    }
}

impl Read for Txn<'_> {
    fn raw(&self, tree: Tree, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        match self.writes.get(&(tree, key.to_vec())) {
            Some(written) => Ok(written.clone()),
            None => self.base.raw(tree, key),
        }
    }

    fn raw_range(&self, tree: Tree, prefix: &[u8], from: &[u8]) -> Result<Pairs, Error> {
        let mut found: BTreeMap<_, _> =
            self.base.raw_range(tree, prefix, from)?.into_iter().collect();
        let own = self.writes.range((tree, from.to_vec())..);
        for ((_, key), value) in own.take_while(|((t, k), _)| *t == tree && k.starts_with(prefix)) {
            match value {
                Some(value) => found.insert(key.clone(), value.clone()),
                None => found.remove(key),
            };
        }
        Ok(found.into_iter().collect())
    }

    fn raw_last(&self, tree: Tree, prefix: &[u8]) -> Result<Option<Pair>, Error> {
        Ok(self.raw_range(tree, prefix, prefix)?.pop())
    }
}
