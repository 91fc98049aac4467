//! What a user and a group of users say alike: their teams, their products, their add-ins, their cover.

use std::collections::BTreeSet;

use crate::meter::cover::{Cover, CoverKind};
use crate::meter::id::{ProductId, TeamId};
use crate::meter::instant::Instant;
use crate::meter::licence_server::NetworkUser;
use crate::meter::product::{Product, ProductKind};
use crate::meter::user::{Assignment, HostedAddIn};
use crate::scenario::calendar::Zone;
use crate::scenario::directory::Directory;
use crate::scenario::problem::Problem;
use crate::scenario::reader::{Problems, Table, Value};

/// Reads a list of teams, each once, in the order given (RULES 3.1).
pub(crate) fn read_teams(value: Value<'_>, directory: &Directory, problems: &mut Problems) -> Vec<TeamId> {
    let mut teams: Vec<TeamId> = Vec::new();
    let listed = value.list(problems);
    if listed.as_ref().is_some_and(Vec::is_empty) {
        let title = "users and contracts belong to one or several teams (RULES 3.1, 5.2)";
        problems.push(Problem::new(value.place(), title, "no team is listed"));
    }
    for team in listed.unwrap_or_default() {
        teams.extend(directory.team(team, problems).filter(|team| !teams.contains(team)));
    }
    teams
}

/// Reads the add-ins that load with their host, each once, in the order given (RULES 3.7).
pub(crate) fn read_add_ins(
    list: Option<Value<'_>>,
    (directory, products): (&Directory, &[Product]),
    problems: &mut Problems,
) -> Vec<HostedAddIn> {
    let mut add_ins = Vec::new();
    for value in list.and_then(|list| list.list(problems)).unwrap_or_default() {
        let Some(mut table) = value.table("an add-in with its host", problems) else { continue };
        let host = table.need("host", problems);
        let host = host.and_then(|value| directory.product(value, problems));
        let given = table.need("add_in", problems);
        let add_in = given.and_then(|value| directory.product(value, problems));
        table.finish(problems);
        let (Some(host), Some(add_in), Some(given)) = (host, add_in, given) else { continue };
        if products[add_in.index()].kind != ProductKind::AddIn {
            let title = "only an add-in opens with a host (RULES 3.7)";
            let problem = Problem::new(given.place(), title, "this product is not an add-in");
            problems.push(problem.help("give it kind = \"add-in\" in its [[product]]"));
            continue;
        }
        if products[host.index()].kind != ProductKind::Desktop {
            let title = "an add-in opens with a desktop product (RULES 3.7)";
            problems.push(Problem::new(value.place(), title, "the host is not one"));
            continue;
        }
        let hosted = HostedAddIn { host, add_in };
        if !add_ins.contains(&hosted) {
            add_ins.push(hosted);
        }
    }
    add_ins
}

/// Reads the subscriptions and trials of a user or group (RULES 3.5).
pub(crate) fn read_covers(
    table: &mut Table<'_>,
    (directory, zone): (&Directory, &Zone),
    problems: &mut Problems,
) -> Vec<(ProductId, Cover)> {
    let mut covers = Vec::new();
    for (key, kind) in [("subscriptions", CoverKind::Subscription), ("trials", CoverKind::Trial)] {
        let listed = table.get(key).and_then(|list| list.list(problems)).unwrap_or_default();
        for value in listed {
            let Some(mut table) = value.table("a subscription or trial", problems) else { continue };
            let product = table.need("product", problems);
            let product = product.and_then(|value| directory.product(value, problems));
            let from = table.get("from");
            let from = from.map_or(Some(Instant::MIN), |value| value.instant(zone, problems));
            let until = table.get("until");
            let until = until.map_or(Some(None), |value| value.instant(zone, problems).map(Some));
            table.finish(problems);
            let (Some(product), Some(from), Some(until)) = (product, from, until) else { continue };
            if until.is_some_and(|until| until <= from) {
                let title = "cover ends before it begins";
                problems.push(Problem::new(value.place(), title, "`until` must lie after `from`"));
                continue;
            }
            covers.push((product, Cover { kind, from, until }));
        }
    }
    covers
}

/// Reads the licence server through which somebody signs in (RULES 6.1).
pub(crate) fn read_network_user(
    value: Option<Value<'_>>,
    directory: &Directory,
    problems: &mut Problems,
) -> Option<Box<NetworkUser>> {
    let server = directory.server(value?, problems)?;
    Some(Box::new(NetworkUser::new(server)))
}

/// Reads a list of products that is a list: "all" is none, because products added later are not meant.
pub(crate) fn read_products(
    value: Value<'_>,
    directory: &Directory,
    problems: &mut Problems,
) -> Option<BTreeSet<ProductId>> {
    if value.is_text() {
        let title = "products are listed here, one by one (RULES 3.3, 6.2)";
        let help = "products released later are not included: write [\"AutoCAD\", \"Revit\"]";
        problems.push(Problem::new(value.place(), title, "must be a list").help(help));
        return None;
    }
    match read_assignment(value, directory, problems)? {
        Assignment::Listed(products) => Some(products),
        Assignment::All => None,
    }
}

/// Reads a list of products, or "all".
pub(crate) fn read_assignment(
    value: Value<'_>,
    directory: &Directory,
    problems: &mut Problems,
) -> Option<Assignment> {
    if value.is_text() {
        return value.one_of(&[("all", ())], problems).map(|()| Assignment::All);
    }
    if value.lists_text("all") {
        let title = "`all` is not one of several products";
        let problem = Problem::new(value.place(), title, "a list names products");
        problems.push(problem.help("for every product write products = \"all\""));
        return None;
    }
    let listed = value.list(problems)?;
    let products: Vec<Option<ProductId>> =
        listed.into_iter().map(|product| directory.product(product, problems)).collect();
    products.into_iter().collect::<Option<_>>().map(Assignment::Listed)
}

/// A token limit on a user or group is a wish the model does not have (RULES 3.10).
pub(crate) fn refuse_token_limit(table: &mut Table<'_>, problems: &mut Problems) {
    for key in ["token_limit", "tokens", "max_tokens", "limit", "cap", "quota", "budget"] {
        if let Some(place) = table.key_place(key) {
            table.get(key);
            let title = "there is no token limit per user or group (RULES 3.10)";
            let help = "limit what a user may open instead: leave products out of `products`, \
                        or `unassign` them in a step";
            problems.push(Problem::new(place, title, "tokens can't be limited here").help(help));
        }
    }
}
