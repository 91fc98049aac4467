//! Usage as tables for a person, as JSON and as CSV (RULES 5.3–5.6).

use std::io::{self, Write};

use csv::Writer;

use crate::report::difference::printable;
use crate::report::standing::part;
use crate::report::terminal::{HEADING, QUIET, counted, right, styled, table, titled};
use crate::simulation::run::FIRST_ROWS;
use crate::usage::figures::{
    ConsumptionGroup, Cost, ProductUsage, SignInHours, Usage, UserProduct, UserUsage, VersionUsage,
};

/// By what usage is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// By product (RULES 5.5).
    Product,
    /// By user (RULES 5.6).
    User,
    /// By product and version.
    Version,
}

/// The overview, and usage by what is asked for. Lines are fitted to `width` columns, or stay whole.
pub fn text(usage: &Usage, by: By, width: Option<u16>) -> String {
    let mut text = heading(usage) + &overview(usage);
    text += &match by {
        By::Product => products(&usage.products, width) + &groups(&usage.consumption_groups, width),
        By::User => users(usage, width),
        By::Version => versions(&usage.versions, width),
    };
    text += &waste(usage, width);
    text += &usage.sign_ins.as_ref().map(|hours| sign_ins(hours, width)).unwrap_or_default();
    text
}

/// All of it.
///
/// # Errors
/// Where it can't be written.
pub fn json(usage: &Usage, mut out: impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut out, usage)?;
    writeln!(out)
}

/// A row for each product, user or version.
pub fn csv(usage: &Usage, by: By) -> String {
    let mut writer = Writer::from_writer(Vec::new());
    let rows: Vec<Vec<String>> = match by {
        By::Product => usage.products.iter().map(product_cells).collect(),
        By::User => usage.users.iter().map(user_cells).collect(),
        By::Version => usage.versions.iter().map(version_cells).collect(),
    };
    let mut header: Vec<&str> = match by {
        By::Product => vec!["product", "kind", "users", "tokens", "tokens_per_month"],
        By::User => vec!["user", "products", "tokens", "tokens_per_month", "days_used"],
        By::Version => vec!["product", "version", "users", "days_used", "tokens"],
    };
    header.extend(["from", "to"]);
    writer.write_record(header).expect("memory takes it");
    let range = [usage.range.from.to_string(), usage.range.to.to_string()];
    for mut row in rows {
        row.extend(range.clone());
        writer.write_record(row).expect("memory takes it");
    }
    String::from_utf8(writer.into_inner().expect("memory takes it")).expect("text")
}

fn product_cells(product: &ProductUsage) -> Vec<String> {
    let ProductUsage { product, kind, users, tokens, tokens_per_month, .. } = product;
    vec![product.clone(), kind.clone(), users.to_string(), tokens.to_string(), tokens_per_month.to_string()]
}

fn user_cells(user: &UserUsage) -> Vec<String> {
    let UserUsage { user, products, tokens, tokens_per_month, days_used, .. } = user;
    let figures = [products.to_string(), tokens.to_string(), tokens_per_month.to_string()];
    [user.clone()].into_iter().chain(figures).chain([days_used.to_string()]).collect()
}

fn version_cells(version: &VersionUsage) -> Vec<String> {
    let VersionUsage { product, version, users, days_used, tokens } = version;
    let figures = [users.to_string(), days_used.to_string(), tokens.to_string()];
    [product.clone(), version.clone()].into_iter().chain(figures).collect()
}

fn heading(usage: &Usage) -> String {
    let team = usage.team.as_ref().map_or("all teams".to_owned(), |team| format!("team {}", printable(team)));
    let range = &usage.range;
    let mut text = styled(HEADING, &printable(titled(&usage.title))) + "\n";
    text += &format!(
        "Usage of {team}, {} to {} ({} of {}, ",
        range.from,
        range.to,
        counted(range.days.into(), "day"),
        usage.zone
    );
    text + &format!("range {}, ÷ {} for a month), as of {}\n", range.name, range.months, usage.as_of)
}

fn overview(usage: &Usage) -> String {
    let all = &usage.overview;
    let mut text = format!("\n{}\n", styled(HEADING, "Overview"));
    text += &format!(" tokens used from active packs  {}\n", all.used_from_active_packs);
    text += &format!(" tokens remaining               {}\n", all.remaining);
    text += &format!(
        " in the last 7 days             {} added, {} removed\n",
        all.added_in_7_days, all.removed_in_7_days
    );
    text += &format!(" in the range                   {} tokens", all.tokens);
    text + &format!(", {}, {}\n", counted(all.products, "product"), counted(all.users, "user"))
}

