//! Sessions at the clock: what typed lines show and become, what is saved, and that going back leaves nothing.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use flexmeter::audit::clock::command::{Back, Command as Typed};
use flexmeter::audit::clock::{Clock, Trouble};
use flexmeter::simulation::run::Run;
use flexmeter::simulation::verdict::Verdict;

use crate::support::{flexmeter, project, scenario, stderr, stdout, text_of};

/// Two teams, four people, a licence server, and steps of its own on Tuesday.
const FIRM: &str = r#"# What can be typed?
title = "A firm to type in"
start = 2026-03-02T00:00:00Z
end = 2026-03-12T00:00:00Z

[[product]]
name = "Maya"
rate = 6
versions = [{ name = "2027", idle_aware = true }]

[[product]]
name = "Meshing"
kind = "service"
rate = 0.5

[[team]]
name = "North"
time_zone = "Europe/Amsterdam"
packs = [{ id = "n1", tokens = 40, bought = 2026-01-10T09:00:00Z }]

[[team]]
name = "South"
packs = [{ id = "s1", tokens = 100, bought = 2026-01-10T09:00:00Z }]

[[licence_server]]
name = "lm"
seats = { Revit = 1 }

[[user]]
name = "ana"
teams = ["North"]
products = ["AutoCAD", "Maya", "Meshing"]

[[user]]
name = "andy lee"
teams = ["North", "South"]
products = ["AutoCAD"]

[[user]]
name = "bo"
teams = ["South"]
products = []

[[user]]
name = "cy"
teams = ["South"]
licence_server = "lm"

[[step]]
at = 2026-03-03T08:00:00Z
do = "sign-in"
user = "bo"
product = "AutoCAD"
"#;

