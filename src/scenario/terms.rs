//! `[policy]` and `[[product]]`: the terms under which a scenario is metered.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::meter::id::{ProductId, VersionId};
use crate::meter::instant::{Instant, Span};
use crate::meter::policy::{GraceAtRenewal, IdleResume, Policy, RenewalWhenShort, SecondDevice, TeamChoice};
use crate::meter::product::{Product, ProductKind};
use crate::meter::tokens::Tokens;
use crate::scenario::calendar::{Zone, iso};
use crate::scenario::catalogue::listed;
use crate::scenario::directory::Directory;
use crate::scenario::duration;
use crate::scenario::problem::Problem;
use crate::scenario::reader::{Problems, Table};

const GRACE_AT_RENEWAL: [(&str, GraceAtRenewal); 2] =
    [("free", GraceAtRenewal::Free), ("charge", GraceAtRenewal::Charge)];
const IDLE_RESUME: [(&str, IdleResume); 2] = [("reanchor", IdleResume::Reanchor), ("grid", IdleResume::Grid)];
const RENEWAL_WHEN_SHORT: [(&str, RenewalWhenShort); 3] = [
    ("stop", RenewalWhenShort::Stop),
    ("run-on", RenewalWhenShort::RunOn),
    ("negative", RenewalWhenShort::Negative),
];
const SECOND_DEVICE: [(&str, SecondDevice); 2] =
    [("refuse", SecondDevice::Refuse), ("take-over", SecondDevice::TakeOver)];
const TEAM_CHOICE: [(&str, TeamChoice); 3] = [
    ("earliest-expiry", TeamChoice::EarliestExpiry),
    ("largest-balance", TeamChoice::LargestBalance),
    ("first-listed", TeamChoice::FirstListed),
];
/// The words for the kinds of products.
pub(crate) const PRODUCT_KINDS: [(&str, ProductKind); 4] = [
    ("desktop", ProductKind::Desktop),
    ("add-in", ProductKind::AddIn),
    ("service", ProductKind::Service),
    ("collection", ProductKind::Collection),
];

/// The policies of a run: those of the meter, and the zone of its reports.
#[derive(Clone, Debug)]
pub struct Policies {
    /// What the meter goes by.
    pub meter: Policy,
    /// The zone whose days reports count (RULES 5.4).
    pub report_zone: Zone,
}

/// One policy as a row: its key, its value, and whether that is the default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRow {
    /// The key in `[policy]`.
    pub key: &'static str,
    /// The value in force.
    pub value: String,
    /// Whether the file could have left it out.
    pub default: bool,
}

impl Default for Policies {
    fn default() -> Self {
        Policies { meter: Policy::default(), report_zone: Zone::utc() }
    }
}

impl Policies {
    pub(crate) fn read(table: Option<Table<'_>>, problems: &mut Problems) -> Self {
        let mut policy = Policy::default();
        let mut report_zone = Zone::utc();
        let Some(mut table) = table else { return Policies { meter: policy, report_zone } };
        if let Some(value) = table.get("grace") {
            policy.grace = value.duration(problems).unwrap_or(policy.grace);
            if policy.grace >= Span::WINDOW {
                let title = "a grace period of a day or more (RULES 1.5)";
                problems.push(Problem::new(value.place(), title, "must be shorter than the window, 24h"));
            }
        }
        if let Some(word) = table.word("grace_at_renewal", &GRACE_AT_RENEWAL, problems) {
            policy.grace_at_renewal = word;
        }
        if let Some(word) = table.word("idle_resume", &IDLE_RESUME, problems) {
            policy.idle_resume = word;
        }
        if let Some(word) = table.word("renewal_when_short", &RENEWAL_WHEN_SHORT, problems) {
            policy.renewal_when_short = word;
        }
        if let Some(word) = table.word("second_device", &SECOND_DEVICE, problems) {
            policy.second_device = word;
        }
        if let Some(word) = table.word("team_choice", &TEAM_CHOICE, problems) {
            policy.team_choice = word;
        }
        if let Some(zone) = table.get("report_zone").and_then(|value| value.zone(problems)) {
            report_zone = zone;
        }
        table.finish(problems);
        Policies { meter: policy, report_zone }
    }

    /// Every policy with its value, in the order of the rulebook.
    pub fn rows(&self) -> Vec<PolicyRow> {
        let pairs = self.values().into_iter().zip(Policies::default().values());
        pairs
            .map(|((key, value), (_, default))| PolicyRow { key, default: value == default, value })
            .collect()
    }

