//! Where is the Discord token, and is it kept from others?
//!
//! The first of: the systemd credential `discord-token`, the variable `KICKBACK_DISCORD_TOKEN`, the
//! file `discord-token` in the home. It is never in the configuration, so that this can be shown to
//! others. Without a token the daemon runs without Discord.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use bot::discord::Token;

use crate::home::Home;

/// The name of the credential and of the file.
const NAME: &str = "discord-token";
/// The variable.
pub const VARIABLE: &str = "KICKBACK_DISCORD_TOKEN";

/// A token that is there but cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its file cannot be read.
    #[error("cannot read the Discord token in {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The file system's error.
        source: io::Error,
    },
    /// What is there cannot be a token.
    #[error("the Discord token in {place}: {source}")]
    NoToken {
        /// The file or variable.
        place: String,
        /// What is wrong.
        source: bot::discord::NoToken,
    },
}

/// Where a token came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A systemd credential.
    Credential(PathBuf),
    /// The variable [`VARIABLE`].
    Variable,
    /// The file in the home, and whether others can read it.
    File {
        /// The file.
        path: PathBuf,
        /// Its permissions if they let others read it; it should be 600.
        exposed_mode: Option<u32>,
    },
}

/// The token and where it came from, or `None` if there is none.
///
/// `credentials` is `$CREDENTIALS_DIRECTORY`, `variable` is `$KICKBACK_DISCORD_TOKEN`; empty ones
/// count as unset.
///
/// # Errors
/// When there is a token that cannot be used; the remaining places are not tried then.
pub fn find(
    credentials: Option<&Path>,
    variable: Option<&str>,
    home: &Home,
) -> Result<Option<(Token, Source)>, Error> {
    if let Some(folder) = credentials.filter(|folder| !folder.as_os_str().is_empty()) {
        let path = folder.join(NAME);
        if let Some(text) = read(&path)? {
            return Ok(Some((token(&text, &path.display())?, Source::Credential(path))));
        }
    }
    if let Some(text) = variable.filter(|text| !text.is_empty()) {
        return Ok(Some((token(text, &VARIABLE)?, Source::Variable)));
    }
    let path = home.token();
    let Some(text) = read(&path)? else { return Ok(None) };
    let token = token(&text, &path.display())?;
    let exposed_mode = exposed_mode(&path);
    Ok(Some((token, Source::File { path, exposed_mode })))
}

fn read(path: &Path) -> Result<Option<String>, Error> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Unreadable { path: path.into(), source }),
    }
}

fn token(text: &str, place: &dyn std::fmt::Display) -> Result<Token, Error> {
    Token::new(text).map_err(|source| Error::NoToken { place: place.to_string(), source })
}

fn exposed_mode(path: &Path) -> Option<u32> {
    let mode = fs::metadata(path).ok()?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_credential_comes_first_then_the_variable_then_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let (home, credentials) = (Home::new(folder.path()), folder.path().join("credentials"));
        fs::create_dir(&credentials).expect("made");
        let find = |variable| find(Some(&credentials), variable, &home).expect("usable or none");
        assert_eq!(find(None), None);
        assert_eq!(find(Some("")), None);
        fs::write(home.token(), "from.file\n").expect("written");
        fs::set_permissions(home.token(), fs::Permissions::from_mode(0o600)).expect("set");
        let expected = Token::new("from.file").expect("a token");
        let source = Source::File { path: home.token(), exposed_mode: None };
        assert_eq!(find(None), Some((expected, source)));
        let expected = Token::new("from.variable").expect("a token");
        assert_eq!(find(Some("from.variable")), Some((expected, Source::Variable)));
        fs::write(credentials.join(NAME), "from.systemd\n").expect("written");
        let expected = Token::new("from.systemd").expect("a token");
        let source = Source::Credential(credentials.join(NAME));
        assert_eq!(find(Some("from.variable")), Some((expected, source)));
    }

    #[test]
    fn a_file_that_others_can_read_is_noticed() {
        let folder = tempfile::tempdir().expect("a folder");
        let home = Home::new(folder.path());
        fs::write(home.token(), "a.b.c").expect("written");
        fs::set_permissions(home.token(), fs::Permissions::from_mode(0o644)).expect("set");
        let (_, source) = find(None, None, &home).expect("usable").expect("there");
        assert_eq!(source, Source::File { path: home.token(), exposed_mode: Some(0o644) });
    }

    #[test]
    fn what_is_no_token_is_named_by_its_place_and_never_shown() {
        let folder = tempfile::tempdir().expect("a folder");
        let home = Home::new(folder.path());
        let error = find(None, Some("secret secret"), &home).expect_err("no token").to_string();
        assert!(error.contains(VARIABLE) && !error.contains("secret"), "{error}");
        fs::create_dir(home.token()).expect("made");
        let error = find(None, None, &home).expect_err("a folder").to_string();
        assert!(error.contains(&home.token().display().to_string()), "{error}");
    }
}
