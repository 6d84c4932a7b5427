//! Are hidden tastes found, kept apart, unlearned, and not made up?

mod exactness;
mod world;

use music::features::Vector;
use rand::Rng;

use world::{Hidden, Poll, WRONG, World};

use crate::{Posterior, Statistics, song_weights};

const HERE: &str = "here";

/// The mean over some seeds.
fn average(seeds: std::ops::Range<u64>, of: impl Fn(u64) -> f64) -> f64 {
    let n = (seeds.end - seeds.start) as f64;
    seeds.map(of).sum::<f64>() / n
}

fn lift_after(world: &World, n: usize, seed: u64, hidden: &Hidden) -> f64 {
    let mut poll = Poll::new(seed);
    poll.ask(n, HERE, hidden);
    let posterior = world.posterior(&poll, HERE);
    world.lift(hidden, |song| posterior.mean_score(song))
}

#[test]
fn sixty_ballots_are_worth_one_and_a_half_deviations() {
    let world = World::new(1);
    let linear = average(0..12, |seed| lift_after(&world, 60, seed, &world.linear(seed)));
    assert!(linear > 1.5, "{linear:.2}");
    let more = average(0..6, |seed| lift_after(&world, 240, seed, &world.linear(seed)));
    assert!(more > 2.0, "{more:.2}");
}

#[test]
fn a_liked_middle_is_found() {
    let world = World::new(2);
    let middle = |seed: u64| {
        let at = seed as usize * 5;
        let hidden = world.taste(|z| -(z[at] - 0.2).abs());
        lift_after(&world, 200, seed, &hidden)
    };
    let lift = average(0..6, middle);
    // In the very middle it would be 1.3; to a linear taste there is nothing to find.
    assert!(lift > 0.7, "{lift:.2}");
}

#[test]
fn communities_of_opposite_taste_each_keep_their_own() {
    let world = World::new(3);
    let of = |seed: u64| {
        let taste = world.linear(seed);
        let opposite: Hidden = taste.iter().map(|worth| -worth).collect();
        let mut poll = Poll::new(seed);
        for _ in 0..10 {
            poll.ask(12, HERE, &taste);
            poll.ask(12, "there", &opposite);
        }
        let lift = |hidden: &Hidden, community| {
            let posterior = world.posterior(&poll, community);
            world.lift(hidden, |song| posterior.mean_score(song))
        };
        lift(&taste, HERE).min(lift(&opposite, "there"))
    };
    let lift = average(0..6, of);
    assert!(lift > 1.5, "{lift:.2}");
}

#[test]
fn all_together_like_what_each_community_likes_and_nothing_if_they_contradict() {
    let world = World::new(3);
    let of = |seed: u64, sign: f64| {
        let taste = world.linear(seed);
        let theirs: Hidden = taste.iter().map(|worth| sign * worth).collect();
        let mut poll = Poll::new(seed);
        for _ in 0..10 {
            poll.ask(9, HERE, &taste);
            poll.ask(9, "there", &theirs);
        }
        let ballots = world.ballots(&poll);
        let posterior = crate::Posterior::fit(&world.statistics, &ballots, "trance", None);
        world.lift(&taste, |song| posterior.mean_score(song))
    };
    let (agreed, at_odds) = (average(0..6, |s| of(s, 1.0)), average(0..6, |s| of(s, -1.0)));
    assert!(agreed > 1.5 && at_odds.abs() < 0.6, "{agreed:.2}, {at_odds:.2}");
}

#[test]
fn a_new_community_begins_with_what_others_of_its_genre_like() {
    let world = World::new(4);
    let (mut with, mut without) = (0.0, 0.0);
    for seed in 0..6 {
        let taste = world.linear(seed);
        let mut poll = Poll::new(seed);
        poll.ask(15, HERE, &taste);
        let lift = |poll: &Poll| {
            let posterior = world.posterior(poll, HERE);
            world.lift(&taste, |song| posterior.mean_score(song)) / 6.0
        };
        without += lift(&poll);
        poll.ask(100, "there", &taste);
        poll.ask(100, "elsewhere", &taste);
        with += lift(&poll);
    }
    assert!(with > without + 0.4, "{with:.2}, without the others {without:.2}");
}

