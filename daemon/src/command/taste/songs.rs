//! Which songs gain and lose most by a taste, and by whose votes?

use std::fmt;

use music::features::Vector;
use serde::Serialize;
use taste::{Grounds, Posterior, Share};

use crate::context::Context;
use crate::store::{SongId, TrackId};
use crate::track::listeners_taste::REQUEST_GAIN;
use crate::track::patterns::Patterns;

/// Songs that are named at most on either side.
const MAX_SONGS: usize = 5;
/// Tracks that are named at most for each.
const MAX_TRACKS: usize = 3;
/// A factor that is nearer to 1 changes nothing that anybody would notice.
const NOTICED: f64 = 0.005;
/// What says less than this share of what the strongest track says is not worth naming.
const WORTH_NAMING: f64 = 0.2;

/// A song and what the taste makes of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Weighed {
    song: SongId,
    file: String,
    /// 1 is what every song has without votes.
    pub(super) factor: f64,
    /// The tracks whose votes speak most for the factor, the strongest first.
    by: Vec<Voted>,
}

/// What the votes on a track say of a song.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Voted {
    track: TrackId,
    /// Listeners who voted, and those of them who like it.
    votes: usize,
    liked: usize,
    /// By how many logits the song would fall behind the others without them; negative where it would rise.
    share: f64,
}

/// Whose taste weighs the songs, and what it rests on.
pub(super) struct Taste<'a> {
    pub(super) genre: &'a str,
    pub(super) community: Option<&'a str>,
    pub(super) posterior: &'a Posterior,
    pub(super) grounds: &'a Grounds,
}

impl Taste<'_> {
    /// The songs that gain and those that lose most; `tracks` are those with votes, by their places.
    pub(super) fn songs(
        &self,
        context: &Context,
        tracks: &[TrackId],
    ) -> anyhow::Result<[Vec<Weighed>; 2]> {
        if self.posterior.is_neutral() {
            return Ok([Vec::new(), Vec::new()]);
        }
        let gain = if self.community.is_some() { REQUEST_GAIN } else { context.config.taste.gain };
        let measured = Patterns::of(context, self.genre, None)?.by_song(context);
        let features: Vec<Vector> = measured.iter().map(|(_, own)| own.features.clone()).collect();
        let factors = taste::song_weights(self.posterior, &features, gain);
        let mut weighed = Vec::new();
        for (idx, ((song, _), factor)) in measured.iter().zip(factors).enumerate() {
            let file = context.store.song(*song)?.map(|song| song.file_name).unwrap_or_default();
            weighed.push((idx, Weighed { song: *song, file, factor, by: Vec::new() }));
        }
        let told = |(idx, song): (usize, Weighed)| {
            let shares = self.posterior.shares(self.grounds, &features[idx], &features);
            Weighed { by: strongest(shares, song.factor > 1.0, tracks), ..song }
        };
        Ok(extremes(weighed).map(|songs| songs.into_iter().map(told).collect()))
    }
}

/// The tracks that speak most for a song, or against it.
fn strongest(mut shares: Vec<Share>, gains: bool, tracks: &[TrackId]) -> Vec<Voted> {
    shares.retain(|own| if gains { own.share > 0.0 } else { own.share < 0.0 });
    shares.sort_by(|a, b| b.share.abs().total_cmp(&a.share.abs()));
    let least = shares.first().map_or(0.0, |own| WORTH_NAMING * own.share.abs());
    let named = shares.into_iter().filter(|own| own.share.abs() >= least).take(MAX_TRACKS);
    let voted = |own: Share| {
        let (liked, votes) = (own.n_liked, own.n_liked + own.n_disliked);
        Some(Voted { track: *tracks.get(own.track)?, votes, liked, share: own.share })
    };
    named.filter_map(voted).collect()
}

/// Those with the highest factors and those with the lowest, the furthest from 1 first.
fn extremes(mut weighed: Vec<(usize, Weighed)>) -> [Vec<(usize, Weighed)>; 2] {
    weighed
        .sort_by(|(_, a), (_, b)| b.factor.total_cmp(&a.factor).then_with(|| a.file.cmp(&b.file)));
    let gains = weighed.iter().filter(|(_, song)| song.factor >= 1.0 + NOTICED);
    let loses = weighed.iter().rev().filter(|(_, song)| song.factor <= 1.0 - NOTICED);
    [gains.take(MAX_SONGS).cloned().collect(), loses.take(MAX_SONGS).cloned().collect()]
}

impl fmt::Display for Weighed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "×{:.2}  {}", self.factor, self.file)?;
        if self.by.is_empty() {
            return Ok(());
        }
        let by: Vec<String> = self.by.iter().map(ToString::to_string).collect();
        write!(f, "  (by {})", by.join("; "))
    }
}

impl fmt::Display for Voted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "track {}: ", self.track)?;
        match (self.liked, self.votes - self.liked) {
            (liked, 0) => write!(f, "{liked} liked"),
            (0, disliked) => write!(f, "{disliked} disliked"),
            (liked, disliked) => write!(f, "{liked} liked, {disliked} disliked"),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn song(idx: usize, factor: f64) -> Weighed {
        let (song, file) = (SongId::of(&[idx as u8]), format!("{idx}.mid"));
        Weighed { song, file, factor, by: Vec::new() }
    }

    #[test]
    fn songs_gain_or_lose_and_the_furthest_from_one_come_first() {
        let factors = [0.5, 1.0, 1.3, 0.9, 2.0, 1.001, 1.1, 1.2, 1.4, 1.5];
        let songs = factors.into_iter().enumerate().map(|(idx, own)| (idx, song(idx, own)));
        let factors = extremes(songs.collect())
            .map(|songs| songs.into_iter().map(|(_, own)| own.factor).collect::<Vec<_>>());
        assert_eq!(factors, [vec![2.0, 1.5, 1.4, 1.3, 1.2], vec![0.5, 0.9]]);
    }

    #[test]
    fn the_tracks_are_named_that_speak_for_the_factor() {
        let share = |track, n_liked, n_disliked, share| Share { track, n_liked, n_disliked, share };
        let shares = || {
            vec![
                share(0, 3, 0, 0.8),
                share(1, 0, 2, 0.5),
                share(2, 1, 0, 0.1),
                share(3, 2, 1, -0.4),
            ]
        };
        let tracks = [12, 40, 41, 42].map(TrackId);
        let told = |factor, gains| {
            Weighed { by: strongest(shares(), gains, &tracks), ..song(7, factor) }.to_string()
        };
        assert_eq!(told(2.5, true), "×2.50  7.mid  (by track 12: 3 liked; track 40: 2 disliked)");
        assert_eq!(told(0.4, false), "×0.40  7.mid  (by track 42: 2 liked, 1 disliked)");
        assert_eq!(song(7, 2.0).to_string(), "×2.00  7.mid");
    }
}
