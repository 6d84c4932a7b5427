//! Under which name does a chat's listener vote?
//!
//! A name is made of the listener's id with a key that stays in the home. Who sees names, in the store, a
//! log, an answer or an export, neither knows whose they are nor can find out by trying all ids. Without
//! the key nobody's next reaction would meet the votes that he gave before, so it is made once and never
//! replaced while there are such votes.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use bot::chat::{InvocationId, ListenerId};
use hmac::{Hmac, Mac};
use rand::TryRngCore;
use sha2::Sha256;

use crate::store::{CHAT, Store};

/// Bytes of the key.
const KEY: usize = 32;
/// Characters that follow the prefix in a name: enough for 128 bits.
const LENGTH: usize = 22;
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Gives the chat's listeners their names.
#[derive(Clone)]
pub(crate) struct Listeners {
    key: Arc<[u8; KEY]>,
}

impl fmt::Debug for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listeners(hidden)")
    }
}

impl Listeners {
    /// The names in a store, with the key at `path`, which is made if none is needed yet. Names of earlier
    /// releases, which tell the ids, are replaced.
    ///
    /// # Errors
    /// Where the key with which the names were made is not there, and what cannot be read or written.
    pub(crate) fn open(path: &Path, store: &Store) -> anyhow::Result<Self> {
        let shown = path.display();
        let remedy = "it names the listeners whose votes are in the store, and nothing else can: restore \
                      it from a backup, where it is called listener.key";
        let listeners = match read(path)? {
            Some(key) => Self { key: Arc::new(key) },
            None if store.has_names()? => bail!("{shown} is missing; {remedy}"),
            None => Self { key: Arc::new(make(path)?) },
        };
        let mark = listeners.mark();
        match store.key_mark()? {
            Some(known) if known == mark => {}
            Some(_) if store.has_names()? => {
                bail!("{shown} is not the key of this store; {remedy}")
            }
            _ => store.set_key_mark(mark)?,
        }
        let n_named = store.name_listeners(|id| listeners.name(ListenerId(id)))?;
        if n_named > 0 {
            tracing::info!(n_named, "listeners' ids were replaced by names that do not tell them");
        }
        Ok(listeners)
    }

    /// The name under which a chat's listener votes and is on record.
    pub(crate) fn name(&self, listener: ListenerId) -> String {
        let mut number = u128::from_be_bytes(self.hash(&listener.0.to_string()));
        let mut name = CHAT.to_owned();
        for _ in 0..LENGTH {
            name.push(char::from(DIGITS[(number % 62) as usize]));
            number /= 62;
        }
        name
    }

    /// The name that is meant by one with the listener's id, as people know it; else the same.
    pub(crate) fn meant_by(&self, name: &str) -> String {
        let id = name.strip_prefix(CHAT).and_then(|id| id.parse().ok());
        id.map_or_else(|| name.to_owned(), |id| self.name(ListenerId(id)))
    }

    /// A listener's id as what waits for an answer keeps it, sealed for one question.
    pub(crate) fn seal(&self, listener: ListenerId, question: InvocationId) -> u64 {
        listener.0 ^ self.pad(question)
    }

    /// The listener whose id was sealed for a question.
    pub(crate) fn unseal(&self, sealed: u64, question: InvocationId) -> ListenerId {
        ListenerId(sealed ^ self.pad(question))
    }

    /// A number that only the key tells, used for one question.
    fn pad(&self, question: InvocationId) -> u64 {
        (u128::from_be_bytes(self.hash(&format!("who asks {question}"))) >> 64) as u64
    }

    /// A number by which a store knows its key again.
    fn mark(&self) -> u64 {
        (u128::from_be_bytes(self.hash("the key of a store")) >> 64) as u64
    }

    fn hash(&self, text: &str) -> [u8; 16] {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.key[..]).expect("a key of any length is allowed");
        mac.update(text.as_bytes());
        let hash: [u8; 32] = mac.finalize().into_bytes().into();
        std::array::from_fn(|idx| hash[idx])
    }
}

/// The key, if there is one.
fn read(path: &Path) -> anyhow::Result<Option<[u8; KEY]>> {
    let text = match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        text => text.with_context(|| format!("reading {}", path.display()))?,
    };
    let text = String::from_utf8_lossy(&text);
    let key = blake3::Hash::from_hex(text.trim()).map(|digits| *digits.as_bytes());
    key.map(Some).map_err(|_| {
        anyhow::anyhow!(
            "{} is damaged: restore it from a backup, where it is called listener.key",
            path.display()
        )
    })
}

/// Makes a key that nobody can guess.
fn make(path: &Path) -> anyhow::Result<[u8; KEY]> {
    let mut key = [0; KEY];
    rand::rngs::OsRng.try_fill_bytes(&mut key).context("asking the system for a random key")?;
    keep(path, &format!("{}\n", blake3::Hash::from(key).to_hex()))?;
    Ok(key)
}

