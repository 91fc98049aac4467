//! `Stock`: every team's packs, and all that can happen to a token in them (RULES 2).
//!
//! Each operation moves tokens between the columns of a pack's row and of its team's, and checks
//! that none was lost (RULES 2.8) before it returns.

use crate::meter::id::{PackId, TeamId};
use crate::meter::instant::Instant;
use crate::meter::pack::{DrawKey, Pack};
use crate::meter::tokens::Tokens;

/// A purchase of one pack (RULES 2.1).
#[derive(Clone, Debug)]
pub struct Purchase {
    /// The team it is bought for.
    pub team: TeamId,
    /// The new pack.
    pub pack: PackId,
    /// Its size.
    pub tokens: Tokens,
    /// Its end (RULES 2.2).
    pub expires: Instant,
    /// Tokens of it spent before the run, counted as posted.
    pub used: Tokens,
}

/// Tokens taken from one pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    /// The pack.
    pub pack: PackId,
    /// How many.
    pub tokens: Tokens,
}

/// A rate reserved for a charge that has fallen due (RULES 2.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hold {
    /// The team that pays, whatever moves meanwhile.
    pub(crate) team: TeamId,
    /// The packs it is drawn from, in draw order.
    pub(crate) draws: Vec<Draw>,
    /// What the packs did not cover (RULES 2.6, "negative").
    pub(crate) owed: Tokens,
}

impl Hold {
    /// A rate for which no pack is asked (RULES 3.8).
    pub(crate) fn without_packs(team: TeamId, rate: Tokens) -> Self {
        Hold { team, draws: Vec::new(), owed: rate }
    }

    /// The rate that was in force when the charge fell due.
    pub(crate) fn tokens(&self) -> Tokens {
        self.draws.iter().map(|draw| draw.tokens).sum::<Tokens>() + self.owed
    }
}

/// One team's share of the stock.
#[derive(Clone, Debug, Default)]
struct Shelf {
    /// The packs that have something left, last to be drawn first.
    drawable: Vec<DrawKey>,
    /// The column sums of the rows of its packs.
    bought: Tokens,
    posted: Tokens,
    held: Tokens,
    expired: Tokens,
    remaining: Tokens,
    /// Charged without cover, paid by the next purchase (RULES 2.6).
    debt: Tokens,
}

/// The packs of all teams.
#[derive(Debug)]
pub(crate) struct Stock {
    shelves: Vec<Shelf>,
    packs: Vec<Option<Pack>>,
}

/// A column of a pack's row that tokens leave or reach.
#[derive(Clone, Copy)]
enum Column {
    Posted,
    Held,
    Expired,
    Remaining,
}

impl Stock {
    /// An empty stock for `teams` teams.
    pub(crate) fn new(teams: usize) -> Self {
        Stock { shelves: vec![Shelf::default(); teams], packs: Vec::new() }
    }

    /// What is left in unexpired packs, less holds, less debt (RULES 2.1).
    pub(crate) fn balance(&self, team: TeamId) -> Tokens {
        let shelf = &self.shelves[team.index()];
        shelf.remaining - shelf.debt
    }

    /// When the pack that is drawn next ends (RULES 2.3, 3.9).
    pub(crate) fn next_end(&self, team: TeamId) -> Option<Instant> {
        self.shelves[team.index()].drawable.last().map(|&(expires, ..)| expires)
    }

    /// A pack by its number, once it has arrived.
    pub(crate) fn pack(&self, id: PackId) -> Option<&Pack> {
        self.packs.get(id.index())?.as_ref()
    }

    /// All packs that have arrived, by number.
    pub(crate) fn packs(&self) -> impl Iterator<Item = &Pack> {
        self.packs.iter().flatten()
    }

    /// A new pack arrives at `at`; it pays its team's debt first (RULES 2.1, 2.6).
    pub(crate) fn buy(&mut self, purchase: &Purchase, at: Instant) {
        let index = purchase.pack.index();
        if self.packs.len() <= index {
            self.packs.resize(index + 1, None);
        }
        assert!(self.packs[index].is_none(), "a pack is bought once");
        assert!(purchase.expires > at, "a pack ends after it was bought");
        let shelf = &mut self.shelves[purchase.team.index()];
        shelf.bought += purchase.tokens;
        shelf.remaining += purchase.tokens;
        let pays_debt = shelf.debt.min(purchase.tokens - purchase.used);
        shelf.debt -= pays_debt;
        let pack = Pack {
            id: purchase.pack,
            team: purchase.team,
            bought: at,
            expires: purchase.expires,
            tokens: purchase.tokens,
            posted: Tokens::ZERO,
            held: Tokens::ZERO,
            expired: Tokens::ZERO,
            remaining: purchase.tokens,
            ended: false,
        };
        self.packs[index] = Some(pack);
        self.list(purchase.pack);
        self.shift(purchase.pack, purchase.used + pays_debt, (Column::Remaining, Column::Posted));
    }

