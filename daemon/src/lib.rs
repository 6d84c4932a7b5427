//! The daemon of Kickback: what wires, schedules and remembers.
//!
//! The binary reads the command line and calls [`cli::app::main`]; everything else is here, so that it
//! can be tested.

pub mod chat;
pub mod cli;
pub mod command;
pub mod config;
pub mod context;
pub mod control;
pub mod cycle;
pub mod demo;
pub mod home;
pub mod intake;
pub mod run;
pub mod store;
pub mod track;
pub mod votes;
