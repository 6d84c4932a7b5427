//! Which labelled parts are there to learn from, and which files to be judged right?
//!
//! Reads a folder of test songs: `roles/labels.csv` (columns `file`, `label`, `expect`, `trap`,
//! `song`, `source_path`) and, for more rows, `genres/metadata.csv` (`file`, `song`, `source_path`).
//! Files of one song, or whose sources bear one title, make one group, which is never split.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;
use std::path::Path;

use music::midi;
use music::score::Score;
use watch::parts::Role;

use crate::derive;

/// A file to be judged.
pub(crate) struct Case {
    /// Songs with the same group are the same song.
    pub(crate) group: String,
    /// Where it comes from.
    pub(crate) file: String,
    /// Its label, or the name of the trap that it is.
    pub(crate) kind: String,
    /// What is in it.
    pub(crate) score: Score,
    /// Whether it should be taken; `None` counts for nothing.
    pub(crate) is_taken: Option<bool>,
    /// The role of each part, where it is certain.
    pub(crate) roles: Vec<Option<Role>>,
    /// Whether its parts are learned from (variants that differ in words only are not).
    pub(crate) is_row: bool,
    /// Whether it was made here from a song of `genres`.
    pub(crate) is_made: bool,
}

/// All cases of the folder `data`.
///
/// # Errors
/// A table or file that can't be read.
pub(crate) fn cases(data: &Path) -> io::Result<Vec<Case>> {
    let labels = table(&data.join("roles/labels.csv"))?;
    let songs = table(&data.join("genres/metadata.csv")).unwrap_or_default();
    let groups = Groups::of(labels.iter().chain(&songs));
    let mut cases = Vec::new();
    for row in &labels {
        let Some(score) = read(&data.join("roles").join(&row["file"]))? else { continue };
        let kind = if row["trap"].is_empty() { &row["label"] } else { &row["trap"] };
        let is_taken = match row["expect"].as_str() {
            "accept" => Some(true),
            "reject" => Some(false),
            _ => None,
        };
        cases.push(Case {
            group: groups.of_song(&row["song"]),
            file: row["file"].clone(),
            kind: kind.clone(),
            roles: derive::by_label(&score, &row["label"]),
            score,
            is_taken,
            is_row: !["low_lead", "bass_octave_up"].contains(&row["trap"].as_str()),
            is_made: false,
        });
    }
    for row in &songs {
        let Ok(Some(score)) = read(&data.join("genres").join(&row["file"])) else { continue };
        let group = groups.of_song(&row["song"]);
        cases.extend(derive::variants(&group, &row["file"], &score));
    }
    Ok(cases)
}

fn read(path: &Path) -> io::Result<Option<Score>> {
    let bytes = std::fs::read(path)?;
    Ok(midi::read(&bytes, &midi::Limits::default()).ok().map(|reading| reading.score))
}

/// Songs that are one by their number or by the title of their source.
struct Groups(BTreeMap<String, String>);

impl Groups {
    fn of<'a>(rows: impl Iterator<Item = &'a BTreeMap<String, String>>) -> Self {
        let mut links: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in rows {
            let (song, title) =
                (row["song"].clone(), format!("title {}", title(&row["source_path"])));
            links.entry(song.clone()).or_default().push(title.clone());
            links.entry(title).or_default().push(song);
        }
        let mut groups = BTreeMap::new();
        for start in links.keys() {
            let mut open = vec![start.clone()];
            while let Some(next) = open.pop() {
                let links = links[&next].iter();
                if let Entry::Vacant(place) = groups.entry(next) {
                    open.extend(links.cloned());
                    place.insert(start.clone());
                }
            }
        }
        Self(groups)
    }

    fn of_song(&self, song: &str) -> String {
        self.0.get(song).cloned().unwrap_or_else(|| song.to_owned())
    }
}

/// The letters of a file's name; "Song (1)" and "Song - 2" are "Song".
fn title(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
    let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
    let letters: String = stem.chars().filter(|c| c.is_alphanumeric() || *c == '[').collect();
    let short = letters.trim_end_matches(|c: char| c.is_ascii_digit());
    if short.len() >= 8 { short.to_owned() } else { letters }
}

/// The rows of a table with a heading, by column.
///
/// # Errors
/// A file that can't be read.
pub(crate) fn table(path: &Path) -> io::Result<Vec<BTreeMap<String, String>>> {
    let text = std::fs::read_to_string(path)?;
    let mut lines = text.lines().map(cells);
    let head = lines.next().unwrap_or_default();
    Ok(lines.map(|cells| head.iter().cloned().zip(cells).collect()).collect())
}

fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut cell, mut is_quoted) = (Vec::new(), String::new(), false);
    for c in line.chars() {
        match c {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => cells.push(std::mem::take(&mut cell)),
            c => cell.push(c),
        }
    }
    cells.push(cell);
    cells
}
