//! Who composed the starter songs?
//!
//! This program: `cargo run --release -p music --example compose -- daemon/starter` writes the same
//! files, byte for byte, each time. It knows nothing but music theory (minor scales, triads, phrases
//! of eight bars) and the sketches under `songs`, which were written for it. No existing song went
//! into either, so the results are the project's to give away.

use std::io::Write;
use std::path::PathBuf;

mod arrange;
mod harmony;
mod melody;
mod rhythm;
mod sketch;
mod songs;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).ok_or(
        "say where to write: cargo run --release -p music --example compose -- daemon/starter",
    )?;
    std::fs::create_dir_all(&folder)?;
    for (sketch_idx, sketch) in songs::all().enumerate() {
        let path = folder.join(sketch.file_name(sketch_idx + 1));
        let score = arrange::compose(sketch);
        std::fs::write(&path, music::midi::write(&score))?;
        writeln!(std::io::stderr(), "{} notes in {}", score.n_notes(), path.display())?;
    }
    Ok(())
}
