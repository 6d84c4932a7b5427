//! What was learned about roles?
//!
//! Written by `cargo run --release -p watch --example roles -- --save` from 2695 parts
//! with certain roles (penalty 0.01). Change the program, not this file;
//! run `cargo fmt` after it.

use super::model::Model;

/// The model that the intake uses. The order of its numbers is that of [`super::features::NAMES`].
pub const MODEL: Model = Model {
    means: [
        -1.1029, // low
        -0.3361, // median
        0.0998,  // median_below_43
        0.3591,  // median_below_52
        0.6765,  // median_below_60
        0.3076,  // high
        0.2722,  // high_below_55
        1.4106,  // range
        0.1933,  // notes_below_40
        0.4426,  // notes_below_52
        1.2454,  // width
        0.1302,  // pairs
        0.0504,  // chords
        0.4711,  // log_onsets_a_beat
        -0.7023, // log_beats_a_note
        0.8344,  // legato
        0.5237,  // on_beat
        0.2251,  // half_beat
        0.6327,  // commonest_gap
        0.8409,  // active_beats
        2.2643,  // log_pitches
        0.5686,  // classes
        0.6470,  // entropy
        0.3429,  // main_class
        0.0345,  // off_scale
        0.7482,  // classes_a_bar
        0.7575,  // motion
        0.4648,  // interval
        0.2971,  // steps
        0.0501,  // octaves
        0.2277,  // leaps
        0.4824,  // repeated_bars
        0.7310,  // repeated_rhythms
        0.3996,  // kit
        0.1762,  // core_kit
        0.3098,  // split
        0.1357,  // split_share
        0.5575,  // upper_classes
        0.7067,  // upper_motion
        0.3782,  // upper_notes_a_beat
        0.6304,  // alone
        -0.1453, // height
        0.1558,  // lowest
        0.1135,  // highest
    ],
    scales: [
        1.1584, // low
        1.1515, // median
        0.2276, // median_below_43
        0.5117, // median_below_52
        0.7847, // median_below_60
        1.2109, // high
        0.4805, // high_below_55
        0.9720, // range
        0.2939, // notes_below_40
        0.4061, // notes_below_52
        0.4564, // width
        0.2236, // pairs
        0.1687, // chords
        0.3744, // log_onsets_a_beat
        0.8070, // log_beats_a_note
        0.3307, // legato
        0.2909, // on_beat
        0.2258, // half_beat
        0.2299, // commonest_gap
        0.2152, // active_beats
        0.6588, // log_pitches
        0.2011, // classes
        0.1714, // entropy
        0.1630, // main_class
        0.0607, // off_scale
        0.2980, // classes_a_bar
        0.3186, // motion
        0.4692, // interval
        0.2825, // steps
        0.1262, // octaves
        0.3043, // leaps
        0.2832, // repeated_bars
        0.2368, // repeated_rhythms
        0.3623, // kit
        0.2729, // core_kit
        0.4624, // split
        0.2219, // split_share
        0.2024, // upper_classes
        0.3176, // upper_motion
        0.3460, // upper_notes_a_beat
        0.4827, // alone
        0.9027, // height
        0.3627, // lowest
        0.3173, // highest
    ],
    weights: [
        // lead
        [
            0.1692,  // low
            0.2504,  // median
            -0.1322, // median_below_43
            -0.1363, // median_below_52
            -0.1816, // median_below_60
            0.3692,  // high
            -0.1423, // high_below_55
            0.2583,  // range
            -0.0827, // notes_below_40
            -0.1464, // notes_below_52
            -0.3231, // width
            -0.1390, // pairs
            -0.3026, // chords
            0.0321,  // log_onsets_a_beat
            -0.1266, // log_beats_a_note
            -0.0226, // legato
            -0.1422, // on_beat
            0.0874,  // half_beat
            -0.0839, // commonest_gap
            0.2769,  // active_beats
            0.1102,  // log_pitches
            -0.0422, // classes
            0.2919,  // entropy
            -0.1249, // main_class
            -0.1932, // off_scale
            0.0390,  // classes_a_bar
            0.1020,  // motion
            0.2146,  // interval
            0.0485,  // steps
            -0.2025, // octaves
            0.0322,  // leaps
            -0.0228, // repeated_bars
            0.3355,  // repeated_rhythms
            -0.4569, // kit
            -0.3599, // core_kit
            0.0379,  // split
            0.2712,  // split_share
            0.2487,  // upper_classes
            0.1934,  // upper_motion
            -0.0614, // upper_notes_a_beat
            0.6513,  // alone
            0.3558,  // height
            -0.4963, // lowest
            0.0272,  // highest
        ],
        // chords
        [
            0.1293,  // low
            0.1834,  // median
            -0.0551, // median_below_43
            -0.1473, // median_below_52
            -0.1960, // median_below_60
            0.1233,  // high
            -0.0238, // high_below_55
            -0.0005, // range
            -0.2327, // notes_below_40
            -0.1652, // notes_below_52
            0.6522,  // width
            0.5091,  // pairs
            0.4299,  // chords
            -0.3781, // log_onsets_a_beat
            0.3765,  // log_beats_a_note
            0.0224,  // legato
            0.0930,  // on_beat
            -0.1666, // half_beat
            0.1461,  // commonest_gap
            -0.3630, // active_beats
            0.4206,  // log_pitches
            -0.0430, // classes
            0.0523,  // entropy
            -0.0630, // main_class
            -0.2948, // off_scale
            0.0603,  // classes_a_bar
            0.1120,  // motion
            -0.0703, // interval
            -0.1258, // steps
            -0.0460, // octaves
            0.0073,  // leaps
            -0.0121, // repeated_bars
            -0.0800, // repeated_rhythms
            -0.0390, // kit
            -0.1062, // core_kit
            0.2439,  // split
            0.0200,  // split_share
            0.0174,  // upper_classes
            0.0472,  // upper_motion
            -0.3853, // upper_notes_a_beat
            -0.7116, // alone
            -0.1128, // height
            0.1850,  // lowest
            -0.0875, // highest
        ],
        // bass
        [
            -0.2596, // low
            -0.4405, // median
            0.1714,  // median_below_43
            0.2716,  // median_below_52
            0.3495,  // median_below_60
            -0.3998, // high
            0.1162,  // high_below_55
            -0.1887, // range
            -0.0101, // notes_below_40
            0.1578,  // notes_below_52
            -0.5244, // width
            -0.6476, // pairs
            -0.2380, // chords
            0.0967,  // log_onsets_a_beat
            0.2267,  // log_beats_a_note
            0.0309,  // legato
            -0.2486, // on_beat
            0.0901,  // half_beat
            0.0433,  // commonest_gap
            0.0484,  // active_beats
            -0.2604, // log_pitches
            -0.0763, // classes
            0.1739,  // entropy
            -0.2113, // main_class
            0.0276,  // off_scale
            -0.5110, // classes_a_bar
            -0.2411, // motion
            -0.1814, // interval
            0.2926,  // steps
            0.5316,  // octaves
            -0.0627, // leaps
            -0.0870, // repeated_bars
            0.0247,  // repeated_rhythms
            0.0623,  // kit
            -0.3528, // core_kit
            -0.2204, // split
            -0.1183, // split_share
            -0.0624, // upper_classes
            -0.1315, // upper_motion
            0.0870,  // upper_notes_a_beat
            0.2058,  // alone
            -0.2909, // height
            0.2463,  // lowest
            -0.1565, // highest
        ],
        // drums
        [
            -0.0389, // low
            0.0068,  // median
            0.0158,  // median_below_43
            0.0120,  // median_below_52
            0.0281,  // median_below_60
            -0.0927, // high
            0.0498,  // high_below_55
            -0.0691, // range
            0.3254,  // notes_below_40
            0.1539,  // notes_below_52
            0.1951,  // width
            0.2774,  // pairs
            0.1109,  // chords
            0.2493,  // log_onsets_a_beat
            -0.4766, // log_beats_a_note
            -0.0308, // legato
            0.2977,  // on_beat
            -0.0109, // half_beat
            -0.1055, // commonest_gap
            0.0377,  // active_beats
            -0.2703, // log_pitches
            0.1615,  // classes
            -0.5181, // entropy
            0.3992,  // main_class
            0.4605,  // off_scale
            0.4117,  // classes_a_bar
            0.0271,  // motion
            0.0370,  // interval
            -0.2153, // steps
            -0.2831, // octaves
            0.0232,  // leaps
            0.1219,  // repeated_bars
            -0.2803, // repeated_rhythms
            0.4336,  // kit
            0.8188,  // core_kit
            -0.0614, // split
            -0.1729, // split_share
            -0.2038, // upper_classes
            -0.1092, // upper_motion
            0.3597,  // upper_notes_a_beat
            -0.1455, // alone
            0.0479,  // height
            0.0651,  // lowest
            0.2168,  // highest
        ],
    ],
    biases: [0.8878, -1.2450, 0.6292, -0.3792],
    hint: 1.5,
    agreement: 16.0,
};
