//! How does one song grow, token by token?

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use music::tokens::{
    Cut, Grammar, LOOKBACKS, Lookback, Polyphony, Room, Token, TokenId, VOCABULARY,
};

use super::choose::Chooser;
use super::spec::SongSpec;
use super::steering::Steering;

/// Tokens a bar after which the bar ends as soon as it may.
const MAX_TOKENS_PER_BAR: usize = 240;

/// A song that is being drawn.
pub(super) struct Drawing<'a> {
    spec: &'a SongSpec,
    /// What is not drawn, at the start.
    forced: Vec<TokenId>,
    rng: ChaCha8Rng,
    chooser: Chooser,
    grammar: Grammar,
    room: Room,
    steering: Steering<'a>,
    lookback: Lookback,
    /// As the network has read them.
    tokens: Vec<TokenId>,
    /// What became shorter after the network had read it.
    cuts: Vec<Cut>,
    bar_start: usize,
    allowed: Vec<(u32, f32)>,
}

impl<'a> Drawing<'a> {
    /// Before the first token, with no more notes at once than `limit`; `draw` counts the attempts at this
    /// song.
    pub(super) fn new(
        spec: &'a SongSpec,
        limit: Polyphony,
        forced: Vec<TokenId>,
        draw: u64,
    ) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(spec.seed);
        rng.set_stream(draw);
        Self {
            spec,
            rng,
            chooser: Chooser::default(),
            grammar: Grammar::new(Some(spec.n_bars)),
            room: Room::new(limit, forced.len()),
            forced,
            steering: Steering::new(spec, draw),
            lookback: Lookback::default(),
            tokens: Vec::new(),
            cuts: Vec::new(),
            bar_start: 0,
            allowed: Vec::new(),
        }
    }

    /// Takes the next token, by the network's prediction (of no use for what is forced). Returns it with
    /// what the lookbacks suggest to come after it; `None` once the song has ended.
    pub(super) fn next(&mut self, logits: &[f32]) -> Option<(u32, [u32; LOOKBACKS.len()])> {
        if self.grammar.is_ended() {
            return None;
        }
        let forced = self.forced.get(self.tokens.len()).copied();
        let token = forced.unwrap_or_else(|| self.draw(logits));
        self.grammar.advance(token).expect("only allowed tokens are chosen");
        self.cuts.extend(self.room.advance(token));
        self.steering.advance(token, forced.is_none(), &self.room);
        if token == Token::Bar.id() {
            self.bar_start = self.tokens.len();
        }
        self.tokens.push(token);
        let nothing = VOCABULARY as u32;
        let suggested = self.lookback.push(token);
        Some((token.0, suggested.map(|idx| idx.map_or(nothing, |idx| self.tokens[idx].0))))
    }

    /// What the song is to be like.
    pub(super) fn spec(&self) -> &'a SongSpec {
        self.spec
    }

    /// Bars that were drawn and are complete, unless it is the last of all.
    pub(super) fn n_drawn_bars(&self) -> u32 {
        self.steering.n_drawn_bars()
    }

    /// The tokens of the bars that are complete, as a song.
    pub(super) fn beginning(&self) -> Vec<TokenId> {
        let mut tokens = self.tokens();
        if !self.grammar.is_ended() {
            tokens.truncate(self.bar_start);
            tokens.push(Token::End.id());
        }
        tokens
    }

    /// The song's tokens so far.
    pub(super) fn tokens(&self) -> Vec<TokenId> {
        let mut tokens = self.tokens.clone();
        for cut in &self.cuts {
            tokens[cut.idx] = cut.duration;
        }
        tokens
    }

    fn draw(&mut self, logits: &[f32]) -> TokenId {
        let may_end_bar = self.grammar.may_end_bar();
        let is_hurried = self.tokens.len() - self.bar_start > MAX_TOKENS_PER_BAR && may_end_bar;
        let ranges = if is_hurried { self.grammar.bar_or_end() } else { self.grammar.allowed() };
        self.allowed.clear();
        for range in ranges {
            // Of all pitches and velocities there is room for each or for none.
            let is_note = |token| matches!(token, Some(Token::Pitch(_) | Token::Velocity(_)));
            if is_note(TokenId(range.start).token()) {
                let has_room = self.room.allows(TokenId(range.start));
                let ids = range.filter(|_| has_room);
                self.allowed.extend(ids.map(|id| (id, logits[id as usize])));
            } else {
                let ids = range.filter(|id| self.room.allows(TokenId(*id)));
                self.allowed.extend(ids.map(|id| (id, logits[id as usize])));
            }
        }
        self.steering.steer(&mut self.allowed, may_end_bar);
        let way = (self.spec.temperature, self.spec.top_p);
        TokenId(self.chooser.choose(&self.allowed, way, &mut self.rng))
    }
}
