//! Each rule by its number. A rule's test runs every scenario that cites it on its second line, and
//! fails if there is none; what a scenario can't show stands below as a table.

use std::collections::BTreeSet;
use std::fs;

use flexmeter::meter::Meter;
use flexmeter::meter::answer::{Admission, ChargeKind, Refusal};
use flexmeter::meter::id::{ServerId, TeamId};
use flexmeter::meter::instant::Instant;
use flexmeter::meter::session::SessionEnd;
use flexmeter::meter::tokens::Tokens;
use flexmeter::scenario::rulebook::RULES;
use flexmeter::simulation::run::Run;
use flexmeter::simulation::verdict::Verdict;

use crate::support::{files_below, project, result_files, run_with_rows, scenario, scenario_files, text_of};

macro_rules! shown {
    ($($test:ident $rule:literal;)*) => {
        $(#[test]
        fn $test() {
            shown($rule);
        })*
    };
}

shown! {
    rule_1_1_amounts_and_dated_rates "1.1";
    rule_1_2_charged_by_user_and_product "1.2";
    rule_1_3_a_window_is_24_elapsed_hours "1.3";
    rule_1_5_free_within_the_grace_period "1.5";
    rule_1_6_when_a_charge_falls_due "1.6";
    rule_1_7_grace_at_the_window_end "1.7";
    rule_1_8_idle_awareness "1.8";
    rule_1_9_pay_per_result "1.9";
    rule_2_1_one_balance_per_team "2.1";
    rule_2_2_a_pack_is_valid_for_a_year "2.2";
    rule_2_3_draw_order "2.3";
    rule_2_4_the_rate_must_be_available "2.4";
    rule_2_5_holds "2.5";
    rule_2_6_renewal_when_short "2.6";
    rule_2_7_moves_and_merges "2.7";
    rule_3_1_assignment_or_cover "3.1";
    rule_3_2_listed_or_all "3.2";
    rule_3_3_default_assignments "3.3";
    rule_3_4_invitations_and_notices "3.4";
    rule_3_5_cover_before_tokens "3.5";
    rule_3_6_devices "3.6";
    rule_3_7_add_ins "3.7";
    rule_3_8_offline "3.8";
    rule_3_9_two_teams "3.9";
    rule_3_11_linux_from_2020_on "3.11";
    rule_3_12_plans "3.12";
    rule_4_one_instant "4";
    rule_5_2_shared_cloud_credits "5.2";
    rule_6_1_licence_servers "6.1";
    rule_6_2_the_five_steps "6.2";
    rule_6_3_who_may_do_each "6.3";
    rule_6_4_a_switched_product "6.4";
}

/// Runs the scenarios that cite a rule in the comment at their head.
fn shown(rule: &str) {
    let mut cited = 0;
    for path in scenario_files() {
        let text = fs::read_to_string(&path).expect("a scenario file");
        if !cites(&text, rule) {
            continue;
        }
        cited += 1;
        let scenario = scenario(&text);
        for verdict in Verdict::all(&scenario, &Run::replay(&scenario)) {
            assert!(verdict.passed(), "rule {rule}, {}: {verdict:#?}", path.display());
        }
    }
    assert!(cited > 0, "rule {rule} has a scenario that cites it");
}

/// Whether the comment at a scenario's head cites a rule, on its second line before the colon.
fn cites(text: &str, rule: &str) -> bool {
    let second = text.lines().nth(1).unwrap_or_default();
    let numbers = second.split(':').next().unwrap_or_default();
    numbers.split(|c: char| !c.is_ascii_digit() && c != '.').any(|number| number == rule)
}

