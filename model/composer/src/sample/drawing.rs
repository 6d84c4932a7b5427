//! How does one song grow, token by token?

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use music::tokens::{
    Cut, Grammar, LOOKBACKS, Lookback, Polyphony, Room, Token, TokenId, VOCABULARY, absolute,
};

use music::song::{STEPS_PER_BEAT, Voice};

use super::choose::Chooser;
use super::spec::SongSpec;

/// Tokens a bar after which the bar ends as soon as it may.
const MAX_TOKENS_PER_BAR: usize = 240;
/// By how much the end of a bar becomes likelier with each bar's worth of notes too many, in nats.
const DENSITY_PULL: f64 = 3.0;
/// By how much a beat without a note becomes likelier with each bar's worth of notes too many, in nats.
const GAP_PULL: f64 = 3.0;
/// By how much another note at once becomes likelier with each bar's worth of notes too few, in nats.
const DENSE_CHORD_PULL: f64 = 2.0;
/// By how much a note of the lead becomes less likely with the square of its distance in semitones from the
/// register asked for, in nats, with each draw that was elsewhere.
const REGISTER_PULL: f32 = 0.008;
/// By how much another note at once becomes likelier with each draw that had too few, in nats.
const CHORD_PULL: f32 = 0.7;
/// The least share of the notes in the scale where no key was asked for.
const MIN_IN_SCALE: f64 = 0.82;
/// Notes of which a share outside the scale is taken where there are fewer yet.
const FEW_NOTES: f64 = 16.0;

/// A song that is being drawn.
pub(super) struct Drawing<'a> {
    spec: &'a SongSpec,
    draw: u64,
    /// Notes struck at the last onset, and the most at any.
    n_at_onset: [u32; 2],
    position: u32,
    is_lead: bool,
    forced: &'a [TokenId],
    rng: ChaCha8Rng,
    chooser: Chooser,
    grammar: Grammar,
    room: Room,
    lookback: Lookback,
    /// As the network has read them.
    tokens: Vec<TokenId>,
    /// What became shorter after the network had read it.
    cuts: Vec<Cut>,
    bar_start: usize,
    n_bars: u32,
    n_drawn: u32,
    n_outside: u32,
    /// Bars of what is forced.
    n_forced_bars: u32,
    allowed: Vec<(u32, f32)>,
}

impl<'a> Drawing<'a> {
    /// Before the first token; `draw` counts the attempts at this song.
    pub(super) fn new(spec: &'a SongSpec, forced: &'a [TokenId], draw: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(spec.seed);
        rng.set_stream(draw);
        Self {
            spec,
            draw,
            n_at_onset: [0; 2],
            position: 0,
            is_lead: false,
            forced,
            rng,
            chooser: Chooser::default(),
            grammar: Grammar::new(Some(spec.n_bars)),
            room: Room::new(limit(spec), forced.len()),
            lookback: Lookback::default(),
            tokens: Vec::new(),
            cuts: Vec::new(),
            bar_start: 0,
            n_bars: 0,
            n_drawn: 0,
            n_outside: 0,
            n_forced_bars: spec.primer.as_ref().map_or(0, music::song::Song::n_bars),
            allowed: Vec::new(),
        }
    }

    /// Takes the next token, by the network's prediction (of no use for what is forced). Returns it with
    /// what the lookbacks suggest to come after it; `None` once the song has ended.
    pub(super) fn next(&mut self, logits: &[f32]) -> Option<(u32, [u32; LOOKBACKS.len()])> {
        if self.grammar.is_ended() {
            return None;
        }
        let token = match self.forced.get(self.tokens.len()) {
            Some(token) => *token,
            None => self.draw(logits),
        };
        self.grammar.advance(token).expect("only allowed tokens are chosen");
        self.cuts.extend(self.room.advance(token));
        if token == Token::Bar.id() {
            self.bar_start = self.tokens.len();
            self.n_bars += 1;
        }
        self.tokens.push(token);
        let nothing = VOCABULARY as u32;
        let suggested = self.lookback.push(token);
        Some((token.0, suggested.map(|idx| idx.map_or(nothing, |idx| self.tokens[idx].0))))
    }

    /// The song's tokens.
    pub(super) fn into_tokens(mut self) -> Vec<TokenId> {
        for cut in self.cuts {
            self.tokens[cut.idx] = cut.duration;
        }
        self.tokens
    }

    fn draw(&mut self, logits: &[f32]) -> TokenId {
        let is_hurried =
            self.tokens.len() - self.bar_start > MAX_TOKENS_PER_BAR && self.grammar.may_end_bar();
        let ranges = if is_hurried { self.grammar.bar_or_end() } else { self.grammar.allowed() };
        let mut allowed = std::mem::take(&mut self.allowed);
        allowed.clear();
        let ids = ranges.into_iter().flatten().filter(|id| self.room.allows(TokenId(*id)));
        allowed.extend(ids.map(|id| (id, logits[id as usize])));
        self.keep_to_scale(&mut allowed);
        self.keep_to_density(&mut allowed);
        self.fill_chords(&mut allowed);
        self.keep_to_register(&mut allowed);
        let way = (self.spec.temperature, self.spec.top_p);
        let token = TokenId(self.chooser.choose(&allowed, way, &mut self.rng));
        self.allowed = allowed;
        self.count(token);
        token
    }

