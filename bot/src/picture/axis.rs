//! At which height does a pitch stand?
//!
//! Pitches that no part uses are left out where more than an octave of them lies together, so that
//! bass and lead both have room: the axis is made of bands.

use music::score::Pitch;

use super::parts::Shown;

/// The pitches shown, as bands from low to high, each with its lowest and highest key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Axis {
    bands: Vec<(u8, u8)>,
}

/// Unused keys shown above and below the used ones.
const MARGIN: u8 = 2;
/// Rows that stand for the pitches left out between two bands.
const GAP: f32 = 1.0;
/// With fewer rows than this, the roll would be too coarse.
const LEAST: u8 = 20;

impl Axis {
    pub(crate) fn new(parts: &[Shown<'_>]) -> Self {
        let mut used = [false; 128];
        for note in parts.iter().flat_map(|shown| &shown.part.notes) {
            used[usize::from(note.pitch.number())] = true;
        }
        let keys: Vec<u8> = (0..128u8).filter(|key| used[usize::from(*key)]).collect();
        let groups = keys.chunk_by(|low, high| high - low <= 12);
        let around = |group: &[u8]| {
            let (low, high) = (group[0], group[group.len() - 1]);
            (low.saturating_sub(MARGIN), (high + MARGIN).min(127))
        };
        let mut bands: Vec<(u8, u8)> = groups.map(around).collect();
        if bands.is_empty() {
            bands.push((60, 72));
        }
        let mut axis = Self { bands };
        axis.widen();
        axis
    }

    fn widen(&mut self) {
        let rows: u8 = self.bands.iter().map(|(low, high)| high - low + 1).sum();
        let missing = LEAST.saturating_sub(rows).div_ceil(2);
        if let [(low, high)] = self.bands.as_mut_slice() {
            *low = low.saturating_sub(missing);
            *high = (*high + missing).min(127);
        }
    }

    fn n_rows(&self) -> f32 {
        let rows: f32 = self.bands.iter().map(|(low, high)| f32::from(high - low + 1)).sum();
        rows + GAP * (self.bands.len() - 1) as f32
    }

    /// Height of a row when all take `height`.
    pub(crate) fn row(&self, height: f32) -> f32 {
        height / self.n_rows()
    }

    /// Every key shown with the top of its row, counted from the top of the axis.
    pub(crate) fn rows(&self, height: f32) -> impl Iterator<Item = (u8, f32)> + '_ {
        let keys = self.bands.iter().flat_map(|(low, high)| *low..=*high);
        keys.filter_map(move |key| Some((key, self.top(Pitch::new(key)?, height)?)))
    }

    /// The keys that get a name: each C, and the middle of a band that has none.
    pub(crate) fn named(&self) -> Vec<u8> {
        let of_band = |(low, high): &(u8, u8)| {
            let cs: Vec<u8> = (*low..=*high).filter(|key| key % 12 == 0).collect();
            if cs.is_empty() { vec![low.midpoint(*high)] } else { cs }
        };
        self.bands.iter().flat_map(of_band).collect()
    }

    /// The top of a pitch's row, or `None` where the pitch is not shown.
    pub(crate) fn top(&self, pitch: Pitch, height: f32) -> Option<f32> {
        let key = pitch.number();
        let mut above = 0.0;
        for (low, high) in self.bands.iter().rev() {
            if (*low..=*high).contains(&key) {
                return Some((above + f32::from(high - key)) * self.row(height));
            }
            above += f32::from(high - low + 1) + GAP;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::part::PartKind;
    use music::score::{Note, Part, Tick};

    fn axis(keys: &[u8]) -> Axis {
        let note = |key: &u8| Note {
            onset: Tick(0),
            pitch: Pitch::new(*key).expect("a pitch"),
            duration: Tick(1),
            velocity: 1,
        };
        let part = Part { notes: keys.iter().map(note).collect(), ..Part::default() };
        Axis::new(&[Shown { part: &part, kind: PartKind::Lead }])
    }

    #[test]
    fn a_wide_gap_is_left_out_and_every_note_has_a_row() {
        let axis = axis(&[29, 34, 65, 72, 80]);
        assert_eq!(axis.bands, [(27, 36), (63, 82)]);
        let top = |key: u8| Pitch::new(key).and_then(|pitch| axis.top(pitch, 310.0));
        assert_eq!(top(82), Some(0.0));
        assert_eq!(top(27), Some(300.0));
        assert_eq!(top(50), None);
    }

    #[test]
    fn every_band_has_a_name() {
        assert_eq!(axis(&[29, 34, 65, 72, 80]).named(), [36, 72]);
        assert_eq!(axis(&[28, 33, 65, 72, 80]).named(), [30, 72]);
    }

    #[test]
    fn one_note_and_none_have_room_around_them() {
        assert!(axis(&[60]).n_rows() >= 20.0);
        assert!(axis(&[]).n_rows() >= 20.0);
        assert!(axis(&[0, 127]).top(Pitch::new(127).expect("a pitch"), 100.0).is_some());
    }
}
