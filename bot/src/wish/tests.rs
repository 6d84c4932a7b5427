//! Does a wish survive the command line, the socket and the store?

use clap::Parser;

use super::*;

#[derive(Parser)]
struct CommandLine {
    #[command(flatten)]
    wish: Wish,
}

fn parsed(arguments: &[&str]) -> Result<Wish, String> {
    let line = CommandLine::try_parse_from([&["test"], arguments].concat());
    line.map(|line| line.wish).map_err(|error| error.to_string())
}

fn everything() -> Wish {
    Wish {
        genre: "hardstyle".to_owned(),
        artist: Some("someone".to_owned()),
        seed: Some(u64::MAX),
        bars: Bars::new(16).ok(),
        tempo: Bpm::new(155.5).ok(),
        key: "F# minor".parse().ok(),
        density: NotesPerBar::new(12.5).ok(),
        register: Register::new(72.0).ok(),
        polyphony: NotesAtOnce::new(3).ok(),
        instrument: "Lead 2 (sawtooth)".parse().ok(),
        arrangement: Some(ArrangementKind::Lead),
        temperature: Temperature::new(0.0).ok(),
        plain: true,
        community: Some("here".to_owned()),
        primer: None,
    }
}

#[test]
fn the_command_line_is_parsed_straight_into_types() {
    let seed = u64::MAX.to_string();
    let wish = parsed(&[
        "hardstyle",
        "--artist=someone",
        "--seed",
        &seed,
        "--bars=16",
        "--tempo=155.5",
        "--key=f#m",
        "--density=12.5",
        "--register=c5",
        "--polyphony=3",
        "--instrument=saw_lead",
        "--arrangement=lead",
        "--temperature=0",
        "--plain",
        "--community=here",
    ]);
    assert_eq!(wish, Ok(everything()));
    assert_eq!(parsed(&["trance"]), Ok(Wish::any("trance")));
}

#[test]
fn a_primer_is_written_as_its_source_and_its_bars() {
    let primer = |arguments: &[&str]| {
        parsed(&[&["trance"], arguments].concat()).map(|wish| wish.primer).map_err(drop)
    };
    let expected = |source, bars| Ok(Some(Primer { source, bars: Bars::new(bars).expect("bars") }));
    assert_eq!(primer(&[]), Ok(None));
    assert_eq!(primer(&["--vary", "7"]), expected(Source::Track(7), 4));
    let file = AbsolutePath::new("a.mid".into()).expect("a path");
    assert_eq!(primer(&["--primer", "a.mid", "--keep=2"]), expected(Source::File(file), 2));
    assert_eq!(primer(&["--vary=7", "--keep=255"]), expected(Source::Track(7), 255));
    let error = parsed(&["trance", "--keep=2"]).expect_err("bars of what?");
    assert!(
        error.contains("not provided") && error.contains("--vary <TRACK>|--primer <FILE>"),
        "{error}"
    );
    for wrong in ["--keep=0", "--keep=256", "--primer=a.mid"] {
        assert_eq!(primer(&["--vary=7", wrong]), Err(()), "{wrong}");
    }
}

#[cfg(unix)]
#[test]
fn a_primer_whose_path_cannot_be_recorded_is_refused_at_once() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let arguments = [b"test".as_slice(), b"trance", b"--primer", b"/a/\xFF.mid"];
    let error = CommandLine::try_parse_from(arguments.map(OsStr::from_bytes)).err();
    let told = error.expect("no JSON can hold it").to_string();
    assert!(told.contains("not Unicode") && told.contains("rename it"), "{told}");
}

#[test]
fn what_cannot_be_is_refused_where_it_is_written() {
    for (argument, told) in [
        ("--bars 0", "'0' for '--bars <N>': give 1 to 256"),
        ("--bars -1", "'-1' for '--bars <N>': give 1 to 256"),
        ("--tempo 500", "'500' for '--tempo <BPM>': give 40 to 300 BPM"),
        ("--register high", "'high' for '--register <P>': give a note from C2 to C7, or 36 to 96"),
        ("--temperature -1", "'-1' for '--temperature <T>': give 0 to 3"),
        ("--seed -1", "'-1' for '--seed <S>': give a whole number from 0 to 18446744073709551615"),
        ("--seed 18446744073709551616", "give a whole number from 0 to 18446744073709551615"),
        ("--vary abc", "give the number of a track"),
        ("--vary -1", "give the number of a track"),
        ("--key Hdur", "'Hdur' for '--key <K>': write it like \"F minor\""),
        ("--instrument polisinth", "did you mean \"Pad 3 (polysynth)\"?"),
        ("--instrument kazoo", "'kazoo' for '--instrument <I>': any General MIDI name or"),
        ("--arrangement half", "'half' for '--arrangement <A>': give \"full\" or \"lead\""),
    ] {
        let arguments: Vec<&str> = ["hardstyle"].into_iter().chain(argument.split(' ')).collect();
        let error = parsed(&arguments).expect_err(argument);
        assert!(error.contains(told), "{argument}: {error}");
    }
    let keeps_none = parsed(&["hardstyle", "--vary=7", "--keep", "0"]).expect_err("no bars");
    assert!(keeps_none.contains("'0' for '--keep <N>': give 1 to 255"), "{keeps_none}");
}

#[test]
fn a_wish_comes_back_from_json_as_it_went() {
    let file = AbsolutePath::new("/a/b.mid".into()).expect("a path");
    let primers = [Source::Track(7), Source::File(file)];
    let primers = primers.map(|source| Primer { source, bars: Bars::new(4).expect("in range") });
    let mut wishes = vec![Wish::any("trance"), everything()];
    wishes.extend(primers.map(|primer| Wish { primer: Some(primer), ..everything() }));
    for wish in wishes {
        let json = serde_json::to_string(&wish).expect("JSON");
        assert_eq!(serde_json::from_str::<Wish>(&json).expect("a wish"), wish, "{json}");
    }
}

/// The texts are what releases up to 0.1 stored with a track.
#[test]
fn wishes_stored_by_earlier_releases_are_still_read() {
    let stored = r#"{"genre":"hardstyle","artist":"someone","seed":18446744073709551615,"bars":16,
        "tempo_bpm":155.5,"key":"f#m","instrument":"saw_lead","arrangement":"lead",
        "temperature":0.0,"plain":true,"opening":null,"no_audio":true,"no_picture":false,
        "wav":false,"stems":true}"#;
    let expected =
        Wish { density: None, register: None, polyphony: None, community: None, ..everything() };
    assert_eq!(serde_json::from_str::<Wish>(stored).expect("a wish"), expected);
    let stored = r#"{"genre":"trance","seed":null,"bars":null,"tempo_bpm":null,"key":null,
        "instrument":null,"arrangement":null,"temperature":null,"plain":false,
        "opening":{"source":{"track":3},"bars":4},"no_audio":false,"no_picture":false,
        "wav":false,"stems":false}"#;
    let primer = Primer { source: Source::Track(3), bars: Bars::new(4).expect("in range") };
    let expected = Wish { primer: Some(primer), ..Wish::any("trance") };
    assert_eq!(serde_json::from_str::<Wish>(stored).expect("a wish"), expected);
    assert_eq!(serde_json::from_str::<Wish>("{}").expect("a wish"), Wish::default());
}
