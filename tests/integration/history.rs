//! Random histories of small teams, drawn close to one another's boundaries, and their scenario files.

mod contract;
mod licence_server;
mod membership;
mod offline;
mod shrinking;
mod transition;

use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::cell::RefCell;

pub(crate) use self::contract::Contract;
pub(crate) use self::licence_server::LicenceServer;
pub(crate) use self::shrinking::shrink;
pub(crate) use self::transition::{Transition, Way};

pub(crate) const MINUTE: i64 = 60;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

/// A name, out of the lists from which chance draws, or a word of the scenario file.
pub(crate) type Name = &'static str;

/// One scenario: instants in seconds since 1970, tokens in thousandths, steps in file order, which is the
/// order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct History {
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) policy: Policy,
    pub(crate) products: Vec<Product>,
    pub(crate) teams: Vec<Team>,
    pub(crate) users: Vec<User>,
    pub(crate) contracts: Vec<Contract>,
    pub(crate) servers: Vec<LicenceServer>,
    pub(crate) steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) grace: i64,
    pub(crate) grace_at_renewal: Name,
    pub(crate) idle_resume: Name,
    pub(crate) renewal_when_short: Name,
    pub(crate) second_device: Name,
    pub(crate) team_choice: Name,
}

/// Each rate with the midnight from which it applies, the first without; each version with whether it is
/// idle-aware; a service perhaps with what a result costs in credits, if not as much as in tokens (5.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Product {
    pub(crate) name: Name,
    pub(crate) kind: Name,
    pub(crate) rates: Vec<(Option<i64>, i64)>,
    pub(crate) versions: Vec<(Name, bool)>,
    pub(crate) credits: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Team {
    pub(crate) name: Name,
    pub(crate) packs: Vec<Pack>,
    pub(crate) default_products: Vec<Name>,
    pub(crate) default_for_guests: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pack {
    pub(crate) id: String,
    pub(crate) tokens: i64,
    pub(crate) bought: i64,
    pub(crate) expires: Option<i64>,
    pub(crate) used: i64,
}

/// No list of products is "all"; add-ins stand behind their host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: Name,
    pub(crate) teams: Vec<Name>,
    pub(crate) products: Option<Vec<Name>>,
    pub(crate) add_ins: Vec<(Name, Name)>,
    pub(crate) subscriptions: Vec<Span>,
    pub(crate) trials: Vec<Span>,
    pub(crate) windows: Vec<PaidWindow>,
    pub(crate) guest: bool,
    pub(crate) licence_server: Option<Name>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) product: Name,
    pub(crate) from: i64,
    pub(crate) until: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PaidWindow {
    pub(crate) product: Name,
    pub(crate) team: Name,
    pub(crate) until: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) at: i64,
    pub(crate) action: Action,
}

/// What a step does. The units of a use are thousandths, and rate times units is exact to a thousandth of a
/// token; a pack is bought at the instant of its step; cover is a trial or else a subscription; no list of
/// products to assign is "all"; where a step says nothing of guests all stays as it was (3.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    SignIn(SignIn),
    SignOut(Which),
    Touch(Which),
    Use { user: Name, product: Name, units: i64, failed: bool },
    Buy { team: Name, pack: Pack },
    Move { pack: String, to: Name },
    Merge { team: Name, into: Name },
    Assign { user: Name, products: Option<Vec<Name>>, import: bool },
    Unassign { user: Name, products: Vec<Name> },
    BeginCover { trial: bool, user: Name, product: Name, until: i64 },
    EndCover { trial: bool, user: Name, product: Name },
    ReleaseProduct { product: Name },
    Uninstall { user: Name, product: Name, device: Name },
    Travel { user: Name, time_zone: Name },
    GoOffline { user: Name, device: Name },
    GoOnline { user: Name, device: Name },
    DefaultProducts { team: Name, products: Vec<Name>, guests: Option<bool> },
    Invite { user: Name },
    Accept { user: Name },
    Transition(Transition),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SignIn {
    pub(crate) user: Name,
    pub(crate) product: Name,
    pub(crate) device: Name,
    pub(crate) version: Name,
    pub(crate) linux: bool,
}

/// The session a sign-out or a touch names; no device or version: any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Which {
    pub(crate) user: Name,
    pub(crate) product: Name,
    pub(crate) device: Option<Name>,
    pub(crate) version: Option<Name>,
}

/// `2026-03-02T08:00:00Z`.
pub(crate) fn instant(at: i64) -> String {
    let second = at.rem_euclid(DAY);
    format!("{}T{:02}:{:02}:{:02}Z", date(at), second / HOUR, second % HOUR / MINUTE, second % MINUTE)
}

fn date(at: i64) -> String {
    let (year, month, day) = civil(at.div_euclid(DAY));
    format!("{year:04}-{month:02}-{day:02}")
}

/// Rule 2.2: the same date and time some years later; from 29 February to 28 February.
pub(crate) fn years_later(at: i64, years: i64) -> i64 {
    let (year, month, day) = civil(at.div_euclid(DAY));
    let day = if (month, day) == (2, 29) { 28 } else { day };
    days_from_civil(year + years, month, day) * DAY + at.rem_euclid(DAY)
}

/// Year, month and day of a number of days since 1970, by the arithmetic of the proleptic Gregorian
/// calendar; years begin in March, so that a leap day is last.
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

fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
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

// The scenario file.

fn list<T>(items: &[T], item: impl Fn(&T) -> String) -> String {
    format!("[{}]", items.iter().map(item).collect::<Vec<_>>().join(", "))
}

/// A list of names; as Rust quotes them, so does TOML.
fn names(items: &[Name]) -> String {
    list(items, |name| format!("{name:?}"))
}

