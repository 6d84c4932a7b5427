//! Which paths does a file name?
//!
//! Read from its syntax tree, so that comments, strings and namesakes do not count. What is under
//! `#[cfg(test)]` is left out, and so is what a macro hides from the parser: of a macro's tokens only
//! those that read as a list of expressions are looked into.

use std::collections::BTreeSet;

use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};

/// A path as it is written, such as `["crate", "store", "Store"]`.
pub(crate) type Segments = Vec<String>;

/// What a file says of other modules.
#[derive(Default)]
pub(crate) struct Imports {
    /// Paths that it uses: those of its private `use`s, and those in its code.
    pub(crate) used: Vec<Segments>,
    /// What it passes on: the name under which, and the path; the name of a glob is `*`.
    pub(crate) reexported: Vec<(String, Segments)>,
    /// The names that it defines at its top level.
    pub(crate) defined: BTreeSet<String>,
}

impl Imports {
    pub(crate) fn of(file: &syn::File) -> Self {
        let mut imports = Self::default();
        imports.visit_file(file);
        imports
    }

    fn note_use(&mut self, tree: &syn::UseTree, mut path: Segments, is_public: bool) {
        match tree {
            syn::UseTree::Path(step) => {
                path.push(step.ident.to_string());
                self.note_use(&step.tree, path, is_public);
            }
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.note_use(tree, path.clone(), is_public));
            }
            syn::UseTree::Name(name) => self.note_leaf(&name.ident, &name.ident, path, is_public),
            syn::UseTree::Rename(renamed) => {
                self.note_leaf(&renamed.ident, &renamed.rename, path, is_public);
            }
            syn::UseTree::Glob(_) if is_public => self.reexported.push(("*".to_owned(), path)),
            syn::UseTree::Glob(_) => self.used.push(path),
        }
    }

    fn note_leaf(
        &mut self,
        name: &syn::Ident,
        known_as: &syn::Ident,
        mut path: Segments,
        is_public: bool,
    ) {
        if name != "self" {
            path.push(name.to_string());
        }
        if is_public {
            let known_as = if known_as == "self" { path.last().cloned() } else { None }
                .unwrap_or_else(|| known_as.to_string());
            self.reexported.push((known_as, path));
        } else {
            self.used.push(path);
        }
    }
}

impl<'ast> Visit<'ast> for Imports {
    fn visit_file(&mut self, file: &'ast syn::File) {
        for item in &file.items {
            self.defined.extend(name_of(item));
        }
        visit::visit_file(self, file);
    }

    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !is_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let is_public = !matches!(item.vis, syn::Visibility::Inherited);
        self.note_use(&item.tree, Vec::new(), is_public);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            self.used.push(path.segments.iter().map(|step| step.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        let list =
            called.parse_body_with(Punctuated::<syn::Expr, syn::Token![,]>::parse_terminated);
        for expression in list.iter().flatten() {
            self.visit_expr(expression);
        }
        visit::visit_macro(self, called);
    }
}

/// The first segments of all paths in a file, other crates among them.
pub(crate) fn crates_named(file: &syn::File) -> BTreeSet<String> {
    let imports = Imports::of(file);
    let reexported = imports.reexported.into_iter().map(|(_, path)| path);
    imports.used.into_iter().chain(reexported).filter_map(|path| path.into_iter().next()).collect()
}

/// Whether what bears these attributes is compiled for tests only.
pub(crate) fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
    })
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        _ => &[],
    }
}

fn name_of(item: &syn::Item) -> Option<String> {
    let ident = match item {
        syn::Item::Const(item) => &item.ident,
        syn::Item::Enum(item) => &item.ident,
        syn::Item::Fn(item) => &item.sig.ident,
        syn::Item::Static(item) => &item.ident,
        syn::Item::Struct(item) => &item.ident,
        syn::Item::Trait(item) => &item.ident,
        syn::Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

#[test]
fn comments_strings_and_namesakes_are_no_imports() {
    let source = "// midly::a\nuse super::amidly;\n/* midly::d */\nfn f(x: &str) { self.midly.x(); \
                  crate::midi::midly::x(); let a = \"midly::b\"; }";
    let source = source.replace("self.midly", "x.midly");
    let named = crates_named(&syn::parse_file(&source).expect("it parses"));
    assert!(!named.contains("midly"), "{named:?}");
    for code in ["use midly::Smf;", "fn f() { midly::parse() }", "fn f() { a!(midly::x()) }"] {
        let named = crates_named(&syn::parse_file(code).expect("it parses"));
        assert!(named.contains("midly"), "{code}: {named:?}");
    }
}
