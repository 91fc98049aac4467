//! A step as it is typed: `sign-in ana AutoCAD device=laptop`. What can be left out has a default.

use toml_edit::{Array, InlineTable, Table, Value};

use crate::audit::clock::command::{instant, later};
use crate::audit::clock::naming::meant;
use crate::audit::clock::{State, Trouble};
use crate::meter::instant::Instant;
use crate::meter::request::Phase;
use crate::meter::tokens::Tokens;
use crate::scenario::calendar::Zone;
use crate::scenario::directory::names::Names;
use crate::scenario::document::{self, Entry};
use crate::scenario::duration;

/// A word of a step, by its place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    User,
    /// Several, with commas between.
    Users,
    Product,
    /// Several, with commas between, or `all`.
    Products,
    /// A team under this key; the only one where there is one.
    Team(&'static str),
    Pack,
    /// What a purchase holds.
    Size,
    Zone,
    /// A device; `desktop` where it is left out.
    Device,
    Server,
}

const SESSION: &[Part] = &[Part::User, Part::Product];
const LIST: &[Part] = &[Part::User, Part::Products];
const DEVICE: &[Part] = &[Part::User, Part::Device];

/// Every step, and its words in order.
const FORMS: [(&str, &[Part]); 26] = [
    ("sign-in", SESSION),
    ("sign-out", SESSION),
    ("touch", SESSION),
    ("use", SESSION),
    ("buy", &[Part::Size, Part::Team("team")]),
    ("move", &[Part::Pack, Part::Team("to")]),
    ("merge", &[Part::Team("team"), Part::Team("into")]),
    ("assign", LIST),
    ("unassign", LIST),
    ("subscribe", SESSION),
    ("unsubscribe", SESSION),
    ("start-trial", SESSION),
    ("end-trial", SESSION),
    ("release-product", &[Part::Product]),
    ("travel", &[Part::User, Part::Zone]),
    ("uninstall", &[Part::User, Part::Product, Part::Device]),
    ("default-products", &[Part::Team("team"), Part::Products]),
    ("invite", &[Part::User]),
    ("accept", &[Part::User]),
    ("go-offline", DEVICE),
    ("go-online", DEVICE),
    ("create-users", &[Part::Users]),
    ("assign-products", &[Part::Users, Part::Products]),
    ("switch", &[Part::Users, Part::Product, Part::Device]),
    ("inform-users", &[Part::Users]),
    ("retire-server", &[Part::Server]),
];

/// Keys that stand in the table of a purchase's pack.
const OF_PACK: [&str; 3] = ["id", "expires", "price"];

/// A step that was typed.
#[derive(Clone, Debug)]
pub struct Typed {
    /// When it happens.
    pub at: Instant,
    /// What it does.
    pub action: String,
    /// The line.
    pub line: String,
    /// The table of the document.
    pub(super) table: Table,
}

impl Typed {
    /// Where in its instant it falls (RULES 4).
    pub(super) fn phase(&self) -> Phase {
        match &*self.action {
            "sign-in" | "use" => Phase::SignIns,
            "buy" => Phase::Purchases,
            _ => Phase::Steps,
        }
    }
}

/// Where and when something is typed.
pub(super) struct Place<'a> {
    pub(super) state: &'a State,
    pub(super) zone: &'a Zone,
}

/// The words that begin a step.
pub fn actions() -> impl Iterator<Item = &'static str> + Clone {
    FORMS.into_iter().map(|(action, _)| action)
}

pub(super) fn is_action(word: &str) -> bool {
    actions().any(|action| action == word)
}

/// How a step is typed, such as `sign-in USER PRODUCT`.
pub fn usage(action: &str) -> String {
    let form = FORMS.iter().find(|(name, _)| *name == action).map_or(&[][..], |(_, parts)| parts);
    let word = |part: &Part| match part {
        Part::User => "USER",
        Part::Users => "USER,USER",
        Part::Product => "PRODUCT",
        Part::Products => "PRODUCT,PRODUCT",
        Part::Team("into" | "to") => "TEAM",
        Part::Team(_) => "[TEAM]",
        Part::Pack => "PACK",
        Part::Size => "TOKENS",
        Part::Zone => "ZONE",
        Part::Device => "[DEVICE]",
        Part::Server => "SERVER",
    };
    form.iter().fold(action.to_owned(), |text, part| text + " " + word(part))
}

