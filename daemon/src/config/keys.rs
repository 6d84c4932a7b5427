//! Which keys of the file are unknown, and which value cannot be read?
//!
//! The serialised default says which keys exist, so no list of keys is kept anywhere. Each key of the
//! file is laid over the default by itself, and the result is read: what then cannot be read is that
//! key's fault. Tables whose keys are names (emoji, genres) are replaced, not merged, except that a
//! genre's table is laid over the genre's built-in profile.

use std::path::Path;

use bot::arrange::Profile;
use serde::Deserialize;
use toml::{Table, Value};

use super::error::Error;
use super::sections::Config;

/// Tables whose keys are free.
const FREE: [&str; 1] = ["reactions.values"];
/// From this likeness on (Jaro-Winkler, 0 to 1) a name is offered instead.
const NEAR: f64 = 0.75;
/// The table of tables by genre.
const GENRES: &str = "genre";

/// The configuration that `text` sets, ranges not checked.
pub(super) fn read(file: &Path, text: &str) -> Result<Config, Error> {
    let given: Table = toml::from_str(text)
        .map_err(|error| Error::Syntax { file: file.into(), message: error.to_string() })?;
    let mut whole = table_of(&Config::default());
    if let Some(Value::Table(genres)) = given.get(GENRES) {
        let profile =
            |name: &String| (name.clone(), Value::Table(table_of(&Profile::builtin(name))));
        whole.insert(GENRES.to_owned(), Value::Table(genres.keys().map(profile).collect()));
    }
    let known = whole.clone();
    for (path, value) in leaves(&given, &known, &mut Vec::new()) {
        check_known(file, &known, &path, &value)?;
        set(&mut whole, &path, value.clone());
        if let Err(error) = Config::deserialize(Value::Table(whole.clone())) {
            return Err(wrong_type(file, &path, &value, error.message()));
        }
    }
    Config::deserialize(Value::Table(whole))
        .map_err(|error| Error::Syntax { file: file.into(), message: error.to_string() })
}

/// What `settings` look like in a file.
fn table_of(settings: &impl serde::Serialize) -> Table {
    // Settings are plain structs of numbers, texts, lists and tables with text keys, which TOML has.
    Table::try_from(settings).unwrap_or_default()
}

/// The paths and values in `given` that are not tables, or are tables whose keys are free, or have
/// no counterpart in `known`.
fn leaves(given: &Table, known: &Table, path: &mut Vec<String>) -> Vec<(Vec<String>, Value)> {
    let mut found = Vec::new();
    for (key, value) in given {
        path.push(key.clone());
        match (value, known.get(key)) {
            (Value::Table(inner), Some(Value::Table(known))) if !is_free(path) => {
                found.extend(leaves(inner, known, path));
            }
            _ => found.push((path.clone(), value.clone())),
        }
        path.pop();
    }
    found
}

fn is_free(path: &[String]) -> bool {
    FREE.contains(&path.join(".").as_str())
}

fn check_known(file: &Path, known: &Table, path: &[String], value: &Value) -> Result<(), Error> {
    let Some((key, section)) = path.split_last() else { return Ok(()) };
    let inside = section.iter().try_fold(known, |table, name| table.get(name)?.as_table());
    let Some(inside) = inside.filter(|table| !table.contains_key(key)) else { return Ok(()) };
    let what = match (value, section) {
        (Value::Table(_), _) => format!("the section [{}]", path.join(".")),
        (_, []) => format!("the key {key} outside of all sections"),
        _ => format!("the key {key} in [{}]", section.join(".")),
    };
    let hint = hint(known, inside, key);
    Err(Error::Unknown { file: file.into(), what, hint })
}

/// Where the key was meant to be, as far as one can guess.
fn hint(known: &Table, inside: &Table, key: &str) -> String {
    let here = nearest(key, inside.keys().map(String::as_str));
    let mut everywhere = Vec::new();
    all_keys(known, "", &mut everywhere);
    let elsewhere = everywhere.iter().find(|(_, name)| name == key);
    match (elsewhere, here) {
        (Some((place, _)), _) => format!("{key} belongs to [{place}]"),
        (None, Some((name, score))) if score > NEAR => format!("did you mean {name}?"),
        _ => {
            let names = everywhere.iter().map(|(_, name)| name.as_str());
            let nearest = nearest(key, names).filter(|(_, score)| *score > 0.85);
            let found = nearest.and_then(|(name, _)| everywhere.iter().find(|(_, n)| n == name));
            if let Some((place, name)) = found {
                return format!("did you mean {name} in [{place}]?");
            }
            let names: Vec<&str> = inside.keys().map(String::as_str).collect();
            format!("leave it out, or give one of {}", names.join(", "))
        }
    }
}

