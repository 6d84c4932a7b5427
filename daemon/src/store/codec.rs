//! How does a record become the bytes of one value?
//!
//! A value is a version byte, a CRC-32 of table, key, version and body, and the body as JSON. The
//! checksum covers table and key so that a value found in the wrong place is noticed too. Nothing
//! here touches the disk.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::Error;

/// The largest value, in bytes, header included.
///
/// sled keeps about 16 values a page and writes pages over 128 KiB as separate files, which it never
/// syncs; this bound keeps every page well below that.
pub(super) const MAX_VALUE: usize = 4096;
/// The largest key, in bytes.
pub(super) const MAX_KEY: usize = 320;
const HEADER: usize = 5;

/// A table of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tree {
    /// Schema version and counters.
    Meta,
    /// Song id → song.
    Songs,
    /// Genre, song id → state of the song.
    GenreSongs,
    /// Fingerprint, song id → nothing.
    Fingerprints,
    /// Move id → a file move that is still outstanding.
    Moves,
    /// Track id → track.
    Tracks,
    /// Genre, track id → nothing.
    GenreTracks,
    /// Message id → track id.
    Messages,
    /// Track id → nothing, while its post is unconfirmed.
    Posting,
    /// Hash of a file that was made elsewhere → the track that it is.
    TrackFiles,
    /// Track id, vote id → vote.
    Votes,
    /// Listener, track id, vote id → nothing.
    ListenerVotes,
    /// Genre, change number → the vote that changed last with that number.
    VoteChanges,
    /// Genre → the promotion in force.
    Current,
    /// Genre, number → promotion.
    Promotions,
    /// Genre, number → training cycle.
    Cycles,
    /// Genre, cycle, chunk → the weights used in that cycle.
    Weights,
    /// Listener → when all that was kept of him was removed.
    Forgotten,
    /// Question id → a question of the chat that waits for its answer.
    Jobs,
}

impl Tree {
    pub(super) const ALL: [Self; 19] = [
        Self::Meta,
        Self::Songs,
        Self::GenreSongs,
        Self::Fingerprints,
        Self::Moves,
        Self::Tracks,
        Self::GenreTracks,
        Self::Messages,
        Self::Posting,
        Self::TrackFiles,
        Self::Votes,
        Self::ListenerVotes,
        Self::VoteChanges,
        Self::Current,
        Self::Promotions,
        Self::Cycles,
        Self::Weights,
        Self::Forgotten,
        Self::Jobs,
    ];

    /// The name on disk; never changed once released.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Songs => "songs",
            Self::GenreSongs => "genre_songs",
            Self::Fingerprints => "fingerprints",
            Self::Moves => "moves",
            Self::Tracks => "tracks",
            Self::GenreTracks => "genre_tracks",
            Self::Messages => "messages",
            Self::Posting => "posting",
            Self::TrackFiles => "track_files",
            Self::Votes => "votes",
            Self::ListenerVotes => "listener_votes",
            Self::VoteChanges => "vote_changes",
            Self::Current => "current",
            Self::Promotions => "promotions",
            Self::Cycles => "cycles",
            Self::Weights => "weights",
            Self::Forgotten => "forgotten",
            Self::Jobs => "jobs",
        }
    }
}

/// Something that can be a value.
///
/// When the fields change, raise `VERSION` and let `upgrade` read the bodies of earlier versions.
pub(super) trait Record: Serialize + DeserializeOwned {
    /// The version written.
    const VERSION: u8 = 1;

    /// Reads the body of an earlier version.
    fn upgrade(version: u8, _body: &[u8]) -> Result<Self, String> {
        Err(format!("version {version} is unknown"))
    }
}

/// The value of an index entry: the key says it all.
impl Record for () {}
/// A counter.
impl Record for u64 {}