    /// The same with one of the meter's policies another: every other value of each, and no grace period.
    pub fn others(&self) -> Vec<Policies> {
        let mut others = Vec::new();
        let mut offer = |change: &dyn Fn(&mut Policy)| {
            let mut other = self.clone();
            change(&mut other.meter);
            if other.values() != self.values() {
                others.push(other);
            }
        };
        offer(&|policy| policy.grace = Span::from_seconds(0));
        for (_, value) in GRACE_AT_RENEWAL {
            offer(&|policy| policy.grace_at_renewal = value);
        }
        for (_, value) in IDLE_RESUME {
            offer(&|policy| policy.idle_resume = value);
        }
        for (_, value) in RENEWAL_WHEN_SHORT {
            offer(&|policy| policy.renewal_when_short = value);
        }
        for (_, value) in SECOND_DEVICE {
            offer(&|policy| policy.second_device = value);
        }
        for (_, value) in TEAM_CHOICE {
            offer(&|policy| policy.team_choice = value);
        }
        others
    }

    fn values(&self) -> [(&'static str, String); 7] {
        let policy = &self.meter;
        [
            ("grace", duration::text(policy.grace)),
            ("grace_at_renewal", name(&GRACE_AT_RENEWAL, policy.grace_at_renewal)),
            ("idle_resume", name(&IDLE_RESUME, policy.idle_resume)),
            ("renewal_when_short", name(&RENEWAL_WHEN_SHORT, policy.renewal_when_short)),
            ("second_device", name(&SECOND_DEVICE, policy.second_device)),
            ("team_choice", name(&TEAM_CHOICE, policy.team_choice)),
            ("report_zone", self.report_zone.name().to_owned()),
        ]
    }
}

fn name<T: PartialEq + Copy>(words: &[(&str, T)], meaning: T) -> String {
    let (word, _) = words.iter().find(|(_, of)| *of == meaning).expect("every policy has a word");
    (*word).to_owned()
}

/// What the file says of one product.
#[derive(Default)]
struct Draft {
    kind: Option<(ProductKind, Range<usize>)>,
    rates: BTreeMap<Instant, (Tokens, Range<usize>)>,
    versions: BTreeMap<VersionId, bool>,
    members: Vec<(ProductId, Range<usize>)>,
    credits: BTreeMap<Instant, (Tokens, Range<usize>)>,
    place: Option<Range<usize>>,
}

impl Draft {
    fn is_collection(&self) -> bool {
        matches!(self.kind, Some((ProductKind::Collection, _)))
    }
}

/// Reads the `[[product]]` tables over the catalogue; the products by number.
pub(crate) fn read_products(
    tables: Vec<Table<'_>>,
    directory: &mut Directory,
    run_start: Option<Instant>,
    problems: &mut Problems,
) -> Vec<Product> {
    let mut drafts: BTreeMap<ProductId, Draft> = BTreeMap::new();
    for table in tables {
        read_product(table, directory, &mut drafts, problems);
    }
    let products = directory.products.iter().zip(0..);
    let nested: Vec<_> = drafts
        .values()
        .flat_map(|draft| &draft.members)
        .filter(|(member, _)| drafts.get(member).is_some_and(Draft::is_collection))
        .map(|(_, place)| {
            Problem::new(place.clone(), "a collection within a collection", "name its members here")
        })
        .collect();
    problems.extend(nested);
    products
        .map(|(name, number)| {
            let draft = drafts.remove(&ProductId(number)).unwrap_or_default();
            finish_product(name, draft, run_start, problems)
        })
        .collect()
}

fn read_product(
    mut table: Table<'_>,
    directory: &mut Directory,
    drafts: &mut BTreeMap<ProductId, Draft>,
    problems: &mut Problems,
) {
    let product = table.need("name", problems).and_then(|value| directory.product(value, problems));
    let kind = table.get("kind").and_then(|value| value.one_of(&PRODUCT_KINDS, problems));
    let from = match table.get("from") {
        Some(value) => value.date(&Zone::utc(), problems),
        None => Some(Instant::MIN),
    };
    let rate = match kind {
        Some(ProductKind::Collection) => Some(Tokens::ZERO),
        _ => table.need("rate", problems).and_then(|value| value.amount(problems)),
    };
    let versions = table.get("versions").and_then(|value| value.list(problems)).unwrap_or_default();
    let mut read_versions = Vec::new();
    for value in versions {
        let Some(mut version) = value.table("a version", problems) else { continue };
        let name = version.need("name", problems).and_then(|value| value.name(problems));
        let idle = version.get("idle_aware").and_then(|value| value.yes(problems)).unwrap_or(false);
        version.finish(problems);
        read_versions.extend(name.map(|name| (directory.version(name), idle, value.place())));
    }
    let members = table.get("members").and_then(|value| value.list(problems)).unwrap_or_default();
    let members: Vec<_> = members
        .into_iter()
        .filter_map(|member| Some((directory.product(member, problems)?, member.place())))
        .collect();
    let credits = table.get("credits").and_then(|value| Some((value.amount(problems)?, value.place())));
    let place = table.place.clone();
    table.finish(problems);
    let Some(product) = product else { return };
    let draft = drafts.entry(product).or_default();
    if let (Some(from), Some(rate)) = (from, rate)
        && let Some((_, first)) = draft.rates.insert(from, (rate, place.clone()))
    {
        let title = "a product is defined twice for the same date";
        let problem = Problem::new(place.clone(), title, "again here").context(first, "first here");
        problems.push(problem.help("a rate that changes gets a further [[product]] with `from`"));
    }
    for (version, idle, place) in read_versions {
        if draft.versions.insert(version, idle).is_some_and(|before| before != idle) {
            let title = "one version both goes idle and does not";
            problems.push(Problem::new(place, title, "contradicts an earlier entry"));
        }
    }
    match (&draft.kind, kind) {
        (Some((first, at)), Some(kind)) if *first != kind => {
            let problem = Problem::new(place.clone(), "one product is of two kinds", "another kind here");
            problems.push(problem.context(at.clone(), "first here"));
        }
        (None, Some(kind)) => draft.kind = Some((kind, place.clone())),
        _ => {}
    }
    draft.members.extend(members);
    if let (Some(from), Some(credits)) = (from, credits) {
        draft.credits.insert(from, credits);
    }
    draft.place.get_or_insert(place);
}

fn finish_product(name: &str, draft: Draft, run_start: Option<Instant>, problems: &mut Problems) -> Product {
    let built_in = listed(name);
    let kind = draft.kind.map(|(kind, _)| kind).or(built_in.map(|row| row.kind));
    let kind = kind.unwrap_or(ProductKind::Desktop);
    let mut rates: BTreeMap<Instant, Tokens> =
        built_in.map(|row| (Instant::MIN, row.rate)).into_iter().collect();
    rates.extend(draft.rates.into_iter().map(|(from, (rate, _))| (from, rate)));
    let place = draft.place.unwrap_or(0..0);
    let first = rates.first_key_value().map(|(from, _)| *from);
    if let (Some(first), Some(start)) = (first, run_start)
        && first > start
    {
        let title = format!("`{name}` has no rate when the run starts");
        let label = format!("its first rate applies from {}", iso(first));
        let help = "add a [[product]] of that name without `from`, for the time before";
        problems.push(Problem::new(place.clone(), title, label).help(help));
    }
    if kind == ProductKind::Collection && draft.members.is_empty() {
        let title = format!("the collection `{name}` has no `members`");
        let help = "list the products it covers: members = [\"AutoCAD\", \"Revit\"]";
        problems.push(Problem::new(place.clone(), title, "covers nothing").help(help));
    }
    if kind != ProductKind::Collection && !draft.members.is_empty() {
        let title = format!("`{name}` has `members`, but is not a collection");
        problems.push(Problem::new(place, title, "add kind = \"collection\""));
    }
    if let Some((_, place)) = draft.credits.values().next().filter(|_| kind != ProductKind::Service) {
        let title = "only services are paid with shared cloud credits (RULES 5.2)";
        problems.push(Problem::new(place.clone(), title, "this is no service"));
    }
    // A file that names no usable rate is in error already; the run never starts.
    let rates: Vec<_> = rates.into_iter().collect();
    let rates = if rates.is_empty() { vec![(Instant::MIN, Tokens::ZERO)] } else { rates };
    let members = draft.members.into_iter().map(|(member, _)| member).collect();
    let idle_aware = draft.versions.into_iter().filter_map(|(version, idle)| idle.then_some(version));
    let credits = draft.credits.into_iter().map(|(from, (credits, _))| (from, credits)).collect();
    Product { kind, rates, credits, idle_aware: idle_aware.collect(), members, released: true }
}