/// The most similar name, and how similar it is, from 0 to 1.
fn nearest<'a>(key: &str, names: impl Iterator<Item = &'a str>) -> Option<(&'a str, f64)> {
    names
        .map(|name| (name, strsim::jaro_winkler(key, name)))
        .max_by(|(_, a), (_, b)| a.total_cmp(b))
}

/// Every key except tables, with its section.
fn all_keys(table: &Table, section: &str, found: &mut Vec<(String, String)>) {
    for (key, value) in table {
        let place = if section.is_empty() { key.clone() } else { format!("{section}.{key}") };
        match value {
            Value::Table(inner) => all_keys(inner, &place, found),
            _ => found.push((section.to_owned(), key.clone())),
        }
    }
}

fn set(table: &mut Table, path: &[String], value: Value) {
    match path {
        [] => {}
        [key] => {
            table.insert(key.clone(), value);
        }
        [key, rest @ ..] => {
            if let Some(Value::Table(inner)) = table.get_mut(key) {
                set(inner, rest, value);
            }
        }
    }
}

fn wrong_type(file: &Path, path: &[String], value: &Value, message: &str) -> Error {
    let (key, section) = path.split_last().map_or((String::new(), String::new()), |(key, s)| {
        (
            key.clone(),
            if s.is_empty() { "the file".to_owned() } else { format!("[{}]", s.join(".")) },
        )
    });
    let expected = message.split_once("expected ").map_or(message, |(_, expected)| expected);
    let allowed = in_words(expected.lines().next().unwrap_or(expected).trim());
    Error::WrongType { file: file.into(), section, key, value: value.to_string(), allowed }
}

