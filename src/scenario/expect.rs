//! `[[expect]]`: what must come of a scenario.

use crate::meter::answer::{Admission, ChargeKind, Refusal};
use crate::meter::id::{ContractId, PackId, ProductId, ServerId, TeamId, UserId};
use crate::meter::instant::Instant;
use crate::meter::licence_server::LicenceServer;
use crate::meter::record::NoticeKind;
use crate::meter::session::SessionEnd;
use crate::meter::team::Plan;
use crate::meter::tokens::Tokens;
use crate::meter::transition::{Hindrance, TransitionStep};
use crate::scenario::calendar::{Zone, iso};
use crate::scenario::directory::Directory;
use crate::scenario::people::People;
use crate::scenario::problem::Problem;
use crate::scenario::reader::{Problems, Table, Value};

/// One thing that must be so, and the line of the file that says it.
#[derive(Clone, Debug)]
pub struct Expect {
    /// Line of the `[[expect]]` table, from 1.
    pub line: usize,
    /// What must be so.
    pub expectation: Expectation,
}

/// What must be so.
#[derive(Clone, Debug)]
pub enum Expectation {
    /// Exactly these charges, for this user and product.
    Charges(UserId, ProductId, Vec<ExpectedCharge>),
    /// Exactly these refusals.
    Refusals(UserId, ProductId, Vec<(Instant, Refusal)>),
    /// Exactly these admissions.
    Admissions(UserId, ProductId, Vec<(Instant, Admission)>),
    /// Exactly these sessions: first instant, last, and why it ended.
    Sessions(UserId, ProductId, Vec<(Instant, Instant, SessionEnd)>),
    /// The sum of the charges within the scope.
    Tokens(Scope, Tokens),
    /// A team's balance after all that falls on an instant; `None` at the run's end.
    Available(TeamId, Option<Instant>, Tokens),
    /// Columns of a pack's row at the run's end.
    Pack(PackId, ExpectedPack),
    /// Exactly these notices to a user, each as the columns of `notices.csv` from `notice` on.
    Notices(UserId, Vec<(Instant, [String; 3])>),
    /// Exactly these refused steps of a transition, each as the columns `step`, `user`, `reason` and `who`.
    Hindrances(Vec<(Instant, [String; 4])>),
    /// A user's plan at the run's end (RULES 3.12).
    Plan(UserId, Plan),
    /// What can still be used of a contract's credits at the run's end (RULES 5.2).
    Credits(ContractId, Tokens),
    /// The most seats of a product that were taken at once (RULES 6.1).
    Peak(ServerId, ProductId, u64),
}

/// A charge, by the columns the file gives.
#[derive(Clone, Debug)]
pub struct ExpectedCharge {
    /// The window's start.
    pub at: Instant,
    /// The amount.
    pub tokens: Tokens,
    /// What made it.
    pub kind: Option<ChargeKind>,
    /// Who pays.
    pub team: Option<TeamId>,
    /// When it was posted.
    pub recorded_at: Option<Instant>,
    /// The part no pack covered.
    pub uncovered: Option<Tokens>,
    /// The packs as `charges.csv` writes them.
    pub packs: Option<String>,
}

/// A pack's row, by the columns the file gives.
#[derive(Clone, Debug, Default)]
pub struct ExpectedPack {
    /// The team it belongs to.
    pub team: Option<TeamId>,
    /// Column and amount.
    pub columns: Vec<(&'static str, Tokens)>,
}

/// Which charges are summed: all that fit what is given.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scope {
    /// Of this user.
    pub user: Option<UserId>,
    /// For this product.
    pub product: Option<ProductId>,
    /// Paid by this team.
    pub team: Option<TeamId>,
}

/// Reads the expectations of a run.
pub(crate) struct Expects<'s> {
    pub(crate) directory: &'s Directory,
    pub(crate) people: &'s People,
    pub(crate) servers: &'s [LicenceServer],
    pub(crate) start: Instant,
    pub(crate) end: Instant,
    pub(crate) text: &'s str,
    pub(crate) problems: &'s mut Problems,
}

