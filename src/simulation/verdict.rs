//! `Verdict`: what a scenario expects beside what came of it.

use crate::meter::id::{ProductId, UserId};
use crate::meter::instant::Instant;
use crate::meter::record::{ChargeRecord, NoticeKind};
use crate::meter::stock::Draw;
use crate::meter::tokens::Tokens;
use crate::meter::transition::Hindrance;
use crate::scenario::Scenario;
use crate::scenario::calendar::iso;
use crate::scenario::directory::Directory;
use crate::scenario::expect::{Expect, Expectation, ExpectedCharge, ExpectedPack, Scope};
use crate::simulation::run::Run;
use crate::simulation::tally::Account;

/// One expectation, judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Line of the `[[expect]]` table.
    pub line: usize,
    /// What is compared.
    pub subject: String,
    /// What must be so, a line per row.
    pub expected: Vec<String>,
    /// What is so, by the same columns.
    pub actual: Vec<String>,
}

/// What checking one file came to.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The file as it was named.
    pub file: String,
    /// The judged expectations, or why the file could not be run.
    pub verdicts: Result<Vec<Verdict>, String>,
}

impl Verdict {
    /// Judges every expectation of a scenario.
    pub fn all(scenario: &Scenario, run: &Run) -> Vec<Verdict> {
        scenario.expects.iter().map(|expect| judge(scenario, run, expect)).collect()
    }

    /// Whether it is as expected.
    pub fn passed(&self) -> bool {
        self.expected == self.actual
    }
}

/// The packs of a charge as result files write them: `p1:5;p2:2`.
pub fn packs_text(directory: &Directory, draws: &[Draw]) -> String {
    let parts: Vec<String> =
        draws.iter().map(|draw| format!("{}:{}", directory.packs.get(draw.pack.0), draw.tokens)).collect();
    parts.join(";")
}