impl History {
    /// The scenario file of this history.
    pub(crate) fn to_toml(&self) -> String {
        let (start, end) = (instant(self.start), instant(self.end));
        let mut text = format!("title = \"random history\"\nstart = {start}\nend = {end}\nseed = 1\n\n");
        text += &self.policy.to_toml();
        text.extend(self.products.iter().map(Product::to_toml));
        text.extend(self.teams.iter().map(Team::to_toml));
        text.extend(self.contracts.iter().map(Contract::to_toml));
        text.extend(self.servers.iter().map(LicenceServer::to_toml));
        text.extend(self.users.iter().map(User::to_toml));
        for step in &self.steps {
            text += &format!("\n[[step]]\nat = {}\n{}", instant(step.at), step.action.to_toml());
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
        other.contracts.shuffle(rng);
        other.servers.shuffle(rng);
        other
    }
}

impl Policy {
    /// The keys that differ from their defaults.
    fn to_toml(self) -> String {
        let minutes = self.grace > 0 && self.grace % MINUTE == 0;
        let grace = if minutes { format!("{}m", self.grace / MINUTE) } else { format!("{}s", self.grace) };
        let keys = [
            ("grace", grace.as_str(), "5m"),
            ("grace_at_renewal", self.grace_at_renewal, "free"),
            ("idle_resume", self.idle_resume, "reanchor"),
            ("renewal_when_short", self.renewal_when_short, "stop"),
            ("second_device", self.second_device, "refuse"),
            ("team_choice", self.team_choice, "earliest-expiry"),
        ];
        let differ = keys.iter().filter(|(_, value, default)| value != default);
        differ.fold("[policy]\n".to_owned(), |text, (key, value, _)| text + &format!("{key} = {value:?}\n"))
    }
}

impl Product {
    /// One table per dated rate; kind and versions stand in each.
    fn to_toml(&self) -> String {
        let Self { name, kind, rates, versions, credits } = self;
        let mut text = String::new();
        for (from, tokens) in rates {
            let rate = thousandths(*tokens);
            text += &format!("\n[[product]]\nname = {name:?}\nkind = {kind:?}\nrate = {rate}\n");
            text.extend(from.map(|from| format!("from = {}\n", date(from))));
            text.extend(credits.map(|credits| format!("credits = {}\n", thousandths(credits))));
            if !versions.is_empty() {
                let versions = list(versions, |(version, idle_aware)| {
                    let aware = if *idle_aware { ", idle_aware = true" } else { "" };
                    format!("{{ name = {version:?}{aware} }}")
                });
                text += &format!("versions = {versions}\n");
            }
        }
        text
    }
}

impl Team {
    fn to_toml(&self) -> String {
        let Self { name, packs, default_products, default_for_guests } = self;
        let packs = list(packs, |pack| pack.to_toml(true));
        let mut text = format!("\n[[team]]\nname = {name:?}\npacks = {packs}\n");
        if !default_products.is_empty() {
            text += &format!("default_products = {}\n", names(default_products));
        }
        if *default_for_guests {
            text += "default_for_guests = true\n";
        }
        text
    }
}

impl Pack {
    fn to_toml(&self, with_purchase: bool) -> String {
        let mut text = format!("{{ id = {:?}, tokens = {}", self.id, thousandths(self.tokens));
        if with_purchase {
            text += &format!(", bought = {}", instant(self.bought));
        }
        text.extend(self.expires.map(|expires| format!(", expires = {}", instant(expires))));
        if self.used > 0 {
            text += &format!(", used = {}", thousandths(self.used));
        }
        text + " }"
    }
}

impl User {
    fn to_toml(&self) -> String {
        let products = self.products.as_ref().map_or_else(|| "\"all\"".to_owned(), |list| names(list));
        let add_in = |(host, add_in): &(Name, Name)| format!("{{ host = {host:?}, add_in = {add_in:?} }}");
        let span = |Span { product, from, until }: &Span| {
            format!("{{ product = {product:?}, from = {}, until = {} }}", instant(*from), instant(*until))
        };
        let window = |PaidWindow { product, team, until }: &PaidWindow| {
            format!("{{ product = {product:?}, team = {team:?}, until = {} }}", instant(*until))
        };
        let lists = [
            ("add_ins", list(&self.add_ins, add_in)),
            ("subscriptions", list(&self.subscriptions, span)),
            ("trials", list(&self.trials, span)),
            ("windows", list(&self.windows, window)),
        ];
        let (name, teams) = (self.name, names(&self.teams));
        let mut text = format!("\n[[user]]\nname = {name:?}\nteams = {teams}\nproducts = {products}\n");
        if self.guest {
            text += "guest = true\n";
        }
        text.extend(self.licence_server.map(|server| format!("licence_server = {server:?}\n")));
        let lists = lists.iter().filter(|(_, list)| list != "[]");
        lists.fold(text, |text, (key, list)| text + &format!("{key} = {list}\n"))
    }
}

impl Action {
    fn to_toml(&self) -> String {
        let keys = |action: &str, fields: &[(&str, Name)]| {
            let text = format!("do = {action:?}\n");
            fields.iter().fold(text, |text, (key, value)| text + &format!("{key} = {value:?}\n"))
        };
        let of = |user: &Name, product: &Name| [("user", *user), ("product", *product)];
        match self {
            Self::SignIn(SignIn { user, product, device, version, linux }) => {
                let on = [("device", *device), ("version", *version), ("platform", "linux")];
                let on = if *linux { &on[..] } else { &on[..2] };
                keys("sign-in", &[&of(user, product), on].concat())
            }
            Self::SignOut(which) => keys("sign-out", &which.fields()),
            Self::Touch(which) => keys("touch", &which.fields()),
            Self::Use { user, product, units, failed } => {
                let (units, outcome) = (thousandths(*units), if *failed { "failed" } else { "ok" });
                keys("use", &of(user, product)) + &format!("units = {units}\noutcome = {outcome:?}\n")
            }
            Self::Buy { team, pack } => {
                keys("buy", &[("team", team)]) + &format!("pack = {}\n", pack.to_toml(false))
            }
            Self::Move { pack, to } => format!("do = \"move\"\npack = {pack:?}\nto = {to:?}\n"),
            Self::Merge { team, into } => keys("merge", &[("team", team), ("into", into)]),
            Self::Assign { user, products, import } => {
                let products = products.as_ref().map_or_else(|| "\"all\"".to_owned(), |list| names(list));
                let import = if *import { "import = true\n" } else { "" };
                keys("assign", &[("user", user)]) + &format!("products = {products}\n{import}")
            }
            Self::Unassign { user, products } => {
                keys("unassign", &[("user", user)]) + &format!("products = {}\n", names(products))
            }
            Self::BeginCover { trial, user, product, until } => {
                let action = if *trial { "start-trial" } else { "subscribe" };
                keys(action, &of(user, product)) + &format!("until = {}\n", instant(*until))
            }
            Self::EndCover { trial, user, product } => {
                keys(if *trial { "end-trial" } else { "unsubscribe" }, &of(user, product))
            }
            Self::ReleaseProduct { product } => keys("release-product", &[("product", product)]),
            Self::Uninstall { user, product, device } => {
                keys("uninstall", &[("user", user), ("product", product), ("device", device)])
            }
            Self::Travel { user, time_zone } => keys("travel", &[("user", user), ("time_zone", time_zone)]),
            Self::GoOffline { user, device } => keys("go-offline", &[("user", user), ("device", device)]),
            Self::GoOnline { user, device } => keys("go-online", &[("user", user), ("device", device)]),
            Self::DefaultProducts { team, products, guests } => {
                let guests = guests.map_or_else(String::new, |guests| format!("guests = {guests}\n"));
                let products = format!("products = {}\n", names(products));
                keys("default-products", &[("team", team)]) + &products + &guests
            }
            Self::Invite { user } => keys("invite", &[("user", user)]),
            Self::Accept { user } => keys("accept", &[("user", user)]),
            Self::Transition(transition) => transition.to_toml(),
        }
    }

