//! The daemon of Kickback: what wires, schedules and remembers.
//!
//! The binary reads the command line and calls [`app::main`]; everything else is here, so that it can
//! be tested.

pub mod answer;
pub mod app;
pub mod choice;
pub mod cli;
pub mod command;
pub mod condition;
pub mod config;
pub mod control;
pub mod demo;
pub mod event;
pub mod home;
pub mod intake;
pub mod ledger;
pub mod material;
pub mod opening;
pub mod print;
pub mod publish;
pub mod rating;
pub mod run;
pub mod schedule;
pub mod standing;
pub mod starter;
pub mod store;
pub mod studio;
pub mod track_file;
pub mod training;
pub mod usual;
