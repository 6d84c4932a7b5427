//! Does ARCHITECTURE.md name every file, and no other?

use std::collections::BTreeSet;

use crate::workspace::{is_rust, members, read, root, sources};

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

#[test]
fn the_map_is_read_from_the_top_and_from_a_crates_heading() {
    let members = ["model/music".to_owned(), "tests".to_owned()];
    let map = "see `inbox/<genre>/` and `model/music/src/score.rs`, `key.rs`\n## `model/music`: music\n`notation.rs` \
               `gone.rs` `model/music/nowhere/`";
    let (named, missing) = named_in(map, &members);
    let named: Vec<&str> = named.iter().map(String::as_str).collect();
    assert_eq!(named, ["model/music/src/notation.rs", "model/music/src/score.rs"]);
    assert_eq!(missing, ["key.rs", "gone.rs", "model/music/nowhere/"]);
}
