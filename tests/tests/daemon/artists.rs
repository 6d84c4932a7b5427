//! Can listeners ask for the manner of an artist, and are they told of those that exist?

use tests::discord::{Discord, Message, TOKEN};
use tests::process::{Home, Signal, eventually};

use crate::home;

/// A home with two folders of artists within hardstyle, one of which has songs enough, and a genre
/// without.
fn nested(discord: &Discord) -> Home {
    let home = home()
        .set("schedule.min_songs", 7)
        .set("discord.api_url", format!("{:?}", discord.url()))
        .variable("KICKBACK_DISCORD_TOKEN", TOKEN);
    home.drop_songs("hardstyle/someone", 0..5);
    home.drop_songs("hardstyle/too few", 5..7);
    home
}

async fn refused(discord: &Discord, genre: &str, artist: &str, user: u64) -> String {
    discord.generate_like(genre, artist, user);
    discord.wait_for_private(user).await.content
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_track_in_the_manner_of_an_artist_is_asked_for_in_discord() {
    let discord = Discord::start().await;
    let home = nested(&discord);
    let daemon = home.daemon();
    eventually("a first version", || (home.status("hardstyle")["version"] == 1).then_some(()));
    discord.wait_for_commands(None).await;
    let ada = discord.user("ada");
    // What is offered follows a moment after the training.
    let mut offered = Vec::new();
    for _ in 0..1500 {
        offered = discord.complete_for("hardstyle", "artist", "S", ada).await;
        if !offered.is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(offered, ["someone"]);
    assert_eq!(discord.complete_for("hardstyle", "artist", "", ada).await, ["someone"]);
    assert_eq!(discord.complete("artist", "", ada).await, ["someone"]);

    discord.generate_like("hardstyle", "SomeOne", ada);
    let message = discord.wait_for_message().await;
    says_whose_manner(&message, &home);

    let text = refused(&discord, "hardstyle", "nobody @everyone", ada).await;
    assert_eq!(
        text,
        "I don't know an artist called nobody @\u{200B}everyone in hardstyle. I know someone."
    );
    let text = refused(&discord, "hardstyle", "Too Few", ada).await;
    assert!(text.starts_with("hardstyle has 2 of the 5 songs by Too Few that I need"), "{text}");
    assert!(text.ends_with("I know someone."), "{text}");
    home.ask(&["generate", "hardstyle", "--artist", "too few"])
        .fails(3, "hardstyle has 2 of the 5 songs by \"too few\" it needs: known are someone");

    home.drop_songs("hardstyle/too few", 7..10);
    eventually("five songs", || (home.status("hardstyle")["songs"] == 10).then_some(()));
    let text = refused(&discord, "hardstyle", "too few", ada).await;
    assert!(text.starts_with("I have not learned too few yet"), "{text}");
    home.ask(&["generate", "hardstyle", "--artist", "too few"])
        .fails(3, "hardstyle v1 has not learned \"too few\" yet, but the next training will");

    // A track without a wish for an artist says none.
    discord.generate("hardstyle", ada);
    let plain = discord.wait_for_message().await;
    assert!(plain.content.contains("hardstyle v1 · ") && !plain.content.contains("like s"));
    assert_eq!(home.rows(&["tracks"])[1]["artist"], serde_json::Value::Null);
    assert_eq!(daemon.stop(Signal::TERM).code, Some(0));
    assert_eq!(discord.violations(), Vec::<String>::new());
}

fn says_whose_manner(message: &Message, home: &Home) {
    assert!(message.content.contains("\nhardstyle v1 · like someone · "), "{}", message.content);
    let described = message.files.iter().filter_map(|file| file.description.as_deref());
    let n_said = described.filter(|text| text.contains("hardstyle track like someone in")).count();
    assert_eq!(n_said, 3, "of all three files");
    let track = home.row(&["tracks", "hardstyle"]);
    assert_eq!((&track["artist"], &track["genre"]), (&"someone".into(), &"hardstyle".into()));
}
