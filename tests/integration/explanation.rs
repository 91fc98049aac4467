//! Why something was charged, refused or not charged: the chain of rules, and alternatives that were run.

use std::collections::{BTreeMap, BTreeSet};

use flexmeter::audit::alternative::{Alternative, alternatives};
use flexmeter::audit::difference::{Difference, Sides};
use flexmeter::audit::explanation::{Explanation, Subject, explain, subjects};
use flexmeter::audit::inquiry::Whose;
use flexmeter::audit::journal::Journal;
use flexmeter::audit::transcript::{Script, transcript};
use flexmeter::meter::answer::{ChargeKind, Refusal};
use flexmeter::meter::record::Record;
use flexmeter::results::table_reader::WrittenTables;
use flexmeter::scenario::calendar::iso;
use flexmeter::scenario::document::Document;
use flexmeter::scenario::moment;
use flexmeter::scenario::rulebook::RULES;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use crate::history::History;
use crate::support::{flexmeter, project, result_files, scenario, scenario_files, stdout, tables, text_of};

/// A file without chance, and what happens in it.
struct Told {
    text: String,
    document: Document,
    journal: Journal,
}

fn told(text: &str) -> Told {
    let document = Document::read(text).expect("a scenario");
    written_down(transcript(&document, &scenario(text), None))
}

fn written_down(Script { document, scenario }: Script) -> Told {
    Told { text: document.text(), document, journal: Journal::of(&scenario) }
}

impl Told {
    fn answer(&self, whose: Whose, subject: &Subject) -> (Explanation, Vec<Alternative>) {
        let explanation = explain(&self.journal, whose, subject);
        assert!(!explanation.reasons.is_empty(), "a reason for {subject:?} in\n{}", self.text);
        for reason in &explanation.reasons {
            assert!(RULES.iter().any(|rule| rule.number == reason.rule), "{} is a rule", reason.rule);
        }
        (explanation, alternatives(&self.journal, &self.document, (whose, subject)))
    }

    /// Everything charged or refused, with whose it is.
    fn all(&self) -> Vec<(Whose, Subject)> {
        let keys = self.journal.entries.iter().filter_map(|entry| match &entry.record {
            Record::Charge(row) => Some((row.user, row.product)),
            Record::SignIn(row) => Some((row.user, row.product)),
            _ => None,
        });
        let keys: BTreeSet<_> = keys.collect();
        let whose = keys.into_iter().map(|(user, product)| Whose { user, product });
        whose
            .flat_map(|whose| subjects(&self.journal, whose).into_iter().map(move |of| (whose, of)))
            .collect()
    }

    /// How often a table of the file with that text has a row that begins so.
    fn rows(text: &str, table: &str, begins: &str) -> usize {
        let (files, _) = result_files(text);
        let file = files.iter().find(|file| file.name == table).expect("a table");
        file.text.lines().filter(|line| line.starts_with(begins)).count()
    }

    /// What an alternative says is so: the subject is not there any more, and the rest is what is different.
    fn check(&self, (whose, subject): (Whose, &Subject), alternative: &Alternative) {
        let directory = &self.journal.scenario.directory;
        let (user, product) = (directory.users.get(whose.user.0), directory.products.get(whose.product.0));
        let changed = alternative.document.text();
        // As CSV quotes it.
        let product = if product.contains(',') { format!("\"{product}\"") } else { product.to_owned() };
        let begins = format!("{},{user},{product},", iso(subject.at()));
        let there = |text: &str| match subject {
            Subject::Charge(_) => Told::rows(text, "charges.csv", &begins),
            _ => Told::rows(text, "sign_ins.csv", &begins),
        };
        match subject {
            // A service may be used several times at one instant, and be refused.
            Subject::Charge(of) if !matches!(of.kind, ChargeKind::Result | ChargeKind::Refund) => {
                assert_eq!(
                    (there(&self.text), there(&changed)),
                    (1, 0),
                    "{} in\n{changed}",
                    alternative.text
                );
            }
            _ => assert!(there(&self.text) > 0),
        }
        let (a, b) = (tables(&self.text), tables(&changed));
        let sides: Sides<&dyn WrittenTables> = Sides { a: &a, b: &b };
        let difference = Difference::between(&sides).expect("whole tables");
        assert_eq!(difference, alternative.difference, "{}", alternative.text);
        assert!(!difference.is_none(), "what is avoided is different");
    }
}