fn judge(scenario: &Scenario, run: &Run, expect: &Expect) -> Verdict {
    let directory = &scenario.directory;
    let key = |user: UserId, product: ProductId, what: &str| {
        format!("{what} of {} for {}", directory.users.get(user.0), directory.products.get(product.0))
    };
    let reason = |(at, name): (Instant, &'static str)| format!("{} {name}", iso(at));
    let (subject, expected, actual) = match &expect.expectation {
        Expectation::Charges(user, product, charges) => {
            let (expected, actual) = charge_rows(directory, run, (*user, *product), charges);
            (key(*user, *product, "charges"), expected, actual)
        }
        Expectation::Refusals(user, product, rows) => {
            let of_key = run.asked.sign_ins.iter().filter(|row| (row.user, row.product) == (*user, *product));
            let refused = of_key.filter_map(|row| Some((row.at, row.answer.err()?.name())));
            let expected = rows.iter().map(|(at, refusal)| reason((*at, refusal.name())));
            (key(*user, *product, "refusals"), sorted(expected), sorted(refused.map(reason)))
        }
        Expectation::Admissions(user, product, rows) => {
            let of_key = run.asked.sign_ins.iter().filter(|row| (row.user, row.product) == (*user, *product));
            let admitted = of_key.filter_map(|row| Some((row.at, row.answer.ok()?.name())));
            let expected = rows.iter().map(|(at, admission)| reason((*at, admission.name())));
            (key(*user, *product, "admissions"), sorted(expected), sorted(admitted.map(reason)))
        }
        Expectation::Sessions(user, product, rows) => {
            let line =
                |at: Instant, until: Instant, end: &str| format!("{} to {} {end}", iso(at), iso(until));
            let of_key = run.asked.sessions.iter().filter(|row| (row.user, row.product) == (*user, *product));
            let actual = of_key.map(|row| line(row.signed_in, row.signed_out, row.end.name()));
            let expected = rows.iter().map(|(at, until, end)| line(*at, *until, end.name()));
            (key(*user, *product, "sessions"), sorted(expected), sorted(actual))
        }
        Expectation::Tokens(scope, tokens) => {
            let accounts = run.tally.accounts.iter().filter(|(account, _)| in_scope(*scope, **account));
            let sum: Tokens = accounts.map(|(_, charged)| charged.tokens).sum();
            (scope_text(directory, *scope), vec![tokens.to_string()], vec![sum.to_string()])
        }
        Expectation::Available(team, at, tokens) => {
            let probe = at.and_then(|at| run.probes.get(&(at, *team)));
            let actual = probe.unwrap_or(&run.tally.teams[team].available);
            let when = at.map_or("at the run's end".to_owned(), |at| format!("after {}", iso(at)));
            let subject = format!("available in {} {when}", directory.teams.get(team.0));
            (subject, vec![tokens.to_string()], vec![actual.to_string()])
        }
        Expectation::Pack(pack, expected) => {
            let subject = format!("pack {} at the run's end", directory.packs.get(pack.0));
            let row = run.packs.iter().find(|row| row.id == *pack);
            let (expected, actual) = pack_rows(directory, row, expected);
            (subject, expected, actual)
        }
        other => judge_more(scenario, run, other),
    };
    Verdict { line: expect.line, subject, expected, actual }
}

/// What is not about tokens: notices, plans, credits, seats and the steps of a transition.
fn judge_more(
    scenario: &Scenario,
    run: &Run,
    expectation: &Expectation,
) -> (String, Vec<String>, Vec<String>) {
    let directory = &scenario.directory;
    match expectation {
        Expectation::Notices(user, notices) => {
            let subject = format!("notices to {}", directory.users.get(user.0));
            let of_user = run.asked.notices.iter().filter(|row| row.user == *user);
            let actual = of_user.map(|row| texts(row.at, &notice_texts(directory, row.kind)));
            let expected = notices.iter().map(|(at, columns)| texts(*at, columns));
            (subject, sorted(expected), sorted(actual))
        }
        Expectation::Hindrances(hindrances) => {
            let actual = run.asked.hindrances.iter().map(|row| {
                let user = row.step.user().map_or("", |user| directory.users.get(user.0));
                let reason = row.hindrance.as_ref().map_or("", Hindrance::name);
                let who = who_text(directory, row.hindrance.as_ref());
                texts(row.at, &[row.step.name(), user, reason, &who])
            });
            let shown = |name: &str| directory.users.shown(name);
            let expected = hindrances.iter().map(|(at, [step, user, reason, who])| match who.as_str() {
                _ if !directory.users.are_hidden() => texts(*at, &[step, user, reason, who]),
                who => {
                    let user = if user.is_empty() { String::new() } else { shown(user) };
                    let who = who.split_terminator(';').map(shown).collect::<Vec<_>>().join(";");
                    texts(*at, &[step, &user, reason, &who])
                }
            });
            ("refused steps of the transition".to_owned(), sorted(expected), sorted(actual))
        }
        Expectation::Plan(user, plan) => {
            let subject = format!("the plan of {}", directory.users.get(user.0));
            (subject, vec![plan.name().to_owned()], vec![run.asked.plans[user].name().to_owned()])
        }
        Expectation::Credits(contract, credits) => {
            let subject = format!("credits of {} at the run's end", directory.contracts.get(contract.0));
            let available = run.tally.contracts[contract].available(scenario.end);
            (subject, vec![credits.to_string()], vec![available.to_string()])
        }
        Expectation::Peak(server, product, peak) => {
            let names = (directory.products.get(product.0), directory.servers.get(server.0));
            let subject = format!("most seats of {} taken at once on {}", names.0, names.1);
            let mut seats = run.tally.servers[server].seats.iter();
            let seats = seats.find(|seats| seats.product == *product);
            let actual = seats.map_or("none is handed out".to_owned(), |seats| seats.peak.to_string());
            (subject, vec![peak.to_string()], vec![actual])
        }
        _ => unreachable!("judged before"),
    }
}

/// A row's instant and columns, empty ones left out.
fn texts(at: Instant, columns: &[impl AsRef<str>]) -> String {
    let columns = columns.iter().map(AsRef::as_ref).filter(|column| !column.is_empty());
    columns.fold(iso(at), |text, column| text + " " + column)
}

/// A notice as `notices.csv` has it: what it is, its product and its device.
pub fn notice_texts(directory: &Directory, kind: NoticeKind) -> [&str; 3] {
    let product = |product: ProductId| directory.products.get(product.0);
    let (of_product, device) = match kind {
        NoticeKind::Invitation | NoticeKind::Switch => ("", ""),
        NoticeKind::Assignment(of) => (of.map_or("all", product), ""),
        NoticeKind::OfflineLimit(device) => ("", directory.device_name(device)),
        NoticeKind::InsufficientTokens(of, device) => (product(of), directory.device_name(device)),
    };
    [kind.name(), of_product, device]
}

fn sorted(rows: impl Iterator<Item = String>) -> Vec<String> {
    let mut rows: Vec<String> = rows.collect();
    rows.sort();
    rows
}

/// Expected and actual charges in order of time; a column is shown where that expected row gives it.
fn charge_rows(
    directory: &Directory,
    run: &Run,
    key: (UserId, ProductId),
    charges: &[ExpectedCharge],
) -> (Vec<String>, Vec<String>) {
    let mut expected: Vec<&ExpectedCharge> = charges.iter().collect();
    expected.sort_by_key(|charge| (charge.at, -charge.tokens));
    let mut actual: Vec<&ChargeRecord> =
        run.asked.charges.iter().filter(|charge| (charge.user, charge.product) == key).collect();
    actual.sort_by_key(|charge| (charge.window_start, -charge.tokens));
    let none = ExpectedCharge {
        at: Instant::MIN,
        tokens: Tokens::ZERO,
        kind: None,
        team: None,
        recorded_at: None,
        uncovered: None,
        packs: None,
    };
    let by_columns = actual.iter().enumerate().map(|(place, charge)| {
        let columns = expected.get(place).copied().unwrap_or(&none);
        charge_text(
            directory,
            &ExpectedCharge {
                at: charge.window_start,
                tokens: charge.tokens,
                kind: columns.kind.map(|_| charge.kind),
                team: columns.team.map(|_| charge.team),
                recorded_at: columns.recorded_at.map(|_| charge.recorded_at),
                uncovered: columns.uncovered.map(|_| charge.uncovered),
                packs: columns.packs.as_ref().map(|_| packs_text(directory, &charge.packs)),
            },
        )
    });
    (expected.iter().map(|charge| charge_text(directory, charge)).collect(), by_columns.collect())
}

fn charge_text(directory: &Directory, charge: &ExpectedCharge) -> String {
    let mut text = format!("{} {} tokens", iso(charge.at), charge.tokens);
    let columns = [
        ("kind", charge.kind.map(|kind| kind.name().to_owned())),
        ("team", charge.team.map(|team| directory.teams.get(team.0).to_owned())),
        ("recorded", charge.recorded_at.map(iso)),
        ("uncovered", charge.uncovered.map(|tokens| tokens.to_string())),
        ("packs", charge.packs.clone()),
    ];
    for (column, value) in columns {
        if let Some(value) = value {
            text += &format!(", {column} {value}");
        }
    }
    text
}

fn in_scope(scope: Scope, (user, product, team): Account) -> bool {
    scope.user.is_none_or(|asked| asked == user)
        && scope.product.is_none_or(|asked| asked == product)
        && scope.team.is_none_or(|asked| asked == team)
}

fn scope_text(directory: &Directory, scope: Scope) -> String {
    let mut text = "tokens charged".to_owned();
    let parts = [
        ("to", scope.user.map(|user| directory.users.get(user.0))),
        ("for", scope.product.map(|product| directory.products.get(product.0))),
        ("by", scope.team.map(|team| directory.teams.get(team.0))),
    ];
    for (word, name) in parts {
        if let Some(name) = name {
            text += &format!(" {word} {name}");
        }
    }
    text
}

fn pack_rows(
    directory: &Directory,
    row: Option<&crate::meter::pack::Pack>,
    expected: &ExpectedPack,
) -> (Vec<String>, Vec<String>) {
    let team = |team: crate::meter::id::TeamId| format!("team {}", directory.teams.get(team.0));
    let mut lines: Vec<String> = expected.team.map(team).into_iter().collect();
    lines.extend(expected.columns.iter().map(|(column, tokens)| format!("{column} {tokens}")));
    let Some(row) = row else { return (lines, vec!["not bought before the run's end".to_owned()]) };
    let mut actual: Vec<String> = expected.team.map(|_| team(row.team)).into_iter().collect();
    actual.extend(expected.columns.iter().map(|(column, _)| {
        let tokens = match *column {
            "posted" => row.posted,
            "held" => row.held,
            "expired" => row.expired,
            _ => row.remaining,
        };
        format!("{column} {tokens}")
    }));
    (lines, actual)
}

/// The users who stand in the way of a step of the transition as result files write them: `ana;bo`.
pub fn who_text(directory: &Directory, hindrance: Option<&Hindrance>) -> String {
    let who = hindrance.map_or(&[][..], Hindrance::who);
    who.iter().map(|user| directory.users.get(user.0)).collect::<Vec<_>>().join(";")
}
