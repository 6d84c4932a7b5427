//! How does a file become a configuration that is whole and checked?

use std::path::Path;

use super::error::Error;
use super::keys;
use super::sections::Config;

impl Config {
    /// The configuration in `file`. A file that is not there is an error if it was asked for by name
    /// (`must_exist`), and else means that nothing was set.
    ///
    /// # Errors
    /// The first thing that is wrong, as a message for the person who wrote the file.
    pub fn load(file: &Path, must_exist: bool) -> Result<Self, Error> {
        match std::fs::read_to_string(file) {
            Ok(text) => Self::parse(file, &text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must_exist => {
                Ok(Self::default())
            }
            Err(source) => Err(Error::Unreadable { file: file.into(), source }),
        }
    }

    /// The configuration in `text`; `file` is only for messages.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn parse(file: &Path, text: &str) -> Result<Self, Error> {
        let config = keys::read(file, text)?;
        config.check().map_err(|(section, source)| Error::OutOfRange {
            file: file.into(),
            section,
            source,
        })?;
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use bot::arrange::Profile;

    use super::*;

    /// The file that shows every key.
    const SHOWN: &str = include_str!("../../../systemd/kickback.toml");

    #[test]
    fn the_shown_file_has_every_key_with_its_default() {
        let file = Path::new("systemd/kickback.toml");
        assert_eq!(Config::parse(file, SHOWN).expect("right"), Config::default());
        assert_eq!(Config::default().check(), Ok(()));
        let mut shown: toml::Table = toml::from_str(SHOWN).expect("TOML");
        shown.insert("genre".to_owned(), toml::Table::new().into());
        assert_eq!(shown, toml::Table::try_from(Config::default()).expect("plain settings"));
    }

    #[test]
    fn the_shown_genre_is_the_built_in_one() {
        // Settings are commented out without a blank after the sign, sentences with one.
        let is_setting = |line: &&str| line.starts_with('#') && !line.starts_with("# ");
        let lines = SHOWN.lines().filter(is_setting).map(|line| &line[1..]);
        let text: String = lines.flat_map(|line| [line, "\n"]).collect();
        let shown: toml::Table = toml::from_str(&text).expect("TOML");
        let expected = toml::Table::try_from(Profile::builtin("hardstyle")).expect("plain");
        let keys = |table: &toml::Table| table.keys().cloned().collect::<Vec<_>>();
        let genre = shown["genre"]["hardstyle"].as_table().expect("a section");
        assert_eq!(keys(genre), keys(&expected));
        let sound = |table: &toml::Table| keys(table["sound"].as_table().expect("a section"));
        assert_eq!(sound(genre), sound(&expected));
        let config = Config::parse(Path::new("x"), &text).expect("right");
        assert_eq!(config.genre.of("hardstyle"), Profile::builtin("hardstyle"));
    }

    #[test]
    fn a_missing_file_is_an_error_only_if_it_was_asked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("kickback.toml");
        assert_eq!(Config::load(&file, false).expect("defaults"), Config::default());
        let error = Config::load(&file, true).expect_err("missing").to_string();
        assert!(error.contains("kickback.toml"), "{error}");
        std::fs::write(&file, "[store]\ncache_mb = 32\n").expect("written");
        assert_eq!(Config::load(&file, true).expect("right").store.cache_mb, 32);
    }
}
