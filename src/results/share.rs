//! `Share`: what one share of a run or a forecast says of itself, and whether shares belong together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::results::files::hex;
use crate::scenario::calendar::zone_data_release;
use crate::simulation::shard::Shard;

/// The name of the file in which a share says what it is.
pub const SHARE: &str = "share.json";

/// What such a file calls itself.
const FORMAT: &str = "flexmeter share";

/// The form of the share's other files; those of another form can't be read.
const NUMBER: u32 = 1;

/// A share: a pure function of its scenario's text, the seed, what was asked, this version and the shard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    format: String,
    number: u32,
    version: String,
    zone_data: String,
    /// The command that made it: `run` or `forecast`.
    pub command: String,
    /// The name of the scenario's file.
    pub scenario: String,
    /// The SHA-256 of the scenario's text.
    pub scenario_sha256: String,
    /// The seed, of the first replication in a forecast.
    pub seed: u64,
    /// What else was asked, by the names of the command's options.
    pub asked: Map<String, Value>,
    /// Which share of how many: `3/8`.
    shard: String,
    /// Its other files, by name.
    pub files: BTreeMap<String, Content>,
    seal: String,
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// How long it is.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: String,
}

/// What a share is a part of.
#[derive(Clone, Debug)]
pub struct Task {
    /// The command: `run` or `forecast`.
    pub command: &'static str,
    /// The name of the scenario's file.
    pub scenario: String,
    /// The SHA-256 of the scenario's text.
    pub scenario_sha256: String,
    /// The seed.
    pub seed: u64,
    /// What else was asked, by the names of the command's options.
    pub asked: Map<String, Value>,
}

/// The SHA-256 of a text.
pub fn digest(text: &str) -> String {
    hex(Sha256::new_with_prefix(text))
}

impl Share {
    /// A share with these files.
    pub fn new(task: &Task, shard: Shard, files: BTreeMap<String, Content>) -> Self {
        let task = task.clone();
        let open = Share {
            format: FORMAT.to_owned(),
            number: NUMBER,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            zone_data: zone_data_release().to_owned(),
            command: task.command.to_owned(),
            scenario: task.scenario,
            scenario_sha256: task.scenario_sha256,
            seed: task.seed,
            asked: task.asked,
            shard: shard.to_string(),
            files,
            seal: String::new(),
        };
        Share { seal: digest(&open.text()), ..open }
    }

    /// Which share it is.
    ///
    /// # Panics
    /// Never for a share that was read or made here.
    pub fn shard(&self) -> Shard {
        self.shard.parse().expect("a share that was written here")
    }

