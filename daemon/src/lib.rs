//! The daemon of Kickback: what wires, schedules and remembers.
//!
//! The binary reads the command line and calls [`main`]; everything else is here, so that it
//! can be tested.

mod chat;
mod cli;
mod command;
pub mod config;
pub mod context;
mod control;
mod cycle;
mod demo;
pub mod home;
mod intake;
mod listeners;
mod measured;
mod panic_text;
mod run;
pub mod store;
mod track;
mod votes;

pub use cli::app::main;
