//! Does a dropped file become music that listeners shape, over files, network and restarts?

use std::time::{Duration, Instant};

use daemon::config::Config;
use daemon::context::Context;
use daemon::store::TrackState;
use serde_json::Value;
use tests::discord::{Attached, Discord, Message, TOKEN};
use tests::process::{Home, Signal, eventually};

use crate::home;
use crate::midi_facts::Facts;

/// GM program 91, "Pad 3 (polysynth)", as the byte in the file.
const POLYSYNTH: u8 = 90;
/// What the bot offers below each post.
const OFFERED: [&str; 4] = ["🔥", "👍", "👎", "💩"];

fn with_discord(discord: &Discord) -> Home {
    home()
        .set("discord.api_url", format!("{:?}", discord.url()))
        .set("reactions.offered", format!("{OFFERED:?}"))
        .variable("KICKBACK_DISCORD_TOKEN", TOKEN)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_song_becomes_a_track_whose_listeners_shape_the_next_version() {
    let discord = Discord::start().await;
    let home = with_discord(&discord);
    let dropped = home.drop_songs("hardstyle", 0..8);
    let daemon = home.daemon();
    eventually("a first version", || (home.status("hardstyle")["version"] == 1).then_some(()));
    assert_eq!(home.files("library"), dropped);
    assert_eq!((home.files("inbox"), home.files("rejected")), (vec![], vec![]));

    let ada = discord.user("ada");
    let interaction = discord.generate("hardstyle", ada);
    let message = discord.wait_for_message().await;
    assert_eq!(message.answers, Some(interaction));
    // The answer was deferred, so it is an edit; anything posted besides would be a second message.
    let n_requests = |what: &str| discord.n_requests(&format!("{what} /api/v10/"));
    assert_eq!(n_requests("PATCH"), 1);
    assert_eq!(
        (
            discord.n_requests("POST /api/v10/webhooks"),
            discord.n_requests("POST /api/v10/channels")
        ),
        (0, 0)
    );
    let track = home.row(&["tracks", "hardstyle"]);
    assert_eq!(track["message"], message.id, "the one track there is was posted as that message");
    assert_eq!((&track["listeners"], &track["weight"]), (&0.into(), &0.0.into()));
    says_what_it_is(&message, &track);

    discord.wait_for_own_reactions(message.id, &OFFERED).await;
    discord.react(message.id, ada, "🔥");
    let liked = until_listeners(&home, 1);
    assert!(liked["score"].as_f64().expect("a number") > 0.0, "{liked}");
    train(&home, 2);
    let weighed = home.row(&["tracks", "hardstyle"]);
    assert!(weighed["weight"].as_f64().expect("a number") > 0.0, "{weighed}");

    discord.unreact(message.id, ada, "🔥");
    let unrated = until_listeners(&home, 0);
    assert_eq!(unrated["score"], 0.0);
    train(&home, 3);
    assert_eq!(home.row(&["tracks", "hardstyle"])["weight"], 0.0);

    discord.react(message.id, ada, "🔥");
    until_listeners(&home, 1);
    tells_how_it_stands(&discord, &home, ada).await;
    assert_eq!(discord.n_requests("/reactions/"), OFFERED.len(), "only the track is reacted to");

    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
    assert_eq!(discord.violations(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reaction_that_came_while_the_daemon_was_away_counts_when_it_is_back() {
    let discord = Discord::start().await;
    let home = with_discord(&discord);
    home.drop_songs("hardstyle", 0..6);
    home.rows(&["train", "hardstyle"]);
    let connected = Instant::now();
    let daemon = home.daemon();
    discord.wait_for_connections(1).await;
    let ada = discord.user("ada");
    discord.generate("hardstyle", ada);
    let message = discord.wait_for_message().await;
    discord.wait_for_own_reactions(message.id, &OFFERED).await;
    eventually("a confirmed post", || {
        (home.row(&["tracks"])["message"] == message.id).then_some(())
    });
    daemon.kill();
    discord.react_unheard(message.id, ada, "👎");
    until_discord_allows(connected);
    let daemon = home.daemon();
    let disliked = until_listeners(&home, 1);
    assert!(disliked["score"].as_f64().expect("a number") < 0.0, "{disliked}");
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
    assert_eq!(discord.violations(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_post_that_was_never_noted_is_found_with_its_reactions_and_not_posted_again() {
    let discord = Discord::start().await;
    let home = with_discord(&discord);
    home.drop_songs("hardstyle", 0..6);
    home.rows(&["train", "hardstyle"]);
    let connected = Instant::now();
    let daemon = home.daemon();
    discord.wait_for_connections(1).await;
    let ada = discord.user("ada");
    discord.generate("hardstyle", ada);
    let message = discord.wait_for_message().await;
    discord.wait_for_own_reactions(message.id, &OFFERED).await;
    eventually("a confirmed post", || {
        (home.row(&["tracks"])["message"] == message.id).then_some(())
    });
    daemon.kill();
    // As if it had been killed right after it posted.
    let place = daemon::home::Home::new(home.path(""));
    let context = Context::open(place, Config::default()).expect("nobody else has it open");
    let (id, track) = context.store.tracks().expect("readable").pop().expect("a track");
    let TrackState::Posted { channel, .. } = track.state else { panic!("{track:?}") };
    context.store.begin_post(id, channel).expect("noted");
    drop(context);
    discord.react_unheard(message.id, ada, "🔥");
    until_discord_allows(connected);
    let daemon = home.daemon();
    let liked = until_listeners(&home, 1);
    assert_eq!(liked["message"], message.id);
    assert_eq!(discord.n_requests("POST /api/v10/channels"), 0, "it was posted again");
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
    assert_eq!(discord.violations(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plain_track_of_the_chat_takes_part_in_the_comparison_and_can_be_made_again() {
    let discord = Discord::start().await;
    let home = with_discord(&discord).set("taste.plain_share_at_first", "1.0");
    home.drop_songs("hardstyle", 0..6);
    home.rows(&["train", "hardstyle"]);
    let daemon = home.daemon();
    discord.wait_for_connections(1).await;
    for (track, emoji) in
        home.rows(&["generate", "hardstyle", "--count", "2", "--no-audio"]).iter().zip(["🔥", "👎"])
    {
        home.rows(&["rate", &track["track"].to_string(), emoji]);
    }
    let ada = discord.user("ada");
    discord.generate("hardstyle", ada);
    let message = discord.wait_for_message().await;
    discord.wait_for_own_reactions(message.id, &OFFERED).await;
    discord.react(message.id, ada, "🔥");
    let rates = eventually("a vote on a plain track", || {
        let rates = home.status("hardstyle")["like_rates"].clone();
        (!rates.is_null()).then_some(rates)
    });
    assert_eq!(rates["plain"], serde_json::json!({ "votes": 1, "liked": 1 }), "{rates}");
    assert_eq!((&rates["chosen"]["votes"], &rates["more"]), (&0.into(), &Value::Null));
    let said = "plain tracks are liked by 100 % (1 vote), chosen ones have none yet";
    assert!(home.ask(&["status"]).out.contains(said));
    assert!(home.ask(&["versions", "hardstyle"]).out.contains(said));

    let tracks = home.rows(&["tracks"]);
    assert_eq!((&tracks[0]["arm"], &tracks[2]["arm"]), (&Value::Null, &"plain".into()));
    let seed = tracks[2]["seed"].to_string();
    let again = home.row(&["generate", "hardstyle", "--seed", &seed, "--plain", "--no-audio"]);
    let again = std::fs::read(again["midi"].as_str().expect("a path")).expect("written");
    let name = format!("{}.mid", tracks[2]["stem"].as_str().expect("a stem"));
    let midi = message.files.iter().find(|file| file.name == name).expect("a MIDI file");
    assert!(Facts::of(&again).notes == Facts::of(&midi.bytes).notes, "other music");
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
}

/// Discord wants five seconds between two sessions.
fn until_discord_allows(connected: Instant) {
    eventually("Discord's leave", || (connected.elapsed() > Duration::from_secs(6)).then_some(()));
}

fn train(home: &Home, version: u32) {
    let rows = home.rows(&["train", "hardstyle"]);
    let trained = rows.last().expect("a last row");
    assert_eq!((&trained["event"], &trained["version"]), (&"trained".into(), &version.into()));
    assert!(rows.iter().any(|row| row["event"] == "epoch"), "{rows:#?}");
}

fn until_listeners(home: &Home, n_listeners: u64) -> Value {
    eventually("the listeners' say", || {
        let track = home.row(&["tracks", "hardstyle"]);
        (track["listeners"] == n_listeners).then_some(track)
    })
}

/// Checks the answer of `/model` against what the program says of its versions.
async fn tells_how_it_stands(discord: &Discord, home: &Home, user: u64) {
    let interaction = discord.model("hardstyle", user);
    let message = discord.wait_for_message().await;
    assert_eq!(message.answers, Some(interaction));
    let versions = home.rows(&["versions", "hardstyle"]);
    let current = versions.iter().find(|row| row["current"] == true).expect("one is played");
    let nats = |key: &str| format!("{:.3}", current[key].as_f64().expect("a number"));
    let said = [
        format!("**hardstyle v{}**", current["version"]),
        format!("Learned from {} songs", current["songs"]),
        format!("Loss on {} held-out song", current["held_out"]),
        format!("**{}** nats a token", nats("valid_nll")),
        format!("counting pairs of notes {}", nats("bigram_nll")),
        format!("untrained {}", nats("untrained_nll")),
        "1 track rated by 1 listener".to_owned(),
    ];
    for what in said {
        assert!(message.content.contains(&what), "{what:?} is not in {:?}", message.content);
    }
    let [picture] = message.files.as_slice() else { panic!("{:?}", names(&message)) };
    assert!(picture.name == "model.png" && picture.bytes.starts_with(b"\x89PNG\r\n\x1a\n"));
    assert!(picture.description.as_deref().is_some_and(|text| text.contains("hardstyle")));
    let drawn = home.path("curve.png");
    let drawn = drawn.to_str().expect("a plain path");
    home.rows(&["versions", "hardstyle", "--plot", drawn]);
    assert!(std::fs::read(drawn).expect("drawn") == picture.bytes, "the same picture");
}

/// Checks the three files against what the program says of the track.
fn says_what_it_is(message: &Message, track: &Value) {
    let stem = track["stem"].as_str().expect("a stem");
    let file = |ending: &str| -> &Attached {
        let name = format!("{stem}.{ending}");
        let found = message.files.iter().find(|file| file.name == name);
        found.unwrap_or_else(|| panic!("no {name} among {:?}", names(message)))
    };
    assert_eq!(message.files.len(), 3, "{:?}", names(message));
    assert!(message.content.contains(&format!("v{} ", track["version"])), "{}", message.content);

    let facts = Facts::of(&file("mid").bytes);
    let [(track_idx, micros)] = facts.tempos[..] else { panic!("{:?}", facts.tempos) };
    let tempo_bpm = track["tempo_bpm"].as_f64().expect("a number");
    assert_eq!(track_idx, 0, "tempo belongs to the first track");
    assert!((60e6 / f64::from(micros) - tempo_bpm).abs() < 0.01, "{micros} is not {tempo_bpm}");
    assert!(facts.names.len() > 1 && facts.names.iter().all(|name| !name.is_empty()), "{facts:?}");
    assert!(facts.programs.iter().any(|(.., program)| *program == POLYSYNTH), "{facts:?}");
    let lead = facts.programs.iter().find(|(.., program)| *program == POLYSYNTH).map(|p| p.0);
    assert!(facts.notes.iter().any(|(_, idx, _)| Some(*idx) == lead), "the lead has no note");

    let ogg = &file("ogg").bytes;
    assert!(ogg.starts_with(b"OggS"), "{:?}", &ogg[..4]);
    assert_eq!(&ogg[28..36], b"OpusHead", "the first packet of the first page");
    assert!(file("png").bytes.starts_with(b"\x89PNG\r\n\x1a\n"));
}

fn names(message: &Message) -> Vec<&str> {
    message.files.iter().map(|file| file.name.as_str()).collect()
}
