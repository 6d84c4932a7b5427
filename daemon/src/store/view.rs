//! From what can records be read?
//!
//! From the open store, and from a step in the making, which shows what it would leave behind.

use std::collections::BTreeMap;

use super::codec::{Record, Tree, decode};
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
