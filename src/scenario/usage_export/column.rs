//! `Column` and `Generation`: the names that the vendor's reports give their columns, and which report has which.

use crate::scenario::problem::nearest;
use crate::scenario::usage_export::Flaw;
use crate::scenario::usage_export::sheet::{Cell, Line, Sheet};

/// Which of the vendor's files an export is (RULES 5.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// Token usage, 2026: a row per day, user and product.
    TokenUsage,
    /// The older usage report: a row per user and product, with totals.
    UsageReport,
    /// Token Flex of an enterprise agreement: another contract with other charging rules.
    Enterprise,
}

/// A column of some generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the vendor's names, see RULES 5.8")]
pub enum Column {
    DayUsed,
    Email,
    Feature,
    FirstName,
    LastName,
    Product,
    Team,
    TokensUsed,
    HashedAutodeskId,
    AutodeskId,
    Group,
    Version,
    SeatAssignment,
    AssignedDate,
    UnassignedDate,
    UserActivity,
    DaysInactive,
    AccessOption,
    DaysUsed,
    MonthlyAverage,
    LastAccessed,
    ContractYear,
    TokenPool,
    UsageCategory,
    UsageDate,
    ProductLineCode,
    ProductName,
    TokensConsumed,
}

/// The names of each column, in lower case with blanks; of a column's several names the first counts most.
const NAMES: [(Column, &[&str]); 28] = [
    (Column::DayUsed, &["day used"]),
    (Column::Email, &["email"]),
    (Column::Feature, &["feature"]),
    (Column::FirstName, &["first name"]),
    (Column::LastName, &["last name"]),
    (Column::Product, &["product", "product name", "offering name"]),
    (Column::Team, &["team", "team alias"]),
    (Column::TokensUsed, &["tokens used"]),
    (Column::HashedAutodeskId, &["hashed autodesk id"]),
    (Column::AutodeskId, &["autodesk id"]),
    (Column::Group, &["group"]),
    (Column::Version, &["version"]),
    (Column::SeatAssignment, &["seat assignment"]),
    (Column::AssignedDate, &["assigned date"]),
    (Column::UnassignedDate, &["unassigned date"]),
    (Column::UserActivity, &["user activity"]),
    (Column::DaysInactive, &["days inactive"]),
    (Column::AccessOption, &["access option"]),
    (Column::DaysUsed, &["days used"]),
    (Column::MonthlyAverage, &["monthly average"]),
    (Column::LastAccessed, &["last accessed"]),
    (Column::ContractYear, &["contractyear"]),
    (Column::TokenPool, &["tokenpool"]),
    (Column::UsageCategory, &["usagecategory"]),
    (Column::UsageDate, &["usagedate"]),
    (Column::ProductLineCode, &["productlinecode"]),
    (Column::ProductName, &["productname"]),
    (Column::TokensConsumed, &["tokensconsumed"]),
];

/// Lines of a sheet among which its header is looked for: a block of filters may stand above.
const HEADER_WITHIN: usize = 50;

impl Generation {
    /// Its name in a sentence.
    pub fn name(self) -> &'static str {
        match self {
            Generation::TokenUsage => "token usage by day",
            Generation::UsageReport => "usage report",
            Generation::Enterprise => "Token Flex of an enterprise agreement",
        }
    }

    /// The columns without which it can't be read.
    fn needs(self) -> &'static [Column] {
        match self {
            Generation::TokenUsage => &[Column::DayUsed, Column::Product],
            Generation::UsageReport => &[Column::Product, Column::TokensUsed],
            Generation::Enterprise => &[Column::UsageDate, Column::ProductName, Column::TokensConsumed],
        }
    }

    /// Which one some columns come nearest to.
    fn of(columns: &[Found]) -> Self {
        let has = |column: Column| columns.iter().any(|found| found.column == column);
        if [Column::UsageDate, Column::TokensConsumed, Column::TokenPool].into_iter().any(has) {
            Generation::Enterprise
        } else if has(Column::DayUsed) {
            Generation::TokenUsage
        } else {
            Generation::UsageReport
        }
    }
}

impl Column {
    /// Whether it says who somebody is: such columns may be hidden (RULES 5.7).
    pub fn is_personal(self) -> bool {
        matches!(
            self,
            Column::Email
                | Column::FirstName
                | Column::LastName
                | Column::AutodeskId
                | Column::HashedAutodeskId
        )
    }

    /// The column of that header and the rank of the name among its names.
    fn named(header: &str) -> Option<(Column, usize)> {
        let name = plain(header);
        NAMES
            .iter()
            .find_map(|(column, names)| Some((*column, names.iter().position(|known| *known == name)?)))
    }

    /// Its name as the reader looks for it.
    fn name(self) -> &'static str {
        let row = NAMES.iter().find(|(column, _)| *column == self);
        row.expect("every column has a name").1[0]
    }
}

