//! Is a mistake in the configuration named before anything starts?

use tests::process::files_below;

use crate::home;

#[test]
fn what_is_wrong_in_the_file_is_named_before_anything_starts() {
    let cases = [
        ("schedule.min_song", "8", &["min_song ", "did you mean min_songs?"][..]),
        ("inbx.settle_ms", "50", &["[inbx]", "did you mean inbox?"]),
        ("training.hidden", "4", &["[training]", "hidden = 4", "8 to 2048"]),
        ("training.hidden", "\"many\"", &["[training]", "hidden", "many", "a whole number"]),
        ("training.dropout", "1.5", &["[training]", "dropout = 1.5", "0 to 0.9"]),
        ("reactions.offered", "[\"🥒\"]", &["[reactions]", "offered", "🥒"]),
        ("discord.api_url", "\"http://discord.com\"", &["[discord]", "api_url", "https"]),
        ("taste.gain", "nan", &["[taste]", "gain = NaN", "0 to 5"]),
        ("taste.plain_share_at_first", "30", &["[taste]", "plain_share_at_first = 30", "0 to 1"]),
    ];
    for (key, value, words) in cases {
        let home = home().set(key, value);
        for command in [&["run"][..], &["status"], &["--json", "train", "hardstyle"]] {
            let answer = home.ask(command);
            assert_eq!((answer.code, answer.out.as_str()), (Some(1), ""), "{answer:#?}");
            let file = home.path("kickback.toml").display().to_string();
            for word in words.iter().chain([&file.as_str()]) {
                assert!(answer.err.contains(word), "{key} = {value}: no {word:?} in {answer:#?}");
            }
        }
        assert_eq!(files_below(&home.path("")), ["kickback.toml"]);
        assert!(!home.path("store").exists() && !home.path("inbox").exists());
    }
}

#[test]
fn a_file_named_on_the_command_line_has_to_be_there() {
    let home = home();
    let missing = home.path("other.toml");
    let missing = missing.to_str().expect("a plain path");
    home.ask(&["--config", missing, "run"]).fails(1, "other.toml");
    assert!(!home.path("store").exists());
}

#[test]
fn a_malformed_token_stops_the_start_and_is_not_shown() {
    let home = home().variable("KICKBACK_DISCORD_TOKEN", "swordfish swordfish");
    let answer = home.ask(&["run"]);
    answer.fails(1, "KICKBACK_DISCORD_TOKEN");
    assert!(!answer.err.contains("swordfish"), "{answer:#?}");
    assert!(!home.path("store").exists());
}
