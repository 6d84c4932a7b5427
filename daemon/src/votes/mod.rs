//! What do listeners' reactions amount to?

pub mod ledger;
pub mod rating;
mod reactions;
