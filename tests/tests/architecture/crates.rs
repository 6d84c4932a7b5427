//! Do crates and outside libraries meet only where they may?

use std::collections::{BTreeMap, BTreeSet};

use crate::imports::crates_named;
use crate::workspace::{manifest_of, members, name_of, parse, sources};

/// Which of our crates may know which: the arrows of ARCHITECTURE.md, top down.
const ARROWS: [(&str, &[&str]); 9] = [
    ("daemon", &["bot", "bounds", "composer", "music", "network", "taste", "watch"]),
    ("watch", &["bounds", "durable", "music"]),
    ("bot", &["bounds", "music"]),
    ("composer", &["bounds", "durable", "music", "network", "taste"]),
    ("taste", &["bounds", "music"]),
    ("network", &["bounds", "durable"]),
    ("music", &["bounds"]),
    ("bounds", &[]),
    ("durable", &[]),
];

/// Outside libraries by their name in code, and the start of the paths that alone may use them.
const OWNERS: [(&str, &str); 16] = [
    ("atomic_write_file", "model/durable/"),
    ("candle_core", "model/network/src/plain/"),
    ("candle_nn", "model/network/src/plain/"),
    ("midly", "model/music/src/midi"),
    ("notify", "watch/src/inbox"),
    ("reqwest", "bot/src/discord"),
    ("serenity", "bot/src/discord"),
    ("opus_rs", "bot/src/audio"),
    ("rustysynth", "bot/src/audio"),
    ("ogg", "bot/src/audio"),
    ("ebur128", "bot/src/audio"),
    ("tiny_skia", "bot/src/picture"),
    ("ab_glyph", "bot/src/picture"),
    ("sled", "daemon/src/store"),
    ("hmac", "daemon/src/listeners"),
    ("sha2", "daemon/src/listeners"),
];

/// What only tests and examples of a crate may know besides: the examples of `composer` read songs as
/// the intake does.
const TEST_ARROWS: [(&str, &str); 1] = [("composer", "watch")];

#[test]
fn crates_depend_on_each_other_only_along_the_arrows() {
    let crates: BTreeSet<String> = members().iter().map(|path| name_of(path).to_owned()).collect();
    let drawn: BTreeSet<String> =
        ARROWS.iter().map(|(name, _)| (*name).to_owned()).chain(["tests".to_owned()]).collect();
    assert_eq!(crates, drawn, "the workspace has other members than the ones drawn in ARROWS");
    for (name, allowed) in ARROWS {
        let allowed: BTreeSet<&str> = allowed.iter().copied().collect();
        let manifest = manifest_of(name);
        let ours = |table: &str| -> BTreeSet<String> {
            let names = manifest.get(table).and_then(toml::Value::as_table);
            let names = names.into_iter().flat_map(toml::Table::keys).cloned();
            names.filter(|dependency| crates.contains(dependency)).collect()
        };
        let found = ours("dependencies");
        assert!(
            found.iter().map(String::as_str).eq(allowed.iter().copied()),
            "{name} depends on {found:?}, but {allowed:?} is drawn: send the data through `daemon` \
             instead, or change ARROWS and ARCHITECTURE.md on purpose"
        );
        for table in ["dev-dependencies", "build-dependencies"] {
            let more = ours(table);
            assert!(
                more.iter().all(|dependency| {
                    allowed.contains(dependency.as_str())
                        || TEST_ARROWS.contains(&(name, dependency.as_str()))
                }),
                "{name} has {more:?} under {table}: a test of two crates together belongs in `tests`"
            );
        }
    }
}

#[test]
fn each_outside_library_has_one_owner() {
    let mut used: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for path in sources().into_iter().filter(|path| path.contains("/src/")) {
        let named = crates_named(&parse(&path));
        for (library, _) in OWNERS.iter().filter(|(library, _)| named.contains(*library)) {
            used.entry(*library).or_default().push(path.clone());
        }
    }
    for (library, owner) in OWNERS {
        let users = used.remove(library).unwrap_or_default();
        let strangers: Vec<&String> =
            users.iter().filter(|path| !path.starts_with(owner)).collect();
        assert!(
            strangers.is_empty(),
            "{strangers:?} use {library}, which only {owner}* may: ask the owner for a function \
             that says what you need in our own types"
        );
        assert!(
            !users.is_empty() || !is_dependency(library),
            "nothing under {owner}* uses {library} any more: remove it from Cargo.toml, or correct \
             OWNERS"
        );
    }
}

/// Whether any member that is shipped lists the library in its manifest.
fn is_dependency(library: &str) -> bool {
    ARROWS.iter().any(|(name, _)| {
        let manifest = manifest_of(name);
        let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table);
        dependencies.is_some_and(|names| names.keys().any(|name| name.replace('-', "_") == library))
    })
}
