//! Small exports as text: what they read as, and what is said where they can't be read.

use flexmeter::results::export_file;
use flexmeter::scenario::usage_export::UsageExport;
use flexmeter::scenario::usage_export::column::Column;
use flexmeter::scenario::usage_export::date::DateOrder;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

/// A row in a line: its number, what it names, its amounts; `-` for what is not there.
fn read(bytes: &[u8], order: Option<DateOrder>) -> Result<Vec<String>, Vec<String>> {
    let of_flaw = |flaw: &flexmeter::scenario::usage_export::Flaw| {
        format!("{}: {}; {}", flaw.place, flaw.title, flaw.help)
    };
    let flaws = |flaws: Vec<_>| flaws.iter().map(of_flaw).collect::<Vec<_>>();
    let export =
        export_file::sheets(bytes).and_then(|sheets| UsageExport::read(&sheets, order)).map_err(flaws)?;
    let text = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    let row = |row: &flexmeter::scenario::usage_export::UsageRow| {
        [
            format!("{}", row.line),
            text(row.day.map(|day| day.date().to_string())),
            text(row.names().first().cloned()),
            row.product.clone(),
            text(row.text(Column::Version).map(str::to_owned)),
            text(row.team().map(str::to_owned)),
            text(row.tokens.map(|tokens| tokens.to_string())),
            text(row.days_used.map(|days| days.to_string())),
            text(row.last_accessed.map(|day| day.date().to_string())),
        ]
        .join(" | ")
    };
    let mut lines = vec![export.generation.name().to_owned()];
    lines.extend(export.rows.iter().map(row));
    Ok(lines)
}

const OLDER: &str = "hashed_autodesk_id,first_name,last_name,email,autodesk_id,team_alias,group,offering_name,version,\
    seat_assignment,assigned_date,unassigned_date,user_activity,days_inactive,access_option,days_used,\
    monthly_average,tokens_used,last_accessed";

/// A name for the case, an export, its rows.
const CASES: &[(&str, &str, &[&str])] = &[
    (
        "token usage",
        "Day used,Email,Feature,First name,Last name,Product,Team,Tokens used\n\
             2026-03-02,ana@a.example,,Ana,Roy,AutoCAD,North,7\n2026-03-03,ana@a.example,,Ana,Roy,AutoCAD,North,0.5\n",
        &[
            "token usage by day",
            "2 | 2026-03-02 | ana@a.example | AutoCAD | - | North | 7 | - | -",
            "3 | 2026-03-03 | ana@a.example | AutoCAD | - | North | 0.5 | - | -",
        ],
    ),
    (
        "BOM, CRLF, snake case, another order, semicolons, quotes, an empty line, an amount that is not there",
        "\u{feff}tokens_used;OFFERING_NAME;team_alias;day_used;E-mail\r\n7.000;\"Auto;CAD\";North;\
             2026-03-02 00:00:00;x\r\n;;;;\r\n;AutoCAD;North;2026-03-03;x\r\n",
        &[
            "token usage by day",
            "2 | 2026-03-02 | - | Auto;CAD | - | North | 7 | - | -",
            "4 | 2026-03-03 | - | AutoCAD | - | North | - | - | -",
        ],
    ),
    (
        "of several columns for the product the first that holds something",
        "day_used,offering_name,product_name,tokens_used\n2026-03-02,AEC Collection,Revit,10\n2026-03-02,Maya,,6",
        &[
            "token usage by day",
            "2 | 2026-03-02 | - | Revit | - | - | 10 | - | -",
            "3 | 2026-03-02 | - | Maya | - | - | 6 | - | -",
        ],
    ),
    (
        "an enterprise file, every line of which ends in a comma",
        "\"contractYear\",\"tokenPool\",\"usageCategory\",\"usageDate\",\"productLineCode\",\"productName\",\
             \"tokensConsumed\",\n\"1\",\"CY\",\"DESKTOP_PRODUCT\",2016-01-01 00:00:00,\"ACD\",\"AutoCAD\",45.0,\n",
        &["Token Flex of an enterprise agreement", "2 | 2016-01-01 | - | AutoCAD | - | - | 45 | - | -"],
    ),
    (
        "JSON, an array; numbers as they are written, null, an unknown key",
        r#"[{"Day used":"2026-03-02","Product":"AutoCAD","Tokens used":45.0,"x":{"y":[1]}},
                {"Product":"Maya","Tokens used":null,"Day used":"2026-03-03"},
                {"Day used":46083,"Product":"Mudbox","Tokens used":"0.100","Team":"North"}]"#,
        &[
            "token usage by day",
            "1 | 2026-03-02 | - | AutoCAD | - | - | 45 | - | -",
            "2 | 2026-03-03 | - | Maya | - | - | - | - | -",
            "3 | 2026-03-02 | - | Mudbox | - | North | 0.1 | - | -",
        ],
    ),
    (
        "JSON, an object with the array inside",
        r#"{"filters":["a"],"data":{"rows":[{"day_used":"2026-03-02","product":"AutoCAD","tokens used":7}]}}"#,
        &["token usage by day", "1 | 2026-03-02 | - | AutoCAD | - | - | 7 | - | -"],
    ),
    (
        "one date shows that the month comes first",
        "Day used,Product,Tokens used\n3/2/2026,AutoCAD,7\n3/13/2026,AutoCAD,7\n",
        &[
            "token usage by day",
            "2 | 2026-03-02 | - | AutoCAD | - | - | 7 | - | -",
            "3 | 2026-03-13 | - | AutoCAD | - | - | 7 | - | -",
        ],
    ),
];

