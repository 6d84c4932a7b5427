//! Which songs come with the program?
//!
//! Two dozen short hardstyle songs that this project composed itself and gave to the public domain
//! (see `daemon/starter`), so that a demonstration needs no download.

/// File name and content of each song.
pub(crate) const SONGS: [(&str, &[u8]); 24] = [
    ("01-iron-sunrise.mid", include_bytes!("../../starter/01-iron-sunrise.mid")),
    ("02-last-lantern.mid", include_bytes!("../../starter/02-last-lantern.mid")),
    ("03-paper-wings.mid", include_bytes!("../../starter/03-paper-wings.mid")),
    ("04-red-meridian.mid", include_bytes!("../../starter/04-red-meridian.mid")),
    ("05-city-of-salt.mid", include_bytes!("../../starter/05-city-of-salt.mid")),
    ("06-afterglow-march.mid", include_bytes!("../../starter/06-afterglow-march.mid")),
    ("07-homeward-pulse.mid", include_bytes!("../../starter/07-homeward-pulse.mid")),
    ("08-neon-tide.mid", include_bytes!("../../starter/08-neon-tide.mid")),
    ("09-frozen-orbit.mid", include_bytes!("../../starter/09-frozen-orbit.mid")),
    ("10-running-lights.mid", include_bytes!("../../starter/10-running-lights.mid")),
    ("11-distant-thunder.mid", include_bytes!("../../starter/11-distant-thunder.mid")),
    ("12-northern-engine.mid", include_bytes!("../../starter/12-northern-engine.mid")),
    ("13-hollow-kingdom.mid", include_bytes!("../../starter/13-hollow-kingdom.mid")),
    ("14-glass-horizon.mid", include_bytes!("../../starter/14-glass-horizon.mid")),
    ("15-ember-crown.mid", include_bytes!("../../starter/15-ember-crown.mid")),
    ("16-silver-riot.mid", include_bytes!("../../starter/16-silver-riot.mid")),
    ("17-velvet-voltage.mid", include_bytes!("../../starter/17-velvet-voltage.mid")),
    ("18-black-aurora.mid", include_bytes!("../../starter/18-black-aurora.mid")),
    ("19-broken-compass.mid", include_bytes!("../../starter/19-broken-compass.mid")),
    ("20-signal-fire.mid", include_bytes!("../../starter/20-signal-fire.mid")),
    ("21-midnight-foundry.mid", include_bytes!("../../starter/21-midnight-foundry.mid")),
    ("22-concrete-sky.mid", include_bytes!("../../starter/22-concrete-sky.mid")),
    ("23-static-bloom.mid", include_bytes!("../../starter/23-static-bloom.mid")),
    ("24-hour-of-copper.mid", include_bytes!("../../starter/24-hour-of-copper.mid")),
];
