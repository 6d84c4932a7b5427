//! Does the filter judge labelled files right that it did not learn from?
//!
//! Needs a folder of test songs, named by `KICKBACK_DATA` (what it holds is said in
//! `examples/roles/table.rs`), so it is run only when asked for. The model is learned anew for
//! each of five folds of songs from the other four, with the modules of the program that learned the
//! one in use; what words add is taken from that one, as the program chooses nearly the same in every
//! fold.

use std::collections::BTreeMap;
use std::path::PathBuf;

use watch::examine::{Settings, examine};
use watch::filter::Verdict;
use watch::parts::{MODEL, Model};

#[path = "../examples/roles/derive.rs"]
mod derive;
#[path = "../examples/roles/learn.rs"]
mod learn;
#[path = "../examples/roles/table.rs"]
mod table;
#[path = "../examples/roles/validate.rs"]
mod validate;

use validate::{Chosen, Measured, Tally};

const N_FOLDS: usize = 5;
/// On the squared weights, as in the heading of `src/parts/learned.rs`.
const PENALTY: f64 = 0.01;

fn data() -> PathBuf {
    let data = std::env::var_os("KICKBACK_DATA").map(PathBuf::from);
    data.expect("KICKBACK_DATA names a folder of test songs")
}

#[test]
#[ignore = "needs songs: KICKBACK_DATA=DIR cargo test -p watch --test labelled_files -- --ignored"]
fn labelled_files_are_judged_right_by_what_other_songs_teach() {
    let data = data();
    let cases = validate::measured(table::cases(&data).unwrap());
    let Model { hint, agreement, .. } = MODEL;
    let chosen = Chosen { penalty: PENALTY, hint, agreement };
    let (mut labelled, mut all) = (Tally::default(), Tally::default());
    for held in 0..N_FOLDS {
        let is_held =
            |measured: &&Measured| validate::fold(&measured.case.group, "outer", N_FOLDS) == held;
        let (test, train): (Vec<&Measured>, Vec<&Measured>) = cases.iter().partition(is_held);
        let model = chosen.learned(&train);
        for measured in test {
            let Some(is_right) = measured.is_right(&model) else { continue };
            let case = &measured.case;
            all.add(&case.kind, is_right);
            if !case.is_made {
                labelled.add(&case.kind, is_right);
                if !is_right {
                    eprintln!("WRONG {} {}: {:?}", case.kind, case.file, measured.decide(&model));
                }
            }
        }
    }
    let (right, n) = labelled.total();
    eprintln!("labelled files: {right} of {n} right; by kind {:?}", labelled.0);
    assert!(right as f64 >= 0.97 * n as f64, "{right} of {n}");
    for (kind, (right, n)) in &all.0 {
        // Of a kind with few labelled files one may be odd; with the files made of other songs
        // there are enough to ask for nine in ten.
        assert!(*right as f64 >= 0.9 * *n as f64, "{kind}: {right} of {n}");
    }
    for (kind, (right, n)) in &labelled.0 {
        assert!(right + 1 >= *n || *right as f64 >= 0.9 * *n as f64, "{kind}: {right} of {n}");
    }
}

#[test]
#[ignore = "needs songs: KICKBACK_DATA=DIR cargo test -p watch --test labelled_files -- --ignored"]
fn the_model_in_use_judges_the_labelled_files_like_those_of_the_folds() {
    let data = data();
    let (mut n_right, mut n_all) = (0, 0);
    for row in table::table(&data.join("roles/labels.csv")).unwrap() {
        let row: BTreeMap<String, String> = row;
        if row["expect"] == "either" {
            continue;
        }
        let bytes = std::fs::read(data.join("roles").join(&row["file"])).unwrap();
        let is_accepted = examine(&bytes, &Settings::default()).verdict == Verdict::Accept;
        n_right += u32::from(is_accepted == (row["expect"] == "accept"));
        n_all += 1;
    }
    eprintln!("the model in use: {n_right} of {n_all} right");
    assert!(f64::from(n_right) >= 0.98 * f64::from(n_all), "{n_right} of {n_all}");
}