#[test]
fn each_generation_and_format_reads_as_its_rows() {
    for (name, text, expected) in CASES {
        assert_eq!(read(text.as_bytes(), None).as_deref(), Ok(&owned(expected)[..]), "{name}");
    }
}

fn owned(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

#[test]
fn the_older_report_reads_with_all_of_its_columns() {
    let older = format!(
        "{OLDER}\nh1,Ana,Roy,ana@a.example,ana,North,,AutoCAD,2026,assigned,2024-05-10T21:20:32Z,,active,,Flex,6,\
         6.6,45.0,2026-07-29\n*****,*****,*****,*****,*****,North,,Revit,,unassigned,,,inactive,3,Subscription,0,0,,"
    );
    let expected = [
        "usage report",
        "2 | - | ana@a.example | AutoCAD | 2026 | North | 45 | 6 | 2026-07-29",
        "3 | - | - | Revit | - | North | - | 0 | -",
    ];
    assert_eq!(read(older.as_bytes(), None), Ok(owned(&expected)));
}

#[test]
fn a_stated_order_decides_what_a_date_means() {
    let text = "Day used,Product,Tokens used\n3/2/2026,AutoCAD,7\n";
    for (order, day) in [(DateOrder::MonthFirst, "2026-03-02"), (DateOrder::DayFirst, "2026-02-03")] {
        let rows = read(text.as_bytes(), Some(order)).expect("it reads");
        assert!(rows[1].contains(day), "{rows:?}");
    }
}

#[test]
fn what_is_wrong_is_said_at_its_place_with_the_way_out() {
    const HEADER: &str = "Day used,Product,Tokens used\n";
    let cases: &[(&str, &[&str])] = &[
        (
            "3/2/2026,AutoCAD,7",
            &["line 2, column Day used: `3/2/2026` may be 2 March 2026 or 3 February 2026; say which \
             comes first, the month or the day: --dates mdy or --dates dmy"],
        ),
        (
            "2026-03-02,AutoCAD,seven\n2026-02-30,AutoCAD,\"1,250\"",
            &[
                "line 2, column Tokens used: `seven`: not an amount of tokens; an amount is a plain number with a point, \
             such as 7, 45.0 or 0.5",
                "line 3, column Day used: `2026-02-30` is no date; a date is written 2026-03-02, also with a time, or \
             3/2/2026 with --dates mdy or dmy",
                "line 3, column Tokens used: `1,250`: not an amount of tokens; an amount is a plain number with a point, \
             such as 7, 45.0 or 0.5",
            ],
        ),
        (
            "2026-03-02,AutoCAD,0.0005",
            &["line 2, column Tokens used: `0.0005`: finer than a thousandth of a token \
             (RULES 1.1); an amount is a plain number with a point, such as 7, 45.0 or 0.5"],
        ),
        (
            ",AutoCAD,7\n2026-03-02,,7",
            &[
                "line 2, column Day used: the cell is empty; every row of this report has one; export it again, or remove \
             the row",
                "line 3, column Product: the cell is empty; every row of this report has one; export it again, or remove \
             the row",
            ],
        ),
        (
            "2026-03-02,Auto",
            &["line 2: 2 cells, but the header has 3; was the file cut, or has a cell with a separator \
             lost its quotes?"],
        ),
        (
            "2026-03-02,AutoCAD, 2026,7",
            &["line 2: 4 cells, but the header has 3; was the file cut, or has a cell with \
             a separator lost its quotes?"],
        ),
        (
            "13/3/2026,AutoCAD,7\n3/13/2026,AutoCAD,7\n3/4/2026,AutoCAD,7",
            &["line 4, column Day used: `3/4/2026` may be \
             4 March 2026 or 3 April 2026; say which comes first, the month or the day: --dates mdy or --dates dmy"],
        ),
    ];
    for (rows, expected) in cases {
        let text = HEADER.to_owned() + rows;
        assert_eq!(read(text.as_bytes(), None), Err(owned(expected)), "{rows}");
    }
}

#[test]
fn what_is_no_export_is_said() {
    let cases: &[(&[u8], &str)] = &[
        (b"", "the file is empty"),
        (b"a,b\n1,2\n", "no usage export"),
        (b"start = 2026-03-02T00:00:00Z\n", "no usage export"),
        (b"Product,Days used,Team\nAutoCAD,3,North\n", "no column `tokens used`, which usage report has"),
        (b"Day used,Produkt,Team,Tokens used\n", "did you mean `Produkt`?"),
        (b"Day used,Product,Day_used\n", "two columns `Day_used`"),
        (b"\xd0\xcf\x11\xe0rest", ".xls"),
        (b"PK\x03\x04rest", "not a workbook that can be read"),
        (b"Day used,Product\n2026-03-02,M\xfcll\n", "line 2: the text is not UTF-8"),
        (b"[{\"Day used\": ", "not JSON"),
        (b"{\"a\": 1}", "no usage export"),
        (b"[1, 2]", "no usage export"),
        (b"\xef\xbb\xbf  \n", "the file is empty"),
    ];
    let deep = "{\"a\":".repeat(100_000) + "1" + &"}".repeat(100_000);
    for (bytes, said) in cases.iter().chain([&(deep.as_bytes(), "no")]) {
        let flaws = read(bytes, None).expect_err("it is no export");
        assert!(flaws.len() == 1 && flaws[0].contains(said), "{said}: {flaws:?}");
    }
}

/// A workbook with one sheet of three columns; what its cells hold is up to the case.
fn workbook(fill: impl FnOnce(&mut rust_xlsxwriter::Worksheet)) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name("Utilisation").expect("a name");
    // The header is not in the first line.
    for (name, column) in ["DAY USED", "product_name", "tokens_used"].into_iter().zip(0..) {
        sheet.write_string(3, column, name).expect("a cell");
    }
    fill(sheet);
    workbook.save_to_buffer().expect("memory takes it")
}

