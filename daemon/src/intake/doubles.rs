//! Has the library this song already, under whatever name, key or tempo?
//!
//! The store's index gives the songs that share phrases with it; those that share most are read
//! again from `songs/` and compared note by note. The number of songs that are read is bounded,
//! however large the library is. What counts as the same is decided in [`watch::fingerprint`].

use watch::fingerprint::{Fingerprint, candidates, compare};
use watch::intake::{Examined, examine};

use super::open::guarded;
use crate::context::Context;
use crate::store::{Music, Song, SongId, SongStatus};

/// The most songs that are read and compared for one file.
const MAX_COMPARED: usize = 6;
/// Songs that share a smaller part of their phrases are not compared. Of copies with a tenth of
/// their notes changed, one in a hundred shares less.
const MIN_OVERLAP: f64 = 0.03;
/// Songs that get new fingerprints in one step.
const RENEWED_AT_ONCE: usize = 64;

/// The accepted song that is the same, as people would name it, with what was changed.
pub(super) fn find(context: &Context, examined: &Examined) -> anyhow::Result<Option<String>> {
    let (Some(fingerprint), Some(ours)) = (&examined.fingerprint, &examined.song) else {
        return Ok(None);
    };
    for (id, known) in likeliest(context, fingerprint)? {
        let theirs = read_again(context, id).and_then(|examined| examined.song);
        if let Some(likeness) = theirs.and_then(|theirs| compare(ours, &theirs)) {
            return Ok(Some(format!("{} ({likeness})", super::called(&known))));
        }
    }
    Ok(None)
}

/// The accepted songs that share most of their phrases, the likeliest first.
fn likeliest(context: &Context, fingerprint: &Fingerprint) -> anyhow::Result<Vec<(SongId, Song)>> {
    let with = |text: &String| context.store.songs_with_fingerprint(text);
    let found: Result<Vec<_>, _> = fingerprint.texts().iter().map(with).collect();
    let mut near = Vec::new();
    for id in candidates(&found?) {
        let song = context.store.song(id)?.filter(|song| song.status == SongStatus::Accepted);
        let Some(song) = song else { continue };
        let texts = song.music.as_ref().map_or(&[][..], |music| &music.fingerprints);
        let overlap = fingerprint.overlap(texts);
        if overlap >= MIN_OVERLAP {
            near.push((overlap, id, song));
        }
    }
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    Ok(near.into_iter().take(MAX_COMPARED).map(|(_, id, song)| (id, song)).collect())
}

/// What a song of the library amounts to, by the file that is kept of it.
fn read_again(context: &Context, id: SongId) -> Option<Examined> {
    let path = context.home.songs().join(format!("{id}.mid"));
    match std::fs::read(&path) {
        Ok(bytes) => guarded(&path, || examine(&bytes, &context.config.intake)).ok(),
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "a song can't be compared: run `kickback doctor`");
            None
        }
    }
}

/// Gives songs that an earlier version took in the fingerprints of this one, so that they are found.
pub(super) fn renew(context: &Context) -> anyhow::Result<()> {
    let songs = context.store.songs()?;
    let old: Vec<SongId> =
        songs.iter().filter(|(_, s)| is_outdated(s)).map(|(id, _)| *id).collect();
    if old.is_empty() {
        return Ok(());
    }
    tracing::info!(n_songs = old.len(), "making new fingerprints");
    for ids in old.chunks(RENEWED_AT_ONCE) {
        let renewed = ids.iter().filter_map(|id| {
            let fingerprint = read_again(context, *id)?.fingerprint?;
            Some((*id, fingerprint.texts().to_vec()))
        });
        context.store.set_fingerprints(renewed.collect())?;
    }
    Ok(())
}

fn is_outdated(song: &Song) -> bool {
    let is_current = |music: &Music| music.fingerprints.iter().any(|f| Fingerprint::is_current(f));
    song.status == SongStatus::Accepted && song.music.as_ref().is_some_and(|m| !is_current(m))
}