    /// The pack's end: what is left of it expires (RULES 2.2). Returns how much.
    pub(crate) fn end(&mut self, id: PackId) -> Tokens {
        let left = self.row(id).remaining;
        self.shift(id, left, (Column::Remaining, Column::Expired));
        self.row_mut(id).ended = true;
        left
    }

    /// Reserves `rate` from the team's packs in draw order; what they don't cover is owed
    /// (RULES 2.3, 2.5).
    pub(crate) fn hold(&mut self, team: TeamId, rate: Tokens) -> Hold {
        let mut hold = Hold { team, draws: Vec::new(), owed: rate };
        while hold.owed > Tokens::ZERO {
            let Some(&(.., pack)) = self.shelves[team.index()].drawable.last() else { break };
            let tokens = hold.owed.min(self.row(pack).remaining);
            self.shift(pack, tokens, (Column::Remaining, Column::Held));
            hold.draws.push(Draw { pack, tokens });
            hold.owed -= tokens;
        }
        hold
    }

    /// The held tokens are charged for good (RULES 2.5).
    pub(crate) fn post(&mut self, hold: &Hold) {
        for draw in &hold.draws {
            self.shift(draw.pack, draw.tokens, (Column::Held, Column::Posted));
        }
        self.shelves[hold.team.index()].debt += hold.owed;
    }

    /// The held tokens go back to their packs; in a pack that has ended they expire at once, and are
    /// returned (RULES 2.5).
    pub(crate) fn void(&mut self, hold: &Hold) -> Vec<Draw> {
        self.give_back(&hold.draws, Column::Held)
    }

    /// Undoes [`Stock::void`] at the same instant: the same tokens are held again.
    pub(crate) fn unvoid(&mut self, hold: &Hold) {
        for draw in &hold.draws {
            let from = if self.row(draw.pack).ended { Column::Expired } else { Column::Remaining };
            self.shift(draw.pack, draw.tokens, (from, Column::Held));
        }
    }

    /// Charged tokens go back to the packs they were drawn from (RULES 1.9).
    pub(crate) fn refund(&mut self, draws: &[Draw]) -> Vec<Draw> {
        self.give_back(draws, Column::Posted)
    }

    /// The pack changes teams with all its row; windows and holds stay where they are (RULES 2.7).
    pub(crate) fn relocate(&mut self, id: PackId, to: TeamId) {
        let key = self.row(id).draw_key();
        let from = self.row(id).team;
        let shelf = &mut self.shelves[from.index()];
        shelf.drawable.retain(|listed| *listed != key);
        shelf.take(self.packs[id.index()].as_ref().expect("a pack that has arrived"), Sign::Out);
        self.row_mut(id).team = to;
        self.shelves[to.index()].take(self.packs[id.index()].as_ref().expect("arrived"), Sign::In);
        if self.row(id).remaining > Tokens::ZERO {
            self.list(id);
        }
        self.assert_shelf(from);
        self.assert_shelf(to);
    }

    /// A merged team's debt goes with its packs (RULES 2.7).
    pub(crate) fn take_over_debt(&mut self, team: TeamId, into: TeamId) {
        let debt = std::mem::take(&mut self.shelves[team.index()].debt);
        self.shelves[into.index()].debt += debt;
    }

    /// RULES 2.8 for everything: every pack, and every team's sums against the rows of its packs.
    pub(crate) fn assert_conserved(&self) {
        let mut sums = vec![Shelf::default(); self.shelves.len()];
        for pack in self.packs() {
            pack.assert_conserved();
            sums[pack.team.index()].take(pack, Sign::In);
        }
        for (shelf, sum) in self.shelves.iter().zip(&sums) {
            assert_eq!(shelf.columns(), sum.columns(), "a team's sums are the sums of its packs");
        }
    }

    fn give_back(&mut self, draws: &[Draw], from: Column) -> Vec<Draw> {
        let mut expired = Vec::new();
        for draw in draws {
            if self.row(draw.pack).ended {
                self.shift(draw.pack, draw.tokens, (from, Column::Expired));
                expired.push(*draw);
            } else {
                self.shift(draw.pack, draw.tokens, (from, Column::Remaining));
            }
        }
        expired
    }

    /// Moves tokens between two columns of a pack's row and of its team's, and keeps the draw order.
    fn shift(&mut self, id: PackId, tokens: Tokens, (from, to): (Column, Column)) {
        let pack = self.packs[id.index()].as_mut().expect("a pack that has arrived");
        let shelf = &mut self.shelves[pack.team.index()];
        let had_left = pack.remaining > Tokens::ZERO;
        *pack.column(from) -= tokens;
        *pack.column(to) += tokens;
        *shelf.column(from) -= tokens;
        *shelf.column(to) += tokens;
        pack.assert_conserved();
        let (team, has_left) = (pack.team, pack.remaining > Tokens::ZERO);
        match (had_left, has_left) {
            (true, false) => self.unlist(id),
            (false, true) => self.list(id),
            _ => {}
        }
        self.assert_shelf(team);
    }

