//! The built-in catalogue: products whose rates are on the public record, each with its source.
//!
//! A rate sheet changes; a row says who stated the rate and as of when. Products that are missing here
//! are for the scenario file to fill in, never invented (RULES 7).

use crate::meter::product::ProductKind;
use crate::meter::tokens::Tokens;

/// One row of the catalogue.
#[derive(Clone, Copy, Debug)]
pub struct ListedProduct {
    /// The product's name, as scenario files use it.
    pub name: &'static str,
    /// How it is charged.
    pub kind: ProductKind,
    /// Tokens per [`ListedProduct::unit`].
    pub rate: Tokens,
    /// What the rate is for.
    pub unit: &'static str,
    /// The date of the source; `None` where the copy on record bears none.
    pub as_of: Option<&'static str>,
    /// Who states it.
    pub standing: Standing,
    /// Where it is stated.
    pub source: &'static str,
}

/// How much weight a source carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Autodesk's own page.
    Published,
    /// A reseller or a user; not confirmed by Autodesk's text.
    Reported,
}

impl Standing {
    /// The word for it in tables.
    pub fn name(self) -> &'static str {
        match self {
            Standing::Published => "published",
            Standing::Reported => "reported",
        }
    }
}

const WINDOW: &str = "user and 24 hours";
const BUYING_PAGE: &str = "Autodesk, Flex buying page, worked example";
const LAUNCH: &str = "launch coverage, September 2021";

/// The rows, by name.
pub const CATALOGUE: [ListedProduct; 11] = [
    desktop("3ds Max", 6, Some("2021-09-10"), LAUNCH),
    ListedProduct { standing: Standing::Published, ..desktop("AutoCAD", 7, None, BUYING_PAGE) },
    service("CFD cloud (complex)", 35, "simulation"),
    service("CFD cloud (moderate)", 10, "simulation"),
    service("CFD cloud (simple)", 5, "simulation"),
    ListedProduct {
        as_of: None,
        source: "Autodesk help, Fusion generative design",
        ..service("Fusion generative design", 11, "study")
    },
    desktop("Maya", 6, Some("2021-09-10"), "reseller's worked example; launch coverage, September 2021"),
    desktop("Mudbox", 1, Some("2021-09-10"), LAUNCH),
    desktop("Navisworks Manage", 9, Some("2026-07-25"), "a user's copy of the rate sheet"),
    desktop("Navisworks Simulate", 4, Some("2026-07-25"), "a user's copy of the rate sheet"),
    desktop("Revit", 10, Some("2021-12-21"), "resellers"),
];

const fn desktop(
    name: &'static str,
    rate: i64,
    as_of: Option<&'static str>,
    source: &'static str,
) -> ListedProduct {
    ListedProduct {
        name,
        kind: ProductKind::Desktop,
        rate: Tokens::whole(rate),
        unit: WINDOW,
        as_of,
        standing: Standing::Reported,
        source,
    }
}

const fn service(name: &'static str, rate: i64, unit: &'static str) -> ListedProduct {
    ListedProduct {
        name,
        kind: ProductKind::Service,
        rate: Tokens::whole(rate),
        unit,
        as_of: Some("2025-01-14"),
        standing: Standing::Published,
        source: "Autodesk help, Flex rates for pay-per-result cloud services",
    }
}

/// The row of that name.
pub fn listed(name: &str) -> Option<&'static ListedProduct> {
    CATALOGUE.iter().find(|row| row.name == name)
}

#[cfg(test)]
mod tests {
    use super::CATALOGUE;

    #[test]
    fn rule_7_the_catalogue_holds_what_is_on_the_public_record() {
        let mut rows: Vec<String> =
            CATALOGUE.iter().map(|row| format!("{} {}", row.name, row.rate)).collect();
        let expected = [
            "3ds Max 6",
            "AutoCAD 7",
            "CFD cloud (complex) 35",
            "CFD cloud (moderate) 10",
            "CFD cloud (simple) 5",
            "Fusion generative design 11",
            "Maya 6",
            "Mudbox 1",
            "Navisworks Manage 9",
            "Navisworks Simulate 4",
            "Revit 10",
        ];
        assert_eq!(rows, expected);
        rows.sort();
        assert_eq!(rows, expected, "the rows stand by name");
        assert!(CATALOGUE.iter().all(|row| !row.source.is_empty()));
    }
}