    /// The users, products and teams this step names.
    fn named(&self) -> (Vec<Name>, Vec<Name>, Vec<Name>) {
        match self {
            Self::SignIn(SignIn { user, product, .. })
            | Self::SignOut(Which { user, product, .. })
            | Self::Touch(Which { user, product, .. })
            | Self::Use { user, product, .. }
            | Self::BeginCover { user, product, .. }
            | Self::EndCover { user, product, .. }
            | Self::Uninstall { user, product, .. } => (vec![user], vec![product], vec![]),
            Self::Assign { user, products, .. } => (vec![user], products.clone().unwrap_or_default(), vec![]),
            Self::Unassign { user, products } => (vec![user], products.clone(), vec![]),
            Self::DefaultProducts { team, products, .. } => (vec![], products.clone(), vec![team]),
            Self::Transition(transition) => {
                let (users, products) = transition.named();
                (users, products, vec![])
            }
            Self::Buy { team, .. } | Self::Move { to: team, .. } => (vec![], vec![], vec![team]),
            Self::Merge { team, into } => (vec![], vec![], vec![team, into]),
            Self::ReleaseProduct { product } => (vec![], vec![product], vec![]),
            Self::Travel { user, .. }
            | Self::GoOffline { user, .. }
            | Self::GoOnline { user, .. }
            | Self::Invite { user }
            | Self::Accept { user } => (vec![user], vec![], vec![]),
        }
    }
}

impl Which {
    fn fields(&self) -> Vec<(&'static str, Name)> {
        let mut fields = vec![("user", self.user), ("product", self.product)];
        fields.extend(self.device.map(|device| ("device", device)));
        fields.extend(self.version.map(|version| ("version", version)));
        fields
    }

    pub(crate) fn fits(&self, device: Name, version: Name) -> bool {
        self.device.is_none_or(|named| named == device) && self.version.is_none_or(|named| named == version)
    }
}

// Validity.

impl History {
    /// The packs of the file, and those that steps buy, each with its team.
    pub(crate) fn packs(&self) -> impl Iterator<Item = (Name, &Pack)> {
        let of_file = self.teams.iter().flat_map(|team| team.packs.iter().map(|pack| (team.name, pack)));
        of_file.chain(self.steps.iter().filter_map(Step::bought))
    }

    fn is_only(&self, pack: &Pack) -> bool {
        self.packs().filter(|(_, other)| other.id == pack.id).count() == 1
    }

    fn knows(&self, users: &[Name], products: &[Name], teams: &[Name]) -> bool {
        users.iter().all(|name| self.users.iter().any(|user| user.name == *name))
            && products.iter().all(|name| self.products.iter().any(|product| product.name == *name))
            && teams.iter().all(|name| self.teams.iter().any(|team| team.name == *name))
    }

    pub(crate) fn server(&self, name: Name) -> Option<&LicenceServer> {
        self.servers.iter().find(|server| server.name == name)
    }

    /// Whether the scenario file is free of errors.
    pub(crate) fn is_valid(&self) -> bool {
        let users = self.users.iter().all(|user| {
            let mut products = user.products.clone().unwrap_or_default();
            products.extend(user.subscriptions.iter().chain(&user.trials).map(|span| span.product));
            products.extend(user.add_ins.iter().flat_map(|(host, add_in)| [host, add_in]));
            products.extend(user.windows.iter().map(|window| window.product));
            let payers: Vec<Name> = user.windows.iter().map(|window| window.team).collect();
            let known = self.knows(&[], &products, &user.teams) && self.knows(&[], &[], &payers);
            let server = user.licence_server.is_none_or(|server| self.server(server).is_some());
            known && server && !user.teams.is_empty()
        });
        let teams = self.teams.iter().all(|team| self.knows(&[], &team.default_products, &[]));
        let contracts = self.contracts.iter().all(|contract| {
            let lasts = contract.from.is_none_or(|from| contract.until.is_none_or(|until| from < until));
            lasts && !contract.teams.is_empty() && self.knows(&[], &[], &contract.teams)
        });
        let servers = self.servers.iter().all(|server| {
            let products: Vec<Name> = server.seats.iter().map(|(product, _)| *product).collect();
            !products.is_empty() && self.knows(&[], &products, &[])
        });
        let packs = self.packs().all(|(_, pack)| {
            let used = pack.used == 0 || pack.used <= pack.tokens && pack.bought < self.start;
            used && pack.expires.is_none_or(|expires| expires > pack.bought) && self.is_only(pack)
        });
        let tables = users && packs && teams && contracts && servers;
        tables && (0..self.steps.len()).all(|index| self.is_step_valid(index))
    }

    /// Whether a step can stand where it stands, after the steps before it.
    fn is_step_valid(&self, index: usize) -> bool {
        let (before, step) = (&self.steps[..index], &self.steps[index]);
        let (users, products, teams) = step.action.named();
        let is_in_time = (self.start..self.end).contains(&step.at)
            && before.last().is_none_or(|earlier| earlier.at <= step.at);
        let is_service = |name| self.products.iter().any(|p| p.name == name && p.kind == "service");
        let signs_in = |which: &Which| {
            let fits = |s: &SignIn| {
                (s.user, s.product) == (which.user, which.product) && which.fits(s.device, s.version)
            };
            before.iter().any(|earlier| matches!(&earlier.action, Action::SignIn(s) if fits(s)))
        };
        let fits = match &step.action {
            Action::SignIn(SignIn { product, .. }) => !is_service(*product),
            Action::Use { product, .. } => is_service(*product),
            Action::SignOut(which) | Action::Touch(which) => signs_in(which),
            Action::Uninstall { user, product, device } => {
                signs_in(&Which { user, product, device: Some(device), version: None })
            }
            Action::Buy { pack, .. } => pack.bought == step.at && self.is_only(pack),
            Action::Move { pack, .. } => {
                let of_file = self.teams.iter().flat_map(|team| &team.packs).filter(|p| p.bought <= step.at);
                let by_step = before.iter().filter_map(Step::bought).map(|(_, pack)| pack);
                of_file.chain(by_step).any(|p| p.id == *pack)
            }
            Action::Merge { team, into } => team != into,
            Action::BeginCover { until, .. } => *until > step.at,
            Action::EndCover { trial, user, product } => self.is_covered(index, (*trial, *user, *product)),
            Action::ReleaseProduct { .. } => before.iter().all(|earlier| earlier.action != step.action),
            Action::Assign { products, .. } => products.as_ref().is_none_or(|list| !list.is_empty()),
            Action::Unassign { products, .. } => !products.is_empty(),
            Action::Accept { user } => before.iter().any(|earlier| earlier.action == Action::Invite { user }),
            Action::Transition(Transition { way: Way::RetireServer { server }, .. }) => {
                self.server(server).is_some()
            }
            Action::Transition(_) => {
                let on_server = |name: &Name| {
                    self.users.iter().any(|user| user.name == *name && user.licence_server.is_some())
                };
                !users.is_empty() && users.iter().all(on_server)
            }
            Action::GoOnline { user, device } => {
                before.iter().any(|earlier| earlier.action == Action::GoOffline { user, device })
            }
            Action::Travel { .. }
            | Action::GoOffline { .. }
            | Action::DefaultProducts { .. }
            | Action::Invite { .. } => true,
        };
        self.knows(&users, &products, &teams) && is_in_time && fits
    }

