//! Screeches and calls: hammered notes that jump, and short calls that are answered.

use crate::sketch::Layout::{LeadAndBass, LeadAndChords, Single};
use crate::sketch::Manner::{Screech, Singing};
use crate::sketch::Sketch;

pub(crate) const SKETCHES: [Sketch; 5] = [
    Sketch {
        title: "Signal Fire",
        tempo_bpm: 155.0,
        home: 63,
        below: 0,
        manner: Screech,
        layout: LeadAndBass,
        bass: ".x.x.x.x",
        phrases: &[("abac", "i i VI VII i i VI VII"), ("abad", "i i VI VII i i VII i")],
        cells: &[
            (["x.xxx.xxx.x.x.x.", "x.xxx.x-----...."], [0, 4, 0, 5]),
            (["x.xxx.xxx.x.x.x.", "x.xxx.xxx.x.x-x-"], [2, 6, 5, 3]),
            (["x.xxx.xxx.x.x.x.", "x---x---x---...."], [7, 5, 4, 4]),
            (["x.xxx.xxx.x.x.x.", "x-------........"], [4, 1, 0, 0]),
        ],
    },
    Sketch {
        title: "Midnight Foundry",
        tempo_bpm: 150.0,
        home: 64,
        below: 0,
        manner: Screech,
        layout: Single,
        bass: ".x.x.x.x",
        phrases: &[
            ("abac", "i i i VI i i iv v"),
            ("abad", "i i i VI i i v i"),
            ("efeg", "VI VI VII VII i i v v"),
            ("abad", "i i i VI i i v i"),
        ],
        cells: &[
            (["x.x.xxx.", "x.x.xxx."], [0, 2, 0, 4]),
            (["x.x.xxx.", "x.xxx-x-"], [4, 2, 3, 5]),
            (["x.x.xxx.", "x-x-x---"], [4, 2, 4, 6]),
            (["x.x.xxxx", "x---...."], [3, 1, 0, 0]),
            (["xxxx.xx.", "xxxx.xx."], [7, 5, 7, 9]),
            (["xxxx.xx.", "xxxx.x--"], [9, 7, 6, 4]),
            (["xxxx.xx.", "x---x---"], [5, 3, 4, 4]),
        ],
    },
    Sketch {
        title: "Concrete Sky",
        tempo_bpm: 150.0,
        home: 67,
        below: 7,
        manner: Singing,
        layout: LeadAndBass,
        bass: "xxxxxxxx",
        phrases: &[("abac", "i VI iv VII i VI iv v"), ("abad", "i VI iv VII i VI v i")],
        cells: &[
            (["..x.xxx-", "..x.xxx-"], [2, 4, 1, 3]),
            (["..x.xxx-", "x.x.x---"], [5, 3, 2, 0]),
            (["..x.xxx-", "x.x.x---"], [3, 1, 1, -1]),
            (["..x.xxx-", "x.x-x---"], [1, -1, 0, 0]),
        ],
    },
    Sketch {
        title: "Static Bloom",
        tempo_bpm: 145.0,
        home: 61,
        below: 0,
        manner: Singing,
        layout: LeadAndChords,
        bass: "x-------",
        phrases: &[("abac", "i VII iv VI i VII iv V"), ("abad", "i VII iv VI i VII V i")],
        cells: &[
            (["x.x.x-xx", "..x.x---"], [7, 8, 5, 4]),
            (["x.x.x-xx", "..x.x-x-"], [8, 6, 4, 5]),
            (["x.x.x-xx", "x-x-x---"], [6, 5, 4, 4]),
            (["x.x.x-xx", "x-------"], [4, 2, 0, 0]),
        ],
    },
    Sketch {
        title: "Hour of Copper",
        tempo_bpm: 150.0,
        home: 68,
        below: 5,
        manner: Screech,
        layout: LeadAndBass,
        bass: "..x..x..x..x",
        phrases: &[
            ("abac", "i VI i VII i VI III v"),
            ("abad", "i VI i VII i VI VII i"),
            ("efeg", "III VII i VI III VII v i"),
        ],
        cells: &[
            (["xxxx.xxxxx.x", "xxxx.xx-----"], [0, 3, 1, 4]),
            (["xxxx.xxxxx.x", "xxxx.xx--x--"], [2, 5, 4, 2]),
            (["xxxx.xxxxx.x", "x--x--x-----"], [4, 2, 4, 6]),
            (["xxxx.xxxxx.x", "x-----......"], [2, 4, 0, 0]),
            (["x--x--xxxx--", "x--x--xxxx--"], [5, 7, 6, 4]),
            (["x--x--xxxx--", "x--x--x-----"], [7, 5, 4, 2]),
            (["x--x--xxxx--", "x-----------"], [3, 1, 0, 0]),
        ],
    },
];