#[test]
fn every_rule_has_a_scenario_and_a_test() {
    let rulebook = fs::read_to_string(project().join("src/rules.md")).expect("the rulebook");
    let rows = rulebook.lines().filter_map(|line| line.strip_prefix("| ")?.split(' ').next());
    let rows = rows.filter(|number| number.starts_with(|c: char| c.is_ascii_digit()));
    let chapters = ["4", "7"].into_iter();
    let numbered: BTreeSet<&str> = rows.chain(chapters).collect();
    assert_eq!(RULES.iter().map(|rule| rule.number).collect::<BTreeSet<_>>(), numbered);
    let sources = [files_below("src", "rs"), files_below("tests", "rs")].concat();
    let tests: String = sources.iter().map(|path| fs::read_to_string(path).expect("a source")).collect();
    for rule in RULES {
        let path = project().join("scenarios").join(rule.scenario);
        let text = fs::read_to_string(&path);
        let text = text.unwrap_or_else(|error| panic!("rule {}, {}: {error}", rule.number, path.display()));
        assert!(cites(&text, rule.number), "{} cites rule {}", path.display(), rule.number);
        let test = format!("rule_{}_", rule.number.replace('.', "_"));
        assert!(tests.contains(&format!(" {test}")), "a test is called {test}…");
    }
}

const TWO_OPENINGS: &str = r#"
start = 2026-03-02T00:00:00Z
end = 2026-03-03T00:00:00Z
[[team]]
name = "Studio"
packs = [{ id = "p1", tokens = 100, bought = 2026-01-10T00:00:00Z }]
[[user]]
name = "ada"
teams = ["Studio"]
products = ["AutoCAD"]
[[step]]
at = 2026-03-02T08:00:00Z
do = "sign-in"
user = "ada"
product = "AutoCAD"
[[step]]
at = 2026-03-02T08:00:00Z
do = "sign-in"
user = "ada"
product = "AutoCAD"
[[step]]
at = 2026-03-02T09:00:00Z
do = "sign-out"
user = "ada"
product = "AutoCAD"
"#;

#[test]
fn rule_1_4_every_opening_is_a_session_of_its_own() {
    let (files, _) = result_files(TWO_OPENINGS);
    let sessions = &files[2];
    let expected = "signed_in,user,product,device,version,signed_out,end\n\
                    2026-03-02T08:00:00Z,ada,AutoCAD,desktop,2026,2026-03-02T09:00:00Z,sign-out\n\
                    2026-03-02T08:00:00Z,ada,AutoCAD,desktop,2026,2026-03-03T00:00:00Z,run-end\n";
    assert_eq!(sessions.text, expected);
}

#[test]
fn what_happens_by_itself_is_announced() {
    let scenario = scenario(TWO_OPENINGS);
    let mut meter = Meter::new(scenario.setup.clone());
    for (at, request) in &scenario.timeline[..3] {
        meter.apply(request.clone(), *at);
    }
    let hour = |hour: i64| Instant::from_seconds(scenario.start.seconds() + hour * 3600);
    let grace_end = Instant::from_seconds(hour(8).seconds() + 300);
    assert_eq!(meter.next_due(), Some(grace_end), "the grace period ends");
    meter.advance(Instant::from_seconds(grace_end.seconds() + 1));
    assert_eq!(meter.next_due(), Some(hour(32)), "the window ends");
    meter.advance(hour(33));
    assert_eq!(meter.next_due(), Some(hour(56)), "and the next one");
    assert_eq!(meter.available(TeamId(0)), Tokens::whole(86));
}

#[test]
fn rule_2_8_what_was_bought_is_posted_held_expired_or_remaining() {
    for path in scenario_files() {
        let scenario = scenario(&text_of(&path));
        let (run, rows) = run_with_rows(&scenario);
        for pack in &run.packs {
            let parts = pack.posted + pack.held + pack.expired + pack.remaining;
            assert_eq!(parts, pack.tokens, "{}: {pack:?}", path.display());
            let drawn: Tokens = rows
                .charges
                .iter()
                .flat_map(|charge| &charge.packs)
                .filter(|draw| draw.pack == pack.id)
                .map(|draw| draw.tokens)
                .sum();
            assert!(drawn <= pack.posted, "charges draw what the pack posts: {}", path.display());
        }
        let events: Tokens = rows
            .token_events
            .iter()
            .filter(|event| event.kind.name() == "expiry")
            .map(|event| event.tokens)
            .sum();
        let expired: Tokens = run.packs.iter().map(|pack| pack.expired).sum();
        assert_eq!(events, expired, "every expired token has its event: {}", path.display());
    }
}

