//! Which of the files judged so far is this one the double of?
//!
//! As at intake: by the bytes, else by the fingerprint and a comparison of the notes with the few
//! songs it names. Only accepted files are looked at.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use music::song::Song;
use watch::fingerprint::{candidates, compare};

use super::verdict::{Judged, KnownBy};

/// The accepted files so far.
#[derive(Default)]
pub(super) struct Doubles {
    files: Vec<(PathBuf, Option<Song>)>,
    by_hash: HashMap<String, usize>,
    by_text: HashMap<String, Vec<usize>>,
}

/// What a file repeats.
pub(super) struct Double {
    /// The earlier file.
    pub(super) of: PathBuf,
    /// What is the same, for a person.
    pub(super) how: String,
}

impl Doubles {
    /// The earlier file that an accepted one repeats; `None` if it is new, and then it is known from
    /// now on.
    pub(super) fn find(&mut self, file: &Path, judged: &mut Judged) -> Option<Double> {
        let KnownBy { hash, fingerprint, song } = judged.known_by.take()?;
        if let Some(idx) = self.by_hash.get(&hash) {
            let of = self.files[*idx].0.clone();
            // Named twice, it is no double of itself.
            return (of != file).then(|| Double { of, how: "the same bytes".to_owned() });
        }
        let texts = fingerprint.as_ref().map_or(&[][..], |fingerprint| fingerprint.texts());
        let same = song.as_ref().and_then(|song| self.same(song, texts));
        if same.is_none() {
            let idx = self.files.len();
            for text in texts {
                self.by_text.entry(text.clone()).or_default().push(idx);
            }
            self.by_hash.insert(hash, idx);
            self.files.push((file.to_owned(), song));
        }
        same
    }

    fn same(&self, song: &Song, texts: &[String]) -> Option<Double> {
        let found: Vec<Vec<usize>> =
            texts.iter().filter_map(|text| self.by_text.get(text).cloned()).collect();
        candidates(&found).into_iter().find_map(|idx| {
            let (of, known) = &self.files[idx];
            let likeness = compare(song, known.as_ref()?)?;
            Some(Double { of: of.clone(), how: likeness.to_string() })
        })
    }
}
