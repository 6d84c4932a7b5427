//! What do listeners' reactions amount to?

pub(crate) mod gain;
pub(crate) mod ledger;
pub(crate) mod like_rates;
pub(crate) mod rating;
pub(crate) mod reactions;
