//! What does the workspace consist of?

use std::fs;
use std::path::{Path, PathBuf};

pub(crate) fn root() -> PathBuf {
    let tests = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let tests = tests.unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    tests.parent().expect("`tests` lies in the workspace").into()
}

pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A source file's syntax tree.
pub(crate) fn parse(path: &str) -> syn::File {
    syn::parse_file(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub(crate) fn manifest(path: &str) -> toml::Table {
    read(path).parse().unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The manifest of the crate `name`.
pub(crate) fn manifest_of(name: &str) -> toml::Table {
    let path = members().into_iter().find(|path| name_of(path) == name);
    manifest(&format!("{}/Cargo.toml", path.unwrap_or_else(|| panic!("{name} is not a member"))))
}

/// The paths of our crates.
pub(crate) fn members() -> Vec<String> {
    let members = &manifest("Cargo.toml")["workspace"]["members"];
    let names = members.as_array().expect("members are a list").iter();
    names.map(|name| name.as_str().expect("a member is a path").to_owned()).collect()
}

/// A crate's name: the last folder of its path.
pub(crate) fn name_of(member: &str) -> &str {
    member.rsplit('/').next().unwrap_or(member)
}

/// Every `.rs` file of every member, from the top, with `/` between folders.
pub(crate) fn sources() -> Vec<String> {
    members().iter().flat_map(|member| files_below(member)).collect()
}

/// Every `.rs` file in or below `folder`, sorted; none where there is no such folder.
pub(crate) fn files_below(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(root().join(&folder)) else { continue };
        for entry in entries {
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

pub(crate) fn is_rust(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|ending| ending == "rs")
}
