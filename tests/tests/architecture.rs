//! Is the code still built the way ARCHITECTURE.md draws it?
//!
//! Crate dependencies, owners of outside libraries, the map of files, the top level, and the two
//! habits that every file keeps. Reads sources as text; compiles and runs nothing of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which of our crates may know which: the arrows of ARCHITECTURE.md, top down.
const ARROWS: [(&str, &[&str]); 9] = [
    ("daemon", &["bot", "bounds", "composer", "music", "network", "taste", "watch"]),
    ("watch", &["bounds", "durable", "music"]),
    ("bot", &["bounds", "music"]),
    ("composer", &["bounds", "durable", "music", "network", "taste"]),
    ("taste", &["music"]),
    ("network", &["bounds", "durable"]),
    ("music", &["bounds"]),
    ("bounds", &[]),
    ("durable", &[]),
];

/// Outside libraries by their name in code, and the start of the paths that alone may use them.
const OWNERS: [(&str, &str); 13] = [
    ("atomic_write_file", "model/durable/"),
    ("candle_core", "model/network/"),
    ("candle_nn", "model/network/src/"),
    ("midly", "model/music/src/midi"),
    ("notify", "watch/src/inbox"),
    ("serenity", "bot/src/discord"),
    ("opus_rs", "bot/src/audio"),
    ("rustysynth", "bot/src/audio"),
    ("ogg", "bot/src/audio"),
    ("ebur128", "bot/src/audio"),
    ("tiny_skia", "bot/src/picture"),
    ("ab_glyph", "bot/src/picture"),
    ("sled", "daemon/src/store"),
];

/// What only tests and examples of a crate may know besides: the examples of `composer` read songs as the
/// intake does.
const TEST_ARROWS: [(&str, &str); 1] = [("composer", "watch")];

/// What the top level holds besides dot-files.
const TOP_LEVEL: [&str; 13] = [
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "bot",
    "daemon",
    "model",
    "systemd",
    "tests",
    "watch",
];

const MAX_LINES: usize = 500;

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
        let code = code_of(&read(&path));
        for (library, _) in OWNERS.iter().filter(|(library, _)| names_crate(&code, library)) {
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
            "nothing under {owner}* uses {library} any more: remove it from Cargo.toml, or correct OWNERS"
        );
    }
}

#[test]
fn the_map_names_every_file_and_no_other() {
    let map = read("ARCHITECTURE.md");
    let (named, missing) = named_in(&map, &members());
    assert!(
        missing.is_empty(),
        "ARCHITECTURE.md names {missing:?}, which do not exist: correct or remove these lines"
    );
    let unnamed: Vec<String> = sources()
        .into_iter()
        .filter(|path| path.contains("/src/"))
        .map(|path| path.strip_suffix("mod.rs").map(str::to_owned).unwrap_or(path))
        .filter(|path| !named.contains(path))
        .collect();
    assert!(
        unnamed.is_empty(),
        "ARCHITECTURE.md says nothing about {unnamed:?}: give each a line that begins with its path \
         in backticks, from the top (`model/music/src/score.rs`) or, under the crate's heading, from its \
         src (`score.rs`); a mod.rs goes by its folder (`midi/`)"
    );
}

#[test]
fn the_top_level_stays_as_it_is() {
    let listed = Command::new("git").arg("-C").arg(root()).args(["ls-files", "-z"]).output();
    let listed = match listed {
        Ok(output) if output.status.success() && !output.stdout.is_empty() => output.stdout,
        other => {
            eprintln!("SKIPPED: the top level is not checked, this is no git checkout: {other:?}");
            return;
        }
    };
    let listed = String::from_utf8_lossy(&listed).into_owned();
    let entries: BTreeSet<&str> =
        listed.split('\0').filter_map(|path| path.split('/').next()).collect();
    let strange: Vec<&&str> = entries
        .iter()
        .filter(|entry| !entry.is_empty() && !entry.starts_with('.') && !TOP_LEVEL.contains(entry))
        .collect();
    assert!(strange.is_empty(), "{strange:?} do not belong at the top: move them into a member");
}

#[test]
fn every_file_opens_with_its_question() {
    let silent: Vec<String> =
        sources().into_iter().filter(|path| !read(path).starts_with("//! ")).collect();
    assert!(silent.is_empty(), "{silent:?} do not open with `//! ` and what they answer");
}

#[test]
fn no_file_grows_beyond_one_idea() {
    let long: Vec<(String, usize)> = sources()
        .into_iter()
        .map(|path| (path.clone(), read(&path).lines().count()))
        .filter(|(_, n_lines)| *n_lines > MAX_LINES)
        .collect();
    assert!(
        long.is_empty(),
        "{long:?} have over {MAX_LINES} lines: look for a second noun in them"
    );
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("`tests` lies in the workspace").into()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn manifest(path: &str) -> toml::Table {
    read(path).parse().unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The manifest of the crate `name`.
fn manifest_of(name: &str) -> toml::Table {
    let path = members().into_iter().find(|path| name_of(path) == name);
    manifest(&format!("{}/Cargo.toml", path.unwrap_or_else(|| panic!("{name} is no member"))))
}

/// A crate's name: the last folder of its path.
fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The paths of our crates.
fn members() -> Vec<String> {
    let members = &manifest("Cargo.toml")["workspace"]["members"];
    let names = members.as_array().expect("members are a list").iter();
    names.map(|name| name.as_str().expect("a member is a path").to_owned()).collect()
}

/// Whether any member that is shipped lists the library in its manifest.
fn is_dependency(library: &str) -> bool {
    ARROWS.iter().any(|(name, _)| {
        let manifest = manifest_of(name);
        let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table);
        dependencies.is_some_and(|names| names.keys().any(|name| name.replace('-', "_") == library))
    })
}

/// Every `.rs` file of every member, from the top, with `/` between folders.
fn sources() -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = members();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).expect("a member's folder is readable") {
            let entry = entry.expect("a member's folder is readable");
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                folders.push(path);
            } else if is_rust(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn is_rust(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|ending| ending == "rs")
}

