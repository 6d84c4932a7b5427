//! What do the tests of the intake drop, and where? Tests only.

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use watch::inbox::Found;

use super::take_in::{Cache, Taken, take_in};
use crate::config::Config;
use crate::context::Context;
use crate::home::Home;
use crate::store;

/// A home with the folder of genre `g` in its inbox.
pub(super) fn context(folder: &tempfile::TempDir) -> Context {
    let store = store::Settings { free_space_reserve_mb: 16, cache_mb: 16 };
    let config = Config { store, ..Config::default() };
    let context = Context::open(Home::new(folder.path().to_owned()), config).expect("a home");
    fs::create_dir_all(context.home.inbox().join("g")).expect("a folder");
    context
}

/// Drops a file into the folder of genre `g`.
pub(super) fn drop_in(context: &Context, name: &str, bytes: &[u8]) -> Found {
    let relative = Path::new("g").join(name);
    let path = context.home.inbox().join(&relative);
    fs::write(&path, bytes).expect("writable");
    let n_bytes = bytes.len() as u64;
    let kind = watch::inbox::Kind::File;
    Found { path, relative, genre: Some("g".to_owned()), kind, n_bytes }
}

/// Takes one file in.
pub(super) fn take(context: &Context, found: &Found) -> Taken {
    take_all(context, std::slice::from_ref(found))
}

/// Takes files in.
pub(crate) fn take_all(context: &Context, batch: &[Found]) -> Taken {
    take_in(context, &mut Cache::default(), batch, &AtomicBool::new(false))
}
