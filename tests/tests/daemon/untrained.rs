//! What is someone told who asks for a genre that cannot be played yet?

use tests::discord::{Discord, TOKEN};
use tests::process::Signal;

use crate::home;

const MISSING: &str = "hardstyle has 3 of the 8 songs it needs";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_missing_is_told_in_the_shell_and_in_discord() {
    let discord = Discord::start().await;
    let home = home()
        .set("schedule.min_songs", 8)
        .set("discord.api_url", format!("{:?}", discord.url()))
        .variable("KICKBACK_DISCORD_TOKEN", TOKEN);
    home.drop_songs("hardstyle", 0..3);
    let daemon = home.daemon();
    home.wait_for_empty_inbox();
    assert!(!daemon.log().contains("was stopped"), "there was no training yet");
    home.ask(&["generate", "hardstyle"]).fails(3, MISSING);
    home.ask(&["train", "hardstyle"]).fails(3, MISSING);
    home.ask(&["retrain", "hardstyle"]).fails(3, MISSING);
    home.ask(&["score", "hardstyle", "x.mid"]).fails(3, MISSING);
    home.ask(&["generate", "polka"]).fails(3, "polka");
    home.ask(&["generate", "polka"]).fails(3, "known are hardstyle");
    home.ask(&["generate", "../../etc"]).fails(2, "cannot be a genre");

    discord.wait_for_commands(None).await;
    let ada = discord.user("ada");
    discord.generate("hardstyle", ada);
    let told = discord.wait_for_private(ada).await;
    assert!(told.content.contains(MISSING), "{}", told.content);
    discord.generate("polka", ada);
    let told = discord.wait_for_private(ada).await;
    assert!(told.content.contains("polka") && told.content.contains("hardstyle"), "{told:?}");
    assert_eq!(discord.violations(), Vec::<String>::new());

    assert_eq!(daemon.stop(Signal::INT).code, Some(0));
    home.ask(&["generate", "hardstyle"]).fails(3, MISSING);
    home.ask(&["train", "hardstyle"]).fails(3, MISSING);
    let answer = home.ask(&["--json", "generate", "polka"]);
    answer.fails(3, "known are hardstyle");
    assert_eq!(answer.out, "");
}

#[test]
fn a_home_without_any_song_says_where_to_put_them() {
    let home = home();
    let inbox = home.path("inbox/hardstyle").display().to_string();
    home.ask(&["generate", "hardstyle"]).fails(3, &inbox);
    assert_eq!(home.rows(&["library"]).len(), 0);
    assert_eq!(home.rows(&["tracks"]).len(), 0);
    assert_eq!(home.row(&["status"])["running"], false);
}

#[test]
fn wrong_usage_has_another_exit_code_than_not_yet() {
    let home = home();
    for arguments in [&["rate", "1"][..], &["rate", "1", "🥒"], &["sing"], &["train"]] {
        let answer = home.ask(arguments);
        assert_eq!(answer.code, Some(2), "{arguments:?}: {answer:#?}");
        assert_eq!(answer.out, "");
    }
    home.ask(&["rate", "1", "🔥"]).fails(3, "there is no track 1");
    home.ask(&["rollback", "hardstyle", "1"]).fails(3, "hardstyle");
    home.ask(&["remove", "nothing.mid"]).fails(3, "nothing.mid");
    home.ask(&["forget", "nobody"]).fails(3, "never voted");
}