    fn list(&mut self, id: PackId) {
        let (key, team) = (self.row(id).draw_key(), self.row(id).team);
        let drawable = &mut self.shelves[team.index()].drawable;
        let place = drawable.partition_point(|listed| *listed > key);
        assert_ne!(drawable.get(place), Some(&key), "a pack is listed once");
        drawable.insert(place, key);
    }

    fn unlist(&mut self, id: PackId) {
        let (key, team) = (self.row(id).draw_key(), self.row(id).team);
        let drawable = &mut self.shelves[team.index()].drawable;
        let place = drawable.partition_point(|listed| *listed > key);
        assert_eq!(drawable.get(place), Some(&key), "a pack with tokens left is listed");
        drawable.remove(place);
    }

    fn row(&self, id: PackId) -> &Pack {
        self.packs[id.index()].as_ref().expect("a pack that has arrived")
    }

    fn row_mut(&mut self, id: PackId) -> &mut Pack {
        self.packs[id.index()].as_mut().expect("a pack that has arrived")
    }

    fn assert_shelf(&self, team: TeamId) {
        let shelf = &self.shelves[team.index()];
        assert_eq!(
            shelf.bought,
            shelf.posted + shelf.held + shelf.expired + shelf.remaining,
            "a team keeps its tokens"
        );
    }
}

/// Whether a pack's row reaches or leaves a team's sums.
#[derive(Clone, Copy)]
enum Sign {
    In,
    Out,
}

impl Shelf {
    fn column(&mut self, column: Column) -> &mut Tokens {
        match column {
            Column::Posted => &mut self.posted,
            Column::Held => &mut self.held,
            Column::Expired => &mut self.expired,
            Column::Remaining => &mut self.remaining,
        }
    }

    fn columns(&self) -> [Tokens; 5] {
        [self.bought, self.posted, self.held, self.expired, self.remaining]
    }

    fn take(&mut self, pack: &Pack, sign: Sign) {
        let signed = |tokens: Tokens| match sign {
            Sign::In => tokens,
            Sign::Out => -tokens,
        };
        self.bought += signed(pack.tokens);
        self.posted += signed(pack.posted);
        self.held += signed(pack.held);
        self.expired += signed(pack.expired);
        self.remaining += signed(pack.remaining);
    }
}

impl Pack {
    fn column(&mut self, column: Column) -> &mut Tokens {
        match column {
            Column::Posted => &mut self.posted,
            Column::Held => &mut self.held,
            Column::Expired => &mut self.expired,
            Column::Remaining => &mut self.remaining,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::{Purchase, Stock};
    use crate::meter::id::{PackId, TeamId};
    use crate::meter::instant::Instant;
    use crate::meter::tokens::Tokens;

    fn stock() -> Stock {
        let mut stock = Stock::new(1);
        buy(&mut stock);
        stock
    }

    /// A pack of 100 tokens arrives, 10 of them used before the run.
    fn buy(stock: &mut Stock) {
        let purchase = Purchase {
            team: TeamId(0),
            pack: PackId(0),
            tokens: Tokens::whole(100),
            expires: Instant::from_seconds(1000),
            used: Tokens::whole(10),
        };
        stock.buy(&purchase, Instant::from_seconds(0));
    }

    #[test]
    fn rule_2_6_what_is_left_of_a_used_pack_pays_the_debt() {
        for (debt, balance) in [(60, 30), (90, 0), (95, -5)] {
            let mut stock = Stock::new(1);
            let charge = stock.hold(TeamId(0), Tokens::whole(debt));
            stock.post(&charge);
            buy(&mut stock);
            assert_eq!(stock.balance(TeamId(0)), Tokens::whole(balance), "after a debt of {debt}");
        }
    }

    #[test]
    fn rule_2_8_a_token_lost_is_noticed_at_the_next_movement() {
        let whole = |stock: &mut Stock| {
            let hold = stock.hold(TeamId(0), Tokens::whole(7));
            stock.post(&hold);
        };
        whole(&mut stock());
        let corruptions: [fn(&mut Stock); 3] = [
            |stock| stock.row_mut(PackId(0)).posted += Tokens::whole(1),
            |stock| stock.shelves[0].bought += Tokens::whole(1),
            |stock| stock.shelves[0].expired += Tokens::whole(1),
        ];
        for corrupt in corruptions {
            let mut stock = stock();
            corrupt(&mut stock);
            assert!(catch_unwind(AssertUnwindSafe(|| whole(&mut stock))).is_err(), "the movement is refused");
            assert!(
                catch_unwind(AssertUnwindSafe(|| stock.assert_conserved())).is_err(),
                "and so is the count"
            );
        }
    }
}
