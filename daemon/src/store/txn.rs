//! How do several reads and writes become one step that happens wholly or not at all?
//!
//! A [`Txn`] collects writes in memory and reads through them, so that a step sees what it has done
//! so far. Only the writer thread makes transactions, one after the other; hence they never
//! conflict. Nothing here touches the disk except to read.

use std::collections::BTreeMap;

use super::codec::{Record, Tree, decode, encode};
use super::engine::Engine;
use super::error::Error;

/// A key and its value.
pub(super) type Pair = (Vec<u8>, Vec<u8>);
/// Keys and values, sorted by key.
pub(super) type Pairs = Vec<Pair>;
/// What a transaction changes; `None` removes.
pub(super) type Writes = BTreeMap<(Tree, Vec<u8>), Option<Vec<u8>>>;

/// Something records can be read from: the store as it is, or as a transaction would leave it.
pub(super) trait Read {
    /// The bytes at `key`.
    fn raw(&self, tree: Tree, key: &[u8]) -> Result<Option<Vec<u8>>, Error>;
    /// What lies at keys that begin with `prefix` and are `from` or later.
    fn raw_range(&self, tree: Tree, prefix: &[u8], from: &[u8]) -> Result<Pairs, Error>;
    /// The last entry whose key begins with `prefix`.
    fn raw_last(&self, tree: Tree, prefix: &[u8]) -> Result<Option<Pair>, Error>;

    /// The record at `key`.
    fn get<R: Record>(&self, tree: Tree, key: &[u8]) -> Result<Option<R>, Error> {
        self.raw(tree, key)?.map(|bytes| decode(tree, key, &bytes)).transpose()
    }

    /// All records whose keys begin with `prefix`, sorted by key.
    fn list<R: Record>(&self, tree: Tree, prefix: &[u8]) -> Result<Vec<(Vec<u8>, R)>, Error> {
        self.list_from(tree, prefix, prefix)
    }

    /// As [`Self::list`], beginning at the key `from`.
    fn list_from<R: Record>(
        &self,
        tree: Tree,
        prefix: &[u8],
        from: &[u8],
    ) -> Result<Vec<(Vec<u8>, R)>, Error> {
        let pairs = self.raw_range(tree, prefix, from)?;
        pairs.into_iter().map(|(key, v)| decode(tree, &key, &v).map(|r| (key, r))).collect()
    }

    /// The last record whose key begins with `prefix`.
    fn last<R: Record>(&self, tree: Tree, prefix: &[u8]) -> Result<Option<(Vec<u8>, R)>, Error> {
        let Some((key, bytes)) = self.raw_last(tree, prefix)? else { return Ok(None) };
        decode(tree, &key, &bytes).map(|record| Some((key, record)))
    }
}

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