/// A header in lower case, underscores as blanks.
fn plain(header: &str) -> String {
    let blanks = header.trim_start_matches('\u{feff}').replace('_', " ").to_lowercase();
    blanks.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A column of a sheet.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) column: Column,
    /// Its place in a line.
    pub(crate) place: usize,
    /// Its header, as it stands there.
    pub(crate) name: String,
}

/// The header of a sheet.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub(crate) generation: Generation,
    /// The place of its line in the sheet.
    pub(crate) place: usize,
    /// How many cells a line has.
    pub(crate) width: usize,
    /// The known columns; of several for the same thing the one that counts most comes first.
    pub(crate) columns: Vec<Found>,
    pub(crate) ignored: Vec<String>,
}

impl Header {
    /// The sheet that has the columns of an export, by its header: neither its place nor its name says so, as
    /// both change with the language.
    pub(crate) fn find(sheets: &[Sheet]) -> Result<(&Sheet, Header), Flaw> {
        let lines = sheets.iter().flat_map(|sheet| {
            let lines = sheet.lines.iter().take(HEADER_WITHIN).enumerate();
            lines.map(move |(place, line)| (sheet, Header::of(place, line)))
        });
        let mut headers: Vec<(&Sheet, Header)> =
            lines.filter(|(_, header)| header.columns.len() > 1).collect();
        // Stable: of sheets that are as good the first is taken.
        headers.sort_by_key(|(_, header)| (header.lacking().len(), !header.has_tokens()));
        let Some((sheet, header)) = headers.into_iter().next() else { return Err(no_header(sheets)) };
        let place = sheet.place(&sheet.lines[header.place]);
        if let Some(column) = header.lacking().first() {
            let title = format!("no column `{}`, which {} has", column.name(), header.generation.name());
            let help = match header.ignored.as_slice() {
                [] => "export the report again, with all of its columns".to_owned(),
                others => {
                    let near = nearest(column.name(), others.iter().map(String::as_str));
                    format!("{near}; case does not matter, and `_` is a blank")
                }
            };
            return Err(Flaw::at(place, title, help));
        }
        header.check_doubles(&place)?;
        Ok((sheet, header))
    }

    fn of(place: usize, line: &Line) -> Header {
        let mut columns = Vec::new();
        let mut ignored = Vec::new();
        let names = line.cells.iter().enumerate().filter(|(_, cell)| matches!(cell, Cell::Text(_)));
        for (place, cell) in names {
            let name = cell.text();
            match Column::named(&name) {
                Some((column, rank)) => columns.push((rank, Found { column, place, name })),
                None => ignored.push(name),
            }
        }
        columns.sort_by_key(|(rank, found)| (found.column, *rank));
        let columns: Vec<Found> = columns.into_iter().map(|(_, found)| found).collect();
        let generation = Generation::of(&columns);
        let filled = line.cells.iter().rposition(|cell| !cell.is_empty());
        let width = filled.map_or(0, |last| last + 1);
        Header { generation, place, width, columns, ignored }
    }

    /// The places of the columns that hold dates.
    pub(crate) fn dates(&self) -> Vec<usize> {
        let dates = [Column::DayUsed, Column::UsageDate, Column::LastAccessed];
        self.columns.iter().filter(|found| dates.contains(&found.column)).map(|found| found.place).collect()
    }

    fn has_tokens(&self) -> bool {
        self.columns.iter().any(|found| matches!(found.column, Column::TokensUsed | Column::TokensConsumed))
    }

    fn lacking(&self) -> Vec<Column> {
        let has = |column: &&Column| !self.columns.iter().any(|found| found.column == **column);
        self.generation.needs().iter().filter(has).copied().collect()
    }

    /// A column may have several names, but each of them once.
    fn check_doubles(&self, place: &str) -> Result<(), Flaw> {
        let same = |pair: &&[Found]| plain(&pair[0].name) == plain(&pair[1].name);
        match self.columns.windows(2).find(same) {
            None => Ok(()),
            Some(pair) => {
                let title = format!("two columns `{}`", pair[1].name);
                Err(Flaw::at(place, title, "remove one, or export the report again"))
            }
        }
    }
}

/// Cells of a line that is no header which are shown.
const SHOWN: usize = 4;

fn no_header(sheets: &[Sheet]) -> Flaw {
    let help = "its header has columns such as Day used, Email, Product, Team, Tokens used, in English whatever the \
                language of the rest: export token usage, or the usage report, as CSV, Excel or JSON";
    let title = "no usage export: no line has the names of its columns";
    let lines = sheets.iter().flat_map(|sheet| sheet.lines.iter().map(move |line| (sheet, line)));
    let Some((sheet, line)) = lines.into_iter().find(|(_, line)| !line.is_empty()) else {
        return Flaw::of_file(title, help);
    };
    let cells = line.cells.iter().filter(|cell| !cell.is_empty());
    let shown = |cell: &Cell| format!("`{}`", cell.text().chars().take(40).collect::<String>());
    let cells: Vec<String> = cells.take(SHOWN).map(shown).collect();
    Flaw::at(sheet.place(line), format!("{title}; this first one has {}", cells.join(", ")), help)
}