    /// The text of its file.
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).expect("plain data") + "\n"
    }

    /// Reads that text.
    ///
    /// # Errors
    /// Why this version can't use the share, in words that follow its name.
    pub fn read(text: &str) -> Result<Share, String> {
        let value: Value = serde_json::from_str(text)
            .map_err(|error| format!("is damaged: its {SHARE} is cut off, or something else ({error})"))?;
        let named = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
        if named("format") != FORMAT {
            return Err(format!("is damaged: its {SHARE} is of another kind, no {FORMAT}"));
        }
        let (version, ours) = (named("version"), env!("CARGO_PKG_VERSION"));
        if version != ours {
            return Err(format!("is of another version: flexmeter {version} wrote it, and this is {ours}"));
        }
        let (zone_data, ours) = (named("zone_data"), zone_data_release());
        if zone_data != ours {
            return Err(format!(
                "is of another version: it has zone data {zone_data}, and this flexmeter {ours}"
            ));
        }
        if value.get("number") != Some(&Value::from(NUMBER)) {
            return Err(format!("is of another version: its form is not number {NUMBER}"));
        }
        let share: Share = serde_json::from_value(value)
            .map_err(|error| format!("is damaged: its {SHARE} was edited ({error})"))?;
        let open = Share { seal: String::new(), ..share.clone() };
        if share.seal != digest(&open.text()) || share.shard.parse::<Shard>().is_err() {
            return Err(format!("is damaged: its {SHARE} was edited, its seal does not fit"));
        }
        Ok(share)
    }

    /// What it is a share of, the same text for each of them.
    fn task(&self) -> String {
        let Share { command, scenario_sha256, seed, asked, .. } = self;
        let of = self.shard().of();
        serde_json::to_string(&(command, scenario_sha256, seed, asked, of)).expect("plain data")
    }

    /// What sets it apart from a share of the same task, in words that follow its name.
    pub fn foreign_to(&self, other: &Share) -> Option<String> {
        if self.command != other.command {
            return Some(format!("is of another command: {}, not {}", self.command, other.command));
        }
        if self.scenario_sha256 != other.scenario_sha256 {
            let [ours, theirs] = [self, other].map(|share| &share.scenario_sha256[..12]);
            return Some(format!(
                "is of another file: {} with SHA-256 {ours}…, not {} with {theirs}…",
                self.scenario, other.scenario
            ));
        }
        if self.seed != other.seed {
            return Some(format!("is of another seed: {}, not {}", self.seed, other.seed));
        }
        let (ours, theirs) = (self.shard().of(), other.shard().of());
        if ours != theirs {
            return Some(format!("is one of {ours} shares, not of {theirs}"));
        }
        let keys = self.asked.keys().chain(other.asked.keys());
        let mut differing = keys.filter(|key| self.asked.get(*key) != other.asked.get(*key));
        differing.next().map(|key| {
            let [ours, theirs] = [self, other].map(|share| share.asked.get(key).map(Value::to_string));
            let none = || "none".to_owned();
            format!(
                "was asked something else: {key} {}, not {}",
                ours.unwrap_or_else(none),
                theirs.unwrap_or_else(none)
            )
        })
    }
}

/// All the shares of one task.
#[derive(Debug)]
pub struct WholeSet<'s> {
    /// Each with its name, in order.
    pub shares: Vec<(&'s str, &'s Share)>,
}

/// Shares with their names, by which share they are.
type Places<'s> = BTreeMap<Shard, Vec<(&'s str, &'s Share)>>;

/// The shares of the task that is meant, and a sentence for each that has no place among them: it is of another task, or
/// there twice. Of several tasks the one with the most shares is meant. `None` where there is no share.
fn sorted_out(found: &[(String, Share)]) -> Option<(&Share, Places<'_>, Vec<String>)> {
    let mut tasks: BTreeMap<String, Vec<&Share>> = BTreeMap::new();
    for (_, share) in found {
        tasks.entry(share.task()).or_default().push(share);
    }
    let meant = tasks.values().max_by_key(|shares| shares.len())?[0];
    let (mut places, mut problems) = (Places::new(), Vec::new());
    for (name, share) in found {
        match share.foreign_to(meant) {
            Some(difference) => problems.push(format!("{name} {difference} like the others")),
            None => places.entry(share.shard()).or_default().push((name, share)),
        }
    }
    for (shard, copies) in &places {
        if let [first, .., last] = copies.as_slice() {
            problems.push(format!("{} and {} are both share {shard}; remove one", first.0, last.0));
        }
    }
    Some((meant, places, problems))
}

/// A sentence for each share that does not belong to the others.
pub fn out_of_place(found: &[(String, Share)]) -> Vec<String> {
    sorted_out(found).map(|(_, _, problems)| problems).unwrap_or_default()
}

/// Tells whether shares, each with a name, are all of one task, each once and none missing.
///
/// # Errors
/// Everything that is not so, a sentence for each. Of several tasks the one with the most shares is taken to be meant.
pub fn whole_set(found: &[(String, Share)]) -> Result<WholeSet<'_>, Vec<String>> {
    let Some((meant, places, mut problems)) = sorted_out(found) else {
        return Err(vec!["there is no share".to_owned()]);
    };
    let missing: Vec<Shard> = meant.shard().all().filter(|shard| !places.contains_key(shard)).collect();
    match missing.as_slice() {
        [] => {}
        [shard] => problems.push(format!("share {shard} is missing")),
        all => problems.push(format!("shares {} of {} are missing", ranges(all), all[0].of())),
    }
    if problems.is_empty() {
        Ok(WholeSet { shares: places.into_values().flatten().collect() })
    } else {
        Err(problems)
    }
}

