//! What is someone told who asks for a genre that cannot be played yet?

use tests::discord::{Discord, TOKEN};
use tests::process::{Answer, Signal, eventually};

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
    let hint = home.ask(&["tracks"]);
    assert!(hint.out.is_empty() && hint.err.contains("`kickback generate GENRE`"), "{hint:#?}");
    assert_eq!(home.row(&["status"])["running"], false);
}

#[test]
fn songs_that_wait_in_the_inbox_are_told_of() {
    let home = home();
    home.drop_songs("hardstyle", 0..10);
    let waits = "hardstyle has 0 of the 4 songs it needs: 10 more in the inbox wait until \
                 `kickback run` or `kickback train hardstyle` takes them in";
    home.ask(&["generate", "hardstyle"]).fails(3, waits);
    home.ask(&["versions", "hardstyle"]).fails(3, waits);
    home.ask(&["generate", "techno"]).fails(3, "give one of them, or drop MIDI files into ");
}

#[test]
fn a_training_in_the_foreground_is_said_to_hold_the_store() {
    let home = home().set("training.epochs", 10_000).set("training.patience", 10_000);
    home.drop_songs("hardstyle", 0..6);
    let training = home.start(&["train", "hardstyle"]);
    let told = eventually("a store in use", || {
        let answer = home.ask(&["status"]);
        answer.err.contains("is in use").then_some(answer)
    });
    told.fails(1, "such as a `kickback train`");
    for command in [&["tracks"][..], &["run"]] {
        home.ask(command).fails(1, "wait until it is done");
    }
    let pid = rustix::process::Pid::from_child(&training);
    rustix::process::kill_process(pid, Signal::TERM).expect("it runs");
    Answer::of_child(training);
}

#[test]
fn wrong_usage_has_another_exit_code_than_not_yet() {
    let home = home();
    for arguments in [&["rate", "1"][..], &["rate", "1", "🥒"], &["sing"], &["train"]] {
        let answer = home.ask(arguments);
        assert_eq!(answer.code, Some(2), "{arguments:?}: {answer:#?}");
        assert_eq!(answer.out, "");
    }
    for (arguments, told) in [
        (&["rate", "abc", "👍"][..], "give the number of a track"),
        (&["rate", "1", ""], "there is no emoji: give one of "),
        (
            &["generate", "x", "--count", "0"],
            "'0' for '--count <N>': give a whole number from 1 to 1000",
        ),
        (&["generate", "x", "--count", "-1"], "give a whole number from 1 to 1000"),
        (&["generate", "x", "--seed", "-1"], "give a whole number from 0 to "),
        (&["train", "x", "--epochs", "-1"], "give a whole number from 1 to 10000"),
    ] {
        home.ask(arguments).fails(2, told);
    }
    home.ask(&["rate", "1", "🔥"]).fails(3, "there is no track 1");
    home.ask(&["rollback", "hardstyle", "1"]).fails(3, "hardstyle");
    home.ask(&["remove", "nothing.mid"]).fails(3, "nothing.mid");
    home.ask(&["forget", "nobody"]).fails(3, "never voted");
}
