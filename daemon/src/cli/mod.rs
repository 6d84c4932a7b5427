//! How does the program get from its first argument to its exit code?

pub mod app;
pub mod args;
pub mod path;
pub mod print;
pub mod signals;
