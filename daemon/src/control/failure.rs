//! How does a command fail, in which words and with which exit code?

/// Understood, but not possible now (exit code 3), with what is missing.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NotNow(pub(crate) String);

/// The command was used wrongly (exit code 2).
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Misused(pub(crate) String);

/// An error with its causes, each mentioned once: many mention their cause themselves.
pub(crate) fn with_causes(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text.push_str(&format!(": {cause}"));
        }
    }
    text
}

/// The exit code that an error stands for.
pub(crate) fn exit_code(error: &anyhow::Error) -> u8 {
    if error.downcast_ref::<NotNow>().is_some() {
        3
    } else if error.downcast_ref::<Misused>().is_some() {
        2
    } else {
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_that_was_said_is_not_said_again() {
        let cause = std::io::Error::other("the disk is full");
        let error =
            anyhow::Error::from(cause).context("writing a: the disk is full").context("no track");
        assert_eq!(with_causes(&error), "no track: writing a: the disk is full");
    }
}
