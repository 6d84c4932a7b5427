//! Which parts go through the mixer together?

use crate::audio::pcm::Frame;
use crate::part::PartKind;

/// What parts go through together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bus {
    /// Driven, with delay and reverb, ducked a little less by the kick than the backing.
    Lead,
    /// With reverb, ducked by the kick.
    Backing,
    /// Dry, ducked half as much by the kick, and already silent before it.
    Bass,
    /// Dry.
    Drums,
}

/// How many buses there are.
pub(crate) const N_BUSES: usize = 4;

/// One stretch of every bus, in the order of [`Bus::ALL`], each as long as it sounds.
pub(crate) type Buses = [Vec<Frame>; N_BUSES];

impl Bus {
    /// All of them.
    pub(crate) const ALL: [Self; N_BUSES] = [Self::Lead, Self::Backing, Self::Bass, Self::Drums];

    /// The buses of an arrangement's parts. The first part takes the lead's place where there is none.
    pub(crate) fn of(kinds: &[PartKind]) -> Vec<Self> {
        let lead = kinds.iter().position(|kind| *kind == PartKind::Lead).unwrap_or(0);
        let parts = kinds.iter().enumerate();
        parts.map(|(index, kind)| Self::of_part(*kind, index == lead)).collect()
    }

    fn of_part(kind: PartKind, is_lead: bool) -> Self {
        match kind {
            PartKind::Bass | PartKind::Riser => Self::Bass,
            drum if drum.is_drum() => Self::Drums,
            _ if is_lead => Self::Lead,
            _ => Self::Backing,
        }
    }
}