/// Numbers as engines take them: `2,5-9`.
fn ranges(shards: &[Shard]) -> String {
    let runs = shards.chunk_by(|one, next| one.number() + 1 == next.number());
    let range = |run: &[Shard]| match run {
        [first, .., last] => format!("{}-{}", first.number(), last.number()),
        one => one[0].number().to_string(),
    };
    runs.map(range).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::Map;

    use crate::results::share::{Share, Task, digest, whole_set};

    fn task() -> Task {
        Task {
            command: "run",
            scenario: "firm.toml".to_owned(),
            scenario_sha256: digest("a firm"),
            seed: 7,
            asked: Map::from_iter([("detail".to_owned(), "full".into())]),
        }
    }

    fn share(task: &Task, shard: &str) -> Share {
        Share::new(task, shard.parse().expect("a shard"), BTreeMap::new())
    }

    /// What is said of shares `one`, `two`, …
    fn said(shares: &[Share]) -> Vec<String> {
        let names = ["one", "two", "three", "four", "five"];
        let found: Vec<_> = names.map(str::to_owned).into_iter().zip(shares.iter().cloned()).collect();
        match whole_set(&found) {
            Ok(set) => set.shares.into_iter().map(|(name, _)| name.to_owned()).collect(),
            Err(problems) => problems,
        }
    }

    #[test]
    fn shares_of_one_task_are_put_in_order() {
        let shares = ["2/3", "3/3", "1/3"].map(|shard| share(&task(), shard));
        assert_eq!(said(&shares), ["three", "one", "two"]);
    }

    #[test]
    fn what_does_not_belong_is_named() {
        let [a, b] = ["1/3", "2/3"].map(|shard| share(&task(), shard));
        let other = |change: &dyn Fn(&mut Task)| {
            let mut task = task();
            change(&mut task);
            let said = said(&[a.clone(), b.clone(), share(&task, "3/3")]);
            assert_eq!(said[1..], ["share 3/3 is missing"]);
            said[0].clone()
        };
        let file = other(&|task| task.scenario_sha256 = digest("another firm"));
        assert!(file.starts_with("three is of another file: firm.toml with SHA-256 "), "{file}");
        assert_eq!(other(&|task| task.seed = 8), "three is of another seed: 8, not 7 like the others");
        let command = "three is of another command: forecast, not run like the others";
        assert_eq!(other(&|task| task.command = "forecast"), command);
        let asked = "three was asked something else: detail none, not \"full\" like the others";
        assert_eq!(other(&|task| task.asked = Map::new()), asked);
        let of_four = said(&[a.clone(), b.clone(), share(&task(), "3/4")]);
        assert_eq!(of_four[0], "three is one of 4 shares, not of 3 like the others");
        assert_eq!(said(&[a.clone(), b.clone()]), ["share 3/3 is missing"]);
        let copies = [a.clone(), b.clone(), share(&task(), "3/3"), b.clone()];
        assert_eq!(said(&copies), ["two and four are both share 2/3; remove one"]);
        assert_eq!(said(&[]), ["there is no share"]);
        let few = ["2/9", "3/9", "8/9"].map(|shard| share(&task(), shard));
        assert_eq!(said(&few), ["shares 1,4-7,9 of 9 are missing"]);
    }

    #[test]
    fn a_changed_text_is_refused() {
        let text = share(&task(), "1/3").text();
        assert_eq!(Share::read(&text).expect("it is whole"), share(&task(), "1/3"));
        let refused = |text: &str| Share::read(text).expect_err(text);
        for length in 0..text.len() - 1 {
            assert!(refused(&text[..length]).starts_with("is damaged: its share.json is cut off"));
        }
        let edited = refused(&text.replace("\"seed\": 7", "\"seed\": 8"));
        assert_eq!(edited, "is damaged: its share.json was edited, its seal does not fit");
        let ours = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
        let older = refused(&text.replace(&ours, "\"version\": \"0.0.1\""));
        assert!(older.starts_with("is of another version: flexmeter 0.0.1 wrote it"), "{older}");
        assert!(refused("{}").starts_with("is damaged: its share.json is of another kind"));
    }
}
