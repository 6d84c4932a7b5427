//! What do the ballots say of songs that nobody voted on, and how surely?
//!
//! A Bayesian logistic regression by Laplace's approximation (`MacKay` 1992): the logit of a listener
//! liking a song is a sum over its terms ([`basis`]) with weights that are pooled among genres and
//! communities ([`hierarchy`]), and an intercept of the listener. How large weights are to be expected,
//! and whether old ballots still hold, is learned from the ballots too ([`scales`], [`forgetting`]).

mod basis;
mod contribution;
mod fit;
mod forgetting;
mod grounds;
mod hierarchy;
mod likelihood;
mod predict;
mod scales;
mod strength;
#[cfg(test)]
mod tests;

pub use contribution::Contribution;
pub use grounds::{Grounds, Share};
pub use predict::Posterior;
pub use strength::Strength;
