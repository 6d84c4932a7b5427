//! How does the program get from its first argument to its exit code?

pub(crate) mod app;
pub(crate) mod args;
pub(crate) mod print;
pub(crate) mod signals;
