//! Files in error: each says what is wrong on which line and what would be right, exits with 2, and
//! leaves nothing behind.

use std::fs;
use std::path::Path;

use crate::support::{flexmeter, stderr};

/// A file that is right; each case below breaks one line of it.
const RIGHT: &str = r#"title = "right"
start = 2026-03-28T00:00:00Z
end = 2026-04-03T00:00:00Z
[policy]
grace = "5m"
[[product]]
name = "Plant Viewer"
rate = 3
[[product]]
name = "Cloud Render"
kind = "service"
rate = 0.1
[[team]]
name = "Studio North"
time_zone = "Europe/Berlin"
packs = [{ id = "p1", tokens = 500, bought = 2026-01-10T00:00:00Z }]
[[user]]
name = "ada@example.com"
teams = ["Studio North"]
products = ["AutoCAD", "Plant Viewer"]
windows = [{ product = "AutoCAD", team = "Studio North", until = 2026-03-28T12:00:00Z }]
[[step]]
at = 2026-03-30T08:00:00Z
do = "sign-in"
user = "ada@example.com"
product = "AutoCAD"
version = "2027"
[[step]]
at = 2026-03-30T12:00:00Z
do = "sign-out"
user = "ada@example.com"
product = "AutoCAD"
version = "2027"
[[expect]]
team = "Studio North"
available = 493
"#;

/// What is replaced, by what, and what must be said (the position first).
const CASES: [(&str, &str, &[&str]); 50] = [
    ("rate = 3", "rate = \"three\"", &["case.toml:8:8", "this is a text; it must be a number"]),
    ("rate = 3", "rate = -1", &["case.toml:8:8", "must be 0 or more"]),
    ("rate = 3", "rate = 0.0005", &["at most three digits behind the point"]),
    ("rate = 3", "rate = 3\ncolour = \"red\"", &["case.toml:9:1", "unknown key `colour`"]),
    ("rate = 3", "", &["[[product]] has no `rate`"]),
    ("rate = 3", "rate = 3\nfrom = 2027-01-01", &["has no rate when the run starts"]),
    ("rate = 3\n", "rate = 3\n[[product]]\nname = \"Plant Viewer\"\nrate = 4\n", &["defined twice"]),
    ("rate = 3", "rate = 3\nkind = \"colection\"", &["did you mean `collection`"]),
    ("tokens = 500", "tokens = 99999999999", &["case.toml:16:32", "at most 1,000,000,000"]),
    ("tokens = 500", "tokens = 0", &["must be more than 0"]),
    ("tokens = 500", "tokens = 500, used = 501", &["must be 500 or less"]),
    ("tokens = 500", "tokens = 500, expires = 2026-01-10T00:00:00Z", &["a pack ends after it is bought"]),
    (
        "teams = [\"Studio North\"]",
        "teams = [\"Studio Nort\"]",
        &["unknown team", "did you mean `Studio North`"],
    ),
    ("teams = [\"Studio North\"]", "teams = []", &["RULES 3.1"]),
    ("teams = [\"Studio North\"]", "", &["[[user]] has no `teams`"]),
    ("products = [\"AutoCAD\", ", "products = [\"AutCAD\", ", &["unknown product", "did you mean `AutoCAD`"]),
    ("products = [\"AutoCAD\", ", "token_limit = 5\nproducts = [\"AutoCAD\", ", &["RULES 3.10", "products"]),
    ("Europe/Berlin", "Europe/Brelin", &["unknown time zone", "did you mean `Europe/Berlin`"]),
    ("until = 2026-03-28T12:00:00Z", "until = 2026-03-29T00:00:01Z", &["must run at the start"]),
    ("until = 2026-03-28T12:00:00Z", "until = 2026-03-28T00:00:00Z", &["must run at the start"]),
    ("grace = \"5m\"", "grace = \"5 minutes\"", &["case.toml:5:9", "\"1h 30m\""]),
    ("grace = \"5m\"", "grace = \"24h\"", &["RULES 1.5"]),
    ("grace = \"5m\"", "gracee = \"5m\"", &["unknown key `gracee`", "did you mean `grace`"]),
    ("grace = \"5m\"", "second_device = \"both\"", &["can't be \"both\"", "`refuse`"]),
    (
        "at = 2026-03-30T08:00:00Z",
        "at = 2026-03-29T02:30:00",
        &["case.toml:23:6", "skip this time", "2026-03-29T02:30:00+01:00 or 2026-03-29T02:30:00+02:00"],
    ),
    (
        "at = 2026-03-30T08:00:00Z",
        "at = 2026-04-03T00:00:00Z",
        &["a step outside the run", "before 2026-04-03"],
    ),
    ("at = 2026-03-30T08:00:00Z", "at = 2026-03-30T08:00:00.5Z", &["instants are whole seconds"]),
    ("at = 2026-03-30T08:00:00Z", "at = 2026-03-30", &["no time of day"]),
    ("at = 2026-03-30T08:00:00Z", "at = \"Monday\"", &["must be a date and time"]),
    ("do = \"sign-in\"", "do = \"sing-in\"", &["did you mean `sign-in`"]),
    ("do = \"sign-in\"", "do = \"sign-in\"\nunits = 3", &["unknown key `units`"]),
    ("do = \"sign-in\"", "do = \"accept\"", &["nobody was invited"]),
    (
        "product = \"AutoCAD\"\nversion = \"2027\"\n[[step]]",
        "product = \"Cloud Render\"\n[[step]]",
        &["is a service"],
    ),
    ("do = \"sign-out\"", "do = \"sign-out\"\ndevice = \"laptop\"", &["no earlier step signs in"]),
    ("available = 493", "available = 493\nat = 2026-04-04T00:00:00Z", &["an expectation outside the run"]),
    ("available = 493", "", &["expects nothing"]),
    ("end = 2026-04-03", "end = 2026-03-01", &["a run ends after it starts"]),
    ("title = \"right\"", "title = \"\\u001b[2J\"", &["case.toml:1:9", "control characters"]),
    ("name = \"Studio North\"", "name = \"Studio\\u202eNorth\"", &["control characters"]),
    ("id = \"p1\"", "id = \"p;1\"", &["separate packs"]),
    ("bought = 2026-01-10", "used = 5, bought = 2026-03-29", &["spent before the start"]),
    ("products = [\"AutoCAD\", ", "products = [\"all\", ", &["products = \"all\""]),
    ("[policy]", "[team]\nname = \"x\"\n[policy]", &["not valid TOML"]),
    ("[policy]\ngrace = \"5m\"", "[[policy]]\ngrace = \"5m\"", &["must be a table"]),
    ("tokens = 500", "tokens = 0x10", &["written in decimal"]),
    (
        "rate = 3",
        "rate = 3\nversions = [{ name = \"1\", idle_aware = true }, { name = \"1\" }]",
        &["goes idle and does not"],
    ),
    (
        "kind = \"service\"\nrate = 0.1",
        "kind = \"collection\"\nmembers = [\"Cloud Render\"]",
        &["within a collection"],
    ),
    (
        "rate = 3\n",
        "rate = 3\n[[product]]\nname = \"Plant Viewer\"\nrate = 4\nkind = \"add-in\"\nfrom = 2026-03-30\n[[product]]\nname = \"Plant Viewer\"\nrate = 4\nkind = \"desktop\"\nfrom = 2026-04-01\n",
        &["of two kinds"],
    ),
    ("end = 2026-04-03T00:00:00Z\n", "", &["the file has no `end`"]),
    ("title = \"right\"", "title = \"right", &["not valid TOML", "case.toml:1"]),
];

