//! Does every file hold one idea, every function one step, and does each file say what it is for?

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::workspace::{parse, read, sources};

/// Lines of a file. A longer one holds a second noun.
const FILE: usize = 400;
/// Lines of a function, from its signature to its last brace.
const FUNCTION: usize = 60;

#[test]
fn every_file_opens_with_its_question() {
    let silent: Vec<String> =
        sources().into_iter().filter(|path| !read(path).starts_with("//! ")).collect();
    assert!(silent.is_empty(), "{silent:?} do not open with `//! ` and what they answer");
}

#[test]
fn no_file_grows_beyond_one_idea() {
    let long: Vec<String> = sources()
        .into_iter()
        .map(|path| (read(&path).lines().count(), path))
        .filter(|(n_lines, _)| *n_lines > FILE)
        .map(|(n_lines, path)| format!("{path}: {n_lines}"))
        .collect();
    assert!(
        long.is_empty(),
        "over {FILE} lines, look for a second noun in them:\n{}",
        long.join("\n")
    );
}

#[test]
fn no_function_grows_beyond_one_step() {
    let mut long = Vec::new();
    for path in sources() {
        let mut functions = Functions::default();
        functions.visit_file(&parse(&path));
        let too_long = functions.0.into_iter().filter(|(_, n_lines)| *n_lines > FUNCTION);
        long.extend(too_long.map(|(name, n_lines)| format!("{path}: {name} has {n_lines}")));
    }
    assert!(
        long.is_empty(),
        "{} functions over {FUNCTION} lines, give their steps names:\n{}",
        long.len(),
        long.join("\n")
    );
}

/// The functions of a file, each with its lines.
#[derive(Default)]
struct Functions(Vec<(String, usize)>);

impl Functions {
    fn note(&mut self, signature: &syn::Signature, body: &syn::Block) {
        let n_lines = body.span().end().line - signature.span().start().line + 1;
        self.0.push((signature.ident.to_string(), n_lines));
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.note(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.note(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(body) = &function.default {
            self.note(&function.sig, body);
        }
        visit::visit_trait_item_fn(self, function);
    }
}
