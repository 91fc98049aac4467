//! `View`: the figures of one team and one range, as the page shows them.

use askama::Template;

use crate::report::page::ROWS_MAX;
use crate::report::page::chart::{self, Bar};
use crate::report::page::days::Days;
use crate::report::page::details;
use crate::report::page::filters;
use crate::report::page::heat_map::HeatMap;
use crate::usage::figures::{Cost, RangeFigures, Usage};

/// One team, or all of them, and one range.
#[derive(Template)]
#[template(path = "view.html")]
pub(crate) struct View<'a> {
    /// Its figures.
    pub(crate) usage: &'a Usage,
    /// Its days, where the script does not bring them.
    pub(crate) days: Option<Days<'a>>,
}

impl<'a> View<'a> {
    /// Empty for all teams.
    fn team(&self) -> &str {
        self.usage.team.as_deref().unwrap_or_default()
    }

    /// What is shown, in words, for who does not see that it changed.
    fn summary(&self) -> String {
        let usage = self.usage;
        let team = usage.team.as_deref().unwrap_or("All teams");
        let Usage { overview, range, .. } = usage;
        format!(
            "{team}, {}: {} tokens, {} products, {} users",
            range_name(range),
            overview.tokens,
            overview.products,
            overview.users
        )
    }

    /// Where the range lies in the chart of days.
    fn mark(&self) -> Option<(f64, f64)> {
        let days = &self.usage.overview.days;
        let range = &self.usage.range;
        let first = days.iter().position(|day| day.day >= range.from)?;
        let count = days[first..].iter().take_while(|day| day.day <= range.to).count();
        Some(chart::place_of_days((first, count), days.len()))
    }

    fn products(&self) -> Vec<Bar> {
        self.usage.products.iter().map(|product| Bar::tokens(&product.product, product.tokens)).collect()
    }

    fn users(&self) -> Vec<Bar> {
        self.usage.users.iter().map(|user| Bar::tokens(&user.user, user.tokens)).collect()
    }

    fn groups(&self) -> Vec<Bar> {
        self.usage.consumption_groups.iter().map(|group| Bar::count(group.tokens, group.users)).collect()
    }

    fn wasted(&self) -> Vec<Bar> {
        self.waste().iter().map(|waste| Bar::tokens(waste.what, waste.cost.tokens)).collect()
    }

    fn waste(&self) -> [Waste; 3] {
        let waste = &self.usage.waste;
        let [left_open, add_ins, expired] = [waste.left_open, waste.add_ins, waste.expired];
        [
            Waste {
                what: "Left open",
                figure: "left_open",
                why: "Renewals: sessions still open when their 24 hours ended (rule 1.6).",
                cost: left_open,
            },
            Waste {
                what: "Add-ins",
                figure: "add_ins",
                why: "Charges of what opens with its host (rule 3.7).",
                cost: add_ins,
            },
            Waste {
                what: "Expired",
                figure: "expired",
                why: "What was left in packs at their end (rule 2.2).",
                cost: expired,
            },
        ]
    }

    fn heat_maps(&self) -> Option<[HeatMap<'a>; 2]> {
        let hours = self.usage.sign_ins.as_ref()?;
        Some([
            HeatMap { name: "admitted", what: "Sign-ins admitted", hours: &hours.admitted },
            HeatMap { name: "refused", what: "Sign-ins refused", hours: &hours.refused },
        ])
    }

    fn details(&self) -> String {
        details::json(self.usage)
    }
}

/// Tokens that nobody wished to spend.
struct Waste {
    what: &'static str,
    figure: &'static str,
    why: &'static str,
    cost: Cost,
}

/// The longest of bars, in words: what a chart says to who does not see it.
pub(crate) fn message(bars: &[Bar], unit: &str) -> String {
    let most = bars.iter().filter(|bar| bar.size > 0.0).max_by(|a, b| a.size.total_cmp(&b.size));
    match most {
        Some(most) => format!("Most: {}, {} {unit}.", most.name, most.text),
        None => "None in the range.".to_owned(),
    }
}

/// How many rows a table leaves out.
pub(crate) fn left_out(rows: usize) -> usize {
    rows.saturating_sub(ROWS_MAX)
}

/// The name of a range as it is read.
pub(crate) fn range_name(range: &RangeFigures) -> String {
    match range.name.as_str() {
        "run" => "whole run".to_owned(),
        "30d" => "last 30 days".to_owned(),
        name => match name.strip_suffix('m') {
            Some(months) => format!("last {months} completed months"),
            None => format!("{} to {}", range.from, range.to),
        },
    }
}
