//! `Command`: what a line at the clock says.

use crate::audit::clock::notation::{actions, is_action};
use crate::audit::clock::{Clock, Trouble};
use crate::meter::instant::{Instant, Span};
use crate::scenario::calendar::{Zone, bounds};
use crate::scenario::duration;
use crate::scenario::moment;
use crate::scenario::problem::nearest;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// An empty line, or a comment.
    Nothing,
    /// Go to an instant.
    To(Instant),
    /// Let the next thing happen.
    Next,
    /// Take commands back.
    Back(Back),
    /// Do a step now.
    Do(Vec<String>),
    /// Show something.
    Show(View),
    /// Say why something was charged or refused: user, product, and when if not the last time.
    Explain(Vec<String>),
    /// Write a scenario file.
    Save(String),
    /// Say what can be typed.
    Help,
    /// End the session.
    Quit,
}

/// How far back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Back {
    /// So many commands.
    Commands(usize),
    /// To an instant, as it was reached first.
    To(Instant),
}

/// What is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// What each team has.
    Balances,
    /// Paid windows that run, and holds.
    Windows,
    /// Open sessions.
    Sessions,
    /// Every pack.
    Packs,
    /// Charges so far.
    Charges,
    /// Everything so far.
    Events,
    /// What was typed.
    Steps,
}

const VIEWS: [(&str, View); 7] = [
    ("balances", View::Balances),
    ("windows", View::Windows),
    ("sessions", View::Sessions),
    ("packs", View::Packs),
    ("charges", View::Charges),
    ("events", View::Events),
    ("steps", View::Steps),
];

/// The words that begin a command beside views and steps.
const WORDS: [&str; 9] = ["to", "+", "next", "back", "explain", "save", "help", "quit", "exit"];

impl Command {
    /// Reads a line as the clock stands.
    ///
    /// # Errors
    /// Where it says nothing that can be done.
    pub fn read(line: &str, clock: &Clock) -> Result<Command, Trouble> {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(Command::Nothing);
        }
        if line.contains(|letter: char| letter.is_control() && letter != '\t') {
            return Err(Trouble("the line holds control characters; type it without them".to_owned()));
        }
        let now = clock.state().now();
        if let Some(span) = line.strip_prefix('+') {
            let span = duration::parse(span)
                .ok_or_else(|| Trouble("write how long, such as `+ 2h` or `+ 1h 30m`".to_owned()))?;
            return later(now, span).map(Command::To);
        }
        let words = split(line)?;
        let rest: Vec<&str> = words[1..].iter().map(String::as_str).collect();
        let place = (now, clock.zone());
        match (&*words[0], &*rest) {
            ("to", [_, ..]) => instant(&rest.join(" "), place).map(Command::To),
            ("next", []) => Ok(Command::Next),
            ("back", []) => Ok(Command::Back(Back::Commands(1))),
            ("back", ["to", at @ ..]) if !at.is_empty() => {
                instant(&at.join(" "), place).map(|at| Command::Back(Back::To(at)))
            }
            ("back", [count]) => match count.parse() {
                Ok(count) if count > 0 => Ok(Command::Back(Back::Commands(count))),
                _ => Err(Trouble("write `back`, `back 3` or `back to INSTANT`".to_owned())),
            },
            ("explain", [_, _, ..]) => Ok(Command::Explain(words[1..].to_vec())),
            ("save", [file]) => Ok(Command::Save((*file).to_owned())),
            ("help", []) => Ok(Command::Help),
            ("quit" | "exit", []) => Ok(Command::Quit),
            (action, _) if is_action(action) => Ok(Command::Do(words)),
            (word, []) if VIEWS.iter().any(|(name, _)| *name == word) => {
                let view = VIEWS.iter().find(|(name, _)| *name == word).map(|(_, view)| *view);
                Ok(Command::Show(view.expect("just seen")))
            }
            (word, _) => Err(unknown(word)),
        }
    }
}

fn unknown(word: &str) -> Trouble {
    let views = VIEWS.iter().map(|(name, _)| *name);
    let known = WORDS.into_iter().chain(views).chain(actions());
    if known.clone().any(|known| known == word) {
        return Trouble(format!("`{word}` is not written like that; `help` says how"));
    }
    Trouble(format!("unknown command `{word}`; {}; `help` lists all", nearest(word, known)))
}

/// An instant: as files write it, in the clock's zone, or a time of the same day.
pub(super) fn instant(text: &str, (now, zone): (Instant, &Zone)) -> Result<Instant, Trouble> {
    let same_day = !text.contains('-') && text.contains(':');
    let whole = if same_day { format!("{}T{text}", zone.local(now).date()) } else { text.to_owned() };
    moment::parse(&whole, zone).map_err(Trouble)
}

/// An instant so much later, if the calendar goes so far.
pub(super) fn later(now: Instant, span: Span) -> Result<Instant, Trouble> {
    let (_, last) = bounds();
    if span > last - now {
        return Err(Trouble("that is beyond the calendar".to_owned()));
    }
    Ok(now + span)
}

/// The words of a line; those in double quotes may hold blanks.
fn split(line: &str) -> Result<Vec<String>, Trouble> {
    let (mut words, mut word, mut quoted) = (Vec::new(), None::<String>, false);
    for letter in line.chars() {
        match letter {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            blank if blank.is_whitespace() && !quoted => words.extend(word.take()),
            letter => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    if quoted {
        return Err(Trouble("a quotation mark is missing".to_owned()));
    }
    Ok(words)
}