fn clock() -> Clock {
    Clock::open(FIRM).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// Carries a line out that shows nothing.
fn obey(clock: &mut Clock, line: &str) -> Result<(), Trouble> {
    match Typed::read(line, clock)? {
        Typed::To(at) => clock.go_to(at).map(drop),
        Typed::Next => clock.let_happen().map(drop),
        Typed::Back(back) => clock.back(back),
        Typed::Do(words) => clock.do_step(&words).map(drop),
        other => panic!("{line} does nothing: {other:?}"),
    }
}

#[track_caller]
fn lived(lines: &[&str]) -> Clock {
    let mut clock = clock();
    for line in lines {
        obey(&mut clock, line).unwrap_or_else(|Trouble(said)| panic!("{line}: {said}"));
    }
    clock
}

/// Everything that can be seen of the present.
fn seen(clock: &Clock) -> String {
    let state = clock.state();
    format!("{:?}\n{}\n{:?}\n{:#?}", state.now(), state.text(), state.events(), state.standing())
}

/// Lines, and the step that the last of them becomes.
const STEPS: [(&[&str], &str); 26] = [
    (&["sign-in ana Auto"], r#"do = "sign-in"|user = "ana"|product = "AutoCAD""#),
    (
        &["sign-in and maya device=laptop version=2027"],
        r#"do = "sign-in"|user = "andy lee"|product = "Maya"|device = "laptop"|version = "2027""#,
    ),
    (&["sign-in ana Maya", "+ 1s", "sign-out ana Maya"], r#"do = "sign-out"|user = "ana"|product = "Maya""#),
    (&["sign-in ana Maya", "+ 1s", "touch ana Maya"], r#"do = "touch"|user = "ana"|product = "Maya""#),
    (&["use ana meshing units=2.5"], r#"do = "use"|user = "ana"|product = "Meshing"|units = 2.5"#),
    (&["buy 20 south"], r#"do = "buy"|team = "South"|pack = { id = "bought-1", tokens = 20 }"#),
    (
        &["buy 20 South", "buy 0.5 North id=b expires=+30d price=3"],
        r#"do = "buy"|team = "North"|pack = { id = "b", tokens = 0.5, expires = 2026-04-01T07:00:00Z, price = 3 }"#,
    ),
    (&["move n1 South"], r#"do = "move"|pack = "n1"|to = "South""#),
    (&["merge North South"], r#"do = "merge"|team = "North"|into = "South""#),
    (
        &["assign bo auto,Maya import=yes"],
        r#"do = "assign"|user = "bo"|products = ["AutoCAD", "Maya"]|import = true"#,
    ),
    (&["assign bo all"], r#"do = "assign"|user = "bo"|products = "all""#),
    (&["unassign ana AutoCAD"], r#"do = "unassign"|user = "ana"|products = ["AutoCAD"]"#),
    (
        &["default-products North Maya guests=no"],
        r#"do = "default-products"|team = "North"|products = ["Maya"]|guests = false"#,
    ),
    (
        &["subscribe \"andy lee\" Maya until=2026-05-01"],
        r#"do = "subscribe"|user = "andy lee"|product = "Maya"|until = 2026-04-30T22:00:00Z"#,
    ),
    (&["subscribe ana Maya", "unsubscribe ana Maya"], r#"do = "unsubscribe"|user = "ana"|product = "Maya""#),
    (&["start-trial bo Maya"], r#"do = "start-trial"|user = "bo"|product = "Maya""#),
    (&["start-trial bo Maya", "end-trial bo Maya"], r#"do = "end-trial"|user = "bo"|product = "Maya""#),
    (&["release-product Mudbox"], r#"do = "release-product"|product = "Mudbox""#),
    (&["travel ana Asia/Tokyo"], r#"do = "travel"|user = "ana"|time_zone = "Asia/Tokyo""#),
    (&["uninstall ana Maya laptop"], r#"do = "uninstall"|user = "ana"|product = "Maya"|device = "laptop""#),
    (&["invite bo", "accept bo"], r#"do = "accept"|user = "bo""#),
    (&["go-offline ana", "go-online ana"], r#"do = "go-online"|user = "ana"|device = "desktop""#),
    (&["create-users cy by=secondary-admin"], r#"do = "create-users"|users = ["cy"]|by = "secondary-admin""#),
    (&["assign-products cy Revit"], r#"do = "assign-products"|users = ["cy"]|products = ["Revit"]"#),
    (&["switch cy Revit"], r#"do = "switch"|users = ["cy"]|product = "Revit"|device = "desktop""#),
    (&["inform-users cy", "retire-server lm"], r#"do = "retire-server"|server = "lm""#),
];

#[test]
fn lines_become_steps() {
    for (lines, expected) in STEPS {
        let clock = lived(&[&["to 2026-03-02T08:00"], lines].concat());
        let text = clock.state().text();
        let step = text.rsplit("[[step]]\n").next().expect("a step").trim_end().replace('\n', "|");
        let (at, rest) = step.split_once('|').expect("lines");
        assert!(at.starts_with("at = 2026-03-02T07:00:0"), "{lines:?}: {at}");
        assert_eq!(rest, expected, "{lines:?}");
    }
}

#[test]
fn what_is_not_right_is_told_with_the_way_out() {
    let cases = [
        ("sing-in ana AutoCAD", "unknown command `sing-in`; did you mean `sign-in`?"),
        ("sign-in an AutoCAD", "`an` may be `ana` or `andy lee`; type more of the name"),
        ("sign-in anna AutoCAD", "unknown user `anna`; did you mean `ana`?"),
        ("sign-in ana AutCAD", "unknown product `AutCAD`; did you mean `AutoCAD`?"),
        ("sign-in ana", "something is missing; write sign-in USER PRODUCT"),
        ("sign-in ana Maya laptop", "`laptop` is too much; write sign-in USER PRODUCT"),
        ("sign-in ana Maya devise=laptop", "unknown key `devise`"),
        ("sign-in \u{1b}[2J ana", "the line holds control characters"),
        ("sign-in \"ana Maya", "a quotation mark is missing"),
        ("sign-out ana Maya", "no earlier step signs in the session"),
        ("use ana Maya", "write do = \"sign-in\""),
        ("buy", "how many? Write buy TOKENS [TEAM]"),
        ("buy 5", "something is missing; write buy TOKENS [TEAM]"),
        ("buy five North", "`tokens` is an amount such as 7 or 0.5, not `five`"),
        ("merge North", "something is missing; write merge [TEAM] TEAM"),
        ("to 2026-03-01", "has gone by; `back to` goes there"),
        ("to 2026-03-12T08:00", "the scenario ends at 2026-03-12T00:00:00Z"),
        ("to Friday", "`Friday` is not an instant"),
        ("+ 2 hours", "write how long"),
        ("+ 99999999d", "beyond the calendar"),
        ("back", "nothing was done that could be taken back"),
        ("back 0", "write `back`, `back 3` or `back to INSTANT`"),
        ("back to 2026-01-01", "lies before the start"),
        ("balances of North", "`balances` is not written like that; `help` says how"),
    ];
    for (line, expected) in cases {
        let mut clock = clock();
        let Trouble(said) = obey(&mut clock, line).expect_err(line);
        assert!(said.contains(expected), "{line}: {said}");
        assert_eq!(seen(&clock), seen(&self::clock()), "{line} changes nothing");
    }
}

#[test]
fn a_step_does_not_change_what_has_happened() {
    let cases: [(&[&str], &str, &str); 5] = [
        (&["sign-in ana Maya"], "assign bo Maya", "`assign` comes before them (RULES 4)"),
        (&["sign-in ana Maya"], "buy 5 North", "`buy` comes before them (RULES 4)"),
        (&["assign bo Maya"], "buy 5 North", "steps were answered already, and `buy` comes before"),
        (&["sign-in ana Maya", "next"], "sign-out ana Maya", "what falls due were answered already"),
        (&["sign-in ana Maya", "+ 1d"], "invite ana", "`invite` would change what has happened"),
    ];
    for (lines, line, expected) in cases {
        let mut clock = lived(lines);
        let before = seen(&clock);
        let Trouble(said) = obey(&mut clock, line).expect_err(line);
        assert!(said.contains(expected), "{line}: {said}");
        assert_eq!(seen(&clock), before);
        obey(&mut clock, "+ 1s").expect("a second later");
        assert!(
            line.starts_with("invite") || obey(&mut clock, line).is_ok(),
            "a second later {line} is right"
        );
    }
}

/// Whatever is typed and taken back, the present is as if it had not been typed.
#[test]
fn going_back_leaves_nothing() {
    let morning = ["to 2026-03-02T08:00", "sign-in ana AutoCAD", "+ 10m"];
    let cases: [(&[&str], &str); 8] = [
        (&["buy 5 South"], "back"),
        (&["next"], "back"),
        (&["to 2026-03-05", "sign-in bo AutoCAD", "+ 2h"], "back 3"),
        (&["sign-out ana AutoCAD", "merge North South", "next"], "back 3"),
        (&["+ 1h", "sign-in andy Maya", "+ 1h"], "back to 2026-03-02T08:10"),
        (&["travel ana Asia/Tokyo", "back", "+ 1d"], "back"),
        (&["+ 2d"], "back to 2026-03-02T08:10"),
        (&["+ 2h"], "back to 08:10"),
    ];
    let expected = lived(&morning);
    for (lines, back) in cases {
        let clock = lived(&[&morning[..], lines, &[back]].concat());
        assert!(seen(&clock) == seen(&expected), "{lines:?} {back}: {}", seen(&clock));
        assert_eq!(clock.unsaved(), 1);
    }
    let mut clock = lived(&morning);
    clock.back(Back::Commands(100)).expect("to the start");
    assert_eq!(seen(&clock), seen(&self::clock()));
    let between = lived(&["to 2026-03-02T08:00", "sign-in ana AutoCAD", "+ 2h", "back to 09:00"]);
    assert_eq!(seen(&between), seen(&lived(&["to 2026-03-02T08:00", "sign-in ana AutoCAD", "+ 1h"])));
}

/// What is seen on the way is what a run of the file has at that instant.
#[test]
fn the_present_is_that_of_the_file() {
    let clock = lived(&["to 2026-03-02T08:00", "sign-in ana AutoCAD", "to 2026-03-04T12:00"]);
    let scenario = scenario(&clock.state().text());
    let mut rows = flexmeter::simulation::recorder::Unrecorded;
    let standing = flexmeter::simulation::replay::until(&scenario, clock.state().now(), (&mut rows, &()))
        .expect("it runs");
    let mine = clock.state().standing();
    assert_eq!(mine.packs, standing.packs);
    let views = |keys: &[flexmeter::simulation::course::standing::KeyStanding]| format!("{keys:?}");
    assert_eq!(views(&mine.keys), views(&standing.keys));
}

/// Types lines into the binary through a pipe.
fn piped(folder: &Path, file: &str, lines: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flexmeter"));
    command.current_dir(folder).args(["clock", file]).env_remove("CLICOLOR_FORCE");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    // A session that ends at an error reads no further.
    let _ = stdin.write_all(lines.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

#[test]
fn what_is_saved_passes_its_check() {
    let scripts = [
        "to 2026-03-02T08:00\nsign-in ana Auto\nsign-in ana Maya version=2027\nsign-in bo Auto\n+ 2d\n",
        "sign-in andy Auto\n+ 10m\nsign-out andy Auto\n+ 1d\nsign-in andy Auto device=laptop\nnext\nnext\n",
        "use ana Mesh units=3\nuse ana Mesh outcome=failed\nbuy 7 North\n",
        "merge North South\nsign-in ana Auto\nnext\nnext\nnext\n",
        "create-users cy\nassign-products cy Revit\nswitch cy Revit\ninform-users cy\nretire-server lm\nsign-in cy Rev\n",
        "",
    ];
    for script in scripts {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("firm.toml"), FIRM).expect("written");
        // A purchase comes before what is answered at its instant, so each line has one of its own.
        let script = script.replace("buy", "+ 1s\nbuy") + "save saved.toml\n";
        let output = piped(folder.path(), "firm.toml", &script);
        assert_eq!(output.status.code(), Some(0), "{script}: {}", stderr(&output));
        assert!(output.stderr.is_empty(), "nothing is left unsaved: {}", stderr(&output));
        let checked = flexmeter(folder.path(), &["check", "saved.toml"]);
        assert_eq!(checked.status.code(), Some(0), "{script}: {}", stdout(&checked));
        let saved = fs::read_to_string(folder.path().join("saved.toml")).expect("the file");
        assert!(saved.starts_with("# What can be typed?"), "comments stay");
        let expects = scenario(&saved).expects.len();
        assert!(stdout(&output).contains("expectations, all met") && expects >= 2, "{}", stdout(&output));
    }
}

#[test]
fn what_simulated_users_did_is_written_down_first() {
    let text = text_of(&project().join("scenarios/a-game-studio-with-forgotten-weekends.toml"));
    let text = text.replace("end   = 2026-11-30", "end   = 2026-05-06");
    let mut document = flexmeter::scenario::document::Document::read(&text).expect("a scenario");
    document.retain("step", |_| false);
    document.retain("expect", |_| false);
    let mut clock = Clock::open(&document.text()).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let happened = clock.go_to(scenario(&document.text()).start + flexmeter::meter::instant::Span::WINDOW);
    assert!(happened.expect("a day").len() > 20, "people are at work");
    let saved = clock.saved().text();
    let saved = scenario(&saved);
    assert!(saved.simulated.is_empty());
    let run = Run::replay(&saved);
    assert!(Verdict::all(&saved, &run).iter().all(Verdict::passed));
}

#[test]
fn a_pipe_ends_at_the_first_error_and_unsaved_work_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("firm.toml"), FIRM).expect("written");
    let cases = [
        ("sign-in ana Maya\nsing-out ana Maya\nbalances\n", 2, "error: line 2: unknown command `sing-out`"),
        ("sign-in ana Maya\n", 0, "1 typed step was not saved"),
        ("sign-in ana Maya\nback\n", 0, ""),
        ("# nothing\n\nquit\nnonsense\n", 0, ""),
        ("save nowhere/at-all.toml\n", 2, "can't write nowhere/at-all.toml"),
    ];
    for (lines, code, said) in cases {
        let output = piped(folder.path(), "firm.toml", lines);
        assert_eq!(output.status.code(), Some(code), "{lines}: {}", stderr(&output));
        assert!(stderr(&output).contains(said) && stderr(&output).is_empty() == said.is_empty(), "{lines}");
        assert!(!stdout(&output).contains("Available"), "nothing after the error is carried out");
    }
    let output = piped(folder.path(), "none.toml", "");
    assert_eq!(output.status.code(), Some(2));
}

/// The transcript of a real terminal in the README: the same lines through a pipe show the same.
#[test]
fn the_transcript_in_the_readme_is_what_the_clock_shows() {
    let readme = fs::read_to_string(project().join("README.md")).expect("README.md");
    let (_, rest) = readme.split_once("$ flexmeter clock week.toml\n").expect("a transcript");
    let (transcript, _) = rest.split_once("```").expect("the end of the block");
    let folder = tempfile::tempdir().expect("a folder");
    assert!(flexmeter(folder.path(), &["new", "week"]).status.success());
    let (mut typed, mut shown) = (String::new(), Vec::new());
    // The first line greets a person, and what comes after the session is the shell's.
    let session = transcript.lines().skip(1).take_while(|line| !line.starts_with("$ "));
    for line in session {
        match line.split_once(" Europe/Amsterdam>") {
            Some((_, command)) => typed += &format!("{}\n", command.trim()),
            None => shown.push(line.trim_end()),
        }
    }
    let output = piped(folder.path(), "week.toml", &typed);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let printed = stdout(&output);
    let printed: Vec<&str> = printed.lines().map(str::trim_end).collect();
    assert_eq!(shown, printed);
    assert!(typed.contains("save "), "the session saves something");
    let file = typed.lines().find_map(|line| line.strip_prefix("save ")).expect("a file");
    assert_eq!(flexmeter(folder.path(), &["check", file]).status.code(), Some(0));
}
