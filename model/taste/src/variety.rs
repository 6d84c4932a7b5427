//! Is a song too like one that was just posted?
//!
//! No post should be nearer to a recent one than songs of the library usually are to each other.

use music::features::Vector;

use crate::distance::distance;
use crate::statistics::Statistics;

/// The latest posts that a new one is compared with.
pub const N_POSTS: usize = 20;

/// The latest posts, and how far from them a song has to be.
#[derive(Clone, Debug)]
pub struct Variety {
    statistics: Statistics,
    names: Vec<String>,
    posts: Vec<Vec<f64>>,
}

impl Variety {
    /// Among these posts, of which the last is the latest, against the library of these statistics.
    pub fn of(statistics: &Statistics, posts: &[Vector]) -> Self {
        let names = statistics.names();
        let latest = &posts[posts.len().saturating_sub(N_POSTS)..];
        let place = |song: &Vector| statistics.standardised_of(&names, song).collect();
        Self { posts: latest.iter().map(place).collect(), names, statistics: statistics.clone() }
    }

    /// How much nearer to one of the latest posts a song is than usual: 0 where it is far enough, 1
    /// where it is the same by every feature.
    pub fn nearness(&self, song: &Vector) -> f64 {
        let limit = self.statistics.nearest();
        if limit <= 0.0 {
            return 0.0;
        }
        let song: Vec<f64> = self.statistics.standardised_of(&self.names, song).collect();
        let nearness = |post: &Vec<f64>| 1.0 - distance(post, &song) / limit;
        self.posts.iter().map(nearness).fold(0.0, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn song(density: f64, height: f64) -> Vector {
        Vector::new([("lead_notes_a_bar", density), ("lead_pitch_mean", height)])
    }

    fn library() -> Vec<Vector> {
        (0..100).map(|i| song(f64::from(i % 10), 60.0 + f64::from(i / 10))).collect()
    }

    #[test]
    fn a_song_may_be_as_near_to_a_post_as_songs_are_to_each_other() {
        let variety = Variety::of(&Statistics::of(&library()), &[song(4.0, 64.0)]);
        assert!(variety.nearness(&song(5.0, 64.0)) < 1e-9);
        assert!((variety.nearness(&song(4.0, 64.0)) - 1.0).abs() < 1e-12);
        assert!((variety.nearness(&song(4.5, 64.0)) - 0.5).abs() < 1e-9);
    }

    #[test]
    fn only_the_latest_posts_count_and_few_songs_have_no_usual() {
        let posts = [vec![song(4.0, 64.0)], vec![song(9.0, 60.0); N_POSTS]].concat();
        let variety = Variety::of(&Statistics::of(&library()), &posts);
        assert!(variety.nearness(&song(4.0, 64.0)) < 1e-9);
        let bare = Variety::of(&Statistics::of(&library()[..1]), &posts);
        assert!(bare.nearness(&song(9.0, 60.0)).abs() < 1e-12);
    }
}