#[test]
fn a_journal_writes_what_a_run_writes() {
    let files = scenario_files().into_iter().map(|path| text_of(&path));
    let scripted = files.filter(|text| scenario(text).simulated.is_empty());
    let histories = (0..200).map(|seed| History::random(seed).to_toml());
    for text in scripted.chain(histories) {
        assert_eq!(Journal::of(&scenario(&text)).tables(), tables(&text), "{text}");
    }
}

#[test]
fn alternatives_to_random_charges_avoid_them() {
    const CHARGES: usize = 200;
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut explained, mut tried) = (0, 0);
    for seed in 0.. {
        if explained == CHARGES {
            break;
        }
        let told = told(&History::random(seed).to_toml());
        let mut all = told.all();
        all.retain(|(_, subject)| matches!(subject, Subject::Charge(_)));
        // Renewals and resumes are rarer than first sign-ins, and more is to be explained.
        let others = |(_, subject): &(Whose, Subject)| !matches!(subject, Subject::Charge(of) if of.kind == ChargeKind::SignIn);
        if all.iter().any(others) && rng.random_ratio(2, 3) {
            all.retain(others);
        }
        let Some((whose, subject)) = all.choose(&mut rng) else { continue };
        let Subject::Charge(charge) = subject else { continue };
        let (_, alternatives) = told.answer(*whose, subject);
        assert!(!alternatives.is_empty(), "something avoids {subject:?} in\n{}", told.text);
        for alternative in &alternatives {
            told.check((*whose, subject), alternative);
        }
        *kinds.entry(charge.kind.name()).or_default() += 1;
        explained += 1;
        tried += alternatives.len();
    }
    println!("{explained} charges, {tried} alternatives: {kinds:?}");
    assert!(ChargeKind::ALL.iter().all(|kind| kinds.contains_key(kind.name())), "every kind: {kinds:?}");
}

#[test]
fn alternatives_to_random_refusals_admit() {
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let mut helped: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for seed in 0..400 {
        let told = told(&History::random(seed).to_toml());
        let mut all = told.all();
        all.retain(|(_, subject)| matches!(subject, Subject::Refusal(_)));
        let Some((whose, subject)) = all.choose(&mut rng) else { continue };
        let Subject::Refusal(sign_in) = subject else { continue };
        let (_, alternatives) = told.answer(*whose, subject);
        for alternative in &alternatives {
            told.check((*whose, subject), alternative);
        }
        let (all, with) = helped.entry(sign_in.answer.expect_err("a refusal").name()).or_default();
        *all += 1;
        *with += usize::from(!alternatives.is_empty());
    }
    println!("refusals by reason, and those with an alternative: {helped:?}");
    for refusal in Refusal::ALL {
        let (_, with) = helped.get(refusal.name()).copied().unwrap_or_default();
        assert!(with > 0, "some {} has an alternative: {helped:?}", refusal.name());
    }
}

#[test]
fn charges_of_simulated_users_are_explained() {
    let text = text_of(&project().join("scenarios/large.toml"));
    let simulated = scenario(&text);
    let user = simulated.simulated[7].user;
    let document = Document::read(&text).expect("a scenario");
    let told = written_down(transcript(&document, &simulated, Some(user)));
    let name = simulated.directory.users.get(user.0);
    let all = told.all();
    let own = all.iter().filter(|(whose, _)| told.journal.scenario.directory.users.get(whose.user.0) == name);
    let own: Vec<_> = own.take(2).collect();
    assert!(!own.is_empty(), "{name} is charged in a week");
    for (whose, subject) in own {
        let (_, alternatives) = told.answer(*whose, subject);
        assert!(!alternatives.is_empty());
        told.check((*whose, subject), &alternatives[0]);
    }
}

