//! Which files of a track are written, and where?

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::control::failure::Misused;
use bot::wish::AbsolutePath;

/// Which files of a track are written, and where; its MIDI file always is. The music does not depend
/// on it.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub(crate) struct Output {
    /// Where the files go [default: tracks/ in the home]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<AbsolutePath>,
    /// Don't write the audio for the chat (.ogg)
    #[arg(long)]
    pub(crate) no_audio: bool,
    /// Write the audio without loss too: a WAV file of 24 bits
    #[arg(long)]
    pub(crate) wav: bool,
    /// Write each part by itself too: WAV files of one length, before mastering and 12 dB quieter,
    /// that add up to the mix
    #[arg(long)]
    pub(crate) stems: bool,
    /// Don't write the picture
    #[arg(long)]
    pub(crate) no_picture: bool,
    /// The most bytes that the audio for the chat may have.
    #[arg(skip)]
    pub(crate) max_audio_bytes: Option<usize>,
}

impl Output {
    /// What a chat takes that accepts files of up to `max_bytes`.
    pub(crate) fn for_chat(max_bytes: usize) -> Self {
        Self { max_audio_bytes: Some(max_bytes), ..Self::default() }
    }

    /// Refuses a place for the files that is not a folder and cannot become one.
    ///
    /// # Errors
    /// [`Misused`] with the place.
    pub(crate) fn check(&self) -> Result<(), Misused> {
        let out = self.out.iter().flat_map(|out| out.ancestors());
        match out.into_iter().find(|place| place.exists()) {
            Some(place) if !place.is_dir() => Err(Misused(format!(
                "{} is a file: --out takes a folder, which is made if it is not there",
                place.display()
            ))),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_go_into_folders_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.txt");
        std::fs::write(&file, "a").expect("written");
        let check = |out| {
            let out = AbsolutePath::new(out).ok();
            Output { out, ..Output::default() }.check()
        };
        assert!(check(folder.path().join("new/deep")).is_ok());
        assert!(check(file.join("below")).is_err() && check(file).is_err());
        assert!(Output::for_chat(7).check().is_ok());
    }
}
