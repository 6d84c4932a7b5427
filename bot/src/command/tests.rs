//! Do commands ask for what listeners fill in?

use super::*;
use crate::arrangement_kind::ArrangementKind;

fn offer() -> Offer {
    let names = |all: &[&str]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
    Offer {
        genres: names(&["Hardstyle", "trance"]),
        artists: [("Hardstyle", &["x", "Ex"][..]), ("trance", &["x", "y"])]
            .map(|(genre, artists)| (genre.to_owned(), names(artists)))
            .into(),
    }
}

fn given(options: &[(&str, &str)]) -> Given {
    options.iter().map(|(option, text)| ((*option).to_owned(), *text)).collect()
}

fn asked(command: &str, options: &[(&str, &str)]) -> Result<Question, String> {
    let commands = commands(64);
    let command = commands.iter().find(|known| known.name == command).expect("it is there");
    command.read(&given(options), &offer())
}

fn wish(options: &[(&str, &str)]) -> Result<Wish, String> {
    match asked("generate", options)? {
        Question::Generate(wish) => Ok(wish),
        other => panic!("no wish: {other:?}"),
    }
}

#[test]
fn everything_that_is_filled_in_is_in_the_wish() {
    let options = [
        ("artist", " eX "),
        ("genre", "HARDSTYLE"),
        ("seed", "9007199254740991"),
        ("bars", "16"),
        ("tempo", "155"),
        ("key", "F# minor"),
        ("density", "12"),
        ("register", "C5"),
        ("polyphony", "3"),
        ("instrument", "saw_lead"),
        ("arrangement", "Lead"),
    ];
    let expected = Wish {
        artist: Some("Ex".to_owned()),
        seed: Some(9_007_199_254_740_991),
        bars: "16".parse().ok(),
        tempo: "155".parse().ok(),
        key: "F# minor".parse().ok(),
        density: "12".parse().ok(),
        register: "72".parse().ok(),
        polyphony: "3".parse().ok(),
        instrument: "Lead 2 (sawtooth)".parse().ok(),
        arrangement: Some(ArrangementKind::Lead),
        ..Wish::any("Hardstyle")
    };
    assert_eq!(wish(&options), Ok(expected));
    let options = commands(64)[0].options.iter().map(|o| o.name).collect::<Vec<_>>();
    assert_eq!(options.len(), 11, "{options:?}: each has a place in the test above");
    let expected = ModelQuestion { genre: "trance".to_owned(), community: None };
    assert_eq!(asked("model", &[("genre", " trance")]), Ok(Question::Model(expected)));
}

#[test]
fn keys_are_labelled_as_posts_spell_them_and_sent_as_before() {
    let generate = &commands(64)[0];
    let key = generate.options.iter().find(|option| option.name == "key").expect("an option");
    let Kind::Menu(entries) = &key.kind else { panic!("no menu") };
    assert_eq!(entries.len(), 24);
    assert_eq!((&*entries[8].label, &*entries[8].value), ("A♭ major", "G# major"));
    for entry in entries {
        let chosen = wish(&[("genre", "trance"), ("key", &entry.value)]).expect("a key");
        assert_eq!(chosen.key.map(music::notation::key).as_ref(), Some(&entry.label));
    }
}

#[test]
fn what_is_left_out_or_blank_is_left_open() {
    assert_eq!(wish(&[("genre", "trance"), ("artist", "  ")]), Ok(Wish::any("trance")));
    let nobody = wish(&[("genre", "trance"), ("artist", " nobody ")]);
    assert_eq!(nobody.map(|wish| wish.artist), Ok(Some("nobody".to_owned())), "passed on");
}

#[test]
fn what_cannot_be_is_told_in_words_that_are_no_formatting() {
    let told = |option: &str, text: &str| {
        wish(&[("genre", "trance"), (option, text)]).expect_err("it is not possible")
    };
    assert!(told("instrument", "polisinth").contains("Did you mean Pad 3 (polysynth)?"));
    assert!(told("instrument", "@everyone").starts_with("I have no instrument @\u{200B}everyone"));
    let told_of_register = told("register", "high");
    assert!(told_of_register.contains("give a note from C2 to C7"), "{told_of_register}");
    assert!(told("bars", "-1").contains("give 1 to 256"));
    assert!(told("arrangement", "**half**").contains("\\*\\*half\\*\\*"));
    for command in ["generate", "model"] {
        let unknown = asked(command, &[("genre", "polka")]).expect_err("unknown");
        assert!(unknown.contains("I don't know polka. I know Hardstyle, trance"), "{unknown}");
        assert!(asked(command, &[]).is_err());
    }
}

#[test]
fn typing_completes_what_is_on_offer() {
    let completed = |option: &str, typed: &str, with: &[(&str, &str)]| {
        commands(64)[0].completions(option, typed, &given(with), &offer())
    };
    assert_eq!(completed("genre", "HARD", &[]), ["Hardstyle"]);
    assert_eq!(completed("artist", "", &[]), ["Ex", "x", "y"], "of all genres");
    assert_eq!(completed("artist", "", &[("genre", "TRANCE")]), ["x", "y"]);
    assert_eq!(completed("artist", "", &[("genre", "polka")]), [""; 0]);
    assert_eq!(completed("instrument", "saw", &[])[0], "Lead 2 (sawtooth)");
    assert_eq!(completed("arrangement", "", &[]), ["full", "lead"]);
    let octaves = completed("register", "", &[]);
    assert_eq!(octaves[..6], ["C2", "C3", "C4", "C5", "C6", "C7"]);
    assert_eq!(completed("register", "f#", &[])[..5], ["F#2", "F#3", "F#4", "F#5", "F#6"]);
    assert_eq!(completed("key", "F", &[]), [""; 0], "what is a menu is not completed");
}

#[test]
fn help_names_every_command_and_what_can_be_filled_in() {
    let said = help(64);
    for command in commands(64) {
        assert!(said.contains(&format!("`/{}`", command.name)), "{said}");
        let optional = command.options.iter().filter(|option| !option.is_required);
        assert!(optional.map(|option| option.name).all(|name| said.contains(name)), "{said}");
    }
    assert!(said.chars().count() < 2000);
}

#[test]
fn votes_are_deleted_only_for_those_who_are_sure() {
    for (options, sure) in
        [(&[][..], false), (&[("sure", "yes")], true), (&[("sure", "no")], false)]
    {
        assert_eq!(asked("forget-me", options), Ok(Question::ForgetMe { sure }));
    }
}