/// Copies the key to where none is, or another.
///
/// # Errors
/// What cannot be read or written.
pub(crate) fn copy_key(from: &Path, to: &Path) -> anyhow::Result<u64> {
    let text = fs::read_to_string(from).with_context(|| format!("reading {}", from.display()))?;
    keep(to, &text)?;
    Ok(text.len() as u64)
}

/// Writes a file that only its owner reads, so that it is there wholly or not at all.
fn keep(path: &Path, text: &str) -> anyhow::Result<()> {
    let partial = path.with_extension("partial");
    let write = || -> std::io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&partial)?;
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&partial, path)?;
        path.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
    };
    write().with_context(|| format!("writing {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::posting::tests::track;
    use crate::store::{Settings, TrackId, Vote};

    fn store(folder: &Path) -> Store {
        let settings = Settings { free_space_reserve_mb: 16, cache_mb: 16 };
        Store::open(&folder.join("store"), &settings, 1).expect("it opens")
    }

    fn vote(store: &Store, listener: &str) {
        let id = store.add_new_track(|_| track()).expect("added");
        let (listener, emoji) = (listener.to_owned(), "👍".to_owned());
        let vote = Vote { listener, emoji, value: 1.0, weight: 1.0, at_ms: 1, removed_at_ms: None };
        store.add_vote(id, vote).expect("voted");
    }

    #[test]
    fn a_name_is_the_same_for_ever_and_tells_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let (store, path) = (store(folder.path()), folder.path().join("listener.key"));
        let first = Listeners::open(&path, &store).expect("made");
        let id = ListenerId(175_928_847_299_117_063);
        let name = first.name(id);
        assert_eq!(Listeners::open(&path, &store).expect("read").name(id), name);
        let rest = name.strip_prefix("discord:").expect("the prefix");
        assert!(rest.len() == 22 && rest.chars().all(|c| c.is_ascii_alphanumeric()), "{name}");
        assert_ne!(name, first.name(ListenerId(id.0 + 1)));
        assert_eq!(first.meant_by("discord:175928847299117063"), name);
        assert_eq!(
            [first.meant_by(&name), first.meant_by("ann")],
            [name.clone(), "ann".to_owned()]
        );
        assert!(!format!("{first:?} {id:?}").contains("175928847299117063"));
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        // Another installation has other names.
        let other = folder.path().join("other.key");
        fs::remove_file(&path).expect("no name is kept yet");
        assert_ne!(Listeners::open(&other, &store).expect("made").name(id), name);
    }

    #[test]
    fn names_are_those_of_the_published_function() {
        // HMAC-SHA256 with 32 bytes of 0x0b over "Hi There" begins with these 16 bytes, by OpenSSL.
        let listeners = Listeners { key: Arc::new([0x0b; KEY]) };
        let hash = listeners.hash("Hi There");
        assert_eq!(
            hash.map(|byte| format!("{byte:02x}")).concat(),
            "198a607eb44bfbc69903a0f1cf2bbdc5"
        );
    }

    #[test]
    fn a_store_of_an_earlier_release_tells_no_id_any_more() {
        let folder = tempfile::tempdir().expect("a folder");
        let (store, path) = (store(folder.path()), folder.path().join("listener.key"));
        vote(&store, "discord:175928847299117063");
        vote(&store, "ann");
        store.age(1);
        let listeners = Listeners::open(&path, &store).expect("a key is made");
        let name = listeners.name(ListenerId(175_928_847_299_117_063));
        let names = || {
            let of = |id| store.votes_of(TrackId(id)).expect("readable").remove(0).listener;
            [of(1), of(2)]
        };
        assert_eq!(names(), [name, "ann".to_owned()]);
        let named = names();
        Listeners::open(&path, &store).expect("and read");
        assert_eq!(names(), named);
    }

    #[test]
    fn a_key_that_is_needed_is_never_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let (store, path) = (store(folder.path()), folder.path().join("listener.key"));
        let listeners = Listeners::open(&path, &store).expect("made");
        vote(&store, &listeners.name(ListenerId(5)));
        let key = fs::read(&path).expect("there");
        let refused = |what: &str| {
            let error = format!("{:#}", Listeners::open(&path, &store).expect_err("refused"));
            assert!(error.contains(what) && error.contains("from a backup"), "{error}");
        };
        fs::remove_file(&path).expect("there");
        refused("listener.key is missing");
        assert!(!path.exists());
        make(&path).expect("made");
        refused("is not the key");
        fs::write(&path, "no key").expect("written");
        refused("damaged");
        fs::write(&path, key).expect("restored");
        let again = Listeners::open(&path, &store).expect("read");
        assert_eq!(again.name(ListenerId(5)), listeners.name(ListenerId(5)));
        assert_eq!(store.votes_of(TrackId(1)).map(|votes| votes.len()), Ok(1));
    }
}