/// A file below scenarios/, a user, a product and an instant; the rules that decided, and the first alternative.
const CASES: [[&str; 6]; 19] = [
    [
        "worked-examples/monday-eight-and-tuesday-eight",
        "anna@noordbouw.example",
        "AutoCAD",
        "2026-03-02T08:00:00Z",
        "3.1 1.6 1.5 1.3 1.1 2.3",
        "closing it within the grace period, by Mon 2026-03-02 09:04:59",
    ],
    [
        "worked-examples/monday-eight-and-tuesday-eight",
        "anna@noordbouw.example",
        "AutoCAD",
        "2026-03-03T08:00:00Z",
        "1.3 1.6 1.8 2.5 1.3 1.1 2.3",
        "signing out by Tue 2026-03-03 09:00:00",
    ],
    [
        "boundaries/idle-resume-keeps-the-grid",
        "anna@noordbouw.example",
        "AutoCAD",
        "2026-03-05T08:00:00Z",
        "1.6 1.8 1.8 1.3 1.1 2.3",
        "signing out while idle, by Thu 2026-03-05 09:29:59",
    ],
    [
        "boundaries/cover-that-ends-with-an-open-session",
        "anna@noordbouw.example",
        "AutoCAD",
        "2026-03-02T12:00:00Z",
        "3.5 3.5 2.5 1.3 1.1 2.3",
        "signing out by Mon 2026-03-02 13:00:00",
    ],
    [
        "boundaries/three-teams-earliest-expiry",
        "claire@lenoir.example",
        "AutoCAD",
        "2026-03-04T08:00:00Z",
        "1.3 1.6 1.8 2.5 1.3 1.1 3.9 2.3",
        "signing out by Wed 2026-03-04 09:00:00",
    ],
    [
        "boundaries/back-online-when-the-window-ends",
        "anna@noordbouw.example",
        "AutoCAD",
        "2026-03-04T10:00:00Z",
        "1.3 1.6 1.8 3.8 1.3 1.1 2.3",
        "signing out by Wed 2026-03-04 11:00:00",
    ],
    [
        "boundaries/a-renewal-that-cannot-be-paid-is-owed",
        "anna@noordbouw.example",
        "AutoCAD",
        "2026-03-03T08:00:00Z",
        "1.3 1.6 1.8 2.5 1.3 1.1 2.3 2.6",
        "signing out by Tue 2026-03-03 09:00:00",
    ],
    [
        "boundaries/a-failed-result-is-refunded",
        "ruth@harbourfinch.example",
        "Daylight Study",
        "2026-03-02T10:00:00Z",
        "1.9 2.3 2.3",
        "not using Daylight Study Mon 2026-03-02 10:00:00",
    ],
    [
        "boundaries/two-versions-on-one-device-have-one-hold",
        "anna@noordbouw.example",
        "AutoCAD",
        "2026-03-02T09:03:00Z",
        "3.1 1.6 2.5 1.5 1.3 1.1 2.3",
        "closing it within the grace period, by Mon 2026-03-02 10:07:59",
    ],
    [
        "boundaries/reopened-before-the-window-end-and-closed-in-grace",
        "bram@noordbouw.example",
        "AutoCAD",
        "2026-03-03T08:00:00Z",
        "1.3 1.6 1.7 1.5 1.3 1.1 2.3",
        "closing it within the grace period, by Tue 2026-03-03 09:01:59",
    ],
    [
        "boundaries/an-add-in-is-charged-beside-its-host",
        "priya@harbourfinch.example",
        "Energy Add-in",
        "2026-03-02T09:00:00Z",
        "3.1 1.6 1.5 1.3 1.1 2.3",
        "closing it within the grace period, by Mon 2026-03-02 09:04:59",
    ],
    [
        "boundaries/idle-resume-keeps-the-grid",
        "anna@noordbouw.example",
        "AutoCAD",
        "2026-03-05T08:15:00Z",
        "1.8",
        "",
    ],
    [
        "boundaries/a-renewal-that-cannot-be-paid-runs-on",
        "anna@noordbouw.example",
        "AutoCAD",
        "2026-03-03T09:00:00Z",
        "2.6",
        "",
    ],
    [
        "boundaries/a-renewal-that-cannot-be-paid-runs-on",
        "anna@noordbouw.example",
        "AutoCAD",
        "2026-03-04T08:00:00Z",
        "2.6 1.6 1.8 2.5 1.3 1.1 2.3",
        "signing out by Wed 2026-03-04 09:00:00",
    ],
    [
        "boundaries/a-renewal-that-cannot-be-paid-stops-the-session",
        "anna@noordbouw.example",
        "AutoCAD",
        "2026-03-03T08:00:00Z",
        "2.6",
        "",
    ],
    [
        "boundaries/a-second-device-takes-over",
        "bram@noordbouw.example",
        "AutoCAD",
        "2026-03-02T08:00:00Z",
        "2.5 1.5",
        "",
    ],
    // Nothing charged: inside a paid window, then a free opening.
    [
        "worked-examples/monday-eight-and-tuesday-eight",
        "anna@noordbouw.example",
        "AutoCAD",
        "2026-03-03T07:30:00Z",
        "1.6",
        "",
    ],
    [
        "worked-examples/closed-after-4m59-is-free",
        "carla@noordbouw.example",
        "AutoCAD",
        "2026-03-02T09:02:00Z",
        "2.5 1.5",
        "",
    ],
    [
        "worked-examples/closed-after-4m59-is-free",
        "carla@noordbouw.example",
        "AutoCAD",
        "2026-03-02T12:00:00Z",
        "1.6 1.5",
        "",
    ],
];

