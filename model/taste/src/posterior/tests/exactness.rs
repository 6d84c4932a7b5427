//! Is the posterior what its equations say, the same for the same ballots?

use music::features::Vector;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::HERE;
use super::world::{Poll, World, normal};
use crate::ballots::Group;
use crate::matrix::Symmetric;
use crate::posterior::hierarchy::{Prior, Tree};
use crate::posterior::likelihood::Quadratic;
use crate::{Ballots, FEATURES, Posterior, Share, Statistics, Vote};

fn polled(world: &World, n: usize) -> Poll {
    let mut poll = Poll::new(3);
    poll.ask(n, HERE, &world.linear(3));
    poll.ask(n / 2, "there", &world.linear(4));
    poll
}

#[test]
fn a_vote_that_is_taken_back_leaves_no_trace() {
    let world = World::new(12);
    let mut poll = polled(&world, 60);
    let before = world.posterior(&poll, HERE);
    let (song, listener, community, _) = poll.said[0].clone();
    poll.say((song + 1) % 500, listener.clone(), community, true);
    let with = world.posterior(&poll, HERE);
    assert!(with != before && with.id() != before.id());
    poll.said.pop();
    assert_eq!(world.posterior(&poll, HERE), before);
    // Also if it is answered by its opposite.
    poll.said.push((490, listener.clone(), community, 2.0));
    poll.said.push((490, listener, community, -2.0));
    assert_eq!(world.posterior(&poll, HERE).id(), before.id());
}

#[test]
fn without_ballots_it_is_neutral_and_one_half() {
    let world = World::new(13);
    let ballots = Ballots::of(world.songs.clone(), &[], 120.0);
    for statistics in [&world.statistics, &Statistics::default()] {
        let posterior = Posterior::fit(statistics, &ballots, "trance", None);
        assert!(posterior.is_neutral() && posterior.n_effective().abs() < 1e-12);
        assert!((posterior.probability(&world.songs[0]) - 0.5).abs() < 1e-12);
        let weights = crate::song_weights(&posterior, &world.songs, 1.0);
        assert!(weights.iter().all(|weight| (weight - 1.0).abs() < 1e-12));
        assert!(posterior.strengths().iter().all(|strength| strength.in_words().is_none()));
    }
}

#[test]
fn without_the_votes_that_speak_most_for_a_song_it_falls_most() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let values: Vec<[f64; 2]> = (0..60).map(|_| [normal(&mut rng), normal(&mut rng)]).collect();
    let songs: Vec<Vector> =
        values.iter().map(|own| Vector::new(FEATURES.into_iter().zip(*own))).collect();
    let statistics = Statistics::of(&songs);
    let fit = |left_out: Option<usize>| {
        let tracks = (0..30).filter(|track| Some(*track) != left_out);
        let votes = tracks.flat_map(|track| [0, 1, 2].map(|listener| (track, listener)));
        let vote = |((track, idx), ordinal): ((usize, usize), u64)| {
            let is_liked = (values[track][0] > 0.0) ^ ((track + idx) % 7 == 0);
            let (listener, value) = (["ann", "bob", "cy"][idx], if is_liked { 1.0 } else { -1.0 });
            Vote {
                track,
                listener,
                community: None,
                genre: "trance",
                value,
                weight: 1.0,
                age_days: 0.0,
                ordinal,
            }
        };
        let votes: Vec<Vote<'_>> = votes.zip(0..).map(vote).collect();
        let ballots = Ballots::of(songs.clone(), &votes, 120.0);
        Posterior::fit_with_grounds(&statistics, &ballots, "trance", None)
    };
    let ahead = |posterior: &Posterior, song: usize| {
        let scores = songs.iter().map(|song| posterior.mean_score(song));
        posterior.mean_score(&songs[song]) - scores.sum::<f64>() / songs.len() as f64
    };
    let (all, grounds) = fit(None);
    let without: Vec<Posterior> = (0..30).map(|track| fit(Some(track)).0).collect();
    let mut nearly = 0;
    for song in 50..60 {
        let shares = all.shares(&grounds, &songs[song], &songs);
        assert!(shares.iter().all(|share| share.n_liked + share.n_disliked == 3));
        let fall = |share: &Share| ahead(&all, song) - ahead(&without[share.track], song);
        let falls: Vec<f64> = shares.iter().map(fall).collect();
        let most = falls.iter().copied().fold(f64::MIN, f64::max);
        // Nearly, as scales are chosen anew without them, which the shares leave out.
        nearly += usize::from(falls[0] > 0.9 * most);
        // For the song that the taste tells furthest from the others, exactly.
        assert!(song != 56 || falls[0] >= most && falls[0] > 0.5, "{falls:?}");
        let rises = falls.last().copied().unwrap_or_default();
        assert!(falls[0] > 0.0 && rises < 0.0, "{falls:?}");
    }
    assert!(nearly >= 8, "{nearly} of 10");
}

