//! `Books`: what a run that is over has written, and the usage pages that are worked out from it.

use std::collections::BTreeSet;
use std::num::NonZero;

use crate::meter::answer::ChargeKind;
use crate::meter::instant::Span;
use crate::meter::record::TokenEventKind;
use crate::meter::tokens::Tokens;
use crate::scenario::calendar::{Day, iso};
use crate::usage::by_product::{consumption_groups, products, versions};
use crate::usage::by_user::users;
use crate::usage::figures::{Cost, DayTokens, Overview, RangeFigures, Usage, Waste};
use crate::usage::ledger::{Known, Ledger, LedgerError};
use crate::usage::packs::Packs;
use crate::usage::range::{Asked, Range};
use crate::usage::run_summary::RunSummary;
use crate::usage::sign_ins::SignIns;
use crate::usage::sums::{Line, Totals, key_of, lines};

/// The days of the overview's chart (RULES 5.3).
const CHART_DAYS: i32 = 365;

/// The seconds of the last 7 days (RULES 5.3).
const LATELY: Span = Span::from_seconds(7 * 86_400);

/// The books of a run.
pub struct Books {
    /// Its summary.
    pub summary: RunSummary,
    /// Its charges.
    pub ledger: Ledger,
    /// Its packs and token events.
    pub packs: Packs,
    /// When its sign-ins came, where that is asked for.
    pub sign_ins: Option<SignIns>,
}

/// Lines and what they are read with.
pub(crate) struct Account<'b> {
    pub(crate) ledger: &'b Ledger,
    pub(crate) range: Range,
    /// What was used, in the order of users, products and versions.
    pub(crate) lines: Vec<Line>,
}

/// What one pass through the postings gathers.
struct Gathered {
    /// By the account's place, what was charged in the range.
    totals: Totals,
    /// The tokens of each day of the chart, from active packs and others.
    chart: Vec<[Tokens; 2]>,
}

impl Books {
    /// The usage pages for a range and a team, or all teams.
    ///
    /// # Errors
    /// Where the ledger is damaged.
    pub fn usage(&self, asked: Asked, team: Option<&str>) -> Result<Usage, LedgerError> {
        let zone = self.summary.zone();
        let range = Range::new(asked, (self.summary.start, self.summary.end), &zone);
        let gathered = self.gather(&range, team)?;
        let waste = self.waste(&gathered.totals, (&range, team));
        let lines = lines(&gathered.totals, |account| key_of(&self.ledger, account));
        let account = Account { ledger: &self.ledger, range, lines };
        // Two threads: of a hundred thousand people each of the two takes a while.
        let (users, (products, versions)) = std::thread::scope(|scope| {
            let products = scope.spawn(|| (products(&account), versions(&account)));
            (users(&account), products.join().expect("it does not panic"))
        });
        Ok(Usage {
            title: self.summary.title.clone(),
            as_of: iso(self.summary.end),
            zone: zone.name().to_owned(),
            team: team.map(str::to_owned),
            range: RangeFigures {
                name: asked.to_string(),
                from: range.first.date(),
                to: range.after.plus(-1).date(),
                days: range.days(),
                months: range.months,
            },
            overview: self.overview(&account, gathered.chart, team),
            products,
            consumption_groups: consumption_groups(users.iter().map(|user| user.tokens)),
            users,
            versions,
            waste,
            sign_ins: self.sign_ins.as_ref().map(|sign_ins| sign_ins.hours(&range, team)),
        })
    }

    /// The first day of the chart.
    fn chart_from(&self) -> Day {
        let last = self.summary.zone().local(self.summary.last()).date();
        Day::from(last).plus(1 - CHART_DAYS)
    }

    /// Every posting is gone through once, on as many threads as there are cores: what is added up is the same.
    fn gather(&self, range: &Range, team: Option<&str>) -> Result<Gathered, LedgerError> {
        let active = self.packs.active(self.summary.end);
        let of_team = |account| team.is_none_or(|team| self.ledger.text_of(Known::Team, account) == team);
        // What is asked about every posting is looked up once for each account.
        let chart_place = |account| usize::from(!active.contains(self.ledger.text_of(Known::Pack, account)));
        let accounts = 0..self.ledger.accounts();
        let places: Vec<Option<usize>> =
            accounts.map(|account| of_team(account).then(|| chart_place(account))).collect();
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let shares = cores.min(self.ledger.groups()).max(1);
        let (places, chart_from) = (&places, self.chart_from());
        let gathered = std::thread::scope(|scope| {
            let share = |first| (first..self.ledger.groups()).step_by(shares);
            let gather = |first| move || self.gather_share(share(first), (range, chart_from, places));
            let threads: Vec<_> = (0..shares).map(|first| scope.spawn(gather(first))).collect();
            threads.into_iter().map(|thread| thread.join().expect("it does not panic")).collect::<Vec<_>>()
        });
        let mut gathered = gathered.into_iter();
        let mut sum = gathered.next().expect("one share at least")?;
        for other in gathered {
            let Gathered { totals, chart } = other?;
            sum.totals.add(&totals);
            let days = sum.chart.iter_mut().zip(chart);
            days.for_each(|(ours, theirs)| {
                ours.iter_mut().zip(theirs).for_each(|(ours, theirs)| *ours += theirs);
            });
        }
        Ok(sum)
    }

