//! `Shard`: which part of the work is one machine's where several share it.
//!
//! Groups of teams, and replications, have nothing to do with one another, so any of them can be carried out
//! anywhere, and what comes of all of them together is the same.

use std::fmt;
use std::num::NonZero;
use std::ops::Range;
use std::str::FromStr;

use crate::scenario::Scenario;
use crate::simulation::team_group::TeamGroup;

/// One of so many shares, from 1: `3/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shard {
    number: NonZero<u32>,
    of: NonZero<u32>,
}

impl Shard {
    /// Everything.
    pub const WHOLE: Shard = Shard { number: NonZero::<u32>::MIN, of: NonZero::<u32>::MIN };

    /// Shares at most.
    pub const MAX: u32 = 10_000;

    /// Which one, from 1.
    pub fn number(self) -> u32 {
        self.number.get()
    }

    /// How many there are.
    pub fn of(self) -> u32 {
        self.of.get()
    }

    /// All the shares of as many, in order.
    pub fn all(self) -> impl Iterator<Item = Shard> {
        let numbers = (1..=self.of()).filter_map(NonZero::new);
        numbers.map(move |number| Shard { number, ..self })
    }

    /// The groups of teams that are this share's. Each group goes, the largest first, to the share that has the
    /// fewest users yet: of groups alike every N-th.
    pub fn groups(self, scenario: &Scenario) -> Vec<TeamGroup> {
        let groups = TeamGroup::split(scenario);
        let mut largest_first: Vec<usize> = (0..groups.len()).collect();
        largest_first.sort_by_key(|group| std::cmp::Reverse(groups[*group].users()));
        let mut users = vec![0; self.of() as usize];
        let mut is_ours = vec![false; groups.len()];
        for group in largest_first {
            let share = (0..users.len()).min_by_key(|share| users[*share]).expect("there is a share");
            // A group without users is some work too.
            users[share] += groups[group].users().max(1);
            is_ours[group] = share + 1 == self.number() as usize;
        }
        groups.into_iter().zip(is_ours).filter_map(|(group, ours)| ours.then_some(group)).collect()
    }

    /// The replications that are this share's: every N-th.
    pub fn replications(self, numbers: Range<u64>) -> impl Iterator<Item = u64> {
        let (first, of) = (u64::from(self.number()) - 1, u64::from(self.of()));
        numbers.filter(move |number| number % of == first)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/');
        let number = |part: &str| part.parse::<NonZero<u32>>().ok().filter(|part| part.get() <= Shard::MAX);
        let shard =
            parts.and_then(|(number_of, of)| Some(Shard { number: number(number_of)?, of: number(of)? }));
        shard.filter(|shard| shard.number <= shard.of).ok_or_else(|| {
            format!("a share is its number and how many there are, from 1/1 to {0}/{0}: 3/8", Shard::MAX)
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::Scenario;
    use crate::simulation::shard::Shard;

    #[test]
    fn a_share_is_a_number_from_one_of_so_many() {
        for good in ["1/1", "3/8", "8/8", "10000/10000"] {
            assert_eq!(good.parse::<Shard>().expect(good).to_string(), good);
        }
        for bad in ["", "3", "0/8", "9/8", "3/0", "a/b", "1/10001", "-1/8", "1/8/2"] {
            assert!(bad.parse::<Shard>().is_err(), "{bad}");
        }
    }

    #[test]
    fn shares_have_every_group_once_and_about_as_many_users() {
        let mut text = "start = 2026-01-05T00:00:00Z\nend = 2026-01-06T00:00:00Z\n".to_owned();
        for (team, count) in [("a", 50), ("b", 20), ("c", 20), ("d", 5), ("e", 5)] {
            text += &format!("[[team]]\nname = \"{team}\"\n");
            text += &format!("[[group]]\nname = \"{team}s\"\nteam = \"{team}\"\ncount = {count}\n");
            text += "products = [\"AutoCAD\"]\nhabit = \"office\"\n";
        }
        text += "[habit.office]\nkind = \"office\"\nuse = 0.5\n";
        let scenario = Scenario::read(&text).unwrap_or_else(|problems| panic!("{problems:?}"));
        let sizes = |of: u32| {
            let shares = format!("1/{of}").parse::<Shard>().expect("a share").all();
            let users = |shard: Shard| {
                shard.groups(&scenario).iter().map(crate::simulation::team_group::TeamGroup::users).sum()
            };
            shares.map(users).collect::<Vec<usize>>()
        };
        assert_eq!(sizes(1), [100]);
        assert_eq!(sizes(2), [50, 50]);
        assert_eq!(sizes(3), [50, 25, 25]);
        assert_eq!(sizes(6), [50, 20, 20, 5, 5, 0]);
    }

    #[test]
    fn shares_have_every_replication_once() {
        let third: Shard = "3/4".parse().expect("a share");
        assert_eq!(third.replications(0..12).collect::<Vec<_>>(), [2, 6, 10]);
        let mut all: Vec<u64> = third.all().flat_map(|shard| shard.replications(0..11)).collect();
        all.sort_unstable();
        assert_eq!(all, (0..11).collect::<Vec<_>>());
    }
}
