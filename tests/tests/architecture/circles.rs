//! Do modules of a crate import each other in a circle?
//!
//! A module is a file. It imports another if it names something that the other defines, in a `use` or
//! in its code; what a third passes on with `pub use` is the other's. `mod x;` is not an import, and
//! neither is passing on what lies below.

use std::collections::{BTreeMap, BTreeSet};

use crate::imports::{Imports, Segments};
use crate::workspace::{files_below, members, name_of, parse};

/// The modules of a crate by their path from its root; the root is empty.
type Modules = BTreeMap<Segments, Imports>;
/// For each module, those that it imports.
type Arrows = BTreeMap<Segments, BTreeSet<Segments>>;

#[test]
fn no_modules_import_each_other_in_a_circle() {
    let mut circles = Vec::new();
    for member in members() {
        let sources = format!("{member}/src");
        let modules: Modules = files_below(&sources)
            .iter()
            .filter(|path| !is_for_tests(path))
            .map(|path| (module_of(path, &sources), Imports::of(&parse(path))))
            .collect();
        let found = circles_in(&arrows(&modules));
        circles.extend(found.iter().map(|circle| told(name_of(&member), circle)));
    }
    assert!(
        circles.is_empty(),
        "{} circles; move what both need into a module below both:\n{}",
        circles.len(),
        circles.join("\n")
    );
}

/// Whether a file holds tests only, by its name.
fn is_for_tests(path: &str) -> bool {
    path.contains("/tests/") && path.contains("/src/") && !path.starts_with("tests/")
        || path.ends_with("/tests.rs")
}

/// `…/src/a/b.rs` and `…/src/a/b/mod.rs` are `a::b`.
fn module_of(path: &str, sources: &str) -> Segments {
    let inner = path.strip_prefix(sources).unwrap_or(path).trim_start_matches('/');
    let mut steps: Segments =
        inner.strip_suffix(".rs").unwrap_or(inner).split('/').map(str::to_owned).collect();
    if steps.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
        steps.pop();
    }
    steps
}

fn arrows(modules: &Modules) -> Arrows {
    let of = |(from, imports): (&Segments, &Imports)| {
        let used = imports.used.iter();
        let passed_on = imports.reexported.iter().map(|(_, path)| path);
        let passed_on = passed_on
            .filter(|path| resolve(modules, from, path, 0).is_some_and(|to| !to.starts_with(from)));
        let to = used.chain(passed_on).filter_map(|path| resolve(modules, from, path, 0));
        (from.clone(), to.filter(|to| to != from).collect())
    };
    modules.iter().map(of).collect()
}

/// The module that defines what `path` means in `from`; `None` for another crate's.
fn resolve(modules: &Modules, from: &[String], path: &[String], depth: usize) -> Option<Segments> {
    const DEEPEST: usize = 16;
    let (mut at, mut rest) = start(modules, from, path)?;
    while let Some((step, more)) = rest.split_first() {
        let below: Segments = at.iter().chain([step]).cloned().collect();
        if modules.contains_key(&below) {
            (at, rest) = (below, more);
            continue;
        }
        let module = modules.get(&at)?;
        if depth < DEEPEST && !module.defined.contains(step) {
            for (_, source) in module.reexported.iter().filter(|(name, _)| name == step) {
                let whole: Segments = source.iter().chain(more).cloned().collect();
                if let Some(found) = resolve(modules, &at, &whole, depth + 1) {
                    return Some(found);
                }
            }
            for (_, source) in module.reexported.iter().filter(|(name, _)| name == "*") {
                let origin = resolve(modules, &at, source, depth + 1);
                let defines = |origin: &Segments| modules[origin].defined.contains(step);
                if let Some(origin) = origin.filter(defines) {
                    return Some(origin);
                }
            }
        }
        break;
    }
    Some(at)
}

/// Where a path begins, and what is left of it.
fn start<'a>(
    modules: &Modules,
    from: &[String],
    path: &'a [String],
) -> Option<(Segments, &'a [String])> {
    let (first, mut rest) = path.split_first()?;
    let mut at = from.to_vec();
    match first.as_str() {
        "crate" => at.clear(),
        "self" => {}
        "super" => {
            at.pop()?;
            while let Some(("super", more)) = rest.split_first().map(|(s, m)| (s.as_str(), m)) {
                at.pop()?;
                rest = more;
            }
        }
        _ => {
            at.push(first.clone());
            return modules.contains_key(&at).then_some((at, rest));
        }
    }
    Some((at, rest))
}

/// Groups of modules that reach each other, each with more than one.
fn circles_in(arrows: &Arrows) -> Vec<Vec<Segments>> {
    let reached: BTreeMap<&Segments, BTreeSet<&Segments>> =
        arrows.keys().map(|from| (from, reachable(arrows, from))).collect();
    let mut circles: BTreeSet<Vec<Segments>> = BTreeSet::new();
    for (from, to) in &reached {
        let circle: Vec<Segments> = to
            .iter()
            .filter(|other| reached.get(*other).is_some_and(|back| back.contains(from)))
            .map(|module| (*module).clone())
            .collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    circles.into_iter().collect()
}

fn reachable<'a>(arrows: &'a Arrows, from: &Segments) -> BTreeSet<&'a Segments> {
    let mut found = BTreeSet::new();
    let mut next: Vec<&Segments> = arrows[from].iter().collect();
    while let Some(module) = next.pop() {
        if found.insert(module) {
            next.extend(arrows.get(module).into_iter().flatten());
        }
    }
    found
}

fn told(name: &str, circle: &[Segments]) -> String {
    let modules: Vec<String> = circle.iter().map(|module| module.join("::")).collect();
    format!("{name}: {}", modules.join(" ~ "))
}

fn modules(files: &[(&str, &str)]) -> Modules {
    let parsed = |source: &&str| Imports::of(&syn::parse_file(source).expect("it parses"));
    files.iter().map(|(path, source)| (module_of(path, "src"), parsed(source))).collect()
}

#[test]
fn a_circle_is_found_also_through_what_is_passed_on() {
    let of = |files: &[(&str, &str)]| circles_in(&arrows(&modules(files))).len();
    let a = ("src/a.rs", "use crate::b::B; pub struct A;");
    assert_eq!(of(&[("src/lib.rs", "mod a; mod b;"), a, ("src/b.rs", "pub struct B;")]), 0);
    assert_eq!(of(&[a, ("src/b.rs", "pub fn b() { crate::a::A; }")]), 1);
    // A child that uses its parent's type, while the parent only passes the child's on.
    let child = ("src/x/child.rs", "use super::Parent; pub struct Child;");
    let parent = "mod child; pub use child::Child; pub struct Parent;";
    assert_eq!(of(&[("src/x/mod.rs", parent), child]), 0);
    let user = "mod child; use child::Child; pub struct Parent;";
    assert_eq!(of(&[("src/x/mod.rs", user), child]), 1);
    // Siblings meet through their parent.
    let sibling = ("src/x/sibling.rs", "use super::Child; pub struct Sibling;");
    let child = ("src/x/child.rs", "use super::Sibling; pub struct Child;");
    let parent = "pub use child::*; pub(crate) use sibling::Sibling;";
    assert_eq!(of(&[("src/x/mod.rs", parent), child, sibling]), 1);
    // Tests may use whatever they test.
    let tested = "#[cfg(test)] mod tests { use crate::a::A; } pub struct B;";
    assert_eq!(of(&[a, ("src/b.rs", tested)]), 0);
}
