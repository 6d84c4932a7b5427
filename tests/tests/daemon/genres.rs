//! Does one network play all genres, and does a new genre begin with what it knows?

use crate::trained;

#[test]
fn a_new_genre_begins_with_what_another_one_learned() {
    let home = trained();
    home.drop_songs("trance", 10..14);
    let answer = home.ask(&["train", "trance", "--epochs", "1"]);
    assert!(answer.err.contains("begins with what hardstyle v1 knows"), "{}", answer.err);
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
