//! The report of subscriptions: the packs, which the vendor sells as such.

use crate::meter::instant::Instant;
use crate::scenario::calendar::year_later;
use crate::usage::export::{Cell, Export, TakeRow, Unexported};
use crate::usage::packs::{PackRow, PackStock, Packs};

pub(crate) const COLUMNS: [&str; 12] = columns("team_alias");
pub(crate) const COLUMNS_OF_2026: [&str; 12] = columns("Team");

const fn columns(team: &'static str) -> [&'static str; 12] {
    [
        team,
        "contract_number",
        "subscription_id",
        "subscription_status",
        "offering_name",
        "term",
        "start_date",
        "end_date",
        "autorenew_date",
        "seat_quantity",
        "reseller_name",
        "reseller_email",
    ]
}

/// A row per pack that arrived: its tokens as the quantity, its days in the report's zone.
pub(crate) fn rows(export: &Export<'_>, take: TakeRow<'_>) -> Result<(), Unexported> {
    let zone = export.summary.zone();
    let day = |at: Instant| Cell::Day(zone.local(at).date());
    let text = |text: &str| Cell::Text(text.to_owned());
    for PackRow { team, pack, bought, stock } in Packs::read(export.tables)?.packs {
        let PackStock { expires, tokens, .. } = stock;
        take(&[
            Cell::Text(team),
            Cell::Blank,
            Cell::Text(pack),
            text(if stock.is_active(export.summary.end) { "Active" } else { "Expired" }),
            text("Flex"),
            if expires == year_later(bought) { text("1 year") } else { Cell::Blank },
            day(bought),
            day(expires),
            Cell::Blank,
            Cell::Amount(tokens),
            Cell::Blank,
            Cell::Blank,
        ])?;
    }
    Ok(())
}