#[test]
fn random_votes_shrink_to_almost_nothing() {
    let world = World::new(5);
    let mut n_neutral = 0;
    for seed in 0..8 {
        let mut poll = Poll::new(seed);
        for _ in 0..200 {
            let (song, who) = (poll.rng.random_range(0..500), poll.rng.random_range(0..6));
            let is_liked = poll.rng.random();
            poll.say(song, format!("listener {who}"), HERE, is_liked);
        }
        let posterior = world.posterior(&poll, HERE);
        n_neutral += u32::from(posterior.is_neutral());
        let weights = song_weights(&posterior, &world.songs, 1.0);
        let mean = weights.iter().map(|weight| (weight - 1.0).abs()).sum::<f64>() / 500.0;
        assert!(mean < 0.15, "seed {seed}: weights are {mean:.2} off");
        assert!(posterior.confidence(&world.songs) < 0.3, "seed {seed}");
    }
    assert!(n_neutral >= 6, "{n_neutral} of 8");
}

#[test]
fn a_new_taste_wins_within_sixty_ballots_and_a_stable_one_forgets_nothing() {
    let world = World::new(6);
    let mut n_forgetting = 0;
    let changed = |seed: u64, n_forgetting: &mut u32| {
        let (old, new) = (world.linear(seed), world.linear(seed + 100));
        // What is left of the old one in the new: nothing.
        let shared: f64 = old.iter().zip(&new).map(|(old, new)| old * new).sum::<f64>() / 500.0;
        let new: Hidden =
            new.iter().zip(&old).map(|(new, old)| new - (1.0 + shared) * old).collect();
        let new = World::standardised(new);
        let mut poll = Poll::new(seed);
        poll.ask(240, HERE, &old);
        *n_forgetting += u32::from(world.posterior(&poll, HERE).half_life().is_some());
        poll.ask(60, HERE, &new);
        let posterior = world.posterior(&poll, HERE);
        let score = |song: &_| posterior.mean_score(song);
        world.lift(&new, score) - world.lift(&old, score)
    };
    let ahead = (0..10).map(|seed| changed(seed, &mut n_forgetting)).sum::<f64>() / 10.0;
    assert!(ahead > 0.8, "{ahead:.2}");
    assert!(n_forgetting <= 1, "{n_forgetting} of 10 stable tastes forget");
}

#[test]
fn who_likes_everything_says_nothing_of_what_is_liked() {
    let world = World::new(7);
    let of = |seed: u64| {
        let taste = world.linear(seed);
        let mut poll = Poll::new(seed);
        poll.ask(90, HERE, &taste);
        let before = world.posterior(&poll, HERE);
        for idx in 0..60 {
            let song = poll.rng.random_range(0..500);
            poll.say(song, format!("eager {}", idx % 2), HERE, true);
        }
        let after = world.posterior(&poll, HERE);
        let lift =
            |posterior: &crate::Posterior| world.lift(&taste, |song| posterior.mean_score(song));
        lift(&before) - lift(&after)
    };
    let lost = average(0..6, of);
    assert!(lost < 0.25, "{lost:.2} lost");
}

#[test]
fn ten_listeners_outweigh_a_loud_one() {
    let world = World::new(8);
    let of = |seed: u64| {
        let taste = world.linear(seed);
        let mut poll = Poll::new(seed);
        for idx in 0..150 {
            let song = poll.rng.random_range(0..500);
            let (who, is_liked) = if idx % 3 == 0 {
                (1 + idx / 3 % 10, taste[song] > 0.0)
            } else {
                (0, taste[song] < 0.0)
            };
            poll.say(song, format!("listener {who}"), HERE, is_liked);
        }
        let posterior = world.posterior(&poll, HERE);
        world.lift(&taste, |song| posterior.mean_score(song))
    };
    let lift = average(0..6, of);
    assert!(lift > 0.8, "{lift:.2}");
}