/// What a person calls the types that Rust names.
fn in_words(expected: &str) -> String {
    let words = match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, not negative",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a string" => "a text in quotes",
        "a boolean" => "true or false",
        "a sequence" => "a list in brackets",
        "a map" => "a table",
        other if other.starts_with("struct ") => "a section with keys of its own",
        other => other,
    };
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        let file = Path::new("/etc/kickback.toml");
        Config::parse(file, text).expect_err("it is wrong").to_string()
    }

    fn parse(text: &str) -> Config {
        Config::parse(Path::new("kickback.toml"), text).expect("it is right")
    }

    #[test]
    fn nothing_set_is_the_default_and_what_is_set_counts() {
        assert_eq!(parse(""), Config::default());
        let config = parse("[schedule]\nsongs = 5\nhours = 12\n[training]\nhidden = 64\n");
        assert_eq!(config.schedule.songs, 5);
        assert!((config.schedule.hours - 12.0).abs() < 1e-9);
        assert_eq!(config.training.hyperparameters.hidden, 64);
        let default = Config::default().training.hyperparameters;
        assert_eq!(config.training.hyperparameters.layers, default.layers);
    }

    #[test]
    fn an_unknown_key_is_named_with_the_nearest_one() {
        assert_eq!(
            message("[training]\nhiden = 64"),
            "/etc/kickback.toml: the key hiden in [training] is unknown: did you mean hidden?"
        );
        let cases = [
            ("[training]\nmin_songs = 9", "min_songs belongs to [schedule]"),
            (
                "min_songs = 9",
                "outside of all sections is unknown: min_songs belongs to [schedule]",
            ),
            ("drop_out = 0.5", "did you mean dropout in [training]?"),
            ("[trainning]\nhidden = 64", "section [trainning] is unknown: did you mean training?"),
            ("[intake.midy]\nmax_notes = 1", "[intake.midy] is unknown: did you mean midi?"),
            ("[intake.midi]\nmax_node = 1", "did you mean max_notes?"),
            ("[genre.trance]\ntempo = 140", "[genre.trance] is unknown: did you mean tempo_bpm?"),
            ("[genre.trance.sound]\nrevrb = 0.1", "did you mean reverb?"),
            (
                "[discord]\ntoken = \"x\"",
                "the key token in [discord] is unknown: leave it out, or give",
            ),
            ("x = 5", "is unknown: leave it out, or give one of "),
            ("[schedule]\nx = 5", "is unknown: leave it out, or give one of hours, "),
        ];
        for (text, expected) in cases {
            assert!(message(text).contains(expected), "{text:?} gives {:?}", message(text));
        }
    }

    #[test]
    fn a_wrong_type_is_named_with_what_is_allowed() {
        assert_eq!(
            message("[schedule]\nsongs = \"many\""),
            "/etc/kickback.toml: songs = \"many\" in [schedule] is not allowed: \
             give a whole number, not negative"
        );
        let cases = [
            ("[schedule]\nsongs = -1", "songs = -1 in [schedule]"),
            ("[schedule]\nsongs = 1.5", "give a whole number, not negative"),
            (
                "[training]\ndropout = true",
                "dropout = true in [training] is not allowed: give a number",
            ),
            ("[discord]\nguilds = [\"a\"]", "guilds = [\"a\"] in [discord]"),
            ("[discord]\nguilds = 5", "give a list in brackets"),
            ("[discord]\napi_url = 5", "give a text in quotes"),
            ("[reactions]\nvalues = 5", "give a table"),
            ("[reactions.values]\n\"🔥\" = \"hot\"", "give a number"),
            ("schedule = 5", "schedule = 5 in the file"),
            ("[genre.trance]\nform = [{ kind = \"solo\", bars = 1 }]", "`drop`"),
            ("[genre]\ntrance = 5", "trance = 5 in [genre]"),
        ];
        for (text, expected) in cases {
            assert!(message(text).contains(expected), "{text:?} gives {:?}", message(text));
        }
    }

    #[test]
    fn a_value_out_of_range_is_named_with_its_section() {
        assert_eq!(
            message("[training]\ndropout = 1.5"),
            "/etc/kickback.toml: in [training], dropout = 1.5 is not allowed: \
             give a number from 0 to 0.9"
        );
        let cases = [
            ("[schedule]\nmin_songs = 0", "[schedule], min_songs = 0"),
            ("[schedule]\nhours = nan", "[schedule], hours = NaN"),
            ("[intake.midi]\nmax_notes = 1", "[intake.midi], max_notes = 1"),
            ("[intake.filter]\nmin_bars = 0", "[intake.filter], min_bars = 0"),
            ("[store]\ncache_mb = 0", "[store], cache_mb = 0"),
            ("[discord]\nmax_bars = 0", "[discord], max_bars = 0"),
            ("[reactions]\noffered = [\"x\"]", "[reactions], offered"),
            ("[genre.x]\ninstrument = \"kazoo\"", "[genre.x], instrument = kazoo"),
            ("[genre.x.sound]\nreverb = 2", "[genre.x.sound], reverb = 2"),
        ];
        for (text, expected) in cases {
            assert!(message(text).contains(expected), "{text:?} gives {:?}", message(text));
        }
    }

    #[test]
    fn what_is_no_toml_says_where() {
        let said = message("[schedule]\nsongs = \n");
        assert!(said.starts_with("/etc/kickback.toml is not valid TOML"), "{said}");
        assert!(said.contains("line 2"), "{said}");
        assert!(message("[schedule]\nsongs = 1\nsongs = 2").contains("line 3"));
    }

    #[test]
    fn a_genre_changes_its_own_profile_and_emoji_replace_all_others() {
        let config = parse(
            "[genre.hardstyle]\ninstrument = \"1\"\n[reactions]\noffered = []\n[reactions.values]\nbanger = 3\n",
        );
        let expected = Profile { instrument: "1".to_owned(), ..Profile::builtin("hardstyle") };
        assert_eq!(config.genre.of("hardstyle"), expected);
        assert_eq!(config.genre.of("trance"), Profile::builtin("trance"));
        assert_eq!(config.reactions.values, [("banger".to_owned(), 3.0)].into());
    }
}