    /// Whether the cover that a step ends is running just before it, by the file alone.
    fn is_covered(&self, index: usize, of: (bool, Name, Name)) -> bool {
        let (at, (trial, name, product)) = (self.steps[index].at, of);
        let named = self.users.iter().filter(|user| user.name == name);
        let spans = named.flat_map(|user| if trial { &user.trials } else { &user.subscriptions });
        let spans = spans.filter(|span| span.product == product && span.from <= at);
        let mut running: Vec<i64> = spans.map(|span| span.until).collect();
        for earlier in &self.steps[..index] {
            match earlier.action {
                Action::BeginCover { trial, user, product, until } if (trial, user, product) == of => {
                    running.push(until);
                }
                Action::EndCover { trial, user, product } if (trial, user, product) == of => running.clear(),
                _ => {}
            }
        }
        running.iter().any(|until| *until > at)
    }
}

impl Step {
    fn bought(&self) -> Option<(Name, &Pack)> {
        if let Action::Buy { team, pack } = &self.action { Some((team, pack)) } else { None }
    }
}

// Chance.

const USERS: [Name; 6] = [
    "ana@example.com",
    "Bea@example.com",
    "user-1@example.com",
    "user-10@example.com",
    "user-2@example.com",
    "zoe@example.com",
];
const DESKTOPS: [Name; 4] = ["AutoCAD", "Revit", "Plant Viewer", "viewer, small"];
const ADD_INS: [Name; 2] = ["Energy Add-in", "Analysis"];
const SERVICES: [Name; 2] = ["Render", "Cloud CFD"];
const TEAMS: [Name; 4] = ["North", "South", "East", "west"];
const DEVICES: [Name; 4] = ["desk", "laptop", "site", "home"];
const RATES: [i64; 9] = [7_000, 10_000, 3_000, 1_500, 500, 125, 0, 2_000, 6_000];

impl History {
    /// A small world whose instants and balances lie at, just before and just after one another's
    /// boundaries. The same seed gives the same history.
    pub(crate) fn random(seed: u64) -> Self {
        let mut maker = Maker::new(seed);
        for _ in 0..maker.below(12) + 2 {
            maker.tell();
        }
        while maker.valid_steps().len() < 5 {
            maker.tell();
        }
        maker.history.steps = maker.valid_steps();
        maker.history.steps.truncate(60);
        assert!(maker.history.is_valid(), "random histories are free of errors");
        maker.history
    }

    /// The same kind of world with more stories: a file that nobody would read through.
    pub(crate) fn long(seed: u64) -> Self {
        let mut maker = Maker::new(seed);
        while maker.history.steps.len() < 250 {
            maker.tell();
        }
        maker.history.steps = maker.valid_steps();
        maker.history.steps.truncate(200);
        maker.history
    }
}

/// The key a story is about.
#[derive(Clone, Copy)]
struct Key {
    user: Name,
    product: Name,
}

/// A device and a version.
type On = [Name; 2];

/// The pivots are instants that packs, cover and stories have in common.
struct Maker {
    rng: RefCell<ChaCha8Rng>,
    history: History,
    pivots: Vec<i64>,
    packs: usize,
    released: bool,
}

impl Maker {
    fn new(seed: u64) -> Self {
        let (rng, history) = (RefCell::new(ChaCha8Rng::seed_from_u64(seed)), History::default());
        let mut maker = Self { rng, history, pivots: Vec::new(), packs: 0, released: false };
        let days = [(2026, 3, 2), (2028, 2, 27), (2028, 2, 20), (2026, 10, 23), (2027, 12, 28)];
        let (year, month, day) = maker.one_of(&days);
        let start = days_from_civil(year, month, day) * DAY;
        maker.history.start = start;
        maker.history.end = start + maker.one_of(&[2, 3, 4, 4, 5, 6, 8, 10, 12, 16]) * DAY;
        maker.history.policy = Policy {
            grace: maker.one_of(&[300, 300, 300, 300, 600, 0, 1200]),
            grace_at_renewal: maker.one_of(&["free", "free", "charge"]),
            idle_resume: maker.one_of(&["reanchor", "grid"]),
            renewal_when_short: maker.one_of(&["stop", "run-on", "negative"]),
            second_device: maker.one_of(&["refuse", "take-over"]),
            team_choice: maker.one_of(&["earliest-expiry", "largest-balance", "first-listed"]),
        };
        maker.make_pivots();
        maker.make_products();
        maker.make_teams();
        maker.make_users();
        maker.make_defaults();
        maker.make_contracts();
        maker.make_servers();
        maker
    }

    fn below(&self, bound: i64) -> i64 {
        self.rng.borrow_mut().random_range(0..bound)
    }

    fn percent(&self, chance: i64) -> bool {
        self.below(100) < chance
    }

    fn perhaps(&mut self, chance: i64, this: impl FnOnce(&mut Self)) {
        if self.percent(chance) {
            this(self);
        }
    }

    fn one_of<T: Clone>(&self, items: &[T]) -> T {
        items.choose(&mut *self.rng.borrow_mut()).expect("something to choose from").clone()
    }

    /// A number of different items, in a random order.
    fn some_of<T: Clone>(&self, items: &[T], number: i64) -> Vec<T> {
        let mut items = items.to_vec();
        items.shuffle(&mut *self.rng.borrow_mut());
        items.truncate(usize::try_from(number).expect("a small number"));
        items
    }