#[test]
fn it_is_kept_and_read_back() {
    let world = World::new(14);
    let posterior = world.posterior(&polled(&world, 40), HERE);
    let text = serde_json::to_string(&posterior).expect("it is written");
    assert!(text.len() < 80_000, "{}", text.len());
    let read: Posterior = serde_json::from_str(&text).expect("it is read");
    let song = &world.songs[7];
    assert!((read.mean_score(song) - posterior.mean_score(song)).abs() < 1e-9);
    assert_eq!(posterior.id().len(), 16);
}

/// Three communities in two genres whose ballots say something of one weight each.
fn said() -> (Vec<Group>, Vec<Quadratic>) {
    let group = |genre, community| Group::empty(genre, Some(community));
    let said = |precision: f64, linear: f64| {
        let mut said = Quadratic::nothing(1);
        said.curvature.row_mut(0)[0] = precision;
        said.linear[0] = linear;
        said
    };
    let groups = vec![group("pop", "a"), group("pop", "b"), group("trance", "a")];
    (groups, vec![said(2.0, 3.0), said(0.5, -1.0), said(4.0, 0.3)])
}

#[test]
fn messages_in_the_tree_come_to_what_the_whole_system_does() {
    let (groups, said) = said();
    let shares = [0.5, 0.3, 0.2];
    let prior = Prior { variances: vec![1.7], shares };
    let tree = Tree::of(&groups);
    let solved = tree.solve(&prior, &said);
    // The joint prior of the three weights: what they share.
    let covariance = |i: usize, j: usize| {
        let is_same = [true, (i < 2) == (j < 2), i == j];
        let shared = shares.iter().zip(is_same).filter(|(_, is)| *is).map(|(share, _)| share);
        1.7 * shared.sum::<f64>()
    };
    let mut prior_covariance = Symmetric::zeros(3);
    for i in 0..3 {
        for j in 0..=i {
            prior_covariance.row_mut(i)[j] = covariance(i, j);
        }
    }
    let mut precision = prior_covariance.cholesky().inverse();
    for (idx, said) in said.iter().enumerate() {
        precision.row_mut(idx)[idx] += said.curvature.row(0)[0];
    }
    let linear: Vec<f64> = said.iter().map(|said| said.linear[0]).collect();
    let factor = precision.cholesky();
    let (mean, inverse) = (factor.solve(&linear), factor.inverse());
    for (idx, mode) in tree.modes(&solved).enumerate() {
        assert!((mode[0] - mean[idx]).abs() < 1e-9, "{} for {}", mode[0], mean[idx]);
        let mut known = tree.known_without(&prior, &solved, idx);
        known.add(&said[idx]);
        let variance = 1.0 / known.curvature.row(0)[0];
        assert!((variance - inverse.row(idx)[idx]).abs() < 1e-9);
        assert!((known.linear[0] * variance - mean[idx]).abs() < 1e-9);
    }
    let explained: f64 = linear.iter().zip(&mean).map(|(b, x)| b * x).sum();
    let evidence = 0.5 * explained
        - 0.5 * (factor.log_determinant() + prior_covariance.cholesky().log_determinant());
    assert!((solved.evidence - evidence).abs() < 1e-9, "{} for {evidence}", solved.evidence);
}