/// The paths in backticks that exist (folders with a `/` at the end), and those that should but don't.
///
/// A path counts from the top or, under a heading whose first word is a crate, from that crate's src.
fn named_in(map: &str, members: &[String]) -> (BTreeSet<String>, Vec<String>) {
    let mut section = None;
    let (mut named, mut missing) = (BTreeSet::new(), Vec::new());
    for line in map.lines() {
        if let Some(heading) = line.strip_prefix('#') {
            let heading = heading.trim_start_matches('#').trim().replace('`', "");
            let word = heading.split([' ', ':', ',']).next().unwrap_or_default();
            section = members.iter().find(|member| *member == word);
        }
        for path in line.split('`').skip(1).step_by(2) {
            let is_file = is_rust(path) && !path.contains(['*', ' ']);
            let from_top = members.iter().any(|member| {
                path.strip_prefix(member.as_str()).is_some_and(|rest| rest.starts_with('/'))
            });
            let from_src = section.map(|member| format!("{member}/src/{path}"));
            let known = [Some(path.to_owned()), from_src]
                .into_iter()
                .flatten()
                .find(|path| (is_file || path.ends_with('/')) && root().join(path).exists());
            match known {
                Some(path) => {
                    named.insert(path);
                }
                None if is_file || (from_top && !root().join(path).exists()) => {
                    missing.push(path.to_owned());
                }
                None => {}
            }
        }
    }
    (named, missing)
}

/// Whether `code` has a path that begins with the crate `name`: `name::…`, `use name;`.
fn names_crate(code: &str, name: &str) -> bool {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    code.match_indices(name).any(|(at, _)| {
        let (before, after) = (&code[..at], &code[at + name.len()..]);
        let starts = !before.ends_with(is_word);
        let parent = before.strip_suffix("::").unwrap_or_default();
        let rooted = !parent.ends_with(|letter| is_word(letter) || letter == '>');
        let used = before.trim_end().ends_with("use") || before.trim_end().ends_with("crate");
        let path = after.trim_start().starts_with("::");
        starts && rooted && (path || (used && !after.starts_with(is_word)))
    })
}

/// The source without its comments and without what stands in its strings.
fn code_of(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(letter) = rest.chars().next() {
        let skipped = match letter {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => block_comment(rest),
            '"' => text(rest),
            'r' if !code.ends_with(|c: char| c.is_alphanumeric() || c == '_') => raw_text(rest),
            '\'' => character(rest),
            _ => 0,
        };
        if skipped == 0 {
            code.push(letter);
            rest = &rest[letter.len_utf8()..];
        } else {
            code.push(' ');
            rest = &rest[skipped..];
        }
    }
    code
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    for (at, pair) in rest.as_bytes().windows(2).enumerate() {
        match pair {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 2;
        }
    }
    rest.len()
}

fn text(rest: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            b'"' if !escaped => return at + 1,
            b'\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    rest.len()
}

/// The length of `r"…"` or `r#"…"#` at the start of `rest`, or 0.
fn raw_text(rest: &str) -> usize {
    let hashes = rest[1..].bytes().take_while(|byte| *byte == b'#').count();
    if !rest[1 + hashes..].starts_with('"') {
        return 0;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    let body = 2 + hashes;
    rest[body..].find(&end).map_or(rest.len(), |at| body + at + end.len())
}

/// The length of a character literal at the start of `rest`, or 0 for a lifetime.
fn character(rest: &str) -> usize {
    let mut letters = rest.char_indices().skip(1);
    match letters.next() {
        Some((_, '\\')) => rest[3..].find('\'').map_or(0, |at| at + 4),
        Some(_) => letters.next().filter(|(_, letter)| *letter == '\'').map_or(0, |(at, _)| at + 1),
        None => 0,
    }
}

#[test]
fn comments_and_strings_are_no_code() {
    let source = "// midly::a\nlet a = \"midly::b \\\" midly::c\"; /* x /* midly::d */ midly::e */ let q = '\"';\
                  let r = r#\"midly::f\"#; fn g<'a>(x: &'a str) {}";
    let code = code_of(source);
    assert!(!names_crate(&code, "midly"), "{code}");
    assert!(code.contains("fn g<'a>(x: &'a str) {}"), "{code}");
}

#[test]
fn a_use_of_a_crate_is_seen_and_a_namesake_is_not() {
    for code in
        ["use midly::Smf;", "let s = midly::Smf::parse(b);", "use midly;", "a(::midly::x())"]
    {
        assert!(names_crate(code, "midly"), "{code}");
    }
    for code in
        ["use midly_more::x;", "self.midly.x()", "crate::midi::midly::x()", "use super::amidly;"]
    {
        assert!(!names_crate(code, "midly"), "{code}");
    }
}

#[test]
fn the_map_is_read_from_the_top_and_from_a_crates_heading() {
    let members = ["model/music".to_owned(), "tests".to_owned()];
    let map = "see `inbox/<genre>/` and `model/music/src/score.rs`, `key.rs`\n## `model/music`: music\n`song.rs` \
               `gone.rs` `model/music/nowhere/`";
    let (named, missing) = named_in(map, &members);
    let named: Vec<&str> = named.iter().map(String::as_str).collect();
    assert_eq!(named, ["model/music/src/score.rs", "model/music/src/song.rs"]);
    assert_eq!(missing, ["key.rs", "gone.rs", "model/music/nowhere/"]);
}