fn products(products: &[ProductUsage], width: Option<u16>) -> String {
    let columns =
        ["product", "kind", "users", "tokens", "tokens a month", "users by tokens", "users by version"];
    let mut table = table(&columns, width);
    right(&mut table, &[2, 3, 4]);
    for product in products.iter().take(FIRST_ROWS) {
        let mut cells = product_cells(product);
        let used = product.consumption_groups.iter().filter(|group| group.users > 0);
        cells.push(
            used.map(|group| format!("{}: {}", group.tokens, group.users)).collect::<Vec<_>>().join(", "),
        );
        let versions = product.versions.iter().filter(|of| !of.version.is_empty());
        cells.push(versions.map(|of| format!("{}: {}", of.version, of.users)).collect::<Vec<_>>().join(", "));
        table.add_row(cells.iter().map(|cell| printable(cell)));
    }
    part("By product", &table, products.len())
}

fn groups(groups: &[ConsumptionGroup], width: Option<u16>) -> String {
    let mut table = table(&["tokens", "users"], width);
    right(&mut table, &[1]);
    for group in groups {
        table.add_row([group.tokens.to_owned(), group.users.to_string()]);
    }
    format!("\n{}\n{table}\n", styled(HEADING, "Users by tokens used of all products"))
}

fn users(usage: &Usage, width: Option<u16>) -> String {
    let columns = ["user", "products", "tokens", "tokens a month", "days used"];
    let mut of_all = table(&columns, width);
    right(&mut of_all, &[1, 2, 3, 4]);
    for user in usage.users.iter().take(FIRST_ROWS) {
        let mut cells = user_cells(user);
        cells[4] += &format!(" of {}", usage.range.days);
        of_all.add_row(cells.iter().map(|cell| printable(cell)));
    }
    let mut text = part("By user", &of_all, usage.users.len());
    let columns = ["user", "product", "tokens", "days used", "days used in each week of use", "versions"];
    let mut of_product = table(&columns, width);
    right(&mut of_product, &[2, 3]);
    let rows: Vec<(&UserUsage, &UserProduct)> = usage
        .users
        .iter()
        .flat_map(|user| user.by_product.iter().map(move |product| (user, product)))
        .collect();
    for (user, product) in rows.iter().take(FIRST_ROWS) {
        let versions = product.versions.iter().filter(|of| !of.version.is_empty());
        let cells = [
            user.user.clone(),
            product.product.clone(),
            product.tokens.to_string(),
            product.days_used.to_string(),
            product.weeks.iter().map(|week| week.days.to_string()).collect::<Vec<_>>().join(" "),
            versions.map(|of| format!("{}: {} d", of.version, of.days_used)).collect::<Vec<_>>().join(", "),
        ];
        of_product.add_row(cells.iter().map(|cell| printable(cell)));
    }
    text += &part("By user and product", &of_product, rows.len());
    text
}

fn versions(versions: &[VersionUsage], width: Option<u16>) -> String {
    let mut table = table(&["product", "version", "users", "user-days", "tokens"], width);
    right(&mut table, &[2, 3, 4]);
    for version in versions.iter().take(FIRST_ROWS) {
        table.add_row(version_cells(version).iter().map(|cell| printable(cell)));
    }
    part("By version", &table, versions.len())
}

fn waste(usage: &Usage, width: Option<u16>) -> String {
    let mut table = table(&["tokens", "times", "cause"], width);
    right(&mut table, &[0, 1]);
    let causes: [(&Cost, &str); 3] = [
        (&usage.waste.left_open, "renewals: sessions left open when their 24 hours ended (RULES 1.6)"),
        (&usage.waste.add_ins, "add-ins, which open with their host (RULES 3.7)"),
        (&usage.waste.expired, "expired, unused (RULES 2.2)"),
    ];
    for (cost, cause) in causes {
        table.add_row([cost.tokens.to_string(), cost.count.to_string(), cause.to_owned()]);
    }
    let note = styled(QUIET, " a renewal of an add-in counts in both of the first lines");
    format!("\n{}\n{table}\n{note}\n", styled(HEADING, "Waste"))
}

fn sign_ins(hours: &SignInHours, width: Option<u16>) -> String {
    let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let mut text = String::new();
    for (title, counts) in [("Sign-ins by hour", &hours.admitted), ("Refusals by hour", &hours.refused)] {
        let header: Vec<String> =
            std::iter::once(String::new()).chain((0..24).map(|hour| hour.to_string())).collect();
        let mut table = table(&header.iter().map(String::as_str).collect::<Vec<_>>(), width);
        right(&mut table, &(1..=24).collect::<Vec<_>>());
        for (day, counts) in days.into_iter().zip(counts) {
            let cells =
                counts.iter().map(|count| if *count == 0 { "·".to_owned() } else { count.to_string() });
            table.add_row(std::iter::once(day.to_owned()).chain(cells));
        }
        text += &format!("\n{}\n{table}\n", styled(HEADING, title));
    }
    text
}