    fn count(&mut self, token: TokenId) {
        match token.token() {
            Some(Token::Bar) => self.position = 0,
            Some(Token::Voice(voice)) => {
                self.position = 0;
                self.is_lead = voice == Voice::Lead;
            }
            Some(Token::Position(step)) => {
                self.position = step;
                self.n_at_onset[0] = 0;
            }
            Some(Token::Pitch(_)) => {
                self.n_drawn += 1;
                self.n_outside += u32::from(self.is_outside(token.0));
                self.n_at_onset[0] += 1;
                self.n_at_onset[1] = self.n_at_onset[1].max(self.n_at_onset[0]);
            }
            _ => {}
        }
    }

    /// Leaves out the pitches outside the scale once the song has as many as it is to have.
    fn keep_to_scale(&self, allowed: &mut Vec<(u32, f32)>) {
        let n_notes = f64::from(self.n_drawn + 1).max(FEW_NOTES);
        let share = if self.spec.asked.key { self.spec.in_scale } else { MIN_IN_SCALE };
        let n_allowed = (1.0 - share) * n_notes;
        if f64::from(self.n_outside + 1) <= n_allowed {
            return;
        }
        if allowed.iter().any(|(id, _)| !self.is_outside(*id)) {
            allowed.retain(|(id, _)| !self.is_outside(*id));
        }
    }

    fn is_outside(&self, id: u32) -> bool {
        let key = self.spec.key;
        match TokenId(id).token() {
            Some(Token::Pitch(written)) => {
                absolute(written, key).is_some_and(|pitch| !key.scale().contains(&pitch.class()))
            }
            _ => false,
        }
    }

    /// Makes the end of a bar and long gaps likelier where there are more notes than asked for, and less
    /// likely where there are fewer.
    fn keep_to_density(&self, allowed: &mut [(u32, f32)]) {
        if !self.spec.asked.density {
            return;
        }
        let n_bars = f64::from(self.n_bars - self.n_forced_bars);
        let surplus = f64::from(self.n_drawn) / self.spec.notes_per_bar.max(0.5) - n_bars;
        let end = (DENSITY_PULL * surplus).clamp(-8.0, 8.0) as f32;
        let beat = (GAP_PULL * surplus).clamp(-6.0, 6.0) as f32;
        let may_add = self.grammar.may_end_bar();
        let chord =
            if may_add { (-DENSE_CHORD_PULL * surplus).clamp(0.0, 3.0) as f32 } else { 0.0 };
        for (id, logit) in allowed {
            *logit += match TokenId(*id).token() {
                Some(Token::Bar | Token::End) => end,
                Some(Token::Position(step)) => {
                    beat * step.saturating_sub(self.position) as f32 / STEPS_PER_BEAT as f32
                }
                Some(Token::Pitch(_)) => chord,
                _ => 0.0,
            };
        }
    }

    /// Draws the lead to the register that was asked for, harder with each draw.
    fn keep_to_register(&self, allowed: &mut [(u32, f32)]) {
        let Some(asked) = self.spec.register.filter(|_| self.spec.asked.register && self.is_lead)
        else {
            return;
        };
        for (id, logit) in allowed {
            if let Some(Token::Pitch(written)) = TokenId(*id).token()
                && let Some(pitch) = absolute(written, self.spec.key)
            {
                let off = f32::from(pitch.number()) - asked as f32;
                *logit -= REGISTER_PULL * self.draw as f32 * off * off;
            }
        }
    }

    /// Makes further notes at an onset likelier where more notes at once were asked for than came before.
    fn fill_chords(&self, allowed: &mut [(u32, f32)]) {
        let is_full = self.n_at_onset[1] >= self.spec.polyphony.in_all;
        if !self.spec.asked.polyphony || is_full || !self.grammar.may_end_bar() {
            return;
        }
        for (id, logit) in allowed {
            if let Some(Token::Pitch(_)) = TokenId(*id).token() {
                *logit += CHORD_PULL * self.draw as f32;
            }
        }
    }
}

/// How many notes may sound at once: a primer has what it has, and which voices play is left to the
/// network.
fn limit(spec: &SongSpec) -> Polyphony {
    const ONE: Polyphony = Polyphony { in_all: 1, by_voice: [1; 3] };
    let limit = spec.polyphony.or_more(ONE);
    spec.primer.as_ref().map_or(limit, |primer| limit.or_more(Polyphony::of(primer)))
}