/// The bytes of `record` at `key`.
///
/// # Errors
/// [`Error::TooLarge`] when they are more than [`MAX_VALUE`], [`Error::BadValue`] for a key that is
/// too long.
pub(super) fn encode<R: Record>(tree: Tree, key: &[u8], record: &R) -> Result<Vec<u8>, Error> {
    if key.len() > MAX_KEY {
        let value = key_text(key);
        return Err(Error::BadValue { what: "key", value, allowed: "shorter names" });
    }
    let mut bytes = vec![R::VERSION, 0, 0, 0, 0];
    serde_json::to_writer(&mut bytes, record).map_err(|error| Error::BadValue {
        what: tree.name(),
        value: error.to_string(),
        allowed: "a record that JSON can hold",
    })?;
    if bytes.len() > MAX_VALUE {
        return Err(Error::TooLarge { tree: tree.name(), bytes: bytes.len(), most: MAX_VALUE });
    }
    let sum = checksum(tree, key, R::VERSION, &bytes[HEADER..]);
    bytes[1..HEADER].copy_from_slice(&sum.to_le_bytes());
    Ok(bytes)
}

/// The record in `bytes`, found at `key`.
///
/// # Errors
/// [`Error::Damaged`].
pub(super) fn decode<R: Record>(tree: Tree, key: &[u8], bytes: &[u8]) -> Result<R, Error> {
    let (version, body) = verify(tree, key, bytes)?;
    if version == R::VERSION {
        serde_json::from_slice(body).map_err(|error| damaged(tree, key, error.to_string()))
    } else {
        R::upgrade(version, body).map_err(|what| damaged(tree, key, what))
    }
}

/// Version and body, if the checksum holds.
///
/// # Errors
/// [`Error::Damaged`].
pub(super) fn verify<'a>(tree: Tree, key: &[u8], bytes: &'a [u8]) -> Result<(u8, &'a [u8]), Error> {
    let [version, a, b, c, d, body @ ..] = bytes else {
        return Err(damaged(tree, key, format!("{} bytes are too few", bytes.len())));
    };
    if checksum(tree, key, *version, body) != u32::from_le_bytes([*a, *b, *c, *d]) {
        return Err(damaged(tree, key, "the checksum is wrong".to_owned()));
    }
    Ok((*version, body))
}

fn checksum(tree: Tree, key: &[u8], version: u8, body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(tree.name().as_bytes());
    hasher.update(&(key.len() as u32).to_le_bytes());
    hasher.update(key);
    hasher.update(&[version]);
    hasher.update(body);
    hasher.finalize()
}

fn damaged(tree: Tree, key: &[u8], what: String) -> Error {
    Error::Damaged { tree: tree.name(), key: key_text(key), what }
}

fn key_text(key: &[u8]) -> String {
    key.escape_ascii().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flipped_bit_a_wrong_key_and_a_wrong_table_are_noticed() {
        let bytes = encode(Tree::Meta, b"a", &7_u64).expect("small");
        assert_eq!(decode::<u64>(Tree::Meta, b"a", &bytes), Ok(7));
        for i in 0..bytes.len() {
            for bit in 0..8 {
                let mut bad = bytes.clone();
                bad[i] ^= 1 << bit;
                let result = decode::<u64>(Tree::Meta, b"a", &bad);
                assert!(matches!(result, Err(Error::Damaged { .. })), "{result:?}");
            }
        }
        for len in 0..bytes.len() {
            assert!(decode::<u64>(Tree::Meta, b"a", &bytes[..len]).is_err());
        }
        assert!(decode::<u64>(Tree::Meta, b"b", &bytes).is_err());
        assert!(decode::<u64>(Tree::Songs, b"a", &bytes).is_err());
    }

    #[test]
    fn a_value_over_4_kib_is_an_error() {
        #[derive(serde::Serialize, serde::Deserialize)]
        struct Text(String);
        impl Record for Text {}
        let most = MAX_VALUE - HEADER - 2;
        assert!(encode(Tree::Meta, b"a", &Text("x".repeat(most))).is_ok());
        let result = encode(Tree::Meta, b"a", &Text("x".repeat(most + 1)));
        assert_eq!(result, Err(Error::TooLarge { tree: "meta", bytes: 4097, most: 4096 }));
        assert!(encode(Tree::Meta, &[b'x'; MAX_KEY + 1], &1_u64).is_err());
    }

    #[test]
    fn names_on_disk_differ() {
        let mut names: Vec<_> = Tree::ALL.iter().map(|tree| tree.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Tree::ALL.len());
        for (i, tree) in Tree::ALL.into_iter().enumerate() {
            assert_eq!(tree as usize, i);
        }
    }
}