#[test]
fn rule_3_10_there_is_no_token_limit() {
    let limited =
        TWO_OPENINGS.replace("products = [\"AutoCAD\"]", "products = [\"AutoCAD\"]\ntoken_limit = 50");
    let problems = flexmeter::scenario::Scenario::read(&limited).expect_err("no limit exists");
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].title.contains("RULES 3.10"), "{problems:?}");
    assert!(problems[0].help.as_deref().is_some_and(|help| help.contains("products")), "{problems:?}");
}

#[test]
fn every_answer_is_given_by_some_scenario_in_order_of_precedence() {
    assert!(Refusal::ALL.is_sorted() && Admission::ALL.is_sorted(), "the lists are in order of precedence");
    let (mut refusals, mut admissions) = (BTreeSet::new(), BTreeSet::new());
    let (mut kinds, mut ends) = (BTreeSet::new(), BTreeSet::new());
    for path in scenario_files() {
        let (_, rows) = run_with_rows(&scenario(&text_of(&path)));
        for sign_in in &rows.sign_ins {
            match sign_in.answer {
                Ok(admission) => admissions.insert(admission.name()),
                Err(refusal) => refusals.insert(refusal.name()),
            };
        }
        kinds.extend(rows.charges.iter().map(|charge| charge.kind.name()));
        ends.extend(rows.sessions.iter().map(|session| session.end.name()));
    }
    assert_eq!(refusals, Refusal::ALL.iter().map(|refusal| refusal.name()).collect());
    assert_eq!(admissions, Admission::ALL.iter().map(|admission| admission.name()).collect());
    assert_eq!(kinds, ChargeKind::ALL.iter().map(|kind| kind.name()).collect());
    assert_eq!(ends, SessionEnd::ALL.iter().map(|end| end.name()).collect());
}

#[test]
fn rule_3_8_what_no_contact_records_is_counted() {
    let offline = "[[step]]\nat = 2026-03-02T08:30:00Z\ndo = \"go-offline\"\nuser = \"ada\"\ndevice = \"desktop\"\n\
                   [[step]]\nat = 2026-03-03T08:10:00Z\ndo = \"DO\"\nuser = \"ada\"\ndevice = \"desktop\"\n";
    let text = TWO_OPENINGS.replace("end = 2026-03-03T00:00:00Z", "end = 2026-03-03T09:00:00Z");
    let unrecorded = |last: &str| {
        let run = Run::replay(&scenario(&format!("{text}{}", offline.replace("DO", last))));
        (run.tally.unrecorded, run.tally.tokens)
    };
    let seven = Tokens::whole(7);
    assert_eq!(unrecorded("go-offline"), ((1, seven), seven), "the renewal at 08:00 waits for a contact");
    assert_eq!(unrecorded("go-online"), ((0, Tokens::ZERO), Tokens::whole(14)));
}

#[test]
fn rule_6_1_refusals_are_counted_before_and_since_the_first_switch() {
    let step = |at: &str, what: &str| format!("[[step]]\nat = 2026-03-02T{at}Z\n{what}\n");
    let anna = "users = [\"anna@noordbouw.example\"]";
    let tries_again = "do = \"sign-in\"\nuser = \"carla@noordbouw.example\"\nproduct = \"AutoCAD\"";
    let create = format!("do = \"create-users\"\n{anna}");
    let assign = format!("do = \"assign-products\"\n{anna}\nproducts = [\"AutoCAD\"]");
    let switch = format!("do = \"switch\"\n{anna}\nproduct = \"AutoCAD\"\ndevice = \"laptop\"");
    let more = [
        step("09:02:00", tries_again),
        step("13:00:00", &create),
        step("13:00:00", &assign),
        step("13:00:00", &switch),
    ];
    let counted = |more: &[String]| {
        let path = project().join("scenarios/boundaries/the-last-free-seat.toml");
        let run = Run::replay(&scenario(&format!("{}{}", text_of(&path), more.concat())));
        let seats = &run.tally.servers[&ServerId(0)].seats[0];
        (seats.refused_before, seats.refused_since)
    };
    assert_eq!(counted(&[]), (2, 0), "a try of either of the others, and nobody is switched");
    assert_eq!(counted(&more), (2, 1), "a try more before the switch, and one is after it");
}
