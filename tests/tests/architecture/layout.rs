//! Does the top level stay as it is?

use std::collections::BTreeSet;
use std::process::Command;

use crate::workspace::root;

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

#[test]
fn the_top_level_stays_as_it_is() {
    let listed = Command::new("git").arg("-C").arg(root()).args(["ls-files", "-z"]).output();
    let names: Vec<String> = match listed {
        Ok(output) if output.status.success() && !output.stdout.is_empty() => {
            let listed = String::from_utf8_lossy(&output.stdout).into_owned();
            listed
                .split('\0')
                .filter_map(|path| path.split('/').next())
                .map(str::to_owned)
                .collect()
        }
        // An unpacked archive: whatever lies there, but for what the build makes.
        _ => std::fs::read_dir(root())
            .expect("the top level is readable")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .filter(|name| name != "target")
            .collect(),
    };
    let strange: BTreeSet<&String> = names
        .iter()
        .filter(|name| !name.is_empty() && !name.starts_with('.'))
        .filter(|name| !TOP_LEVEL.contains(&name.as_str()))
        .collect();
    assert!(strange.is_empty(), "{strange:?} do not belong at the top: move them into a member");
}