#[test]
fn expectations_come_true_as_often_as_they_say() {
    let world = World::new(9);
    let mut predictions = Vec::new();
    for seed in 0..8 {
        let taste = world.linear(seed);
        let mut poll = Poll::new(seed);
        for _ in 0..250 {
            let (song, who) = (poll.rng.random_range(0..500), poll.rng.random_range(0..6));
            let generous = f64::from(who) * 0.2 - 0.5;
            let logit = 1.8 * taste[song] + generous;
            let is_liked = poll.rng.random::<f64>() < 1.0 / (1.0 + (-logit).exp());
            poll.say(song, format!("listener {who}"), HERE, is_liked);
        }
        let ballots = world.ballots(&poll);
        let ahead = crate::one_step_ahead(&world.statistics, &ballots, "trance", Some(HERE), 25);
        predictions.extend(ahead);
    }
    assert!(predictions.len() > 8 * 200, "{}", predictions.len());
    let error = crate::expected_error(&crate::reliability(&predictions, 10));
    assert!(error <= 0.07, "{error:.3}");
    let is_right = |p: &&crate::Prediction| (p.probability > 0.5) == p.is_liked;
    let right = predictions.iter().filter(is_right).count() as f64 / predictions.len() as f64;
    assert!(right > 0.65 && right < 1.0 - WRONG / 2.0, "{right:.2}");
}

#[test]
fn weights_follow_the_taste_and_leave_a_third_of_the_library() {
    let world = World::new(10);
    let taste = world.linear(1);
    let mut poll = Poll::new(1);
    poll.ask(400, HERE, &taste);
    let weights = song_weights(&world.posterior(&poll, HERE), &world.songs, 1.0);
    let n = weights.len() as f64;
    let mean = weights.iter().sum::<f64>() / n;
    let effective = n * n / weights.iter().map(|weight| weight * weight).sum::<f64>();
    assert!((mean - 1.0).abs() < 1e-9 && effective >= n / 3.0, "{mean}, {effective:.0} of {n}");
    let liked: f64 =
        weights.iter().zip(&taste).map(|(weight, worth)| weight * worth).sum::<f64>() / n;
    assert!(liked > 0.5, "{liked:.2}");
    assert!(weights.iter().all(|weight| *weight >= 0.249));
    let harder = song_weights(&world.posterior(&poll, HERE), &world.songs, 20.0);
    let squares: f64 = harder.iter().map(|weight| weight * weight).sum();
    assert!(n * n / squares >= n / 3.0);
}

#[test]
fn what_is_liked_is_told_in_words() {
    let world = World::new(11);
    let taste = world.taste(|z| z[9] - 2.0 * (z[16] * z[16]));
    let mut poll = Poll::new(1);
    poll.ask(400, HERE, &taste);
    let strengths = world.posterior(&poll, HERE).strengths();
    let of = |name: &str| strengths.iter().find(|strength| strength.feature == name).cloned();
    let (leaps, dissonance) = (of("lead_top_leaps").expect("one"), of("dissonance").expect("one"));
    assert_eq!(leaps.in_words().as_deref(), Some("more leaps"));
    assert_eq!(dissonance.in_words().as_deref(), Some("a middle amount of dissonance"));
    let n_told = strengths.iter().filter(|strength| strength.in_words().is_some()).count();
    assert!(n_told < 18, "{n_told} features are told of");
}

#[test]
fn what_speaks_for_a_song_is_told_the_strongest_first() {
    let world = World::new(11);
    let taste = world.taste(|z| z[9] - 2.0 * (z[16] * z[16]));
    let mut poll = Poll::new(1);
    poll.ask(400, HERE, &taste);
    let posterior = world.posterior(&poll, HERE);
    let leaps = |song: &Vector| song.get("lead_top_leaps").unwrap_or_default();
    let by_leaps = |a: &&Vector, b: &&Vector| leaps(a).total_cmp(&leaps(b));
    let leaping = world.songs.iter().max_by(by_leaps).expect("a song");
    let reasons = posterior.contributions(leaping);
    assert!(reasons.is_sorted_by(|a, b| a.effect.abs() >= b.effect.abs()));
    let leaps = reasons.iter().find(|reason| reason.feature == "lead_top_leaps").expect("it is");
    assert!(leaps.effect > 0.0 && leaps.in_words().as_deref() == Some("more leaps"), "{leaps:?}");
}

#[test]
fn a_feature_in_which_no_song_differs_explains_nothing() {
    let world = World::new(11);
    let mut poll = Poll::new(1);
    poll.ask(60, HERE, &world.linear(3));
    let same = vec![world.songs[0].clone(); 3];
    let mut alike = World::new(11);
    alike.songs = vec![world.songs[0].clone(); world.songs.len()];
    let ballots = alike.ballots(&poll);
    let posterior = Posterior::fit(&Statistics::of(&same), &ballots, "trance", Some(HERE));
    assert_eq!(posterior.contributions(&world.songs[1]), []);
    assert_eq!(posterior.strengths(), []);
}
