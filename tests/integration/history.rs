//! Random histories of small teams, drawn close to one another's boundaries, and their scenario files.

use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fmt::Write as _;

pub(crate) const MINUTE: i64 = 60;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

/// One scenario: instants in seconds since 1970, tokens in thousandths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct History {
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) policy: Policy,
    pub(crate) products: Vec<Product>,
    pub(crate) teams: Vec<Team>,
    pub(crate) users: Vec<User>,
    /// In file order, which is the order of time.
    pub(crate) steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) grace: i64,
    pub(crate) grace_at_renewal: GraceAtRenewal,
    pub(crate) idle_resume: IdleResume,
    pub(crate) renewal_when_short: RenewalWhenShort,
    pub(crate) second_device: SecondDevice,
    pub(crate) team_choice: TeamChoice,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GraceAtRenewal {
    Free,
    Charge,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdleResume {
    Reanchor,
    Grid,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RenewalWhenShort {
    Stop,
    RunOn,
    Negative,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SecondDevice {
    Refuse,
    TakeOver,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TeamChoice {
    EarliestExpiry,
    LargestBalance,
    FirstListed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Product {
    pub(crate) name: String,
    pub(crate) kind: ProductKind,
    /// The first has no date, the others begin at midnight UTC.
    pub(crate) rates: Vec<Rate>,
    pub(crate) versions: Vec<Version>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProductKind {
    Desktop,
    AddIn,
    Service,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) from: Option<i64>,
    pub(crate) tokens: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) name: String,
    pub(crate) idle_aware: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Team {
    pub(crate) name: String,
    pub(crate) packs: Vec<Pack>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pack {
    pub(crate) id: String,
    pub(crate) tokens: i64,
    pub(crate) bought: i64,
    pub(crate) expires: Option<i64>,
    pub(crate) used: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) teams: Vec<String>,
    /// `None` is "all".
    pub(crate) products: Option<Vec<String>>,
    pub(crate) add_ins: Vec<AddIn>,
    pub(crate) subscriptions: Vec<Span>,
    pub(crate) trials: Vec<Span>,
    pub(crate) windows: Vec<PaidWindow>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AddIn {
    pub(crate) host: String,
    pub(crate) add_in: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) product: String,
    pub(crate) from: i64,
    pub(crate) until: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PaidWindow {
    pub(crate) product: String,
    pub(crate) team: String,
    pub(crate) until: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) at: i64,
    pub(crate) action: Action,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    SignIn(SignIn),
    SignOut(Which),
    Touch(Which),
    /// `units` in thousandths; rate times units is exact to a thousandth of a token.
    Use {
        user: String,
        product: String,
        units: i64,
        failed: bool,
    },
    /// The pack is bought at the instant of the step.
    Buy {
        team: String,
        pack: Pack,
    },
    Move {
        pack: String,
        to: String,
    },
    Merge {
        team: String,
        into: String,
    },
    Assign {
        user: String,
        products: Vec<String>,
    },
    Unassign {
        user: String,
        products: Vec<String>,
    },
    Subscribe {
        user: String,
        product: String,
        until: i64,
    },
    Unsubscribe {
        user: String,
        product: String,
    },
    StartTrial {
        user: String,
        product: String,
        until: i64,
    },
    EndTrial {
        user: String,
        product: String,
    },
    ReleaseProduct {
        product: String,
    },
    Uninstall {
        user: String,
        product: String,
        device: String,
    },
    Travel {
        user: String,
        time_zone: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SignIn {
    pub(crate) user: String,
    pub(crate) product: String,
    pub(crate) device: String,
    pub(crate) version: String,
    pub(crate) linux: bool,
}

/// The session a sign-out or a touch names; no device or version: any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Which {
    pub(crate) user: String,
    pub(crate) product: String,
    pub(crate) device: Option<String>,
    pub(crate) version: Option<String>,
}

/// `2026-03-02T08:00:00Z`, by the days-from-civil arithmetic of the proleptic Gregorian calendar.
pub(crate) fn instant(at: i64) -> String {
    let (days, second) = (at.div_euclid(DAY), at.rem_euclid(DAY));
    let (hours, minutes, seconds) = (second / HOUR, second % HOUR / MINUTE, second % MINUTE);
    format!("{}T{hours:02}:{minutes:02}:{seconds:02}Z", date(days))
}

fn date(days: i64) -> String {
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Rule 2.2: the same date and time one year later; from 29 February to 28 February.
pub(crate) fn year_later(at: i64) -> i64 {
    let (year, month, day) = civil(at.div_euclid(DAY));
    let day = if (month, day) == (2, 29) { 28 } else { day };
    days_from_civil(year + 1, month, day) * DAY + at.rem_euclid(DAY)
}

/// Year, month and day of a number of days since 1970; years begin in March, so that a leap day is last.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

pub(crate) fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * shifted + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Tokens without trailing zeros: `7`, `0.5`, `-3`.
pub(crate) fn thousandths(amount: i64) -> String {
    let (sign, size) = (if amount < 0 { "-" } else { "" }, amount.abs());
    let text = format!("{sign}{}.{:03}", size / 1000, size % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn list<T>(items: &[T], item: impl Fn(&T) -> String) -> String {
    format!("[{}]", items.iter().map(item).collect::<Vec<_>>().join(", "))
}

fn names(items: &[String]) -> String {
    list(items, |name| quoted(name))
}

impl History {
    /// The scenario file of this history.
    pub(crate) fn to_toml(&self) -> String {
        let mut text = format!(
            "title = \"random history\"\nstart = {}\nend = {}\nseed = 1\n\n[policy]\n",
            instant(self.start),
            instant(self.end)
        );
        self.policy.write(&mut text);
        for product in &self.products {
            product.write(&mut text);
        }
        for team in &self.teams {
            let packs = list(&team.packs, |pack| pack.to_toml(true));
            let _ = write!(text, "\n[[team]]\nname = {}\npacks = {packs}\n", quoted(&team.name));
        }
        for user in &self.users {
            user.write(&mut text);
        }
        for step in &self.steps {
            let _ = write!(text, "\n[[step]]\nat = {}\n", instant(step.at));
            step.action.write(&mut text);
        }
        text
    }

    /// The same history with its tables in another order, which changes no result.
    pub(crate) fn shuffled(&self, rng: &mut impl Rng) -> Self {
        let mut other = self.clone();
        other.products.shuffle(rng);
        other.teams.shuffle(rng);
        for team in &mut other.teams {
            team.packs.shuffle(rng);
        }
        other.users.shuffle(rng);
        other
    }
}

impl Policy {
    /// The keys that differ from their defaults.
    fn write(&self, text: &mut String) {
        let grace = match self.grace {
            grace if grace > 0 && grace % MINUTE == 0 => format!("{}m", grace / MINUTE),
            grace => format!("{grace}s"),
        };
        let keys = [
            ("grace", grace.as_str(), "5m"),
            (
                "grace_at_renewal",
                match self.grace_at_renewal {
                    GraceAtRenewal::Free => "free",
                    GraceAtRenewal::Charge => "charge",
                },
                "free",
            ),
            (
                "idle_resume",
                match self.idle_resume {
                    IdleResume::Reanchor => "reanchor",
                    IdleResume::Grid => "grid",
                },
                "reanchor",
            ),
            (
                "renewal_when_short",
                match self.renewal_when_short {
                    RenewalWhenShort::Stop => "stop",
                    RenewalWhenShort::RunOn => "run-on",
                    RenewalWhenShort::Negative => "negative",
                },
                "stop",
            ),
            (
                "second_device",
                match self.second_device {
                    SecondDevice::Refuse => "refuse",
                    SecondDevice::TakeOver => "take-over",
                },
                "refuse",
            ),
            (
                "team_choice",
                match self.team_choice {
                    TeamChoice::EarliestExpiry => "earliest-expiry",
                    TeamChoice::LargestBalance => "largest-balance",
                    TeamChoice::FirstListed => "first-listed",
                },
                "earliest-expiry",
            ),
        ];
        for (key, value, _) in keys.iter().filter(|(_, value, default)| value != default) {
            let _ = writeln!(text, "{key} = \"{value}\"");
        }
    }
}

impl Product {
    /// One table per dated rate; kind and versions stand in each.
    fn write(&self, text: &mut String) {
        let kind = match self.kind {
            ProductKind::Desktop => "desktop",
            ProductKind::AddIn => "add-in",
            ProductKind::Service => "service",
        };
        for rate in &self.rates {
            let name = quoted(&self.name);
            let _ = write!(text, "\n[[product]]\nname = {name}\nkind = \"{kind}\"\n");
            let _ = writeln!(text, "rate = {}", thousandths(rate.tokens));
            if let Some(from) = rate.from {
                let _ = writeln!(text, "from = {}", date(from.div_euclid(DAY)));
            }
            if !self.versions.is_empty() {
                let versions = list(&self.versions, |version| {
                    let aware = if version.idle_aware { ", idle_aware = true" } else { "" };
                    format!("{{ name = {}{aware} }}", quoted(&version.name))
                });
                let _ = writeln!(text, "versions = {versions}");
            }
        }
    }
}

impl Pack {
    fn to_toml(&self, with_purchase: bool) -> String {
        let mut text = format!("{{ id = {}, tokens = {}", quoted(&self.id), thousandths(self.tokens));
        if with_purchase {
            let _ = write!(text, ", bought = {}", instant(self.bought));
        }
        if let Some(expires) = self.expires {
            let _ = write!(text, ", expires = {}", instant(expires));
        }
        if self.used > 0 {
            let _ = write!(text, ", used = {}", thousandths(self.used));
        }
        text + " }"
    }
}

impl User {
    fn write(&self, text: &mut String) {
        let products = self.products.as_ref().map_or_else(|| quoted("all"), |list| names(list));
        let _ = write!(text, "\n[[user]]\nname = {}\nteams = {}\n", quoted(&self.name), names(&self.teams));
        let _ = writeln!(text, "products = {products}");
        if !self.add_ins.is_empty() {
            let add_in =
                |a: &AddIn| format!("{{ host = {}, add_in = {} }}", quoted(&a.host), quoted(&a.add_in));
            let _ = writeln!(text, "add_ins = {}", list(&self.add_ins, add_in));
        }
        for (key, spans) in [("subscriptions", &self.subscriptions), ("trials", &self.trials)] {
            let span = |s: &Span| {
                let (from, until) = (instant(s.from), instant(s.until));
                format!("{{ product = {}, from = {from}, until = {until} }}", quoted(&s.product))
            };
            if !spans.is_empty() {
                let _ = writeln!(text, "{key} = {}", list(spans, span));
            }
        }
        if !self.windows.is_empty() {
            let window = |w: &PaidWindow| {
                let (product, team) = (quoted(&w.product), quoted(&w.team));
                format!("{{ product = {product}, team = {team}, until = {} }}", instant(w.until))
            };
            let _ = writeln!(text, "windows = {}", list(&self.windows, window));
        }
    }
}

impl Action {
    fn write(&self, text: &mut String) {
        let mut key = |key: &str, value: &str| {
            let _ = writeln!(text, "{key} = {value}");
        };
        let mut keys = |action: &str, fields: &[(&str, &String)]| {
            key("do", &quoted(action));
            for (name, value) in fields {
                key(name, &quoted(value));
            }
        };
        match self {
            Self::SignIn(s) => {
                let (user, product) = (("user", &s.user), ("product", &s.product));
                keys("sign-in", &[user, product, ("device", &s.device), ("version", &s.version)]);
                if s.linux {
                    key("platform", "\"linux\"");
                }
            }
            Self::SignOut(which) => keys("sign-out", &which.fields()),
            Self::Touch(which) => keys("touch", &which.fields()),
            Self::Use { user, product, units, failed } => {
                keys("use", &[("user", user), ("product", product)]);
                key("units", &thousandths(*units));
                key("outcome", if *failed { "\"failed\"" } else { "\"ok\"" });
            }
            Self::Buy { team, pack } => {
                keys("buy", &[("team", team)]);
                key("pack", &pack.to_toml(false));
            }
            Self::Move { pack, to } => keys("move", &[("pack", pack), ("to", to)]),
            Self::Merge { team, into } => keys("merge", &[("team", team), ("into", into)]),
            Self::Assign { user, products } => {
                keys("assign", &[("user", user)]);
                key("products", &names(products));
            }
            Self::Unassign { user, products } => {
                keys("unassign", &[("user", user)]);
                key("products", &names(products));
            }
            Self::Subscribe { user, product, until } => {
                keys("subscribe", &[("user", user), ("product", product)]);
                key("until", &instant(*until));
            }
            Self::StartTrial { user, product, until } => {
                keys("start-trial", &[("user", user), ("product", product)]);
                key("until", &instant(*until));
            }
            Self::Unsubscribe { user, product } => {
                keys("unsubscribe", &[("user", user), ("product", product)]);
            }
            Self::EndTrial { user, product } => {
                keys("end-trial", &[("user", user), ("product", product)]);
            }
            Self::ReleaseProduct { product } => keys("release-product", &[("product", product)]),
            Self::Uninstall { user, product, device } => {
                keys("uninstall", &[("user", user), ("product", product), ("device", device)]);
            }
            Self::Travel { user, time_zone } => {
                keys("travel", &[("user", user), ("time_zone", time_zone)]);
            }
        }
    }

    /// The users, products and teams this step names.
    fn named(&self) -> (Vec<&String>, Vec<&String>, Vec<&String>) {
        match self {
            Self::SignIn(SignIn { user, product, .. })
            | Self::SignOut(Which { user, product, .. })
            | Self::Touch(Which { user, product, .. })
            | Self::Use { user, product, .. }
            | Self::Subscribe { user, product, .. }
            | Self::Unsubscribe { user, product }
            | Self::StartTrial { user, product, .. }
            | Self::EndTrial { user, product }
            | Self::Uninstall { user, product, .. } => (vec![user], vec![product], vec![]),
            Self::Assign { user, products } | Self::Unassign { user, products } => {
                (vec![user], products.iter().collect(), vec![])
            }
            Self::Buy { team, .. } | Self::Move { to: team, .. } => (vec![], vec![], vec![team]),
            Self::Merge { team, into } => (vec![], vec![], vec![team, into]),
            Self::ReleaseProduct { product } => (vec![], vec![product], vec![]),
            Self::Travel { user, .. } => (vec![user], vec![], vec![]),
        }
    }
}

impl Which {
    fn fields(&self) -> Vec<(&'static str, &String)> {
        let mut fields = vec![("user", &self.user), ("product", &self.product)];
        fields.extend(self.device.as_ref().map(|device| ("device", device)));
        fields.extend(self.version.as_ref().map(|version| ("version", version)));
        fields
    }

    fn means(&self, sign_in: &SignIn) -> bool {
        self.user == sign_in.user
            && self.product == sign_in.product
            && self.device.as_ref().is_none_or(|device| *device == sign_in.device)
            && self.version.as_ref().is_none_or(|version| *version == sign_in.version)
    }
}

// Validity, and making a failing history smaller.

impl History {
    /// Whether the scenario file is free of errors.
    pub(crate) fn is_valid(&self) -> bool {
        let team = |name: &String| self.teams.iter().any(|team| team.name == *name);
        let product = |name: &String| self.products.iter().any(|product| product.name == *name);
        let users = self.users.iter().all(|user| {
            let spans = user.subscriptions.iter().chain(&user.trials).map(|span| &span.product);
            let add_ins = user.add_ins.iter().flat_map(|a| [&a.host, &a.add_in]);
            let windows = user.windows.iter().map(|window| &window.product);
            let listed = user.products.iter().flatten();
            !user.teams.is_empty()
                && user.teams.iter().chain(user.windows.iter().map(|window| &window.team)).all(team)
                && spans.chain(add_ins).chain(windows).chain(listed).all(product)
        });
        let packs = self.teams.iter().flat_map(|team| &team.packs).all(|pack| {
            let used = pack.used == 0 || pack.used <= pack.tokens && pack.bought < self.start;
            used && pack.expires.is_none_or(|expires| expires > pack.bought)
                && self.packs_named(&pack.id) == 1
        });
        users && packs && (0..self.steps.len()).all(|index| self.is_step_valid(index))
    }

    /// Whether a step can stand where it stands, after the steps before it.
    fn is_step_valid(&self, index: usize) -> bool {
        let (before, step) = (&self.steps[..index], &self.steps[index]);
        let (users, products, teams) = step.action.named();
        let is_known = users.iter().all(|name| self.users.iter().any(|user| user.name == **name))
            && products.iter().all(|name| self.products.iter().any(|product| product.name == **name))
            && teams.iter().all(|name| self.teams.iter().any(|team| team.name == **name));
        let is_in_time = self.start <= step.at
            && step.at < self.end
            && before.last().is_none_or(|earlier| earlier.at <= step.at);
        let is_service =
            |name: &String| self.products.iter().any(|p| p.name == *name && p.kind == ProductKind::Service);
        let signs_in = |matches: &dyn Fn(&SignIn) -> bool| {
            before.iter().any(|earlier| matches!(&earlier.action, Action::SignIn(s) if matches(s)))
        };
        let fits = match &step.action {
            Action::SignIn(SignIn { product, .. }) => !is_service(product),
            Action::Use { product, .. } => is_service(product),
            Action::SignOut(which) | Action::Touch(which) => signs_in(&|sign_in| which.means(sign_in)),
            Action::Buy { pack, .. } => self.packs_named(&pack.id) == 1 && pack.bought == step.at,
            Action::Move { pack, .. } => {
                let of_file = self.teams.iter().flat_map(|team| &team.packs);
                let mut packs = of_file.chain(before.iter().filter_map(Step::bought));
                packs.any(|p| p.id == *pack && p.bought <= step.at)
            }
            Action::Merge { team, into } => team != into,
            Action::Subscribe { until, .. } | Action::StartTrial { until, .. } => *until > step.at,
            Action::Unsubscribe { .. } | Action::EndTrial { .. } => self.is_cover_running(index),
            Action::ReleaseProduct { .. } => before.iter().all(|earlier| earlier.action != step.action),
            Action::Uninstall { user, product, device } => {
                signs_in(&|s| s.user == *user && s.product == *product && s.device == *device)
            }
            Action::Assign { products, .. } | Action::Unassign { products, .. } => !products.is_empty(),
            Action::Travel { .. } => true,
        };
        is_known && is_in_time && fits
    }

    fn packs_named(&self, id: &str) -> usize {
        let of_file = self.teams.iter().flat_map(|team| &team.packs);
        of_file.chain(self.steps.iter().filter_map(Step::bought)).filter(|pack| pack.id == id).count()
    }

    /// Whether the cover that a step ends is running just before it, by the file alone.
    fn is_cover_running(&self, index: usize) -> bool {
        let step = &self.steps[index];
        let (of_user, of_product, _) = step.action.named();
        let (user, product) = (of_user[0].clone(), of_product[0].clone());
        let trial = matches!(step.action, Action::EndTrial { .. });
        let named = self.users.iter().filter(|u| u.name == user);
        let spans = named.flat_map(|u| if trial { &u.trials } else { &u.subscriptions });
        let spans = spans.filter(|span| span.product == product && span.from <= step.at);
        let mut running: Vec<i64> = spans.map(|span| span.until).collect();
        for earlier in &self.steps[..index] {
            let same_key = earlier.action.named() == (vec![&user], vec![&product], vec![]);
            match &earlier.action {
                Action::Subscribe { until, .. } if same_key && !trial => running.push(*until),
                Action::StartTrial { until, .. } if same_key && trial => running.push(*until),
                Action::Unsubscribe { .. } if same_key && !trial => running.clear(),
                Action::EndTrial { .. } if same_key && trial => running.clear(),
                _ => {}
            }
        }
        running.iter().any(|until| *until > step.at)
    }

    fn without_user(&self, index: usize) -> Self {
        let mut smaller = self.clone();
        let gone = smaller.users.remove(index).name;
        smaller.steps.retain(|step| !step.action.named().0.contains(&&gone));
        smaller
    }

    fn without_team(&self, index: usize) -> Self {
        let mut smaller = self.clone();
        let gone = smaller.teams.remove(index);
        for user in &mut smaller.users {
            user.teams.retain(|team| *team != gone.name);
            user.windows.retain(|window| window.team != gone.name);
        }
        smaller.users.retain(|user| !user.teams.is_empty());
        smaller.steps.retain(|step| !step.action.named().2.contains(&&gone.name));
        smaller
    }

    /// All histories that are smaller by one part, larger parts first.
    fn smaller(&self) -> Vec<Self> {
        let mut all = Vec::new();
        for size in [16, 4, 1] {
            for from in (0..self.steps.len()).step_by(size).filter(|_| self.steps.len() >= size) {
                let mut smaller = self.clone();
                smaller.steps.drain(from..self.steps.len().min(from + size));
                all.push(smaller);
            }
        }
        all.extend((0..self.users.len()).map(|index| self.without_user(index)));
        all.extend((0..self.teams.len()).map(|index| self.without_team(index)));
        let mut change = |change: &dyn Fn(&mut Self)| {
            let mut smaller = self.clone();
            change(&mut smaller);
            all.push(smaller);
        };
        for (number, team) in self.teams.iter().enumerate() {
            for pack in 0..team.packs.len() {
                change(&|h| drop(h.teams[number].packs.remove(pack)));
                change(&|h| h.teams[number].packs[pack].used = 0);
            }
        }
        for number in 0..self.users.len() {
            change(&|h| h.users[number].add_ins.clear());
            change(&|h| h.users[number].subscriptions.clear());
            change(&|h| h.users[number].trials.clear());
            change(&|h| h.users[number].windows.clear());
            change(&|h| h.users[number].products = None);
            change(&|h| h.users[number].teams.truncate(1));
        }
        for number in 0..self.products.len() {
            change(&|h| drop(h.products.remove(number)));
            change(&|h| h.products[number].rates.truncate(1));
        }
        all.retain(|smaller| smaller != self);
        all
    }
}

/// Takes away steps, users, teams, packs and the rest one by one, as long as what is left `still_fails`.
pub(crate) fn shrink(mut history: History, still_fails: &mut dyn FnMut(&History) -> bool) -> History {
    while let Some(smaller) =
        history.smaller().into_iter().find(|smaller| smaller.is_valid() && still_fails(smaller))
    {
        history = smaller;
    }
    history
}

impl Step {
    fn bought(&self) -> Option<&Pack> {
        match &self.action {
            Action::Buy { pack, .. } => Some(pack),
            _ => None,
        }
    }
}

// Chance.

const USERS: [&str; 6] = [
    "ana@example.com",
    "Bea@example.com",
    "user-1@example.com",
    "user-10@example.com",
    "user-2@example.com",
    "zoe@example.com",
];
const DESKTOPS: [&str; 4] = ["AutoCAD", "Revit", "Plant Viewer", "viewer, small"];
const ADD_INS: [&str; 2] = ["Energy Add-in", "Analysis"];
const SERVICES: [&str; 2] = ["Render", "Cloud CFD"];
const TEAMS: [&str; 4] = ["North", "South", "East", "west"];
const DEVICES: [&str; 4] = ["desk", "laptop", "site", "home"];
const RATES: [i64; 9] = [7_000, 10_000, 3_000, 1_500, 500, 125, 0, 2_000, 6_000];

impl History {
    /// A small world whose instants and balances lie at, just before and just after one another's
    /// boundaries. The same seed gives the same history.
    pub(crate) fn random(seed: u64) -> Self {
        let mut maker = Maker::new(seed);
        let stories = maker.below(12) + 2;
        for _ in 0..stories {
            maker.tell();
        }
        while maker.valid_steps().len() < 5 {
            maker.tell();
        }
        maker.history.steps = maker.valid_steps();
        while maker.history.steps.len() > 60 {
            maker.history.steps.pop();
        }
        assert!(maker.history.is_valid(), "random histories are free of errors");
        maker.history
    }
}

/// The key a story is about, and the devices and versions it plays on.
#[derive(Clone)]
struct Key {
    user: String,
    product: String,
}

struct Maker {
    rng: ChaCha8Rng,
    history: History,
    /// Instants that packs, cover and stories have in common.
    pivots: Vec<i64>,
    packs: usize,
    released: bool,
}

impl Maker {
    fn new(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let days = [(2026, 3, 2), (2028, 2, 27), (2028, 2, 20), (2026, 10, 23), (2027, 12, 28)];
        let (year, month, day) = *days.choose(&mut rng).expect("days");
        let start = days_from_civil(year, month, day) * DAY;
        let length = [2, 3, 4, 4, 5, 6, 8, 10, 12, 16].choose(&mut rng).expect("lengths") * DAY;
        let policy = Policy {
            grace: *[300, 300, 300, 300, 600, 0, 1200].choose(&mut rng).expect("graces"),
            grace_at_renewal: *[GraceAtRenewal::Free, GraceAtRenewal::Free, GraceAtRenewal::Charge]
                .choose(&mut rng)
                .expect("policies"),
            idle_resume: *[IdleResume::Reanchor, IdleResume::Grid].choose(&mut rng).expect("policies"),
            renewal_when_short: *[
                RenewalWhenShort::Stop,
                RenewalWhenShort::RunOn,
                RenewalWhenShort::Negative,
            ]
            .choose(&mut rng)
            .expect("policies"),
            second_device: *[SecondDevice::Refuse, SecondDevice::TakeOver]
                .choose(&mut rng)
                .expect("policies"),
            team_choice: *[TeamChoice::EarliestExpiry, TeamChoice::LargestBalance, TeamChoice::FirstListed]
                .choose(&mut rng)
                .expect("policies"),
        };
        let history = History {
            start,
            end: start + length,
            policy,
            products: Vec::new(),
            teams: Vec::new(),
            users: Vec::new(),
            steps: Vec::new(),
        };
        let mut maker = Self { rng, history, pivots: Vec::new(), packs: 0, released: false };
        maker.make_pivots();
        maker.make_products();
        maker.make_teams();
        maker.make_users();
        maker
    }

    fn below(&mut self, bound: i64) -> i64 {
        self.rng.random_range(0..bound)
    }

    fn percent(&mut self, chance: i64) -> bool {
        self.below(100) < chance
    }

    fn one_of<T: Clone>(&mut self, items: &[T]) -> T {
        items.choose(&mut self.rng).expect("something to choose from").clone()
    }

    /// A number of different items, in a random order.
    fn some_of<T: Clone>(&mut self, items: &[T], number: i64) -> Vec<T> {
        let mut items = items.to_vec();
        items.shuffle(&mut self.rng);
        items.truncate(usize::try_from(number).expect("a small number"));
        items
    }

    /// At it, a second before or a second after.
    fn near(&mut self, at: i64) -> i64 {
        at + self.one_of(&[-1, 0, 0, 1])
    }

    fn pivot(&mut self) -> i64 {
        self.one_of(&self.pivots.clone())
    }

    /// An instant of the run, most often in some relation to a pivot.
    fn moment(&mut self) -> i64 {
        let grace = self.history.policy.grace;
        let (start, end) = (self.history.start, self.history.end);
        let shifts = [0, 0, -DAY, DAY, -grace, -grace / 2, grace, -15 * MINUTE, -DAY - grace, HOUR];
        let at = self.pivot() + self.one_of(&shifts);
        let at = self.near(at);
        if (start..end).contains(&at) && !self.percent(10) { at } else { start + self.below(end - start) }
    }

    fn make_pivots(&mut self) {
        let (start, end) = (self.history.start, self.history.end);
        let hours = (end - start) / HOUR;
        for _ in 0..self.below(3) + 2 {
            let at = start + self.below(hours) * HOUR;
            self.pivots.push(at);
            if self.percent(50) && at + DAY < end {
                self.pivots.push(at + DAY);
            }
        }
        if self.percent(10) {
            let near_end = end - self.one_of(&[1, 60, 120, 0]);
            self.pivots.push(near_end);
        }
    }

    fn make_products(&mut self) {
        let desktops = self.below(3) + 2;
        let mut chosen: Vec<(&str, ProductKind)> = Vec::new();
        chosen.extend(self.some_of(&DESKTOPS, desktops).iter().map(|name| (*name, ProductKind::Desktop)));
        let add_ins = self.one_of(&[0, 1, 1, 2]);
        chosen.extend(self.some_of(&ADD_INS, add_ins).iter().map(|name| (*name, ProductKind::AddIn)));
        let services = self.one_of(&[0, 1, 1]);
        chosen.extend(self.some_of(&SERVICES, services).iter().map(|name| (*name, ProductKind::Service)));
        if chosen.len() == 2 {
            chosen.push((ADD_INS[0], ProductKind::AddIn));
        }
        for (name, kind) in chosen.into_iter().take(6) {
            let mut rates = vec![Rate { from: None, tokens: self.one_of(&RATES) }];
            if self.percent(20) {
                let days = (self.history.end - self.history.start) / DAY;
                let from = self.history.start + (1 + self.below(days)) * DAY;
                rates.push(Rate { from: Some(from), tokens: self.one_of(&RATES) });
                if from < self.history.end {
                    self.pivots.push(from);
                }
            }
            let version = |name: &str, idle_aware| Version { name: name.to_owned(), idle_aware };
            let mut versions = vec![version("2027", true), version("2026", false)];
            if self.percent(30) {
                versions.push(version("2020", true));
            }
            if kind == ProductKind::Service {
                versions.clear();
            }
            self.history.products.push(Product { name: name.to_owned(), kind, rates, versions });
        }
    }

    fn make_teams(&mut self) {
        let number = self.one_of(&[1, 2, 2, 3]);
        for name in self.some_of(&TEAMS, number) {
            let mut packs: Vec<Pack> = Vec::new();
            let rich = self.percent(50);
            for _ in 0..self.below(4) + i64::from(rich) {
                let mut pack = self.pack();
                if let Some(last) = packs.last().filter(|_| self.percent(40)) {
                    // A tie in the draw order: the same end, and perhaps the same size or purchase.
                    pack.expires = last.expires.or(Some(year_later(last.bought)));
                    pack.bought = if self.percent(50) { last.bought } else { last.bought - DAY };
                    pack.tokens = if self.percent(50) { last.tokens } else { pack.tokens };
                    pack.used = 0;
                }
                packs.push(pack);
            }
            if rich && self.percent(70) {
                packs.push(Pack { tokens: 200_000, used: 0, ..self.pack() });
            }
            self.history.teams.push(Team { name: name.to_owned(), packs });
        }
    }

    fn size(&mut self) -> i64 {
        let products = self.history.products.clone();
        let rates = &self.one_of(&products).rates;
        let rate = self.one_of(rates).tokens.max(1_000);
        let sizes = [rate, rate, rate - 1, rate + 1, 2 * rate, 2 * rate - 1, 3 * rate, 500];
        let common = [5_000, 7_000, 10_000, 14_000, 20_000, 30_000, 50_000];
        if self.percent(60) { self.one_of(&sizes) } else { self.one_of(&common) }
    }

    fn pack(&mut self) -> Pack {
        self.packs += 1;
        let (start, tokens) = (self.history.start, self.size());
        let long_ago = start - (1 + self.below(300)) * DAY;
        let mut pack =
            Pack { id: format!("p{}", self.packs), tokens, bought: long_ago, expires: None, used: 0 };
        let pivot = self.pivot();
        match self.below(100) {
            0..35 => pack.expires = Some(self.near(pivot)),
            35..47 => pack.bought = year_before(pivot),
            47..55 => {
                pack.bought -= DAY;
                pack.expires = Some(start - self.one_of(&[0, 1, DAY, -1]));
            }
            55..65 => pack.bought = pivot,
            65..70 => {
                pack.bought = start;
                pack.expires = Some(pivot + HOUR);
            }
            _ => {}
        }
        if pack.bought < start && self.percent(20) {
            pack.used = self.one_of(&[500, tokens / 2 / 500 * 500, tokens]).min(tokens);
        }
        pack
    }

    fn make_users(&mut self) {
        let number = self.one_of(&[1, 1, 2, 2, 3, 4, 5]);
        let teams: Vec<String> = self.history.teams.iter().map(|team| team.name.clone()).collect();
        let products: Vec<String> = self.history.products.iter().map(|p| p.name.clone()).collect();
        for name in self.some_of(&USERS, number) {
            let member_of = self.one_of(&[1, 1, 2, 3]);
            let mut user = User {
                name: name.to_owned(),
                teams: self.some_of(&teams, member_of),
                products: None,
                add_ins: Vec::new(),
                subscriptions: Vec::new(),
                trials: Vec::new(),
                windows: Vec::new(),
            };
            if self.percent(35) {
                let listed = self.below(3) + 2;
                user.products = Some(self.some_of(&products, listed));
                if self.percent(10) {
                    user.products.iter_mut().for_each(|list| list.push(list[0].clone()));
                }
            }
            user.add_ins = self.add_ins();
            if self.percent(25) {
                user.subscriptions.push(self.span(&products));
            }
            if self.percent(25) {
                user.trials.push(self.span(&products));
            }
            if self.percent(20) {
                let ends = [1, DAY, DAY - 1, 2 * HOUR, self.pivot() - self.history.start];
                let until = self.history.start + self.one_of(&ends).clamp(1, DAY);
                let (team, product) = (user.teams[0].clone(), self.one_of(&products));
                if self.kind(&product) != ProductKind::Service {
                    user.windows.push(PaidWindow { product, team, until });
                    self.pivots.push(until);
                }
            }
            self.history.users.push(user);
        }
    }

    fn add_ins(&mut self) -> Vec<AddIn> {
        let mut add_ins = Vec::new();
        for host in self.named(ProductKind::Desktop) {
            for add_in in self.named(ProductKind::AddIn) {
                if self.percent(30) {
                    add_ins.push(AddIn { host: host.clone(), add_in });
                }
            }
        }
        add_ins.shuffle(&mut self.rng);
        add_ins
    }

    fn span(&mut self, products: &[String]) -> Span {
        let from = self.pivot() - self.one_of(&[0, DAY, 30 * DAY, HOUR]);
        let lengths = [DAY, HOUR, 12 * HOUR, 31 * DAY, 2 * DAY];
        let until = if self.percent(50) { self.pivot() } else { from + self.one_of(&lengths) };
        Span { product: self.one_of(products), from, until: until.max(from + 1) }
    }

    fn named(&self, kind: ProductKind) -> Vec<String> {
        self.history.products.iter().filter(|p| p.kind == kind).map(|p| p.name.clone()).collect()
    }

    fn kind(&self, product: &str) -> ProductKind {
        let named = self.history.products.iter().find(|p| p.name == product);
        named.expect("a product of the history").kind
    }

    /// The steps that can stand, in the order of time.
    fn valid_steps(&self) -> Vec<Step> {
        let mut drawn = self.history.steps.clone();
        drawn.sort_by_key(|step| step.at);
        let mut valid = History { steps: Vec::new(), ..self.history.clone() };
        for step in drawn {
            valid.steps.push(step);
            if !valid.is_step_valid(valid.steps.len() - 1) {
                valid.steps.pop();
            }
        }
        valid.steps
    }
}

/// The purchase that a year later makes an end.
fn year_before(at: i64) -> i64 {
    let (year, month, day) = civil(at.div_euclid(DAY));
    let day = if (month, day) == (2, 29) { 28 } else { day };
    days_from_civil(year - 1, month, day) * DAY + at.rem_euclid(DAY)
}

// Stories: a few steps each, about one key.

impl Maker {
    fn key(&mut self) -> Key {
        // Few keys, so that stories meet.
        let user = if self.percent(60) { 0 } else { self.below(5) };
        let users = &self.history.users;
        let user = users[usize::try_from(user).expect("small") % users.len()].name.clone();
        let (desktops, add_ins) = (self.named(ProductKind::Desktop), self.named(ProductKind::AddIn));
        let product = match self.below(100) {
            0..55 => desktops[0].clone(),
            55..65 if !add_ins.is_empty() => self.one_of(&add_ins),
            _ => self.one_of(&desktops),
        };
        Key { user, product }
    }

    fn step(&mut self, at: i64, action: Action) {
        self.history.steps.push(Step { at, action });
    }

    fn sign_in(&mut self, at: i64, key: &Key, on: [&str; 2]) {
        let (Key { user, product }, [device, version]) = (key.clone(), on);
        let (device, version) = (device.to_owned(), version.to_owned());
        self.step(at, Action::SignIn(SignIn { user, product, device, version, linux: false }));
    }

    /// The session on this device with this version; sometimes any.
    fn which(&mut self, key: &Key, [device, version]: [&str; 2]) -> Which {
        let Key { user, product } = key.clone();
        let device = (!self.percent(20)).then(|| device.to_owned());
        Which { user, product, device, version: Some(version.to_owned()) }
    }

    fn sign_out(&mut self, at: i64, key: &Key, on: [&str; 2]) {
        let mut which = self.which(key, on);
        if self.percent(10) {
            which.version = None;
        }
        self.step(at, Action::SignOut(which));
    }

    fn touch(&mut self, at: i64, key: &Key, on: [&str; 2]) {
        let which = self.which(key, on);
        self.step(at, Action::Touch(which));
    }

    fn device(&mut self) -> &'static str {
        self.one_of(&DEVICES)
    }

    fn version(&mut self) -> &'static str {
        self.one_of(&["2027", "2026", "2027", "2026", "2020"])
    }

    fn buy(&mut self, at: i64, team: String) {
        self.packs += 1;
        let tokens = self.size();
        let expires = self.percent(20).then(|| at + HOUR);
        let pack = Pack { id: format!("p{}", self.packs), tokens, bought: at, expires, used: 0 };
        self.step(at, Action::Buy { team, pack });
    }

    fn team_of(&mut self, key: &Key) -> String {
        let user = self.history.users.iter().find(|user| user.name == key.user);
        let teams = user.expect("a user of the history").teams.clone();
        self.one_of(&teams)
    }

    /// An instant inside a grace that began then, or at its very end.
    fn within_grace(&mut self, from: i64) -> i64 {
        let grace = self.history.policy.grace;
        from + self.one_of(&[1, grace / 2, grace / 2 + 1, grace - 1, grace, grace + 1]).max(0)
    }

    fn tell(&mut self) {
        let at = self.moment();
        let key = self.key();
        match self.below(121) {
            0..6 => self.short_opening(at, &key),
            6..14 => self.long_stay(at, &key),
            14..22 => self.idle(at, &key),
            22..34 => self.second_while_waiting(at, &key),
            34..40 => self.two_versions(at, &key),
            40..48 => self.second_device(at, &key),
            48..52 => self.four_devices(at, &key),
            52..60 => self.renewal_in_grace(at, &key),
            60..72 => self.cover(at, &key),
            72..76 => self.service(at, &key),
            76..82 => self.hosted(at, &key),
            82..86 => self.assignment(at, &key),
            86..92 => self.pack_end(&key),
            92..97 => self.pack_moves(at, &key),
            97..101 => self.purchases(at, &key),
            101..103 => self.linux(at, &key),
            103..105 => self.release(at, &key),
            105..107 => self.at_the_end(&key),
            107..109 => self.crowd(at, &key),
            109..118 => self.run_short(at, &key),
            118..120 => self.merge(at, &key),
            _ => self.travel(at, &key),
        }
    }

    fn short_opening(&mut self, at: i64, key: &Key) {
        let on = [self.device(), self.version()];
        self.sign_in(at, key, on);
        let out = self.near(at + self.history.policy.grace);
        self.sign_out(out, key, on);
    }

    fn long_stay(&mut self, at: i64, key: &Key) {
        let on = [self.device(), self.version()];
        let days = self.below(4) + 1;
        self.sign_in(at, key, on);
        if self.percent(70) {
            let out = self.near(at + days * DAY);
            self.sign_out(out, key, on);
        }
        if self.percent(40) {
            let again = self.near(at + days * DAY);
            self.sign_in(again, key, on);
        }
    }

    fn idle(&mut self, at: i64, key: &Key) {
        let on = [self.device(), "2027"];
        self.sign_in(at, key, on);
        let end = at + (self.below(2) + 1) * DAY;
        if self.percent(60) {
            let last = self.near(end - 15 * MINUTE);
            self.touch(last, key, on);
        }
        if self.percent(30) {
            self.sign_in(at + HOUR, key, [on[0], "2026"]);
            self.sign_out(end + HOUR, key, [on[0], "2026"]);
        }
        let resumed = end + self.one_of(&[0, 0, 1, -1, HOUR, 30 * HOUR, 49 * HOUR]);
        self.touch(resumed, key, on);
        if self.percent(30) {
            self.sign_out(resumed + DAY, key, on);
        }
    }

    /// 1.8 with 2.5: a renewal waits, another session signs in, and something happens to its hold.
    fn second_while_waiting(&mut self, at: i64, key: &Key) {
        let device = self.device();
        let (old, new) = ([device, "2027"], [device, self.one_of(&["2026", "2026", "2020"])]);
        self.sign_in(at, key, old);
        let again = at + DAY + self.one_of(&[0, 1, HOUR, 26 * HOUR, -60]);
        self.sign_in(again, key, new);
        self.disturb(again, key);
        if self.percent(50) {
            let touched = self.within_grace(again);
            self.touch(touched, key, old);
        }
        if self.percent(60) {
            let out = self.within_grace(again);
            self.sign_out(out, key, new);
        }
        if self.percent(50) {
            self.touch(again + HOUR, key, old);
        }
        if self.percent(20) {
            let device = self.device();
            self.sign_in(again + HOUR + 1, key, [device, "2027"]);
        }
    }

    /// Something that a hold must outlive.
    fn disturb(&mut self, from: i64, key: &Key) {
        let grace = self.history.policy.grace;
        let at = from + self.one_of(&[0, 1, grace / 2, grace]);
        let Key { user, product } = key.clone();
        let teams: Vec<String> = self.history.teams.iter().map(|team| team.name.clone()).collect();
        let until = at + self.one_of(&[1, 60, grace + 1, HOUR, DAY, 40 * DAY]);
        match self.below(12) {
            0 | 1 => self.step(at, Action::Subscribe { user, product, until }),
            2 => self.step(at, Action::StartTrial { user, product, until }),
            3 | 4 => {
                let (pack, to) = (self.pack_of(key), self.one_of(&teams));
                self.step(at, Action::Move { pack, to });
            }
            5 => self.step(at, Action::Unassign { user, products: vec![product] }),
            6 => {
                let team = self.team_of(key);
                self.buy(at, team);
            }
            _ => {}
        }
    }

    fn pack_of(&mut self, key: &Key) -> String {
        let team = self.team_of(key);
        let packs: Vec<String> = self
            .history
            .teams
            .iter()
            .filter(|t| t.name == team)
            .flat_map(|t| &t.packs)
            .chain(self.history.steps.iter().filter_map(Step::bought))
            .map(|pack| pack.id.clone())
            .collect();
        if packs.is_empty() { "p1".to_owned() } else { self.one_of(&packs) }
    }

    fn two_versions(&mut self, at: i64, key: &Key) {
        let device = self.device();
        let (one, two) = ([device, "2026"], [device, self.one_of(&["2027", "2020", "2026"])]);
        let second = self.within_grace(at);
        self.sign_in(at, key, one);
        self.disturb(at, key);
        self.sign_in(second, key, two);
        let (out, other) = (self.within_grace(at), self.within_grace(second));
        self.sign_out(out, key, one);
        if self.percent(60) {
            self.sign_out(other, key, two);
        }
    }

    fn second_device(&mut self, at: i64, key: &Key) {
        let devices = self.some_of(&DEVICES, 3);
        let (first, second) = (self.version(), self.version());
        self.sign_in(at, key, [devices[0], first]);
        let grace = self.history.policy.grace;
        let later = at + self.one_of(&[0, 60, grace - 1, grace, grace + 1, DAY - 1, DAY, DAY + 1]).max(0);
        self.sign_in(later, key, [devices[1], second]);
        if self.percent(40) {
            self.sign_out(later + 60, key, [devices[0], first]);
        }
        if self.percent(40) {
            let third = self.within_grace(later);
            self.sign_in(third, key, [devices[2], first]);
        }
    }

    fn four_devices(&mut self, at: i64, key: &Key) {
        let version = self.version();
        let Key { user, product } = key.clone();
        for (number, device) in (0..).zip(self.some_of(&DEVICES, 4)) {
            let begin = at + number * 10 * MINUTE;
            if number == 3 && self.percent(40) {
                let (user, product, device) = (user.clone(), product.clone(), self.device().to_owned());
                self.step(begin, Action::Uninstall { user, product, device });
            }
            self.sign_in(begin, key, [device, version]);
            self.sign_out(begin + 9 * MINUTE, key, [device, version]);
        }
    }

    /// 1.7: opened inside a paid window, still in its grace when the window ends.
    fn renewal_in_grace(&mut self, at: i64, key: &Key) {
        let grace = self.history.policy.grace;
        let device = self.device();
        let (one, two) = ([device, self.one_of(&["2027", "2026"])], [device, self.version()]);
        self.sign_in(at, key, one);
        if self.percent(50) {
            self.sign_out(at + grace + 60, key, one);
        }
        let begin = at + DAY - self.one_of(&[1, grace / 2, grace - 1, grace]).max(0);
        self.sign_in(begin, key, two);
        self.disturb(at + DAY, key);
        if self.percent(30) {
            let third = self.within_grace(at + DAY);
            self.sign_in(third, key, [device, "2020"]);
        }
        if self.percent(70) {
            let out = self.within_grace(begin).max(begin + 1);
            self.sign_out(out, key, two);
        }
        if self.percent(30) {
            let touched = self.within_grace(at + DAY);
            self.touch(touched, key, one);
        }
    }

    /// 3.5: cover that begins or ends at, before or after what else happens to the key.
    fn cover(&mut self, at: i64, key: &Key) {
        let grace = self.history.policy.grace;
        let on = [self.device(), self.version()];
        let Key { user, product } = key.clone();
        let begin = at + self.one_of(&[0, 1, -1, -HOUR, -grace / 2, grace / 2, HOUR, DAY, DAY - 1, DAY + 1]);
        let ends = [DAY, DAY, DAY + 1, DAY - 1, grace / 2, grace, grace - 1, 2 * HOUR, 30 * HOUR, 2 * DAY];
        let until = (at + self.one_of(&ends)).max(begin + 1);
        self.sign_in(at, key, on);
        let trial = self.percent(40);
        if trial {
            let (user, product) = (user.clone(), product.clone());
            self.step(begin, Action::StartTrial { user, product, until });
        } else {
            let (user, product) = (user.clone(), product.clone());
            self.step(begin, Action::Subscribe { user, product, until });
        }
        if self.percent(20) {
            let end = (begin + 1).max(self.near(at + DAY));
            let action = if trial {
                Action::EndTrial { user, product }
            } else {
                Action::Unsubscribe { user, product }
            };
            self.step(end, action);
        }
        if self.percent(40) {
            let out = self.one_of(&[at + grace, at + grace - 1, until + 1, until + HOUR]);
            self.sign_out(out, key, on);
        }
        if self.percent(30) {
            let fresh = until - self.one_of(&[1, grace / 2, grace]);
            self.sign_in(fresh, key, [on[0], "2026"]);
            let out = self.within_grace(fresh);
            self.sign_out(out, key, [on[0], "2026"]);
        }
        if self.percent(40) {
            let touched = until + self.one_of(&[0, 1, HOUR, 25 * HOUR, -15 * MINUTE]);
            self.touch(touched, key, on);
        }
        if self.percent(10) {
            let Key { user, product } = key.clone();
            self.step(at + HOUR, Action::Unassign { user, products: vec![product] });
        }
    }

    fn service(&mut self, at: i64, key: &Key) {
        let Some(product) = self.named(ProductKind::Service).first().cloned() else { return };
        for number in 0..=self.below(3) {
            let user = key.user.clone();
            // Rates are multiples of an eighth of a token, so that these are exact.
            let units = self.one_of(&[1_000, 1_000, 2_000, 1_200, 8_000, 1_400, 200]);
            let failed = self.percent(40);
            let again = at + number * self.one_of(&[0, 1, HOUR]);
            self.step(again, Action::Use { user, product: product.clone(), units, failed });
        }
    }

    /// 3.7: a host with its add-ins, and perhaps the add-in opened by hand beside it.
    fn hosted(&mut self, at: i64, key: &Key) {
        let user = self.history.users.iter().find(|user| user.name == key.user);
        let add_ins = user.expect("a user of the history").add_ins.clone();
        if add_ins.is_empty() {
            return self.short_opening(at, key);
        }
        let AddIn { host, add_in } = self.one_of(&add_ins);
        let user = key.user.clone();
        let (host, add_in) = (Key { user: user.clone(), product: host }, Key { user, product: add_in });
        let on = [self.device(), self.version()];
        self.sign_in(at, &host, on);
        if self.percent(60) {
            let by_hand = at + self.one_of(&[0, -HOUR, 60, HOUR]);
            self.sign_in(by_hand, &add_in, on);
            if self.percent(60) {
                let touched = self.near(at + DAY - 15 * MINUTE);
                self.touch(touched, &add_in, on);
            }
            self.sign_out(at + HOUR + 60, &add_in, on);
            if self.percent(50) {
                self.sign_out(at + HOUR + 61, &add_in, on);
            }
        }
        if self.percent(40) {
            let touched = self.near(at + DAY - 15 * MINUTE);
            self.touch(touched, &host, on);
        }
        if self.percent(60) {
            let out = self.one_of(&[at + self.history.policy.grace, at + DAY, at + 2 * DAY + HOUR]);
            let out = self.near(out);
            self.sign_out(out, &host, on);
        }
    }

    fn assignment(&mut self, at: i64, key: &Key) {
        let Key { user, product } = key.clone();
        let on = [self.device(), self.version()];
        self.sign_in(at, key, on);
        let gone = at + self.one_of(&[60, HOUR, DAY, DAY - 1, DAY + 1]);
        let mut products = vec![product];
        if self.percent(20) {
            let other = self.named(ProductKind::Desktop);
            products.push(self.one_of(&other));
        }
        self.step(gone, Action::Unassign { user: user.clone(), products: products.clone() });
        if self.percent(50) {
            self.touch(at + DAY + 2 * HOUR, key, on);
        }
        if self.percent(50) {
            let back = gone + self.one_of(&[0, HOUR, DAY, 2 * DAY]);
            self.step(back, Action::Assign { user, products });
        }
        if self.percent(40) {
            self.sign_in(at + 2 * DAY, key, on);
        }
    }

    /// 2.5: a hold around the end of a pack it was drawn from.
    fn pack_end(&mut self, key: &Key) {
        let (start, end) = (self.history.start, self.history.end);
        let grace = self.history.policy.grace;
        let team = self.team_of(key);
        let packs = self.history.teams.iter().filter(|t| t.name == team).flat_map(|t| &t.packs);
        let ends = packs.map(|pack| pack.expires.unwrap_or_else(|| year_later(pack.bought)));
        let ends: Vec<i64> = ends.filter(|at| (start..end).contains(at)).collect();
        let ends_at = if ends.is_empty() { self.pivot() } else { self.one_of(&ends) };
        let begin = ends_at - self.one_of(&[1, grace / 2, grace - 1, grace, 0, -1]);
        let on = [self.device(), self.version()];
        self.sign_in(begin, key, on);
        self.disturb(begin, key);
        if self.percent(70) {
            let out = (begin + grace - 1).max(ends_at);
            let out = self.one_of(&[out, begin + grace / 2 + 1, begin + grace]);
            self.sign_out(out, key, on);
        }
    }

    fn pack_moves(&mut self, at: i64, key: &Key) {
        let on = [self.device(), self.version()];
        let teams: Vec<String> = self.history.teams.iter().map(|team| team.name.clone()).collect();
        self.sign_in(at, key, on);
        for _ in 0..=self.below(2) {
            let moved = self.within_grace(at);
            let (pack, to) = (self.pack_of(key), self.one_of(&teams));
            self.step(moved, Action::Move { pack, to });
        }
        if self.percent(60) {
            let out = self.within_grace(at);
            self.sign_out(out, key, on);
        }
    }

    fn merge(&mut self, at: i64, key: &Key) {
        let teams: Vec<String> = self.history.teams.iter().map(|team| team.name.clone()).collect();
        let merges = |step: &Step| matches!(step.action, Action::Merge { .. });
        let has_merges = self.history.steps.iter().filter(|step| merges(step)).count() > 1;
        let mut pair = self.some_of(&teams, 2);
        let payer = self.team_of(key);
        if self.percent(50) && pair.last() == Some(&payer) {
            pair.reverse();
        }
        if let [team, into, ..] = &pair[..]
            && !has_merges
        {
            let on = [self.device(), self.version()];
            let then = self.within_grace(at);
            self.sign_in(at, key, on);
            self.step(then, Action::Merge { team: team.clone(), into: into.clone() });
            if self.percent(50) {
                let out = self.within_grace(then);
                self.sign_out(out, key, on);
            }
            if self.percent(50) {
                let bought = then + self.one_of(&[0, HOUR, DAY]);
                self.buy(bought, team.clone());
            }
        }
    }

    fn purchases(&mut self, at: i64, key: &Key) {
        for _ in 0..=self.below(3) {
            let team = self.team_of(key);
            self.buy(at, team);
        }
        let on = [self.device(), self.version()];
        self.sign_in(at, key, on);
    }

    fn linux(&mut self, at: i64, key: &Key) {
        for number in 0..2 {
            let Key { user, product } = key.clone();
            let (device, version) = (self.device().to_owned(), self.one_of(&["2019", "2020"]).to_owned());
            let again = at + number * DAY;
            self.step(again, Action::SignIn(SignIn { user, product, device, version, linux: true }));
        }
    }

    fn release(&mut self, at: i64, key: &Key) {
        let desktops = self.named(ProductKind::Desktop);
        let product = desktops[desktops.len() - 1].clone();
        let key = Key { user: key.user.clone(), product: product.clone() };
        let on = [self.device(), self.version()];
        for shift in self.some_of(&[-HOUR, -1, 0, 1], 2) {
            self.sign_in(at + shift, &key, on);
        }
        if !std::mem::replace(&mut self.released, true) {
            self.step(at, Action::ReleaseProduct { product });
        }
    }

    fn at_the_end(&mut self, key: &Key) {
        let grace = self.history.policy.grace;
        let at = self.history.end - self.one_of(&[1, 60, 120, 121, grace / 2, grace, grace + 1]).max(1);
        let on = [self.device(), self.version()];
        self.sign_in(at, key, on);
        if self.percent(30) {
            let team = self.team_of(key);
            self.buy(at - HOUR + 1, team);
        }
    }

    fn crowd(&mut self, at: i64, key: &Key) {
        for user in self.history.users.clone() {
            let key = Key { user: user.name, product: key.product.clone() };
            let (device, version) = (self.device(), self.version());
            let begin = at + self.one_of(&[0, 0, 1]);
            self.sign_in(begin, &key, [device, version]);
        }
    }

    /// 2.6: a session that outlasts its packs, purchases, and sign-ins beside it.
    fn run_short(&mut self, at: i64, key: &Key) {
        let (device, version) = (self.device(), self.version());
        self.sign_in(at, key, [device, "2026"]);
        for day in 1..self.below(4) + 2 {
            if self.percent(50) {
                let bought = at + day * DAY + self.one_of(&[0, -1, 1, 60, HOUR]);
                let team = self.team_of(key);
                self.buy(bought, team);
            }
            if self.percent(50) {
                let again = at + day * DAY + self.one_of(&[0, 1, 61, HOUR, 2 * HOUR]);
                self.sign_in(again, key, [device, version]);
            }
            if self.percent(20) {
                self.touch(at + day * DAY + 3 * HOUR, key, [device, version]);
            }
        }
    }

    fn travel(&mut self, at: i64, key: &Key) {
        let time_zone = self.one_of(&["Europe/Paris", "America/New_York", "UTC"]).to_owned();
        self.step(at, Action::Travel { user: key.user.clone(), time_zone });
        let on = [self.device(), self.version()];
        self.sign_in(at, key, on);
    }
}
