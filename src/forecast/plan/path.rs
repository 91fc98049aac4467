//! `Path`: one future's draws, cut where packs arrive or end, and shortened without loss.
//!
//! Between two cuts nothing but draws happens. Then only their sum counts, and the most that they take at a time:
//! packs are drawn in one order (RULES 2.3), so in the end the same packs hold the same. What comes back to its pack is
//! the exception. It is told draw by draw where a pack could arrive or end before later draws have taken as much again.

use std::collections::BTreeMap;

use crate::forecast::demand::Draw;
use crate::forecast::plan::ground::Ground;
use crate::meter::instant::Instant;
use crate::meter::tokens::Tokens;

/// One future of a team. Amounts are in thousandths of a token.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    /// What happens before the first purchase, then from each purchase to the next, and after the last to the end.
    pub(crate) stretches: Vec<Vec<Event>>,
}

/// Something that happens to a balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// Draws, of which some may have come back.
    Sum {
        /// The most that is taken at a time.
        peak: i64,
        /// What is taken in the end.
        net: i64,
    },
    /// One draw that will come back.
    Take { pair: u32, tokens: i64 },
    /// A draw comes back to its packs.
    Back { pair: u32 },
    /// A draw that takes what is there (RULES 3.8).
    Late { tokens: i64 },
    /// The packs of the next end are over.
    End,
}

impl Event {
    /// Whether it is a draw that takes what is there.
    pub(crate) fn is_late(&self) -> bool {
        matches!(self, Event::Late { .. })
    }
}

/// What cuts a path.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cut {
    /// Packs end before everything else of their instant (RULES 4).
    End,
    /// Packs arrive after what comes back from before.
    Arrival,
}

impl Path {
    /// The path of a team's draws.
    pub(crate) fn new(draws: &[Draw], ground: &Ground) -> Path {
        let mut cuts: Vec<(Instant, Cut)> = ground.ends().into_iter().map(|end| (end, Cut::End)).collect();
        cuts.extend(ground.dates.iter().map(|date| (date.at, Cut::Arrival)));
        cuts.sort_unstable();
        let mut stretches = vec![Vec::new()];
        let mut rest = draws;
        for (at, cut) in cuts {
            let before = rest.partition_point(|draw| {
                draw.at < at || draw.at == at && cut == Cut::Arrival && is_from_before(draw, draws)
            });
            let (taken, later) = rest.split_at(before);
            rest = later;
            let events = stretches.last_mut().expect("one at least");
            shorten(taken, events);
            match cut {
                Cut::End => events.push(Event::End),
                Cut::Arrival => stretches.push(Vec::new()),
            }
        }
        shorten(rest, stretches.last_mut().expect("one at least"));
        Path { stretches }
    }

    /// Whether nobody draws anything.
    pub(crate) fn is_idle(&self) -> bool {
        self.stretches.iter().flatten().all(|event| *event == Event::End)
    }

    /// No more is drawn than this from the first purchase on.
    pub(crate) fn total(&self) -> i64 {
        let tokens = |event: &Event| match *event {
            Event::Sum { peak, net } => peak.max(net),
            Event::Take { tokens, .. } | Event::Late { tokens } => tokens,
            Event::Back { .. } | Event::End => 0,
        };
        self.stretches[1..].iter().flatten().map(tokens).sum()
    }
}

/// Whether something comes back that was taken at an earlier instant.
fn is_from_before(back: &Draw, draws: &[Draw]) -> bool {
    let first = draws.partition_point(|draw| draw.at < back.at);
    let mut of_instant = draws[first..].iter().take_while(|draw| draw.at == back.at);
    back.tokens < Tokens::ZERO
        && !of_instant.any(|draw| draw.pair == back.pair && draw.pair.is_some() && draw.tokens > Tokens::ZERO)
}

/// Draws up to a cut that are not yet part of a sum.
#[derive(Default)]
struct Shortening {
    sum: Option<(i64, i64)>,
    /// Since the last moment at which the packs held what they would if nothing had come back.
    open: Vec<Event>,
    /// The most that packs of an earlier end may hold beyond that.
    ahead: i64,
    /// What was taken since then and is still to come back.
    out: BTreeMap<u32, i64>,
}

/// Appends the draws up to a cut as few events.
fn shorten(draws: &[Draw], events: &mut Vec<Event>) {
    let mut times: BTreeMap<u32, u32> = BTreeMap::new();
    for pair in draws.iter().filter_map(|draw| draw.pair) {
        *times.entry(pair).or_default() += 1;
    }
    let mut shortening = Shortening::default();
    for draw in draws.iter().filter(|draw| draw.tokens != Tokens::ZERO) {
        let tokens = draw.tokens.thousandths();
        let event = match draw.pair {
            Some(pair) if tokens > 0 => Event::Take { pair, tokens },
            Some(pair) => Event::Back { pair },
            None if draw.is_late => Event::Late { tokens },
            None => Event::Sum { peak: tokens, net: tokens },
        };
        let is_whole = draw.pair.is_none_or(|pair| times[&pair] == 2);
        if draw.is_late || !is_whole || !shortening.take((event, tokens)) {
            // Told as it is, and so is what is still open: nothing before it is summed with what follows.
            shortening.flush(events);
            events.push(event);
        }
    }
    shortening.flush(events);
}

impl Shortening {
    /// Whether an event could be taken: what comes back must have been taken here.
    fn take(&mut self, (event, tokens): (Event, i64)) -> bool {
        match event {
            Event::Take { pair, tokens } => drop(self.out.insert(pair, tokens)),
            Event::Back { pair } if self.out.remove(&pair).is_none() => return false,
            _ => {}
        }
        self.open.push(event);
        self.ahead = (self.ahead - tokens).max(0);
        if self.ahead == 0 && self.out.is_empty() {
            self.close();
        }
        true
    }

    /// Sums up what is open.
    fn close(&mut self) {
        let mut taken: BTreeMap<u32, i64> = BTreeMap::new();
        let (mut peak, mut net) = self.sum.unwrap_or_default();
        for event in self.open.drain(..) {
            net += match event {
                Event::Sum { net, .. } => net,
                Event::Take { pair, tokens } => *taken.entry(pair).or_insert(tokens),
                Event::Back { pair } => -taken.remove(&pair).expect("it was taken before"),
                Event::Late { .. } | Event::End => unreachable!("told as they are"),
            };
            peak = peak.max(net);
        }
        self.sum = Some((peak, net));
    }

    fn flush(&mut self, events: &mut Vec<Event>) {
        let of = std::mem::take(self);
        events.extend(of.sum.map(|(peak, net)| Event::Sum { peak, net }));
        events.extend(of.open);
    }
}