#[test]
fn chains_of_rules_are_told_in_their_order() {
    for [file, user, product, at, rules, first] in CASES {
        let text =
            std::fs::read_to_string(project().join(format!("scenarios/{file}.toml"))).expect("a scenario");
        let told = told(&text);
        let directory = &told.journal.scenario.directory;
        let user = directory.user_number(user).expect("a user");
        let product = directory.product_number(product).expect("a product");
        let (whose, zone) =
            (Whose { user, product }, told.journal.scenario.zone_of(user, told.journal.scenario.start));
        let at = moment::parse(at, zone).expect("an instant");
        let found = subjects(&told.journal, whose).into_iter().find(|subject| subject.at() == at);
        let subject = found.unwrap_or(Subject::Absence(at));
        let (explanation, alternatives) = told.answer(whose, &subject);
        let told: Vec<&str> = explanation.reasons.iter().map(|reason| reason.rule).collect();
        assert_eq!(told.join(" "), rules, "{file}: {explanation:#?}");
        assert_eq!(alternatives.first().map_or("", |of| of.text.as_str()), first, "{file}");
    }
}

#[test]
fn an_alternative_applied_is_what_diff_finds() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = project().join("scenarios/a-week-at-studio-north.toml");
    let file = file.to_str().expect("a path of text");
    let at = ["--user", "priscilla@studio-north.example", "--product", "AutoCAD", "--at", "2026-03-03T09:00"];
    let explain =
        [&["explain", file][..], &at, &["--apply", "2", "--out", "idle.toml", "--format", "json"]].concat();
    let output = flexmeter(folder.path(), &explain);
    assert_eq!(output.status.code(), Some(0));
    let answer: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    let output = flexmeter(folder.path(), &["diff", file, "idle.toml", "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let found: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    let alternative = &answer["alternatives"][1];
    assert_eq!(alternative["tokens"], "-9");
    assert_eq!(alternative["tokens"], found["tokens"]["difference"]);
    for (table, changes) in alternative["changes"].as_object().expect("changes by table") {
        let of = found["tables"].as_array().expect("tables").iter().find(|of| of["table"] == **table);
        let of = of.unwrap_or_else(|| panic!("diff tells of {table}"));
        for (side, word) in [("only_in_a", "gone"), ("only_in_b", "new")] {
            assert_eq!(of[side]["rows"], changes[word], "{table}");
        }
    }
    for wrong in [&["--apply", "9", "--out", "x.toml"][..], &["--apply", "0", "--out", "x.toml"]] {
        let output = flexmeter(folder.path(), &[&["explain", file][..], &at, wrong].concat());
        assert_eq!(output.status.code(), Some(2));
        assert!(!folder.path().join("x.toml").exists());
    }
}

#[test]
fn a_folder_of_results_is_explained_like_its_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = project().join("scenarios/a-week-at-studio-north.toml");
    let file = file.to_str().expect("a path of text");
    assert!(flexmeter(folder.path(), &["run", file, "--seed", "4", "--out", "week", "-q"]).status.success());
    let written = std::fs::read_to_string(folder.path().join("week/scenario.toml")).expect("the scenario");
    assert!(written.contains("seed = 4"), "{written}");
    let at = ["--user", "sam@studio-north.example", "--product", "AutoCAD", "--at", "2026-03-09T08:30"];
    let explain = |run: &str| stdout(&flexmeter(folder.path(), &[&["explain", run][..], &at].concat()));
    assert_eq!(explain("week"), explain(file));
    assert!(explain("week").contains("leaving it untouched"), "{}", explain("week"));
}

