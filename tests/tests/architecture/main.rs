//! Is the code still built the way ARCHITECTURE.md draws it?
//!
//! Crate dependencies, owners of outside libraries, imports without a circle, the map of files, the
//! top level, and the habits that every file keeps. Reads sources; compiles and runs nothing of them.

mod circles;
mod crates;
mod imports;
mod layout;
mod map;
mod size;
mod workspace;
