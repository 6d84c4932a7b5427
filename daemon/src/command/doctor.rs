//! `doctor`: is everything as it should be, and if not, what to do?

use composer::version;
use serde_json::json;

use crate::context::Context;
use crate::control::answer::{Line, Out};
use crate::store::{SongId, SongStatus};
use crate::track::track_file;

pub(super) fn doctor(context: &Context, out: &mut Out<'_>) -> anyhow::Result<()> {
    let mut n_ill = 0;
    let mut say = |what: &str, ill: Vec<String>, fine: String| {
        n_ill += usize::from(!ill.is_empty());
        let mark = if ill.is_empty() { "✓" } else { "✗" };
        let text = if ill.is_empty() {
            format!("{mark} {fine}")
        } else {
            format!("{mark} {}", ill.join("\n  "))
        };
        out(Line::row(json!({"check": what, "fine": ill.is_empty(), "problems": ill}), text));
    };
    say(
        "space",
        context.store.check_space().err().map(|e| e.to_string()).into_iter().collect(),
        "disk space".to_owned(),
    );
    match context.store.verify() {
        Ok((n, damaged)) => say(
            "store",
            damaged.iter().map(|e| format!("{e}: restore a backup")).collect(),
            format!("store: all {n} values are whole"),
        ),
        Err(error) => say("store", vec![error.to_string()], String::new()),
    }
    let songs = songs(context)?;
    say("songs", songs.0, format!("songs: all {} files are there and whole", songs.1));
    let versions = versions(context)?;
    say("versions", versions.0, format!("versions: all {} load", versions.1));
    let tracks = tracks(context)?;
    say("tracks", tracks.0, format!("tracks: the music of all {} is there", tracks.1));
    anyhow::ensure!(n_ill == 0, "{n_ill} checks found something; see above");
    Ok(())
}

fn songs(context: &Context) -> anyhow::Result<(Vec<String>, usize)> {
    let mut ill = Vec::new();
    let songs = context.store.songs()?;
    let accepted = songs.iter().filter(|(_, song)| song.status == SongStatus::Accepted);
    let mut n_songs = 0;
    for (id, song) in accepted {
        n_songs += 1;
        let path = context.home.songs().join(format!("{id}.mid"));
        match std::fs::read(&path) {
            Ok(bytes) if SongId::of(&bytes) == *id => {}
            Ok(_) => {
                ill.push(format!("{} is damaged: drop {} again", path.display(), song.file_name));
            }
            Err(error) => {
                ill.push(format!("{}: {error}: drop {} again", path.display(), song.file_name));
            }
        }
    }
    Ok((ill, n_songs))
}

fn versions(context: &Context) -> anyhow::Result<(Vec<String>, usize)> {
    let (mut ill, mut n_versions) = (Vec::new(), 0);
    for genre in context.genres()? {
        let kept = version::versions(&context.home.models().join(&genre))?;
        n_versions += kept.len();
        for version in &kept {
            ill.extend(
                version::load(&context.home.version(&genre, *version)).err().map(|e| e.to_string()),
            );
        }
        let current = context.store.current_version(&genre)?;
        if let Some(current) = current.filter(|current| !kept.contains(&current.version)) {
            ill.push(format!(
                "{genre} plays v{}, which is gone: roll back or train",
                current.version
            ));
        }
    }
    Ok((ill, n_versions))
}

fn tracks(context: &Context) -> anyhow::Result<(Vec<String>, usize)> {
    let tracks = context.store.tracks()?;
    let ill = tracks
        .iter()
        .filter_map(|(_, track)| track_file::read(&context.home, &track.genre, &track.stem).err());
    Ok((ill.map(|error| format!("{error:#}: its ratings no longer act")).collect(), tracks.len()))
}