#[test]
fn cells_of_a_workbook_are_read_exactly() {
    let date = Format::new().set_num_format("dd.mm.yyyy hh:mm");
    let day = ExcelDateTime::parse_from_str("2026-03-02T13:30:00").expect("a date");
    let bytes = workbook(|sheet| {
        sheet.write_datetime_with_format(4, 0, &day, &date).expect("a cell");
        sheet.write_number(5, 0, 46083.75).expect("a cell");
        sheet.write_string(6, 0, "2026-03-04").expect("a cell");
        for (row, tokens) in [(4, 0.1), (5, 45.0), (6, 1234.567)] {
            sheet.write_string(row, 1, "AutoCAD").expect("a cell");
            sheet.write_number(row, 2, tokens).expect("a cell");
        }
    });
    let expected = [
        "token usage by day",
        "5 | 2026-03-02 | - | AutoCAD | - | - | 0.1 | - | -",
        "6 | 2026-03-02 | - | AutoCAD | - | - | 45 | - | -",
        "7 | 2026-03-04 | - | AutoCAD | - | - | 1234.567 | - | -",
    ];
    assert_eq!(read(&bytes, None), Ok(owned(&expected)));
    let bytes = workbook(|sheet| {
        sheet.write_number(4, 0, 20_260_302.0).expect("a cell");
        sheet.write_string(4, 1, "AutoCAD").expect("a cell");
        sheet.write_number(4, 2, 0.1 + 0.2).expect("a cell");
    });
    let flaws = read(&bytes, None).expect_err("two cells are wrong");
    assert!(
        flaws[0].starts_with("row 5 of \"Utilisation\", column DAY USED: `20260302` is no date"),
        "{flaws:?}"
    );
    assert!(flaws[1].contains("`0.30000000000000004`: finer than a thousandth"), "{flaws:?}");
}

#[test]
fn names_are_found_and_stars_are_none() {
    let text = "Day used,Product,Email,Autodesk ID,hashed_autodesk_id,First name,Last name\n\
        2026-03-02,Maya,a@a.example,a1,h1,Ana,Roy\n2026-03-02,Maya,*****,*****,h1,*****,*****\n2026-03-02,Maya,,,,Ana,";
    let sheets = export_file::sheets(text.as_bytes()).expect("CSV");
    let export = UsageExport::read(&sheets, None).expect("an export");
    let names: Vec<_> = export.rows.iter().map(|row| row.names().join(" / ")).collect();
    assert_eq!(names, ["a@a.example / a1 / h1 / Ana Roy", "h1", "Ana"]);
    assert!(!export.has(Column::TokensUsed));
}