    /// At it, a second before or a second after.
    fn near(&self, at: i64) -> i64 {
        at + self.one_of(&[-1, 0, 0, 1])
    }

    fn pivot(&self) -> i64 {
        self.one_of(&self.pivots)
    }

    fn grace(&self) -> i64 {
        self.history.policy.grace
    }

    /// An instant of the run, most often in some relation to a pivot.
    fn moment(&self) -> i64 {
        let (start, end, grace) = (self.history.start, self.history.end, self.grace());
        let shifts = [0, 0, -DAY, DAY, -grace, -grace / 2, grace, -15 * MINUTE, -DAY - grace, HOUR];
        let at = self.near(self.pivot() + self.one_of(&shifts));
        if (start..end).contains(&at) && !self.percent(10) { at } else { start + self.below(end - start) }
    }

    fn make_pivots(&mut self) {
        let (start, end) = (self.history.start, self.history.end);
        for _ in 0..self.below(3) + 2 {
            let at = start + self.below((end - start) / HOUR) * HOUR;
            self.pivots.push(at);
            if self.percent(50) && at + DAY < end {
                self.pivots.push(at + DAY);
            }
        }
        self.perhaps(10, |it| it.pivots.push(end - it.one_of(&[1, 60, 120, 0])));
    }

    fn make_products(&mut self) {
        let (start, end) = (self.history.start, self.history.end);
        let of = |kind, names: Vec<Name>| names.into_iter().map(move |name| (name, kind));
        let mut chosen: Vec<(Name, Name)> = Vec::new();
        chosen.extend(of("desktop", self.some_of(&DESKTOPS, self.below(3) + 2)));
        chosen.extend(of("add-in", self.some_of(&ADD_INS, self.one_of(&[0, 1, 1, 2]))));
        chosen.extend(of("service", self.some_of(&SERVICES, self.one_of(&[0, 1, 1]))));
        if chosen.len() == 2 {
            chosen.push((ADD_INS[0], "add-in"));
        }
        for (name, kind) in chosen.into_iter().take(6) {
            let mut rates = vec![(None, self.one_of(&RATES))];
            if self.percent(20) {
                let from = start + (1 + self.below((end - start) / DAY)) * DAY;
                rates.push((Some(from), self.one_of(&RATES)));
                self.pivots.extend(Some(from).filter(|from| *from < end));
            }
            let mut versions = vec![("2027", true), ("2026", false)];
            if self.percent(30) {
                versions.push(("2020", true));
            }
            if kind == "service" {
                versions.clear();
            }
            self.history.products.push(Product { name, kind, rates, versions, credits: None });
        }
    }

    fn make_teams(&mut self) {
        for name in self.some_of(&TEAMS, self.one_of(&[1, 2, 2, 3])) {
            let mut packs: Vec<Pack> = Vec::new();
            let rich = self.percent(50);
            for _ in 0..self.below(4) + i64::from(rich) {
                let mut pack = self.pack();
                if let Some(last) = packs.last().filter(|_| self.percent(40)) {
                    // A tie in the draw order: the same end, and perhaps the same size or purchase.
                    pack.expires = last.expires.or(Some(years_later(last.bought, 1)));
                    pack.bought = if self.percent(50) { last.bought } else { last.bought - DAY };
                    pack.tokens = if self.percent(50) { last.tokens } else { pack.tokens };
                    pack.used = 0;
                }
                packs.push(pack);
            }
            if rich && self.percent(70) {
                packs.push(Pack { tokens: 200_000, used: 0, ..self.pack() });
            }
            let (default_products, default_for_guests) = (Vec::new(), false);
            self.history.teams.push(Team { name, packs, default_products, default_for_guests });
        }
    }

    /// The size of a pack, often about that of a rate.
    fn size(&self) -> i64 {
        let (_, rate) = self.one_of(&self.one_of(&self.history.products).rates);
        let rate = rate.max(1_000);
        let sizes = [rate, rate, rate - 1, rate + 1, 2 * rate, 2 * rate - 1, 3 * rate, 500];
        let common = [5_000, 7_000, 10_000, 14_000, 20_000, 30_000, 50_000];
        if self.percent(60) { self.one_of(&sizes) } else { self.one_of(&common) }
    }

