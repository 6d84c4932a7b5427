//! Does one network play all genres, and does a new genre start from what it knows?

use crate::trained;

#[test]
fn a_new_genre_starts_from_what_another_one_learned() {
    let home = trained();
    home.drop_songs("trance", 10..14);
    let answer = home.ask(&["train", "trance", "--epochs", "1"]);
    assert!(answer.err.contains("starts from what hardstyle v1 knows"), "{}", answer.err);
    let version = home.row(&["versions", "trance"]);
    assert!(version["replayed"].as_u64().is_some_and(|n| n > 0), "{version}");
    assert_eq!(version["parent"], serde_json::Value::Null);
    let track = home.row(&["generate", "trance", "--no-audio", "--no-picture"]);
    assert_eq!(track["genre"], "trance");

    home.ask(&["train", "trance", "--fresh", "--epochs", "1"]);
    let answer = home.ask(&["train", "hardstyle", "--epochs", "1"]);
    assert!(answer.err.contains("of other genres besides"), "{}", answer.err);
    assert_eq!(home.rows(&["versions", "hardstyle"])[1]["parent"], 1);
}

#[test]
fn a_folder_within_a_genre_is_an_artist() {
    let home = trained();
    let unknown = home.ask(&["generate", "hardstyle", "--artist", "someone"]);
    unknown.fails(3, "hardstyle v1 knows no artist \"someone\"");
    home.drop_songs("hardstyle/someone", 14..20);
    home.drop_songs("hardstyle/too few", 20..23);
    home.ask(&["train", "hardstyle", "--epochs", "1"]);
    let wish = [
        "generate",
        "hardstyle",
        "--no-audio",
        "--no-picture",
        "--seed",
        "5",
        "--artist",
        "someone",
    ];
    let track = home.row(&wish);
    assert_eq!((&track["genre"], &track["version"]), (&"hardstyle".into(), &2.into()));
    assert_eq!(home.row(&wish)["key"], track["key"], "a seed decides");
    home.ask(&["generate", "hardstyle", "--artist", "too few"]).fails(3, "known are someone");
}