/// Reads the words of a step.
pub(super) fn read(words: &[String], place: &Place<'_>) -> Result<Typed, Trouble> {
    let action = &words[0];
    let (keys, named): (Vec<&String>, Vec<&String>) = words[1..].iter().partition(|word| word.contains('='));
    let (_, parts) = FORMS.iter().find(|(name, _)| name == action).expect("a word that begins a step");
    let mut named = named.into_iter();
    let mut entry = Entry::step(place.state.now(), action);
    let mut pack = InlineTable::new();
    for (number, part) in parts.iter().enumerate() {
        let later_parts = parts.len() - number - 1;
        // Of a merge both teams are typed.
        let may_miss = matches!(part, Part::Device | Part::Team("team")) && named.len() <= later_parts;
        let word = if may_miss { None } else { named.next() };
        if *part == Part::Size {
            pack = place.pack(word.map(String::as_str), action)?;
        } else {
            let (key, value) = place.part(*part, word.map(String::as_str), action)?;
            entry = entry.with(key, value);
        }
    }
    if let Some(surplus) = named.next() {
        return Err(Trouble(format!("`{surplus}` is too much; write {}", usage(action))));
    }
    for word in keys {
        let (key, text) = word.split_once('=').expect("just seen");
        let value = place.value(key, text)?;
        if action == "buy" && OF_PACK.contains(&key) {
            pack.insert(key, value);
        } else {
            entry = entry.with(key, value);
        }
    }
    if !pack.is_empty() {
        entry = entry.with("pack", pack);
    }
    Ok(Typed { at: place.state.now(), action: action.clone(), line: line(words), table: entry.table() })
}

impl Place<'_> {
    /// A word's key and value.
    fn part(&self, part: Part, word: Option<&str>, action: &str) -> Result<(&'static str, Value), Trouble> {
        let names = &self.state.scenario().directory;
        let missing = || Trouble(format!("something is missing; write {}", usage(action)));
        match (part, word) {
            (Part::Device, word) => return Ok(("device", word.unwrap_or("desktop").into())),
            (Part::Team(key), None) if names.teams.len() == 1 => return Ok((key, names.teams.get(0).into())),
            _ => {}
        }
        let word = word.ok_or_else(missing)?;
        let each = |noun: &str, names: &Names| {
            let found = word.split(',').map(|word| meant(noun, word.trim(), names.iter()));
            found.collect::<Result<Array, Trouble>>().map(Value::from)
        };
        Ok(match part {
            Part::User => ("user", meant("user", word, names.users.iter())?.into()),
            Part::Users => ("users", each("user", &names.users)?),
            Part::Product => ("product", meant("product", word, names.products.iter())?.into()),
            Part::Products if word == "all" => ("products", "all".into()),
            Part::Products => ("products", each("product", &names.products)?),
            Part::Team(key) => (key, meant("team", word, names.teams.iter())?.into()),
            Part::Pack => ("pack", meant("pack", word, names.packs.iter())?.into()),
            Part::Zone => {
                let zones = Zone::names();
                ("time_zone", meant("time zone", word, zones.iter().map(String::as_str))?.into())
            }
            Part::Server => ("server", meant("licence server", word, names.servers.iter())?.into()),
            Part::Size | Part::Device => unreachable!("handled before"),
        })
    }

    /// The pack of a purchase, with a name that is free.
    fn pack(&self, size: Option<&str>, action: &str) -> Result<InlineTable, Trouble> {
        let size = size.ok_or_else(|| Trouble(format!("how many? Write {}", usage(action))))?;
        let packs = &self.state.scenario().directory.packs;
        let taken = |number: usize| packs.iter().any(|known| known == format!("bought-{number}"));
        // One more than there are packs is always free.
        let number = (1..=packs.len()).find(|number| !taken(*number)).unwrap_or(packs.len() + 1);
        let id = format!("bought-{number}");
        Ok(InlineTable::from_iter([("id", Value::from(id)), ("tokens", amount("tokens", size)?)]))
    }

    /// A value typed as `key=value`, of the type that the key has in files.
    fn value(&self, key: &str, text: &str) -> Result<Value, Trouble> {
        match key {
            "units" | "price" => amount(key, text),
            "until" | "expires" => {
                let now = self.state.now();
                let span = || duration::parse(text.strip_prefix('+')?);
                let at = match span() {
                    Some(span) => later(now, span)?,
                    None => instant(text, (now, self.zone))?,
                };
                Ok(document::instant(at))
            }
            "import" | "guests" => match text {
                "yes" | "true" => Ok(true.into()),
                "no" | "false" => Ok(false.into()),
                _ => Err(Trouble(format!("`{key}` is yes or no, not `{text}`"))),
            },
            _ => Ok(text.into()),
        }
    }
}

fn amount(key: &str, text: &str) -> Result<Value, Trouble> {
    let read = text.parse::<Tokens>().ok().and_then(|_| text.parse().ok());
    read.ok_or_else(|| Trouble(format!("`{key}` is an amount such as 7 or 0.5, not `{text}`")))
}

/// The words as a line that reads the same.
fn line(words: &[String]) -> String {
    let word = |word: &String| if word.contains(' ') { format!("\"{word}\"") } else { word.clone() };
    words.iter().map(word).collect::<Vec<_>>().join(" ")
}