    fn pack(&mut self) -> Pack {
        self.packs += 1;
        let (id, start, tokens) = (format!("p{}", self.packs), self.history.start, self.size());
        let long_ago = start - (1 + self.below(300)) * DAY;
        let mut pack = Pack { id, tokens, bought: long_ago, expires: None, used: 0 };
        let pivot = self.pivot();
        match self.below(100) {
            0..35 => pack.expires = Some(self.near(pivot)),
            35..47 => pack.bought = years_later(pivot, -1),
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
        let (teams, start) = (self.teams(), self.history.start);
        let products: Vec<Name> = self.history.products.iter().map(|product| product.name).collect();
        for name in self.some_of(&USERS, number) {
            let teams = self.some_of(&teams, self.one_of(&[1, 1, 2, 3]));
            let mut listed = self.percent(35).then(|| self.some_of(&products, self.below(3) + 2));
            if let Some(list) = listed.as_mut().filter(|_| self.percent(10)) {
                list.push(list[0]);
            }
            let add_ins = self.add_ins();
            let subscriptions = self.percent(25).then(|| self.span(&products)).into_iter().collect();
            let trials = self.percent(25).then(|| self.span(&products)).into_iter().collect();
            let mut windows = Vec::new();
            if self.percent(20) {
                let ends = [1, DAY, DAY - 1, 2 * HOUR, self.pivot() - start];
                let until = start + self.one_of(&ends).clamp(1, DAY);
                let product = self.one_of(&products);
                if !self.named("service").contains(&product) {
                    windows.push(PaidWindow { product, team: teams[0], until });
                    self.pivots.push(until);
                }
            }
            let (products, guest, licence_server) = (listed, false, None);
            self.history.users.push(User {
                name,
                teams,
                products,
                add_ins,
                subscriptions,
                trials,
                windows,
                guest,
                licence_server,
            });
        }
    }

    fn add_ins(&self) -> Vec<(Name, Name)> {
        let mut add_ins = Vec::new();
        for host in self.named("desktop") {
            let chosen = self.named("add-in").into_iter().filter(|_| self.percent(30));
            add_ins.extend(chosen.map(|add_in| (host, add_in)));
        }
        add_ins.shuffle(&mut *self.rng.borrow_mut());
        add_ins
    }

    fn span(&self, products: &[Name]) -> Span {
        let from = self.pivot() - self.one_of(&[0, DAY, 30 * DAY, HOUR]);
        let lengths = [DAY, HOUR, 12 * HOUR, 31 * DAY, 2 * DAY];
        let until = if self.percent(50) { self.pivot() } else { from + self.one_of(&lengths) };
        Span { product: self.one_of(products), from, until: until.max(from + 1) }
    }

    /// The products of a kind.
    fn named(&self, kind: Name) -> Vec<Name> {
        self.history.products.iter().filter(|p| p.kind == kind).map(|p| p.name).collect()
    }

    fn teams(&self) -> Vec<Name> {
        self.history.teams.iter().map(|team| team.name).collect()
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

// Stories: a few steps each, about one key.

impl Maker {
    fn tell(&mut self) {
        let at = self.moment();
        let key = self.key();
        match self.below(180) {
            0..6 => self.short_opening(at, key),
            6..14 => self.long_stay(at, key),
            14..22 => self.idle(at, key),
            22..34 => self.second_while_waiting(at, key),
            34..40 => self.two_versions(at, key),
            40..48 => self.second_device(at, key),
            48..52 => self.four_devices(at, key),
            52..60 => self.renewal_in_grace(at, key),
            60..72 => self.cover(at, key),
            72..76 => self.service(at, key),
            76..82 => self.hosted(at, key),
            82..86 => self.assignment(at, key),
            86..92 => self.pack_end(key),
            92..97 => self.pack_moves(at, key),
            97..101 => self.purchases(at, key),
            101..103 => self.linux(at, key),
            103..105 => self.release(at, key),
            105..107 => self.at_the_end(key),
            107..109 => self.crowd(at, key),
            109..118 => self.run_short(at, key),
            118..120 => self.merge(at, key),
            120..142 => self.offline(at, key),
            142..154 => self.membership(at, key),
            154..161 => self.credits(at, key),
            161..179 => self.seats(at, key),
            _ => self.travel(at, key),
        }
    }

    /// One of few, so that stories meet.
    fn key(&self) -> Key {
        let user = if self.percent(60) { 0 } else { self.below(5) };
        let users = &self.history.users;
        let user = users[usize::try_from(user).expect("small") % users.len()].name;
        let (desktops, add_ins) = (self.named("desktop"), self.named("add-in"));
        let product = match self.below(100) {
            0..55 => desktops[0],
            55..65 if !add_ins.is_empty() => self.one_of(&add_ins),
            _ => self.one_of(&desktops),
        };
        Key { user, product }
    }

    fn step(&mut self, at: i64, action: Action) {
        self.history.steps.push(Step { at, action });
    }

    fn sign_in(&mut self, at: i64, Key { user, product }: Key, [device, version]: On) {
        self.step(at, Action::SignIn(SignIn { user, product, device, version, linux: false }));
    }

    /// The session on this device with this version; sometimes any.
    fn which(&self, Key { user, product }: Key, [device, version]: On) -> Which {
        Which { user, product, device: (!self.percent(20)).then_some(device), version: Some(version) }
    }

    fn sign_out(&mut self, at: i64, key: Key, on: On) {
        let mut which = self.which(key, on);
        which.version = which.version.filter(|_| !self.percent(10));
        self.step(at, Action::SignOut(which));
    }

    fn touch(&mut self, at: i64, key: Key, on: On) {
        self.step(at, Action::Touch(self.which(key, on)));
    }

    fn unassign(&mut self, at: i64, Key { user, product }: Key) {
        self.step(at, Action::Unassign { user, products: vec![product] });
    }

    fn begin_cover(&mut self, at: i64, Key { user, product }: Key, (trial, until): (bool, i64)) {
        self.step(at, Action::BeginCover { trial, user, product, until });
    }

    fn move_pack(&mut self, at: i64, key: Key) {
        self.step(at, Action::Move { pack: self.pack_of(key), to: self.one_of(&self.teams()) });
    }

    fn buy(&mut self, at: i64, team: Name) {
        self.packs += 1;
        let (id, tokens) = (format!("p{}", self.packs), self.size());
        let expires = self.percent(20).then(|| at + HOUR);
        self.step(at, Action::Buy { team, pack: Pack { id, tokens, bought: at, expires, used: 0 } });
    }

    fn device(&self) -> Name {
        self.one_of(&DEVICES)
    }

    fn version(&self) -> Name {
        self.one_of(&["2027", "2026", "2027", "2026", "2020"])
    }

    fn on(&self) -> On {
        [self.device(), self.version()]
    }

    fn user(&self, key: Key) -> &User {
        self.history.users.iter().find(|user| user.name == key.user).expect("a user of the history")
    }

    fn team_of(&self, key: Key) -> Name {
        self.one_of(&self.user(key).teams)
    }

    /// A pack that one of the user's teams has at the start, or that a step buys for any team.
    fn pack_of(&self, key: Key) -> String {
        let team = self.team_of(key);
        let of_team = self.history.teams.iter().filter(|t| t.name == team).flat_map(|t| &t.packs);
        let bought = self.history.steps.iter().filter_map(Step::bought).map(|(_, pack)| pack);
        let packs: Vec<String> = of_team.chain(bought).map(|pack| pack.id.clone()).collect();
        if packs.is_empty() { "p1".to_owned() } else { self.one_of(&packs) }
    }

    /// An instant inside a grace that began then, or at its very end.
    fn within_grace(&self, from: i64) -> i64 {
        let grace = self.grace();
        from + self.one_of(&[1, grace / 2, grace / 2 + 1, grace - 1, grace, grace + 1]).max(0)
    }

    /// Something that a hold must outlive.
    fn disturb(&mut self, from: i64, key: Key) {
        let grace = self.grace();
        let at = from + self.one_of(&[0, 1, grace / 2, grace]);
        let until = at + self.one_of(&[1, 60, grace + 1, HOUR, DAY, 40 * DAY]);
        match self.below(12) {
            0 | 1 => self.begin_cover(at, key, (false, until)),
            2 => self.begin_cover(at, key, (true, until)),
            3 | 4 => self.move_pack(at, key),
            5 => self.unassign(at, key),
            6 => self.buy(at, self.team_of(key)),
            _ => {}
        }
    }

    fn short_opening(&mut self, at: i64, key: Key) {
        let on = self.on();
        self.sign_in(at, key, on);
        self.sign_out(self.near(at + self.grace()), key, on);
    }

    fn long_stay(&mut self, at: i64, key: Key) {
        let on = self.on();
        let end = at + (self.below(4) + 1) * DAY;
        self.sign_in(at, key, on);
        self.perhaps(70, |it| it.sign_out(it.near(end), key, on));
        self.perhaps(40, |it| it.sign_in(it.near(end), key, on));
    }

    fn idle(&mut self, at: i64, key: Key) {
        let device = self.device();
        let (aware, other) = ([device, "2027"], [device, "2026"]);
        self.sign_in(at, key, aware);
        let end = at + (self.below(2) + 1) * DAY;
        self.perhaps(60, |it| it.touch(it.near(end - 15 * MINUTE), key, aware));
        self.perhaps(30, |it| {
            it.sign_in(at + HOUR, key, other);
            it.sign_out(end + HOUR, key, other);
        });
        let resumed = end + self.one_of(&[0, 0, 1, -1, HOUR, 30 * HOUR, 49 * HOUR]);
        self.touch(resumed, key, aware);
        self.perhaps(30, |it| it.sign_out(resumed + DAY, key, aware));
    }

    /// 1.8 with 2.5: a renewal waits, another session signs in, and something happens to its hold.
    fn second_while_waiting(&mut self, at: i64, key: Key) {
        let device = self.device();
        let (old, new) = ([device, "2027"], [device, self.one_of(&["2026", "2026", "2020"])]);
        self.sign_in(at, key, old);
        let again = at + DAY + self.one_of(&[0, 1, HOUR, 26 * HOUR, -60]);
        self.sign_in(again, key, new);
        self.disturb(again, key);
        self.perhaps(50, |it| it.touch(it.within_grace(again), key, old));
        self.perhaps(60, |it| it.sign_out(it.within_grace(again), key, new));
        self.perhaps(50, |it| it.touch(again + HOUR, key, old));
        self.perhaps(20, |it| it.sign_in(again + HOUR + 1, key, [it.device(), "2027"]));
    }

    fn two_versions(&mut self, at: i64, key: Key) {
        let device = self.device();
        let (one, two) = ([device, "2026"], [device, self.one_of(&["2027", "2020", "2026"])]);
        let second = self.within_grace(at);
        self.sign_in(at, key, one);
        self.disturb(at, key);
        self.sign_in(second, key, two);
        let (out, other) = (self.within_grace(at), self.within_grace(second));
        self.sign_out(out, key, one);
        self.perhaps(60, |it| it.sign_out(other, key, two));
    }

    fn second_device(&mut self, at: i64, key: Key) {
        let devices = self.some_of(&DEVICES, 3);
        let (first, second) = ([devices[0], self.version()], [devices[1], self.version()]);
        self.sign_in(at, key, first);
        let grace = self.grace();
        let later = at + self.one_of(&[0, 60, grace - 1, grace, grace + 1, DAY - 1, DAY, DAY + 1]).max(0);
        self.sign_in(later, key, second);
        self.perhaps(40, |it| it.sign_out(later + 60, key, first));
        self.perhaps(40, |it| it.sign_in(it.within_grace(later), key, [devices[2], first[1]]));
    }

    fn four_devices(&mut self, at: i64, key: Key) {
        let Key { user, product } = key;
        let version = self.version();
        for (number, device) in (0..).zip(self.some_of(&DEVICES, 4)) {
            let begin = at + number * 10 * MINUTE;
            if number == 3 && self.percent(40) {
                self.step(begin, Action::Uninstall { user, product, device: self.device() });
            }
            self.sign_in(begin, key, [device, version]);
            self.sign_out(begin + 9 * MINUTE, key, [device, version]);
        }
    }

    /// 1.7: opened inside a paid window, still in its grace when the window ends.
    fn renewal_in_grace(&mut self, at: i64, key: Key) {
        let (grace, device) = (self.grace(), self.device());
        let (one, two) = ([device, self.one_of(&["2027", "2026"])], [device, self.version()]);
        self.sign_in(at, key, one);
        self.perhaps(50, |it| it.sign_out(at + grace + 60, key, one));
        let begin = at + DAY - self.one_of(&[1, grace / 2, grace - 1, grace]).max(0);
        self.sign_in(begin, key, two);
        self.disturb(at + DAY, key);
        self.perhaps(30, |it| it.sign_in(it.within_grace(at + DAY), key, [device, "2020"]));
        self.perhaps(70, |it| it.sign_out(it.within_grace(begin).max(begin + 1), key, two));
        self.perhaps(30, |it| it.touch(it.within_grace(at + DAY), key, one));
    }

    /// 3.5: cover that begins or ends at, before or after what else happens to the key.
    fn cover(&mut self, at: i64, key: Key) {
        let (grace, on, Key { user, product }) = (self.grace(), self.on(), key);
        let begins = [0, 1, -1, -HOUR, -grace / 2, grace / 2, HOUR, DAY, DAY - 1, DAY + 1];
        let ends = [DAY, DAY, DAY + 1, DAY - 1, grace / 2, grace, grace - 1, 2 * HOUR, 30 * HOUR, 2 * DAY];
        let begin = at + self.one_of(&begins);
        let until = (at + self.one_of(&ends)).max(begin + 1);
        self.sign_in(at, key, on);
        let trial = self.percent(40);
        self.begin_cover(begin, key, (trial, until));
        self.perhaps(20, |it| {
            let end = it.one_of(&[begin, begin.max(it.near(at + DAY))]);
            it.step(end, Action::EndCover { trial, user, product });
        });
        let outs = [at + grace, at + grace - 1, until + 1, until + HOUR];
        self.perhaps(40, |it| it.sign_out(it.one_of(&outs), key, on));
        self.perhaps(30, |it| {
            let fresh = until - it.one_of(&[1, grace / 2, grace]);
            it.sign_in(fresh, key, [on[0], "2026"]);
            it.sign_out(it.within_grace(fresh), key, [on[0], "2026"]);
        });
        let touched = [0, 1, HOUR, 25 * HOUR, -15 * MINUTE];
        self.perhaps(40, |it| it.touch(until + it.one_of(&touched), key, on));
        self.perhaps(10, |it| it.unassign(at + HOUR, key));
    }

    fn service(&mut self, at: i64, Key { user, .. }: Key) {
        let Some(product) = self.named("service").first().copied() else { return };
        for number in 0..=self.below(3) {
            // Rates are multiples of an eighth of a token, so that these are exact.
            let units = self.one_of(&[1_000, 1_000, 2_000, 1_200, 8_000, 1_400, 200]);
            let failed = self.percent(40);
            let again = at + number * self.one_of(&[0, 1, HOUR]);
            self.step(again, Action::Use { user, product, units, failed });
        }
    }

    /// 3.7: a host with its add-ins, and perhaps the add-in opened by hand beside it.
    fn hosted(&mut self, at: i64, key: Key) {
        let add_ins = self.user(key).add_ins.clone();
        if add_ins.is_empty() {
            return self.short_opening(at, key);
        }
        let (host, add_in) = self.one_of(&add_ins);
        let (host, add_in) = (Key { product: host, ..key }, Key { product: add_in, ..key });
        let on = self.on();
        self.sign_in(at, host, on);
        self.perhaps(60, |it| {
            it.sign_in(at + it.one_of(&[0, -HOUR, 60, HOUR]), add_in, on);
            it.perhaps(60, |it| it.touch(it.near(at + DAY - 15 * MINUTE), add_in, on));
            it.sign_out(at + HOUR + 60, add_in, on);
            it.perhaps(50, |it| it.sign_out(at + HOUR + 61, add_in, on));
        });
        self.perhaps(40, |it| it.touch(it.near(at + DAY - 15 * MINUTE), host, on));
        let outs = [at + self.grace(), at + DAY, at + 2 * DAY + HOUR];
        self.perhaps(60, |it| it.sign_out(it.near(it.one_of(&outs)), host, on));
    }

    fn assignment(&mut self, at: i64, key: Key) {
        let (on, user) = (self.on(), key.user);
        self.sign_in(at, key, on);
        let gone = at + self.one_of(&[60, HOUR, DAY, DAY - 1, DAY + 1]);
        let mut products = vec![key.product];
        if self.percent(20) {
            products.push(self.one_of(&self.named("desktop")));
        }
        self.step(gone, Action::Unassign { user, products: products.clone() });
        self.perhaps(50, |it| it.touch(at + DAY + 2 * HOUR, key, on));
        self.perhaps(50, |it| {
            let again = gone + it.one_of(&[0, HOUR, DAY, 2 * DAY]);
            it.step(again, Action::Assign { user, products: Some(products), import: false });
        });
        self.perhaps(40, |it| it.sign_in(at + 2 * DAY, key, on));
    }

    /// 2.5: a hold around the end of a pack it was drawn from.
    fn pack_end(&mut self, key: Key) {
        let (run, grace) = (self.history.start..self.history.end, self.grace());
        let team = self.team_of(key);
        let packs = self.history.teams.iter().filter(|t| t.name == team).flat_map(|t| &t.packs);
        let ends = packs.map(|pack| pack.expires.unwrap_or_else(|| years_later(pack.bought, 1)));
        let ends: Vec<i64> = ends.filter(|at| run.contains(at)).collect();
        let ends_at = if ends.is_empty() { self.pivot() } else { self.one_of(&ends) };
        let begin = ends_at - self.one_of(&[1, grace / 2, grace - 1, grace, 0, -1]);
        let on = self.on();
        self.sign_in(begin, key, on);
        self.disturb(begin, key);
        let outs = [(begin + grace - 1).max(ends_at), begin + grace / 2 + 1, begin + grace];
        self.perhaps(70, |it| it.sign_out(it.one_of(&outs), key, on));
    }

    fn pack_moves(&mut self, at: i64, key: Key) {
        let on = self.on();
        self.sign_in(at, key, on);
        for _ in 0..=self.below(2) {
            self.move_pack(self.within_grace(at), key);
        }
        self.perhaps(60, |it| it.sign_out(it.within_grace(at), key, on));
    }

    fn merge(&mut self, at: i64, key: Key) {
        let merges = self.history.steps.iter().filter(|step| matches!(step.action, Action::Merge { .. }));
        let enough = merges.count() > 1;
        let mut pair = self.some_of(&self.teams(), 2);
        let payer = self.team_of(key);
        if self.percent(50) && pair.last() == Some(&payer) {
            pair.reverse();
        }
        if let [team, into] = pair[..]
            && !enough
        {
            let (on, then) = (self.on(), self.within_grace(at));
            self.sign_in(at, key, on);
            self.step(then, Action::Merge { team, into });
            self.perhaps(50, |it| it.sign_out(it.within_grace(then), key, on));
            self.perhaps(50, |it| it.buy(then + it.one_of(&[0, HOUR, DAY]), team));
        }
    }

    fn purchases(&mut self, at: i64, key: Key) {
        for _ in 0..=self.below(3) {
            self.buy(at, self.team_of(key));
        }
        self.sign_in(at, key, self.on());
    }

    fn linux(&mut self, at: i64, Key { user, product }: Key) {
        for at in [at, at + DAY] {
            let (device, version) = (self.device(), self.one_of(&["2019", "2020"]));
            self.step(at, Action::SignIn(SignIn { user, product, device, version, linux: true }));
        }
    }

    fn release(&mut self, at: i64, key: Key) {
        let product = *self.named("desktop").last().expect("a desktop product");
        let on = self.on();
        for shift in self.some_of(&[-HOUR, -1, 0, 1], 2) {
            self.sign_in(at + shift, Key { product, ..key }, on);
        }
        if !std::mem::replace(&mut self.released, true) {
            self.step(at, Action::ReleaseProduct { product });
        }
    }

    fn at_the_end(&mut self, key: Key) {
        let grace = self.grace();
        let at = self.history.end - self.one_of(&[1, 60, 120, 121, grace / 2, grace, grace + 1]).max(1);
        self.sign_in(at, key, self.on());
        self.perhaps(30, |it| it.buy(at - HOUR + 1, it.team_of(key)));
    }

    fn crowd(&mut self, at: i64, key: Key) {
        let users: Vec<Name> = self.history.users.iter().map(|user| user.name).collect();
        for user in users {
            let on = self.on();
            self.sign_in(at + self.one_of(&[0, 0, 1]), Key { user, ..key }, on);
        }
    }

    /// 2.6: a session that outlasts its packs, purchases, and sign-ins beside it.
    fn run_short(&mut self, at: i64, key: Key) {
        let on = self.on();
        self.sign_in(at, key, [on[0], "2026"]);
        for day in 1..self.below(4) + 2 {
            let at = at + day * DAY;
            self.perhaps(50, |it| it.buy(at + it.one_of(&[0, -1, 1, 60, HOUR]), it.team_of(key)));
            self.perhaps(50, |it| it.sign_in(at + it.one_of(&[0, 1, 61, HOUR, 2 * HOUR]), key, on));
            self.perhaps(20, |it| it.touch(at + 3 * HOUR, key, on));
        }
    }

    fn travel(&mut self, at: i64, key: Key) {
        let time_zone = self.one_of(&["Europe/Paris", "America/New_York", "UTC"]);
        self.step(at, Action::Travel { user: key.user, time_zone });
        self.sign_in(at, key, self.on());
    }
}