impl Expects<'_> {
    pub(crate) fn read(mut self, tables: Vec<Table<'_>>) -> Vec<Expect> {
        tables.into_iter().flat_map(|table| self.read_expect(table)).collect()
    }

    fn read_expect(&mut self, mut table: Table<'_>) -> Vec<Expect> {
        let line = 1 + self.text[..table.place.start].matches('\n').count();
        let before = self.problems.len();
        let user = table.get("user").and_then(|value| self.directory.user(value, self.problems));
        let product = table.get("product").and_then(|value| self.directory.product(value, self.problems));
        let team = table.get("team").and_then(|value| self.directory.team(value, self.problems));
        let pack = table.get("pack").and_then(|value| self.directory.pack(value, None, self.problems));
        let zone = match (user, team) {
            (Some(user), _) if self.people.travellers.contains(&user) => None,
            (Some(user), _) => Some(self.people.user_zones[user.index()].clone()),
            (None, Some(team)) => Some(self.people.team_zones[team.index()].clone()),
            _ => Some(Zone::utc()),
        };
        let mut found = Vec::new();
        if let Some(pack) = pack {
            found.extend(read_pack_columns(&mut table, (pack, team), self.problems));
        } else if let (Some(team), true) = (team, table.key_place("available").is_some()) {
            let available = table.get("available").and_then(|value| value.tokens(self.problems));
            let at = table.get("at").map(|value| self.read_at(value, (zone.as_ref(), Upto::End)));
            if let (Some(available), Some(at)) = (available, at.map_or(Some(None), |at| at.map(Some))) {
                found.push(Expectation::Available(team, at, available));
            }
        }
        self.read_more(&mut table, (user, product, zone.as_ref()), &mut found);
        if let (Some(user), Some(product)) = (user, product) {
            self.read_key(&mut table, (user, product, zone.as_ref()), &mut found);
        }
        if let Some(tokens) = table.get("tokens").and_then(|value| value.tokens(self.problems)) {
            found.push(Expectation::Tokens(Scope { user, product, team }, tokens));
        }
        if found.is_empty() && self.problems.len() == before {
            let help = "give `user` and `product` with `charges`, `refusals`, `admissions`, `sessions` or \
                        `tokens`; or `user` with `notices` or `plan`; or `team` or `contract` with `available`; \
                        or `pack` with `remaining`; or `transition`; or `licence_server` and `product` with `peak`";
            let title = "this [[expect]] expects nothing";
            self.problems.push(Problem::new(table.place.clone(), title, "nothing to compare").help(help));
        }
        table.finish(self.problems);
        found.into_iter().map(|expectation| Expect { line, expectation }).collect()
    }

    /// What is not about tokens: notices, plans, credits, seats and the steps of a transition.
    fn read_more(
        &mut self,
        table: &mut Table<'_>,
        (user, product, zone): (Option<UserId>, Option<ProductId>, Option<&Zone>),
        found: &mut Vec<Expectation>,
    ) {
        if let (Some(user), Some(list)) = (user, rows(table, "notices", self.problems)) {
            let columns = ["notice", "product", "device"];
            let notices = list.into_iter().filter_map(|row| self.read_texts(row, (zone, columns)));
            found.push(Expectation::Notices(user, notices.collect()));
        }
        if let Some(list) = rows(table, "transition", self.problems) {
            let columns = ["step", "user", "reason", "who"];
            let hindrances = list.into_iter().filter_map(|row| self.read_texts(row, (zone, columns)));
            found.push(Expectation::Hindrances(hindrances.collect()));
        }
        let plans = Plan::ALL.map(|plan| (plan.name(), plan));
        if let (Some(user), Some(plan)) = (user, table.word("plan", &plans, self.problems)) {
            found.push(Expectation::Plan(user, plan));
        }
        let contract = table.get("contract").and_then(|value| self.directory.contract(value, self.problems));
        if let (Some(contract), Some(value)) = (contract, table.get("available")) {
            let available = value.amount(self.problems);
            found.extend(available.map(|available| Expectation::Credits(contract, available)));
        }
        let server = table.get("licence_server");
        let server = server.and_then(|value| self.directory.server(value, self.problems));
        if let (Some(server), Some(product), Some(value)) = (server, product, table.get("peak")) {
            let peak = value.whole(self.problems);
            let seats = self.servers.get(server.index()).map_or(&[][..], |server| &server.seats);
            if !seats.is_empty() && !seats.iter().any(|seats| seats.product == product) {
                let title = "the licence server has no seats of this product (RULES 6.1)";
                self.problems.push(Problem::new(value.place(), title, "there is no peak to expect"));
            }
            found.extend(peak.map(|peak| Expectation::Peak(server, product, peak)));
        }
    }

    /// A row of texts; a column left out is empty, and so it is in the result file.
    fn read_texts<const N: usize>(
        &mut self,
        mut row: Table<'_>,
        (zone, columns): (Option<&Zone>, [&'static str; N]),
    ) -> Option<(Instant, [String; N])> {
        let at = row.need("at", self.problems).and_then(|v| self.read_at(v, (zone, Upto::BeforeEnd)));
        let texts = columns.map(|column| {
            let Some(value) = row.get(column) else { return String::new() };
            let words: &[&str] = match column {
                "notice" => &NoticeKind::NAMES,
                "step" => &TransitionStep::NAMES,
                "reason" => &Hindrance::NAMES,
                _ => return value.plain_text(self.problems).unwrap_or_default().to_owned(),
            };
            let words: Vec<(&str, &str)> = words.iter().map(|word| (*word, *word)).collect();
            value.one_of(&words, self.problems).unwrap_or_default().to_owned()
        });
        row.finish(self.problems);
        Some((at?, texts))
    }

    fn read_key(
        &mut self,
        table: &mut Table<'_>,
        (user, product, zone): (UserId, ProductId, Option<&Zone>),
        found: &mut Vec<Expectation>,
    ) {
        if let Some(list) = rows(table, "charges", self.problems) {
            let charges = list.into_iter().filter_map(|row| self.read_charge(row, zone)).collect();
            found.push(Expectation::Charges(user, product, charges));
        }
        if let Some(list) = rows(table, "refusals", self.problems) {
            let refusals = Refusal::ALL.map(|refusal| (refusal.name(), refusal));
            let rows = list.into_iter().filter_map(|row| self.read_reason(row, (zone, &refusals)));
            found.push(Expectation::Refusals(user, product, rows.collect()));
        }
        if let Some(list) = rows(table, "admissions", self.problems) {
            let admissions = Admission::ALL.map(|admission| (admission.name(), admission));
            let rows = list.into_iter().filter_map(|row| self.read_reason(row, (zone, &admissions)));
            found.push(Expectation::Admissions(user, product, rows.collect()));
        }
        if let Some(list) = rows(table, "sessions", self.problems) {
            let rows = list.into_iter().filter_map(|row| self.read_session(row, zone));
            found.push(Expectation::Sessions(user, product, rows.collect()));
        }
    }

    fn read_charge(&mut self, mut row: Table<'_>, zone: Option<&Zone>) -> Option<ExpectedCharge> {
        let at = row.need("at", self.problems).and_then(|v| self.read_at(v, (zone, Upto::BeforeEnd)));
        let tokens = row.need("tokens", self.problems).and_then(|value| value.tokens(self.problems));
        let kinds = ChargeKind::ALL.map(|kind| (kind.name(), kind));
        let charge = ExpectedCharge {
            at: at.unwrap_or(self.start),
            tokens: tokens.unwrap_or_default(),
            kind: row.get("kind").and_then(|value| value.one_of(&kinds, self.problems)),
            team: row.get("team").and_then(|value| self.directory.team(value, self.problems)),
            recorded_at: row
                .get("recorded_at")
                .and_then(|value| self.read_at(value, (zone, Upto::BeforeEnd))),
            uncovered: row.get("uncovered").and_then(|value| value.amount(self.problems)),
            packs: row.get("packs").and_then(|value| value.text(self.problems)).map(str::to_owned),
        };
        row.finish(self.problems);
        (at.is_some() && tokens.is_some()).then_some(charge)
    }

    fn read_reason<T: Copy>(
        &mut self,
        mut row: Table<'_>,
        (zone, words): (Option<&Zone>, &[(&str, T)]),
    ) -> Option<(Instant, T)> {
        let at = row.need("at", self.problems).and_then(|v| self.read_at(v, (zone, Upto::BeforeEnd)));
        let reason = row.need("reason", self.problems).and_then(|value| value.one_of(words, self.problems));
        row.finish(self.problems);
        Some((at?, reason?))
    }

    fn read_session(
        &mut self,
        mut row: Table<'_>,
        zone: Option<&Zone>,
    ) -> Option<(Instant, Instant, SessionEnd)> {
        let at = row.need("at", self.problems).and_then(|v| self.read_at(v, (zone, Upto::BeforeEnd)));
        let until = row.need("until", self.problems).and_then(|v| self.read_at(v, (zone, Upto::End)));
        let ends = SessionEnd::ALL.map(|end| (end.name(), end));
        let end = row.need("end", self.problems).and_then(|value| value.one_of(&ends, self.problems));
        row.finish(self.problems);
        Some((at?, until?, end?))
    }

    fn read_at(&mut self, value: Value<'_>, (zone, upto): (Option<&Zone>, Upto)) -> Option<Instant> {
        if zone.is_none() && value.is_local() {
            let title = "the user travels: this local time is read in no one zone";
            self.problems.push(Problem::new(value.place(), title, "write an offset, or Z for UTC"));
            return None;
        }
        let at = value.instant(zone.unwrap_or(&Zone::utc()), self.problems)?;
        let too_late = if upto == Upto::End { at > self.end } else { at >= self.end };
        if at < self.start || too_late {
            let label = format!("the run goes from {} to {}", iso(self.start), iso(self.end));
            self.problems.push(Problem::new(value.place(), "an expectation outside the run", label));
            return None;
        }
        Some(at)
    }
}

/// How late an expected instant may lie.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Upto {
    BeforeEnd,
    End,
}

fn rows<'a>(table: &mut Table<'a>, key: &'static str, problems: &mut Problems) -> Option<Vec<Table<'a>>> {
    let list = table.get(key)?.list(problems)?;
    let what = format!("a row of `{key}`");
    Some(list.into_iter().filter_map(|row| row.table(&what, problems)).collect())
}

fn read_pack_columns(
    table: &mut Table<'_>,
    (pack, team): (PackId, Option<TeamId>),
    problems: &mut Problems,
) -> Option<Expectation> {
    let mut expected = ExpectedPack { team, columns: Vec::new() };
    for column in ["posted", "held", "expired", "remaining"] {
        let tokens = table.get(column).and_then(|value| value.amount(problems));
        expected.columns.extend(tokens.map(|tokens| (column, tokens)));
    }
    let expects = team.is_some() || !expected.columns.is_empty();
    expects.then_some(Expectation::Pack(pack, expected))
}
