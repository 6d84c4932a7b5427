//! Are samples as loud as songs, and are their accents where those of songs are?

use music::song::{GridNote, STEPS_PER_BEAT, Song};

use crate::overlap;

/// Places in a bar at which accents are counted, as many a beat as sixteenths.
const PLACES_A_BEAT: u32 = 4;

/// Prints how far the velocities of two sets of songs overlap, and how far the places of their accents do.
pub(crate) fn print(real: &[&Song], drawn: &[&Song]) {
    let velocities = |songs: &[&Song]| songs.iter().map(|song| of_notes(song)).collect::<Vec<_>>();
    println!(
        "velocities: overlap {:.3}; songs with accents: real {:.0} %, others {:.0} %",
        overlap::area(&velocities(real), &velocities(drawn)),
        share_with_accents(real),
        share_with_accents(drawn)
    );
    let (real, drawn) = (by_place(real), by_place(drawn));
    let shared: f64 = real.iter().zip(&drawn).map(|(a, b)| a.min(*b)).sum();
    println!("accents by place in the bar: overlap {shared:.3}");
}

fn of_notes(song: &Song) -> Vec<f64> {
    song.notes().iter().map(|note| f64::from(note.dynamic.velocity())).collect()
}

fn share_with_accents(songs: &[&Song]) -> f64 {
    let n = songs.iter().filter(|song| song.has_accents()).count();
    100.0 * n as f64 / songs.len().max(1) as f64
}

/// Where in their bars notes are louder than their voice usually is: of all songs with accents, each with
/// one vote, the share of each place.
fn by_place(songs: &[&Song]) -> Vec<f64> {
    let mut places = vec![0.0; (6 * PLACES_A_BEAT) as usize];
    let mut n_songs = 0.0;
    for song in songs {
        let dynamics = song.dynamics();
        let is_louder = |note: &&GridNote| note.dynamic > dynamics[note.voice as usize];
        let accents: Vec<_> = song.notes().iter().filter(is_louder).collect();
        for note in &accents {
            let place = note.onset % song.steps_per_bar() * PLACES_A_BEAT / STEPS_PER_BEAT;
            places[place as usize] += 1.0 / accents.len() as f64;
        }
        n_songs += f64::from(u8::from(!accents.is_empty()));
    }
    places.into_iter().map(|share| share / f64::max(n_songs, 1.0)).collect()
}
