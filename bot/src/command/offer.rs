//! What may listeners choose from, and which of it do they mean?

use std::collections::{BTreeMap, BTreeSet};

/// What listeners may choose from; the daemon keeps it up to date.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// Names of the genres known, trained or not.
    pub genres: Vec<String>,
    /// Names of the artists that a genre has learned, by genre.
    pub artists: BTreeMap<String, Vec<String>>,
}

impl Offer {
    /// The artists of the genre that a listener means by `genre`; those of all genres if none is
    /// given.
    pub(super) fn artists_of(&self, genre: Option<&str>) -> Vec<String> {
        let names: BTreeSet<&String> = match genre {
            None => self.artists.values().flatten().collect(),
            Some(genre) => {
                let genre = find_name(genre, &self.genres);
                genre.and_then(|genre| self.artists.get(genre)).into_iter().flatten().collect()
            }
        };
        names.into_iter().cloned().collect()
    }
}

/// The name among `names` that a person means by `text`: the very same one if there is one, else the
/// first that differs only in surrounding blanks, else the first that differs in case as well.
pub fn find_name<'a>(text: &str, names: &'a [String]) -> Option<&'a String> {
    let (trimmed, lower) = (text.trim(), text.trim().to_lowercase());
    let same = names.iter().find(|name| *name == text);
    let but_blanks = || names.iter().find(|name| name.trim() == trimmed);
    let but_case = || names.iter().find(|name| name.trim().to_lowercase() == lower);
    same.or_else(but_blanks).or_else(but_case)
}

/// The names that complete what a listener has typed: those that start with it, then those that
/// contain each word of it, both in the given order.
pub(super) fn completions<'a>(names: &'a [String], typed: &str) -> Vec<&'a str> {
    let typed = typed.trim().to_lowercase();
    let (mut found, rest): (Vec<&str>, Vec<&str>) =
        names.iter().map(String::as_str).partition(|name| name.to_lowercase().starts_with(&typed));
    found.extend(rest.into_iter().filter(|name| {
        let name = name.to_lowercase();
        let mut words = typed.split(|c: char| !c.is_alphanumeric());
        name.contains(&typed) || words.all(|word| name.contains(word))
    }));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(all: &[&str]) -> Vec<String> {
        all.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_name_can_be_chosen_and_typed_loosely() {
        let names = names(&["Zatox", "zatox", "dj x ", "DJ Y"]);
        let found = |text| find_name(text, &names).map(String::as_str);
        for name in &names {
            assert_eq!(found(name), Some(name.as_str()));
        }
        for (text, name) in [(" zatox ", "zatox"), ("ZATOX", "Zatox"), ("Dj X", "dj x ")] {
            assert_eq!(found(text), Some(name), "{text:?}");
        }
        assert_eq!((found(" dj y "), found("dj"), found("")), (Some("DJ Y"), None, None));
    }

    #[test]
    fn names_that_start_with_the_text_come_first() {
        let genres = names(&["euphoric hardstyle", "Hardstyle", "trance", "hardcore"]);
        let found = completions(&genres, " hard");
        assert_eq!(found, ["Hardstyle", "hardcore", "euphoric hardstyle"]);
        assert_eq!(completions(&genres, "").len(), 4);
        let leads = names(&["Lead 1 (square)", "Lead 2 (sawtooth)", "Leadership"]);
        assert_eq!(completions(&leads, "saw_lead"), ["Lead 2 (sawtooth)"]);
    }
}
