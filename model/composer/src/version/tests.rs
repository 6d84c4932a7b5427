//! Is a version read as it was written, and is damage noticed?

use super::*;
use crate::INTERFACE;
use crate::settings::Settings;
use music::tokens::LAYOUT;
use network::train::{EpochLoss, Hyperparameters};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use taste::Statistics;

fn hyperparameters() -> Hyperparameters {
    Hyperparameters { hidden: 16, embedding: 8, ..Hyperparameters::default() }
}

fn manifest_of(version: u32) -> Manifest {
    let hyperparameters = hyperparameters();
    Manifest {
        genre: "hardstyle".to_owned(),
        version,
        parent: None,
        genres: vec!["hardstyle".to_owned()],
        created_ms: 1,
        hyperparameters: Settings { hyperparameters, ..Settings::default() },
        n_train: 3,
        n_replayed: 0,
        n_valid: 1,
        held_out_below: None,
        curve: vec![EpochLoss { epoch: 1, train_nll: 3.0, valid_nll: 2.5 }],
        valid_nll: 2.5,
        untrained_nll: 6.0,
        bigram_nll: 3.0,
        statistics: Some(Statistics::default()),
        tokens_per_second: 1e4,
        weights: WeightsId::of(&network()).expect("weights"),
    }
}

fn network() -> Network {
    let size = hyperparameters().size(INTERFACE);
    Network::new(size, &mut ChaCha8Rng::seed_from_u64(5))
}

fn saved(dir: &Path, version: u32) -> Result<PathBuf, VersionError> {
    save(dir, &network(), &Melodies::default(), &manifest_of(version))
}

#[test]
fn a_version_is_read_back_and_never_overwritten() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = saved(dir.path(), 1).expect("it is kept");
    let (read, manifest) = load(&path).expect("it is read");
    assert_eq!(manifest.valid_nll.to_bits(), 2.5f64.to_bits());
    assert_eq!(read.size(), network().size());
    let bytes = |network: &Network| network.to_safetensors().expect("weights");
    assert!(bytes(&read) == bytes(&network()));
    assert!(matches!(saved(dir.path(), 1), Err(VersionError::Exists { .. })));
    saved(dir.path(), 12).expect("another version");
    fs::create_dir(dir.path().join(".v13.partial")).expect("a leftover of a crash");
    assert_eq!(versions(dir.path()).expect("they are listed"), [1, 12]);
    saved(dir.path(), 13).expect("a leftover is in nobody's way");
    remove(&dir.path().join("v12")).expect("it is deleted");
    fs::create_dir(dir.path().join(".v13.deleted")).expect("a leftover of a crash");
    remove(&dir.path().join("v13")).expect("a leftover is in nobody's way");
    assert_eq!(versions(dir.path()).expect("they are listed"), [1]);
    assert!(remove(&dir.path().join("v13")).is_err());
    assert_eq!(versions(&dir.path().join("none")).expect("nothing there"), [0u32; 0]);
}

#[test]
fn damage_and_other_tokens_are_noticed() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = saved(dir.path(), 1).expect("it is kept");
    let weights = path.join(WEIGHTS);
    let mut bytes = fs::read(&weights).expect("weights");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&weights, bytes).expect("damage");
    assert!(matches!(load(&path), Err(VersionError::Damaged { .. })));
    let text = fs::read_to_string(path.join(MANIFEST)).expect("a manifest");
    let other = text.replace(&format!("\"token_layout\": {LAYOUT}"), "\"token_layout\": 999");
    fs::write(path.join(MANIFEST), other).expect("another layout");
    assert!(matches!(load(&path), Err(VersionError::OtherTokens { .. })));
    fs::write(path.join(MANIFEST), "{").expect("half a manifest");
    assert!(matches!(load(&path), Err(VersionError::Damaged { .. })));
}

#[test]
fn a_manifest_of_another_release_is_no_damage() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = saved(dir.path(), 1).expect("it is kept");
    let text = fs::read(path.join(MANIFEST)).expect("a manifest");
    let mut whole: Value = serde_json::from_slice(&text).expect("JSON");
    let fields = whole.as_object_mut().expect("an object");
    fields.insert("to come".to_owned(), "something".into());
    fields.insert("usual".to_owned(), [1.0; 99].as_slice().into());
    for missing in ["created_ms", "n_replayed", "bigram_nll", "parent"] {
        fields.remove(missing);
    }
    // What JSON makes of a number that is not finite.
    fields.insert("untrained_nll".to_owned(), Value::Null);
    fields["hyperparameters"]["to come"] = true.into();
    fs::write(path.join(MANIFEST), whole.to_string()).expect("written");
    let (_, read) = load(&path).expect("it is read");
    assert!(read.untrained_nll.is_nan() && read.bigram_nll.is_nan());
    assert_eq!((read.statistics, read.n_train), (None, 3));
    assert_eq!(read.hyperparameters, manifest_of(1).hyperparameters);
}

#[test]
fn the_settings_lie_side_by_side_in_a_manifest() {
    let text = serde_json::to_value(manifest_of(1)).expect("JSON");
    let settings = text["hyperparameters"].as_object().expect("an object");
    let keys: Vec<&str> = settings.keys().map(String::as_str).collect();
    let expected = "layers hidden embedding sequence_length batch precision device dropout \
                    learning_rate warmup weight_decay clip epochs continue_epochs patience transpose \
                    replay valid_share max_minutes seed";
    let mut expected: Vec<&str> = expected.split(' ').collect();
    expected.sort_unstable();
    let mut keys = keys;
    keys.sort_unstable();
    assert_eq!(keys, expected);
}

#[test]
fn statistics_of_an_earlier_release_are_passed_over_and_damage_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = saved(dir.path(), 1).expect("it is kept");
    let text = fs::read_to_string(path.join(MANIFEST)).expect("a manifest");
    let mut old: Value = serde_json::from_str(&text).expect("JSON");
    let mut fourteen = vec![serde_json::json!(0.5); 14];
    fourteen[11] = Value::Null;
    for usual in [
        serde_json::json!({"mean": fourteen, "deviation": fourteen}),
        serde_json::json!({"mean": vec![0.5; 15], "deviation": vec![0.5; 15]}),
        serde_json::json!({"schema": 999, "features": {}}),
        Value::Null,
    ] {
        old["usual"] = usual;
        fs::write(path.join(MANIFEST), old.to_string()).expect("an earlier release");
        let (_, read) = load(&path).expect("it is not damaged");
        assert_eq!(read.statistics, None);
        assert_eq!(read.valid_nll.to_bits(), 2.5f64.to_bits());
    }
}

#[test]
fn what_could_not_be_read_again_is_not_kept() {
    let dir = tempfile::tempdir().expect("a folder");
    let broken = Manifest { valid_nll: f64::NAN, ..manifest_of(1) };
    let mut foreign = manifest_of(1);
    foreign.weights.weights_blake3 = "00".to_owned();
    for manifest in [broken, foreign] {
        let error = save(dir.path(), &network(), &Melodies::default(), &manifest);
        assert!(matches!(error, Err(VersionError::Unreadable { .. })));
    }
    assert_eq!(versions(dir.path()).expect("they are listed"), [0u32; 0]);
}