    fn gather_share(
        &self,
        groups: impl Iterator<Item = usize>,
        (range, chart_from, places): (&Range, Day, &[Option<usize>]),
    ) -> Result<Gathered, LedgerError> {
        let mut totals = Totals::new(self.ledger.accounts(), range);
        let mut chart = vec![[Tokens::ZERO; 2]; usize::try_from(CHART_DAYS).expect("a year")];
        let days = range.first.min(chart_from)..range.after.max(chart_from.plus(CHART_DAYS));
        self.ledger.scan((groups, &days), &mut |posting| {
            let Some(place) = places[posting.account] else { return };
            let day = usize::try_from(posting.day.0 - chart_from.0).ok();
            if let Some(day) = day.and_then(|day| chart.get_mut(day)) {
                day[place] += posting.tokens;
            }
            if range.contains(posting.day) {
                let day = u32::try_from(posting.day.0 - range.first.0).expect("from the first day on");
                totals.post(posting, day);
            }
        })?;
        Ok(Gathered { totals, chart })
    }

    fn overview(&self, account: &Account<'_>, chart: Vec<[Tokens; 2]>, team: Option<&str>) -> Overview {
        let end = self.summary.end;
        let ours = |name: &str| team.is_none_or(|team| team == name);
        let active = || self.packs.packs.iter().filter(|pack| ours(&pack.team) && pack.stock.is_active(end));
        // What moves from team to team neither comes to all of them together nor goes.
        let lately = |kinds: [TokenEventKind; 2]| {
            let kinds = if team.is_some() { &kinds[..] } else { &kinds[..1] };
            let events =
                self.packs.events.iter().filter(|event| ours(&event.team) && event.at + LATELY >= end);
            events
                .filter(|event| kinds.iter().any(|kind| kind.name() == event.event.event))
                .map(|event| event.event.tokens)
                .sum()
        };
        let distinct =
            |number: fn(&Line) -> u32| account.lines.iter().map(number).collect::<BTreeSet<_>>().len() as u64;
        let from = self.chart_from();
        let day = |(place, [active_packs, expired_packs]): (i32, [Tokens; 2])| DayTokens {
            day: from.plus(place).date(),
            active_packs,
            expired_packs,
        };
        Overview {
            used_from_active_packs: active().map(|pack| pack.stock.posted).sum(),
            remaining: active().map(|pack| pack.stock.remaining).sum(),
            added_in_7_days: lately([TokenEventKind::Purchase, TokenEventKind::MoveIn]),
            removed_in_7_days: lately([TokenEventKind::Expiry, TokenEventKind::MoveOut]),
            days: (0..).zip(chart).map(day).collect(),
            tokens: account.lines.iter().map(|line| line.total.tokens).sum(),
            products: distinct(|line| line.product),
            users: distinct(|line| line.user),
        }
    }

    fn waste(&self, totals: &Totals, (range, team): (&Range, Option<&str>)) -> Waste {
        let cost = |known, text: &str| {
            let of_kind =
                (0..self.ledger.accounts()).filter(|account| self.ledger.text_of(known, *account) == text);
            of_kind.map(|account| totals.sum(account)).fold(Cost::default(), |cost, (tokens, charges)| Cost {
                tokens: cost.tokens + tokens,
                count: cost.count + u64::from(charges),
            })
        };
        let zone = self.summary.zone();
        let expiries = self.packs.events.iter().filter(|event| {
            event.event.event == TokenEventKind::Expiry.name()
                && team.is_none_or(|team| team == event.team)
                && range.contains(zone.local(event.at).date().into())
        });
        Waste {
            left_open: cost(Known::ChargeKind, ChargeKind::Renewal.name()),
            add_ins: cost(Known::ProductKind, "add-in"),
            expired: expiries.fold(Cost::default(), |cost, event| Cost {
                tokens: cost.tokens + event.event.tokens,
                count: cost.count + 1,
            }),
        }
    }
}

impl Account<'_> {
    /// Tokens a month (RULES 5.5), rounded to a thousandth, halves up.
    pub(crate) fn per_month(&self, tokens: Tokens) -> Tokens {
        let months = i64::from(self.range.months);
        Tokens::from_thousandths((2 * tokens.thousandths() + months).div_euclid(2 * months))
    }

    /// What a number of a user, product or version stands for.
    pub(crate) fn text(&self, known: Known, number: u32) -> String {
        self.ledger.text(known, number).to_owned()
    }
}
