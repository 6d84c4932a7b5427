//! By what is a post found again?

/// A short text inside a post by which it is found again, such as `track 00c0ffee00c0ffee`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Marker(String);

impl Marker {
    /// The marker of the track with this number: the same number always gives the same marker.
    pub fn of_track(track: u64) -> Self {
        Self(format!("track {track:016x}"))
    }

    /// The text itself, ASCII, 22 bytes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `text` carries this marker.
    pub fn is_in(&self, text: &str) -> bool {
        text.contains(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_found_only_in_its_own_post() {
        let marker = Marker::of_track(0x00C0_FFEE);
        assert_eq!(marker.as_str(), "track 0000000000c0ffee");
        assert!(marker.is_in("a song\n-# track 0000000000c0ffee"));
        assert!(!marker.is_in("a song\n-# track 0000000000c0ffef"));
    }
}
