//! Which file is meant by a path on the command line?
//!
//! Every path of a command is an [`AbsolutePath`]: the daemon that may carry the command out has
//! another working folder. The type lies with the wish, which has a path too.

pub(crate) use bot::wish::AbsolutePath;
