//! What do the tests of the whole need that the program itself does not?
//!
//! A Discord on this machine ([`discord`]), strict about what it is sent, and the program as a process
//! ([`process`]). Nothing here is part of the program.

pub mod discord;
pub mod process;
