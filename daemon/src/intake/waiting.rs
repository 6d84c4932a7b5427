//! What is a person told of a file that waits for its genre?
//!
//! A text beside it in `inbox/unsorted/` says why; it goes when its file has gone.

use std::fs;
use std::path::Path;

use music::genre::{Classification, Settings};
use watch::inbox::UNSORTED;
use watch::safe_move;

use crate::context::Context;

/// How the text beside a waiting file begins.
const WAITS: &str = "It waits here for its genre.";
/// Genres that such a text names at most, if they are this probable.
const NAMED: usize = 3;
const WORTH_NAMING: f64 = 0.005;

/// Deletes the texts beside waiting files that are no longer there.
pub(super) fn tidy(context: &Context) {
    let mut folders = vec![context.home.inbox().join(UNSORTED)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        let (mut files, mut texts) = (Vec::new(), Vec::new());
        for entry in entries.flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(kind) if kind.is_file() && safe_move::is_reason(&path) => texts.push(path),
                _ => files.push(safe_move::reason_path(&path)),
            }
        }
        for text in texts.iter().filter(|text| !files.contains(text) && is_ours(text)) {
            if let Err(error) = fs::remove_file(text) {
                tracing::warn!(path = %text.display(), %error, "a text without its file stays");
            }
        }
    }
}

fn is_ours(text: &Path) -> bool {
    fs::read(text).is_ok_and(|text| text.starts_with(WAITS.as_bytes()))
}

/// What a person is told of a song that waits. It was not classified if there were no genres to tell
/// apart.
pub(super) fn why(classification: Option<&Classification>, settings: &Settings) -> String {
    let move_it = "To take it in, move it into the folder of its genre in the inbox, for example";
    let again = "It is tried again when Kickback starts and after each training.";
    let Some(classification) = classification else {
        return format!(
            "{WAITS} Songs are sorted by themselves once the library has two genres with at least {} \
             songs each.\n{move_it} inbox/hardstyle/. {again}",
            settings.min_songs
        );
    };
    let nearest: Vec<String> = classification
        .genres
        .iter()
        .take(NAMED)
        .filter(|(_, probability)| *probability >= WORTH_NAMING)
        .map(|(genre, probability)| format!("{genre} ({})", percent(*probability)))
        .collect();
    let first = classification.genres.first().map_or("hardstyle", |(genre, _)| genre);
    let odd = format!(
        " It is unlike the songs of {first} that the library has, and may be of a genre that is not \
         there."
    );
    format!(
        "{WAITS} Of the genres in the library, it comes nearest to {}; songs are sorted by themselves \
         from {} on.{}\n{move_it} inbox/{first}/. {again}",
        nearest.join(", "),
        percent(settings.certainty),
        if classification.is_odd { odd.as_str() } else { "" },
    )
}

/// A probability in words.
pub(super) fn percent(probability: f64) -> String {
    // Not rounded up, and never 100: nothing is certain here.
    format!("{} %", (probability * 100.0).floor().min(99.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_not_rounded_up() {
        assert_eq!(percent(0.899), "89 %");
        assert_eq!((percent(0.9999), percent(1.0)), ("99 %".to_owned(), "99 %".to_owned()));
    }
}
