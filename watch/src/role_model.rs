//! What was learned about roles?
//!
//! Written by `cargo run --release -p watch --example roles -- --save` from 2695 parts
//! with certain roles (penalty 0.01). Change the program, not this file;
//! run `cargo fmt` after it.

use crate::role::Model;

/// The order of the numbers is that of [`crate::role_features::NAMES`].
pub(crate) const LEARNED: Model = Model {
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
        0.3024,  // split
        0.1333,  // split_share
        0.5576,  // upper_classes
        0.7072,  // upper_motion
        0.3797,  // upper_notes_a_beat
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
        0.4593, // split
        0.2214, // split_share
        0.2024, // upper_classes
        0.3179, // upper_motion
        0.3470, // upper_notes_a_beat
        0.4827, // alone
        0.9027, // height
        0.3627, // lowest
        0.3173, // highest
    ],
    weights: [
        // lead
        [
            0.1687,  // low
            0.2508,  // median
            -0.1323, // median_below_43
            -0.1365, // median_below_52
            -0.1822, // median_below_60
            0.3701,  // high
            -0.1424, // high_below_55
            0.2601,  // range
            -0.0832, // notes_below_40
            -0.1467, // notes_below_52
            -0.3234, // width
            -0.1390, // pairs
            -0.3029, // chords
            0.0319,  // log_onsets_a_beat
            -0.1261, // log_beats_a_note
            -0.0223, // legato
            -0.1412, // on_beat
            0.0878,  // half_beat
            -0.0848, // commonest_gap
            0.2770,  // active_beats
            0.1120,  // log_pitches
            -0.0423, // classes
            0.2920,  // entropy
            -0.1250, // main_class
            -0.1935, // off_scale
            0.0392,  // classes_a_bar
            0.1015,  // motion
            0.2149,  // interval
            0.0482,  // steps
            -0.2022, // octaves
            0.0330,  // leaps
            -0.0230, // repeated_bars
            0.3360,  // repeated_rhythms
            -0.4570, // kit
            -0.3602, // core_kit
            0.0343,  // split
            0.2693,  // split_share
            0.2478,  // upper_classes
            0.1930,  // upper_motion
            -0.0606, // upper_notes_a_beat
            0.6519,  // alone
            0.3553,  // height
            -0.4957, // lowest
            0.0270,  // highest
        ],
        // chords
        [
            0.1303,  // low
            0.1837,  // median
            -0.0549, // median_below_43
            -0.1470, // median_below_52
            -0.1955, // median_below_60
            0.1237,  // high
            -0.0235, // high_below_55
            -0.0012, // range
            -0.2326, // notes_below_40
            -0.1653, // notes_below_52
            0.6522,  // width
            0.5089,  // pairs
            0.4299,  // chords
            -0.3784, // log_onsets_a_beat
            0.3768,  // log_beats_a_note
            0.0223,  // legato
            0.0933,  // on_beat
            -0.1665, // half_beat
            0.1460,  // commonest_gap
            -0.3631, // active_beats
            0.4201,  // log_pitches
            -0.0432, // classes
            0.0525,  // entropy
            -0.0636, // main_class
            -0.2950, // off_scale
            0.0603,  // classes_a_bar
            0.1121,  // motion
            -0.0704, // interval
            -0.1257, // steps
            -0.0462, // octaves
            0.0072,  // leaps
            -0.0120, // repeated_bars
            -0.0802, // repeated_rhythms
            -0.0393, // kit
            -0.1059, // core_kit
            0.2453,  // split
            0.0196,  // split_share
            0.0179,  // upper_classes
            0.0472,  // upper_motion
            -0.3851, // upper_notes_a_beat
            -0.7114, // alone
            -0.1127, // height
            0.1845,  // lowest
            -0.0876, // highest
        ],
        // bass
        [
            -0.2599, // low
            -0.4412, // median
            0.1713,  // median_below_43
            0.2715,  // median_below_52
            0.3496,  // median_below_60
            -0.4010, // high
            0.1159,  // high_below_55
            -0.1898, // range
            -0.0099, // notes_below_40
            0.1580,  // notes_below_52
            -0.5242, // width
            -0.6475, // pairs
            -0.2378, // chords
            0.0965,  // log_onsets_a_beat
            0.2262,  // log_beats_a_note
            0.0308,  // legato
            -0.2495, // on_beat
            0.0896,  // half_beat
            0.0441,  // commonest_gap
            0.0484,  // active_beats
            -0.2617, // log_pitches
            -0.0759, // classes
            0.1740,  // entropy
            -0.2109, // main_class
            0.0279,  // off_scale
            -0.5113, // classes_a_bar
            -0.2406, // motion
            -0.1815, // interval
            0.2929,  // steps
            0.5315,  // octaves
            -0.0632, // leaps
            -0.0869, // repeated_bars
            0.0245,  // repeated_rhythms
            0.0625,  // kit
            -0.3527, // core_kit
            -0.2187, // split
            -0.1163, // split_share
            -0.0620, // upper_classes
            -0.1311, // upper_motion
            0.0864,  // upper_notes_a_beat
            0.2050,  // alone
            -0.2905, // height
            0.2460,  // lowest
            -0.1563, // highest
        ],
        // drums
        [
            -0.0391, // low
            0.0067,  // median
            0.0159,  // median_below_43
            0.0120,  // median_below_52
            0.0280,  // median_below_60
            -0.0928, // high
            0.0500,  // high_below_55
            -0.0691, // range
            0.3257,  // notes_below_40
            0.1540,  // notes_below_52
            0.1952,  // width
            0.2775,  // pairs
            0.1110,  // chords
            0.2500,  // log_onsets_a_beat
            -0.4769, // log_beats_a_note
            -0.0308, // legato
            0.2974,  // on_beat
            -0.0109, // half_beat
            -0.1052, // commonest_gap
            0.0376,  // active_beats
            -0.2704, // log_pitches
            0.1615,  // classes
            -0.5185, // entropy
            0.3995,  // main_class
            0.4606,  // off_scale
            0.4118,  // classes_a_bar
            0.0271,  // motion
            0.0369,  // interval
            -0.2154, // steps
            -0.2832, // octaves
            0.0230,  // leaps
            0.1219,  // repeated_bars
            -0.2803, // repeated_rhythms
            0.4337,  // kit
            0.8189,  // core_kit
            -0.0609, // split
            -0.1727, // split_share
            -0.2037, // upper_classes
            -0.1091, // upper_motion
            0.3593,  // upper_notes_a_beat
            -0.1456, // alone
            0.0480,  // height
            0.0651,  // lowest
            0.2169,  // highest
        ],
    ],
    biases: [0.8882, -1.2479, 0.6344, -0.3734],
    hint: 1.5,
    agreement: 16.0,
};
