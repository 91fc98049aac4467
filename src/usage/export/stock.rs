//! The report of subscriptions: the packs, which the vendor sells as such.

use std::io;

use crate::meter::instant::Instant;
use crate::results::table_reader::TableReader;
use crate::scenario::calendar::{Zone, from_iso, year_later};
use crate::usage::export::{Cell, Export, TakeRow, Unexported};
use crate::usage::untold::{Untold, open};

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
    let mut packs = open(export.tables, "packs.csv")?;
    while packs.row().is_some() {
        row((&packs, export.summary.end), &zone, take)?;
        packs.advance().map_err(Untold::from)?;
    }
    Ok(())
}

fn row((pack, end): (&TableReader<'_>, Instant), zone: &Zone, take: TakeRow<'_>) -> Result<(), Unexported> {
    let text = |text: &str| Cell::Text(text.to_owned());
    let instant = |column| {
        let wrong = || pack.wrong_cell(column, "an instant such as 2026-03-02T08:00:00Z");
        from_iso(pack.cell(column)).ok_or_else(wrong).map_err(Untold::from)
    };
    let (bought, expires) = (instant("bought")?, instant("expires")?);
    let tokens = pack.tokens("tokens").map_err(Untold::from)?;
    let day = |at: Instant| Cell::Day(zone.local(at).date());
    let written: io::Result<()> = take(&[
        text(pack.cell("team")),
        Cell::Blank,
        text(pack.cell("pack")),
        text(if expires > end { "Active" } else { "Expired" }),
        text("Flex"),
        if expires == year_later(bought) { text("1 year") } else { Cell::Blank },
        day(bought),
        day(expires),
        Cell::Blank,
        Cell::Amount(tokens),
        Cell::Blank,
        Cell::Blank,
    ]);
    Ok(written?)
}