#[test]
fn the_file_that_is_broken_below_is_right() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("case.toml"), RIGHT).expect("written");
    let output = flexmeter(folder.path(), &["check", "case.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    fs::write(folder.path().join("case.toml"), RIGHT.to_owned() + GROUP).expect("written");
    let output = flexmeter(folder.path(), &["run", "case.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn broken_files_are_explained_and_leave_nothing() {
    for (right, broken, said) in CASES {
        assert!(RIGHT.contains(right), "{right} is in the file");
        let text = RIGHT.replacen(right, broken, 1);
        explained(text.as_bytes(), said);
    }
}

/// A group to be broken likewise.
const GROUP: &str = r#"[[group]]
name = "drafters"
team = "Studio North"
count = 4
products = ["AutoCAD"]
habit = "probe"
[habit.probe]
kind = "poisson"
per_day = 1.5
session = { normal = { mean = "10m", sd = "2m" } }
"#;

/// The habit's own keys, to be replaced by those of an office.
const OFFICE: &str = r#"kind = "poisson"
per_day = 1.5
session = { normal = { mean = "10m", sd = "2m" } }
"#;

const GROUP_CASES: [(&str, &str, &[&str]); 31] = [
    ("count = 4", "count = 0", &["case.toml:40:9", "from 1 to 1,000,000"]),
    ("count = 4", "count = 5000000000", &["from 1 to 1,000,000"]),
    ("habit = \"probe\"", "habit = \"prob\"", &["unknown habit", "did you mean `probe`"]),
    ("kind = \"poisson\"", "kind = \"offices\"", &["did you mean `office`"]),
    ("kind = \"poisson\"", "kind = \"office\"", &["unknown key `per_day`"]),
    (OFFICE, "working_days = [\"Mo\"]", &["`working_days` can't be \"Mo\""]),
    (OFFICE, "working_days = []", &["an office that never works"]),
    (OFFICE, "arrives = { fixed = \"9h\" }", &["not a time of day", "08:45"]),
    (OFFICE, "arrives = { exponential = \"1h\" }", &["a time of day has one key"]),
    (OFFICE, "stays = { fixed = \"08:30\" }", &["not a duration"]),
    (OFFICE, "use = 1.5", &["`use` is out of range", "from 0 to 1"]),
    (OFFICE, "use = { AutoCAT = 0.5 }", &["unknown product `AutoCAT`", "did you mean `AutoCAD`"]),
    (OFFICE, "sessions = 0.5", &["from 1 to 12"]),
    (OFFICE, "versions = { \"2026\" = 0.5, \"2027\" = 0.1 }", &["add up to 1"]),
    (OFFICE, "holidays = [{ from = 2026-12-24, until = 2026-12-20 }]", &["`until` is the last day"]),
    (OFFICE, "seasons = [{ from = \"13-01\", until = \"02-01\", times = 2 }]", &["no day of the year"]),
    (OFFICE, "trips = { per_year = 3 }", &["has no `zones`"]),
    (
        OFFICE,
        "trips = { per_year = 3, zones = [\"Europe/Amsterdan\"] }",
        &["did you mean `Europe/Amsterdam`"],
    ),
    (OFFICE, "if_refused = { retry = 0.7, other_product = 0.5 }", &["must not exceed 1"]),
    (OFFICE, "days_off = 300", &["more days away than at work"]),
    ("count = 4", "count = 4\nteams = [\"Studio North\"]", &["`team` beside `teams`"]),
    ("per_day = 1.5", "per_day = 0", &["more than 0"]),
    ("mean = \"10m\"", "mean = 10", &["must be a text"]),
    ("{ normal = { mean = \"10m\", sd = \"2m\" } }", "{ uniform = [\"3h\", \"1h\"] }", &["the lower first"]),
    ("{ normal = { mean = \"10m\", sd = \"2m\" } }", "{ gamma = \"3h\" }", &["a distribution has one key"]),
    ("name = \"drafters\"", "name = \"drafters\"\ntoken_limit = 3", &["RULES 3.10"]),
    (
        "[[group]]",
        "[[step]]\nat = 2026-03-30T08:00:00Z\ndo = \"travel\"\nuser = \"drafters-2\"\ntime_zone = \"Asia/Tokyo\"\n[[group]]",
        &["case.toml:40:8", "does not change the hours", "trips = {"],
    ),
    (
        "[habit.probe]",
        "[[group]]\nname = \"drafters\"\nteam = \"Studio North\"\ncount = 9\nproducts = [\"AutoCAD\"]\nhabit = \"probe\"\n[habit.probe]",
        &["case.toml:44:8", "two groups are called `drafters`", "first here", "1 error in case.toml"],
    ),
    (
        "[[group]]\nname = \"drafters\"\nteam = \"Studio North\"",
        "[[team]]\nname = \"Branch\"\ncopies = 2\n[[group]]\nname = \"drafters-2\"\nteam = \"Studio North\"\ncount = 3\nproducts = [\"AutoCAD\"]\nhabit = \"probe\"\n[[group]]\nname = \"drafters\"\nteam = \"Branch\"",
        &["case.toml:47:8", "a member called `drafters-2-1`", "first here", "1 error in case.toml"],
    ),
    (
        OFFICE,
        "use = { AutoCAD = 0.5, Revit = 0.5 }",
        &["case.toml:45:24", "no group with this habit opens `Revit`", "1 error in case.toml"],
    ),
    (
        "kind = \"poisson\"",
        "use = { Revit = 0.5 }\nkind = \"poisson\"",
        &["unknown key `use`", "1 error in case.toml"],
    ),
];

#[test]
fn broken_groups_are_explained() {
    for (right, broken, said) in GROUP_CASES {
        assert!(GROUP.contains(right), "{right} is in the file");
        let broken =
            if right == OFFICE { format!("kind = \"office\"\n{broken}\n") } else { broken.to_owned() };
        explained((RIGHT.to_owned() + &GROUP.replacen(right, &broken, 1)).as_bytes(), said);
    }
    let member =
        GROUP.replace("drafters", "ada") + "[[user]]\nname = \"ada-3\"\nteams = [\"Studio North\"]\n";
    explained((RIGHT.to_owned() + &member).as_bytes(), &["`ada-3` is a [[user]] and a member of a group"]);
}

/// Two tables of prices, right as they are.
const PRICE: &str = r#"[[price]]
currency = "EUR"
packs = [100, { tokens = 5000, discount = 0.05 }, { tokens = 10000, price = 27000 }]
[[price]]
from = 2026-04-01
per_token = 3.2
subscriptions = [{ product = "Revit", month = 375, year = 2985 }]
"#;

const PRICE_CASES: [(&str, &str, &[&str]); 23] = [
    ("[[price]]\nfrom", "[price]\nfrom", &["not valid TOML"]),
    ("packs = [100", "colour = 1\npacks = [100", &["case.toml:39:1", "unknown key `colour` in [[price]]"]),
    ("from = 2026-04-01", "", &["case.toml:40:1", "from the same day", "first here"]),
    ("from = 2026-04-01", "from = 2026-04-01T08:00:00Z", &["case.toml:41:8", "a date without a time"]),
    ("from = 2026-04-01", "from = \"April\"", &["case.toml:41:8", "must be a date and time"]),
    ("\"EUR\"", "\"euro\"", &["case.toml:38:12", "three letters, such as \"USD\""]),
    ("per_token", "currency = \"USD\"\nper_token", &["case.toml:42:12", "two currencies", "first here"]),
    ("3.2", "-3", &["case.toml:42:13", "must be 0 or more"]),
    ("3.2", "3.2345", &["at most three digits"]),
    ("3.2", "1000001", &["a token costs at most 1,000,000"]),
    ("[100", "[0", &["case.toml:39:10", "a pack holds tokens"]),
    ("[100", "[\"100\"", &["case.toml:39:10", "must be a number"]),
    ("[100", "[100, 100.0", &["case.toml:39:15", "two packs of 100 tokens", "first here"]),
    ("[100", "[5000", &["case.toml:39:16", "two packs of 5000 tokens", "first here"]),
    ("per_token", "packs = []\nper_token", &["case.toml:42:9", "no pack can be bought"]),
    ("0.05", "1.5", &["case.toml:39:43", "`discount` is out of range", "from 0 to 1"]),
    ("price = 27000", "price = 27000, discount = 0", &["a discount or a price, not both"]),
    ("{ tokens = 10000, price = 27000 }", "{ price = 27000 }", &["a pack has no `tokens`"]),
    ("27000", "\"free\"", &["must be a number"]),
    ("Revit", "Rewit", &["case.toml:43:30", "unknown product", "did you mean `Revit`"]),
    (", month = 375, year = 2985", "", &["neither `month` nor `year`", "year = 2985"]),
    ("month = 375", "moth = 375", &["unknown key `moth`", "did you mean `month`"]),
    (
        "year = 2985 }",
        "year = 2985 }, { product = \"Revit\", year = 1 }",
        &["two prices for a subscription to one product", "first here"],
    ),
];

#[test]
fn broken_prices_are_explained() {
    flexmeter::scenario::Scenario::read(&(RIGHT.to_owned() + PRICE)).expect("right as it is");
    for (right, broken, said) in PRICE_CASES {
        assert!(PRICE.contains(right), "{right} is in the tables");
        let text = PRICE.replacen(right, broken, 1);
        explained((RIGHT.to_owned() + &text).as_bytes(), said);
    }
}

#[test]
fn files_that_are_no_scenario_are_explained() {
    explained(b"", &["is empty", "flexmeter new"]);
    explained(b"  \n\t\n", &["is empty"]);
    explained(b"title = \"\xff\xfe\"\n", &["line 1, byte 10 is not UTF-8"]);
    explained(&noise(100 << 20), &["is too large; a scenario file has at most 64 MiB"]);
    explained(&noise(1 << 20), &["is not text"]);
    explained("!$%&/()=?`".repeat(5000).as_bytes(), &["not valid TOML"]);
    let many = RIGHT.to_owned() + &"[[step]]\nat = 1\n".repeat(2000);
    explained(many.as_bytes(), &["2000 errors in case.toml; the first 20 are shown"]);
}

#[test]
fn folders_and_missing_files_are_explained() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("case.toml")).expect("a folder");
    refused(folder.path(), &["is a folder"]);
    let folder = tempfile::tempdir().expect("a folder");
    let output = flexmeter(folder.path(), &["run", "absent.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("can't read absent.toml"), "{}", stderr(&output));
    let output = flexmeter(folder.path(), &["check", "."]);
    assert!(stderr(&output).contains("holds no scenario files"), "{}", stderr(&output));
}

#[test]
fn all_errors_of_a_file_are_reported_at_once() {
    let mut text = RIGHT.to_owned();
    let missing_end = CASES.len() - 2;
    let independent = [0, 8, 12, 15, 17, 20, 29, 35, missing_end];
    for case in independent {
        let (right, broken, _) = CASES[case];
        text = text.replacen(right, broken, 1);
    }
    let said: Vec<&str> = independent.iter().filter_map(|case| CASES[*case].2.last().copied()).collect();
    explained(text.as_bytes(), &said);
}

/// Runs a file that can't be: exit 2, everything said, nothing left but the file.
fn explained(bytes: &[u8], said: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("case.toml"), bytes).expect("written");
    refused(folder.path(), said);
}

fn refused(folder: &Path, said: &[&str]) {
    let output = flexmeter(folder, &["run", "case.toml"]);
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(output.stdout.is_empty(), "errors go to standard error");
    for part in said {
        assert!(message.contains(part), "expected {part:?} in:\n{message}");
    }
    let left: Vec<_> =
        fs::read_dir(folder).expect("the folder").map(|e| e.expect("an entry").file_name()).collect();
    assert_eq!(left, ["case.toml"], "nothing is left behind");
}

fn noise(length: usize) -> Vec<u8> {
    let mut state: u64 = 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

/// What comes before a licence server, a contract, or a step of the way out of network licences.
const NETWORK: &str = r#"
start = 2026-03-02T00:00:00Z
end = 2026-03-05T00:00:00Z
[[team]]
name = "North"
[[user]]
name = "ada"
teams = ["North"]
licence_server = "lm"
[[user]]
name = "bo"
teams = ["North"]
"#;

#[test]
fn broken_servers_contracts_and_transitions_are_explained() {
    let server = "[[licence_server]]\nname = \"lm\"\nseats = { AutoCAD = 2 }\n";
    let step = |what: &str| format!("{server}[[step]]\nat = 2026-03-02T09:00:00Z\n{what}\n");
    let cases: [(String, &[&str]); 16] = [
        (String::new(), &["case.toml:9:18", "unknown licence server `lm`"]),
        (server.replace("= 2", "= 0"), &["case.toml:15:21", "at least 1"]),
        (server.replace("{ AutoCAD = 2 }", "{}"), &["case.toml:15:9", "seats = { AutoCAD = 15 }"]),
        (server.replace("AutoCAD", "AutoCat"), &["did you mean `AutoCAD`"]),
        (format!("{server}{server}"), &["two licence servers are called `lm`", "first here"]),
        (
            format!("{server}[[contract]]\nname = \"c\"\nteams = [\"South\"]\ncredits = 5"),
            &["unknown team `South`"],
        ),
        (format!("{server}[[contract]]\nname = \"c\"\nteams = [\"North\"]"), &["has no `credits`"]),
        (format!("{server}[[contract]]\nname = \"c\"\nteams = []\ncredits = 5"), &["RULES 3.1, 5.2"]),
        (
            format!("{server}[[expect]]\nlicence_server = \"lm\"\nproduct = \"Maya\"\npeak = 1"),
            &["no seats of this product (RULES 6.1)"],
        ),
        (step("do = \"create-users\"\nusers = []"), &["nobody is listed"]),
        (
            step("do = \"create-users\"\nusers = [\"bo\"]"),
            &["signs in through no licence server", "licence_server ="],
        ),
        (step("do = \"create-users\"\nusers = [\"ada\"]\ngroup = \"g\""), &["`users` beside `group`"]),
        (step("do = \"switch\"\nusers = [\"ada\"]\nproduct = \"AutoCAD\""), &["has no `device`"]),
        (step("do = \"retire-server\"\nserver = \"lm\"\nby = \"boss\""), &["primary-admin"]),
        (step("do = \"go-online\"\nuser = \"ada\"\ndevice = \"d\""), &["no earlier step takes it there"]),
        (
            format!("{server}[[expect]]\ntransition = [{{ at = 2026-03-02T09:00:00Z, step = \"swich\" }}]"),
            &["did you mean `switch`"],
        ),
    ];
    for (more, said) in cases {
        explained(format!("{NETWORK}{more}").as_bytes(), said);
    }
}
