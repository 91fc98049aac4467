//! `Shelf`: what is left of a team's packs along a path, by when they end.

use crate::forecast::plan::ground::Ground;
use crate::forecast::plan::path::Event;

/// What is left, in thousandths of a token. Packs that end together are drawn one after another and lost together, so
/// they count as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shelf {
    /// By end, the earliest first; the last holds what outlasts the run.
    left: Vec<i64>,
    /// How many ends are past.
    past: usize,
    /// What is out and will come back: its pair, and from which ends.
    out: Vec<(u32, Vec<(usize, i64)>)>,
    /// What was lost at ends.
    pub(crate) expired: i64,
    /// Whether somebody was refused: from then on people behave in another way than the path says.
    pub(crate) is_short: bool,
}

/// Where the packs of a ground belong on its shelves.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// What is there at the start.
    pub(crate) start: Shelf,
    /// For each purchase date the place of its packs.
    pub(crate) of_date: Vec<usize>,
}

impl Places {
    pub(crate) fn new(ground: &Ground) -> Places {
        let ends = ground.ends();
        let place = |expires| ends.partition_point(|end| *end < expires);
        let mut left = vec![0; ends.len() + 1];
        for lot in &ground.stock {
            left[place(lot.expires)] += lot.tokens.thousandths();
        }
        let start = Shelf { left, past: 0, out: Vec::new(), expired: 0, is_short: false };
        Places { start, of_date: ground.dates.iter().map(|date| place(date.expires)).collect() }
    }

    /// What is there at the start and ends after some of what can be bought.
    pub(crate) fn after_purchases(&self) -> i64 {
        let first = self.of_date.iter().copied().min().unwrap_or(self.start.left.len());
        self.start.left[first.min(self.start.left.len())..].iter().skip(1).sum()
    }
}

impl Shelf {
    /// What is left of all packs.
    pub(crate) fn balance(&self) -> i64 {
        self.left.iter().sum()
    }

    /// The ends that are told apart.
    pub(crate) fn places(&self) -> usize {
        self.left.len()
    }

    /// Packs arrive.
    pub(crate) fn add(&mut self, place: usize, tokens: i64) {
        self.left[place] += tokens;
    }

    /// How much more must be there so that nobody is refused during some events; `None` where that is not seen at once.
    pub(crate) fn lacking(&self, events: &[Event]) -> Option<i64> {
        let (mut taken, mut most) = (0, 0);
        for event in events {
            let Event::Sum { peak, net } = *event else { return None };
            most = most.max(taken + peak);
            taken += net;
        }
        Some((most - self.balance()).max(0))
    }

    /// Lives through some events. What can't be paid is refused, and the rest goes on.
    pub(crate) fn live(&mut self, events: &[Event]) {
        for event in events {
            match *event {
                Event::Sum { peak, net } => {
                    let balance = self.balance();
                    self.is_short |= balance < peak;
                    self.draw(net.min(balance), |_| {});
                }
                Event::Take { pair, tokens } if tokens <= self.balance() => {
                    let mut drawn = Vec::new();
                    self.draw(tokens, |from| drawn.push(from));
                    self.out.push((pair, drawn));
                }
                Event::Take { .. } => self.is_short = true,
                Event::Back { pair } => self.give_back(pair),
                Event::Late { tokens } => self.draw(tokens.min(self.balance()), |_| {}),
                Event::End => {
                    self.expired += std::mem::take(&mut self.left[self.past]);
                    self.past += 1;
                }
            }
        }
    }

    /// Takes tokens, the earliest end first (RULES 2.3).
    fn draw(&mut self, tokens: i64, mut drawn: impl FnMut((usize, i64))) {
        let mut open = tokens;
        for place in self.past..self.left.len() {
            if open <= 0 {
                break;
            }
            let taken = open.min(self.left[place]);
            if taken > 0 {
                self.left[place] -= taken;
                open -= taken;
                drawn((place, taken));
            }
        }
    }

    /// Tokens return to their packs; in one that has ended they expire (RULES 2.5).
    fn give_back(&mut self, pair: u32) {
        let Some(found) = self.out.iter().position(|(out, _)| *out == pair) else { return };
        for (place, tokens) in self.out.swap_remove(found).1 {
            if place < self.past {
                self.expired += tokens;
            } else {
                self.left[place] += tokens;
            }
        }
    }
}