/// Two teams of one user, of which the first can pay once; what happens, an instant, and what the answer says.
const BALANCES: [[&str; 3]; 2] = [
    [
        r#"
[[step]]
at = 2026-03-02T09:00:00Z
do = "sign-in"
user = "u"
product = "AutoCAD"
version = "2027"
[[step]]
at = 2026-03-03T13:00:00Z
do = "touch"
user = "u"
product = "AutoCAD"
"#,
        "2026-03-03T13:00:00Z",
        "S pays (T had 5, S had 7)",
    ],
    [
        r#"
[[step]]
at = 2026-03-02T09:00:00Z
do = "sign-in"
user = "u"
product = "AutoCAD"
[[step]]
at = 2026-03-03T08:00:00Z
do = "go-offline"
user = "u"
device = "desktop"
[[step]]
at = 2026-03-03T10:00:00Z
do = "buy"
team = "T"
pack = { id = "late", tokens = 2 }
[[step]]
at = 2026-03-03T12:00:00Z
do = "go-online"
user = "u"
device = "desktop"
"#,
        "2026-03-03T09:00:00Z",
        "T pays (T had 7, S had 7)",
    ],
];

#[test]
fn balances_are_those_on_which_the_choice_was_made() {
    let head = r#"
start = 2026-03-02T00:00:00Z
end = 2026-03-04T00:00:00Z
[[product]]
name = "AutoCAD"
rate = 7
versions = [{ name = "2027", idle_aware = true }]
[[team]]
name = "T"
packs = [{ id = "p1", tokens = 5, bought = 2026-02-10T00:00:00Z }]
[[team]]
name = "S"
packs = [{ id = "s1", tokens = 14, bought = 2026-02-12T00:00:00Z }]
[[user]]
name = "u"
teams = ["T", "S"]
products = ["AutoCAD"]
"#;
    for [steps, at, said] in BALANCES {
        let told = told(&format!("{head}{steps}"));
        let (whose, subject) = told
            .all()
            .into_iter()
            .find(|(_, subject)| iso(subject.at()) == at)
            .expect("something to ask about");
        let (explanation, _) = told.answer(whose, &subject);
        let texts: Vec<&str> = explanation.reasons.iter().map(|reason| reason.text.as_str()).collect();
        assert!(texts.iter().any(|text| text.starts_with(said)), "{said}: {texts:#?}");
    }
}

#[test]
fn a_refused_use_is_told_with_its_units() {
    let told = told(
        r#"
start = 2026-03-02T00:00:00Z
end = 2026-03-03T00:00:00Z
[[product]]
name = "Cloud"
kind = "service"
rate = 0.5
[[team]]
name = "T"
packs = [{ id = "p1", tokens = 5, bought = 2026-02-10T00:00:00Z }]
[[user]]
name = "u"
teams = ["T"]
products = ["Cloud"]
[[step]]
at = 2026-03-02T09:00:00Z
do = "use"
units = 30
user = "u"
product = "Cloud"
"#,
    );
    let all = told.all();
    let (whose, subject) = all.first().expect("a refusal");
    let (explanation, alternatives) = told.answer(*whose, subject);
    let rules: Vec<&str> = explanation.reasons.iter().map(|reason| reason.rule).collect();
    assert_eq!(rules, ["1.9", "2.4"]);
    assert_eq!(explanation.reasons[1].text, "T had 5 available, less than 15");
    assert_eq!(alternatives[0].text, "10 more tokens for T by Mon 2026-03-02 09:00:00");
}
