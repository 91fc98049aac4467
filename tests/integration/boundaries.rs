//! The corners that random histories should visit, counted as the reference model meets them.
//!
//! Nothing here changes the model's world: each function is called in `reference` just before what it is
//! named after, unless it says otherwise, and only looks.

mod contract;
mod licence_server;
mod membership;
mod offline;
mod transition;

use crate::history::{Action, DAY, Name, SignIn};
use crate::reference::{Answer, IDLE, Key, Session, World, is_unsupported};

/// The corners a set of histories should visit, counted where the model meets them.
pub(crate) fn classes() -> impl Iterator<Item = &'static str> {
    let lists =
        [CLASSES, membership::CLASSES, contract::CLASSES, licence_server::CLASSES, transition::CLASSES];
    lists.into_iter().flatten().copied()
}

const CLASSES: &[&str] = &[
    "grace: ended 1 s before",
    "grace: ended exactly then",
    "grace: ended 1 s after",
    "window end: sign-in 1 s before",
    "window end: sign-in exactly then",
    "window end: sign-in 1 s after",
    "window end: sign-out 1 s before",
    "window end: sign-out exactly then",
    "window end: sign-out 1 s after",
    "pack end: charge 1 s before",
    "pack end: charge exactly then",
    "pack end: charge 1 s after",
    "balance = rate - 0.001",
    "balance = rate",
    "balance = rate + 0.001",
    "idle 14:59 at window end",
    "idle 15:00 at window end",
    "idle 15:01 at window end",
    "touched exactly at window end",
    "one idle and one busy at window end",
    "one idle and one in grace at window end",
    "hold waits for second session",
    "hold posted for second session",
    "hold voided",
    "hold voided into ended pack",
    "hold voided into moved pack",
    "hold voided at the end",
    "hold voided at the end into ended pack",
    "hold posted from ended pack",
    "hold posted from moved pack",
    "merge with hold",
    "cover begins while hold waits",
    "covered session keeps hold waiting",
    "sign-in while renewal waits: new window",
    "sign-in while renewal waits: refused",
    "touch posts waiting hold",
    "touch posts waiting hold under cover",
    "touch posts waiting hold of a renewal",
    "hold voided, renewal waits again",
    "resume reanchor",
    "resume grid",
    "resume grid after more than a day",
    "resume after cover end",
    "renewal in grace: voided",
    "renewal in grace: posted",
    "renewal in grace: charged at once",
    "renewal short: stop",
    "renewal short: run-on",
    "renewal short: negative",
    "resume short",
    "run-on: asks again",
    "run-on: sign-in charged at once",
    "run-on: cover begins",
    "negative: debt paid by purchase",
    "negative: debt merged",
    "negative: hold in grace",
    "negative: not payable for the debt",
    "cover end: charge",
    "cover end = window end",
    "cover end in grace",
    "cover end in grace: voided",
    "cover end in paid window",
    "cover end while idle",
    "cover begins exactly at window end",
    "cover without assignment",
    "not-assigned at renewal",
    "not-assigned at resume",
    "not-assigned at cover end",
    "charge spans packs",
    "equal end: smaller pack first",
    "equal end and size: earlier purchase first",
    "equal end, size and purchase: pack id",
    "rate 0",
    "rate changed while open",
    "two packs arrive at one instant",
    "team choice: earliest-expiry not first-listed",
    "team choice: largest-balance not first-listed",
    "team choice: first-listed can't pay",
    "team choice: tie by name",
    "take-over admitted",
    "take-over returns hold",
    "take-over refused for tokens",
    "in-use-elsewhere",
    "device-limit",
    "not-assigned",
    "unsupported-version",
    "unsupported-version but covered",
    "not released yet",
    "unassign from all",
    "uninstall frees a device",
    "hosted add-in charged",
    "hosted add-in refused, host opens",
    "hosted add-in ends with its host",
    "sign-out passes over hosted add-in",
    "service charged",
    "service refused",
    "service covered",
    "refund",
    "paid before the start: sign-in",
    "move of an ended pack",
    "move to its own team",
    "offline",
    "offline: after the limit",
    "offline: exactly at the limit",
    "offline: unknown device",
    "offline: though covered",
    "offline: hosted add-in, host opens",
    "offline-limit exactly at window end",
    "offline-limit exactly at cover end",
    "offline-limit while a hold waits",
    "offline-limit exactly at grace end",
    "late sign-in that nobody can pay",
    "late renewal that nobody can pay",
    "late resume",
    "late charge at cover end",
    "not-assigned while offline",
    "late hold voided",
    "ordinary hold posted offline",
    "late hold posted in contact",
    "late hold posted in contact, a pack arrives then",
    "late hold posted offline after a contact",
    "contact exactly at the limit",
    "contact after the limit",
    "contact exactly at window end",
    "contact while a late hold waits",
    "contact: tokens for each of one start, not for all",
    "contact: posted in another order",
    "recorded: uncovered in part",
    "recorded: uncovered as a whole",
    "recorded: uncovered beside a debt",
    "recorded: paid by another team",
    "recorded: not the last window",
    "paid-window of an unrecorded charge elsewhere",
    "take-over of a late hold",
    "take-over of a late hold that nobody can pay",
    "take-over by an offline device that nobody can pay",
];

impl World<'_> {
    /// Counts the classes that are met.
    fn count(&mut self, classes: &[(&str, bool)]) {
        for (class, _) in classes.iter().filter(|(_, met)| *met) {
            *self.hits.get_mut(*class).unwrap_or_else(|| panic!("{class} is not one of the classes")) += 1;
        }
    }

    /// Counts a distance of one second or none to a boundary.
    fn count_near(&mut self, boundary: i64, what: &str) {
        let away = self.now - boundary;
        for (distance, name) in [(-1, "1 s before"), (0, "exactly then"), (1, "1 s after")] {
            self.count(&[(&format!("{what} {name}"), away == distance)]);
        }
    }

    pub(crate) fn count_arrival(&mut self, number: usize) {
        let pack = &self.packs[number];
        let sooner = self.packs.iter().filter(|other| other.bought == self.now && other.id < pack.id).count();
        let debt = self.debts[pack.team].min(pack.remaining);
        self.count(&[
            ("two packs arrive at one instant", sooner == 1 && self.now >= self.history.start),
            ("negative: debt paid by purchase", debt > 0),
        ]);
    }

    pub(crate) fn count_payer(&mut self, key: usize, tokens: i64) {
        let listed = self.user(key).teams.clone();
        for team in &listed {
            let (margin, debt) = (self.balance(team) - tokens, self.debts[team]);
            self.count(&[
                ("balance = rate - 0.001", margin == -1),
                ("balance = rate", margin == 0),
                ("balance = rate + 0.001", margin == 1),
                ("negative: not payable for the debt", margin < 0 && margin + debt >= 0),
            ]);
            let ends = self.packs.iter().filter(|pack| pack.team == *team).map(|pack| pack.expires);
            if let Some(nearest) = ends.min_by_key(|end| (end - self.now).abs()) {
                self.count_near(nearest, "pack end: charge");
            }
        }
        let Some(chosen) = self.payer(key, tokens) else { return };
        let able: Vec<Name> = listed.iter().copied().filter(|team| self.balance(team) >= tokens).collect();
        let like_chosen = |class: fn(&Self, Name) -> i64| {
            able.iter().filter(|team| class(self, team) == class(self, chosen)).count() > 1
        };
        let (charged, choice) = (tokens > 0, self.policy.team_choice);
        let tie = match choice {
            "earliest-expiry" => like_chosen(|world, team| world.next_end(team).unwrap_or(i64::MIN)),
            "largest-balance" => like_chosen(Self::balance),
            _ => false,
        };
        let other = charged && chosen != able[0];
        self.count(&[
            ("rate 0", !charged),
            ("team choice: first-listed can't pay", charged && able[0] != listed[0]),
            ("team choice: tie by name", charged && tie),
            ("team choice: earliest-expiry not first-listed", other && choice == "earliest-expiry"),
            ("team choice: largest-balance not first-listed", other && choice == "largest-balance"),
        ]);
    }

    pub(crate) fn count_draw(&mut self, team: Name, tokens: i64) {
        let usable: Vec<_> = self.drawable(team).map(|number| &self.packs[number]).collect();
        let [a, b, ..] = usable[..] else { return };
        let end = tokens > 0 && a.expires == b.expires;
        let (size, bought) = (a.tokens == b.tokens, a.bought == b.bought);
        self.count(&[
            ("charge spans packs", tokens > a.remaining),
            ("equal end: smaller pack first", end && !size),
            ("equal end and size: earlier purchase first", end && size && !bought),
            ("equal end, size and purchase: pack id", end && size && bought),
        ]);
    }

    pub(crate) fn count_post(&mut self, key: usize) {
        let Key { hold: Some(hold), ask_again, .. } = &self.keys[key] else { return };
        let packs = || hold.parts.iter().map(|(number, _)| &self.packs[*number]);
        let signs_in = hold.kind == "sign-in" && hold.start == self.now;
        let offline = self.is_offline(key, self.keys[key].sessions[0].device);
        self.count(&[
            ("hold posted from ended pack", packs().any(|pack| self.is_past(pack.expires))),
            ("hold posted from moved pack", packs().any(|pack| pack.team != hold.team)),
            ("run-on: sign-in charged at once", signs_in && ask_again.is_some()),
            ("ordinary hold posted offline", !hold.late && offline),
        ]);
    }

    pub(crate) fn count_grace_end(&mut self, key: usize, start: i64) {
        let Some(hold) = &self.keys[key].hold else { return };
        self.count(&[
            ("hold posted for second session", start > hold.start),
            ("renewal in grace: posted", hold.kind == "renewal"),
        ]);
    }

    /// Counts a hold just made for what falls due.
    pub(crate) fn count_hold(&mut self, key: usize, at_once: bool) {
        let Some(hold) = &self.keys[key].hold else { return };
        let waits = !at_once && !self.has_busy(key);
        self.count(&[
            ("cover end in grace", waits && hold.kind == "cover-end"),
            ("negative: hold in grace", waits && hold.uncovered > 0),
            ("renewal in grace: charged at once", at_once && !self.has_busy(key)),
        ]);
    }

    pub(crate) fn count_void(&mut self, key: usize) {
        let Key { hold: Some(hold), waiting, sessions, .. } = self.keys[key].clone() else { return };
        let at_end = self.now == self.history.end;
        self.count(&[
            ("hold voided", true),
            ("hold voided at the end", at_end),
            ("late hold voided", hold.late && !at_end),
            ("renewal in grace: voided", hold.kind == "renewal"),
            ("cover end in grace: voided", hold.kind == "cover-end"),
            ("hold voided, renewal waits again", waiting && !sessions.is_empty()),
        ]);
        for (number, _) in hold.parts {
            let ended = self.is_past(self.packs[number].expires);
            self.count(&[
                ("hold voided into moved pack", self.packs[number].team != hold.team),
                ("hold voided into ended pack", ended),
                ("hold voided at the end into ended pack", ended && at_end),
            ]);
        }
    }

    pub(crate) fn count_charge_due(&mut self, key: usize) {
        let Key { window_end, cover_end, ask_again, sessions, hold, .. } = &self.keys[key];
        let [window_ends, cover_ends, asks] =
            [window_end, cover_end, ask_again].map(|at| *at == Some(self.now));
        if sessions.is_empty() || self.cover(key).is_some() {
            return;
        }
        if self.is_paid(key) || !window_ends && !cover_ends && !asks {
            return self.count(&[("cover end in paid window", cover_ends)]);
        }
        let idle = sessions.iter().filter(|session| self.is_idle(session)).count();
        let fresh = sessions.iter().filter(|session| self.in_grace(session)).count();
        let asked = hold.is_none() && idle < sessions.len();
        let aware = sessions.iter().filter(|session| session.idle_aware && !self.in_grace(session));
        let touched: Vec<i64> = aware.map(|session| session.touched).collect();
        self.count(&[
            ("cover end = window end", cover_ends && window_ends),
            ("cover end while idle", cover_ends && idle > 0),
            ("one idle and one in grace at window end", idle > 0 && fresh > 0),
            ("one idle and one busy at window end", idle > 0 && self.has_busy(key)),
            ("run-on: asks again", asked && asks),
            ("cover end: charge", asked && cover_ends),
        ]);
        for touched in touched {
            let idle_for = self.now - touched;
            self.count(&[
                ("touched exactly at window end", idle_for == 0),
                ("idle 14:59 at window end", idle_for == IDLE - 1),
                ("idle 15:00 at window end", idle_for == IDLE),
                ("idle 15:01 at window end", idle_for == IDLE + 1),
            ]);
        }
    }

    pub(crate) fn count_fall_due(&mut self, key: usize, kind: Name) {
        let offline = self.is_offline(key, self.keys[key].sessions[0].device);
        if !self.is_assigned(key) {
            return self.count(&[
                ("not-assigned at renewal", kind == "renewal"),
                ("not-assigned at resume", kind == "resume"),
                ("not-assigned at cover end", kind == "cover-end"),
                ("not-assigned while offline", offline),
            ]);
        }
        let opened = self.keys[key].sessions.iter().map(|session| session.signed_in).min();
        let changed = |from: i64| opened.is_some_and(|at| at < from) && from <= self.now;
        let short = !offline && self.payer(key, self.rate(key)).is_none();
        let then = |policy| short && self.policy.renewal_when_short == policy;
        self.count(&[
            (
                "rate changed while open",
                self.product(key).rates.iter().any(|(from, _)| from.is_some_and(changed)),
            ),
            ("resume short", short && kind == "resume"),
            ("renewal short: stop", then("stop")),
            ("renewal short: run-on", then("run-on")),
            ("renewal short: negative", then("negative")),
        ]);
    }

    /// Counts the end of a session that is no longer among the open ones.
    pub(crate) fn count_end(&mut self, key: usize, session: &Session) {
        self.count_near(session.signed_in + self.policy.grace, "grace: ended");
        let Key { hold, sessions, .. } = &self.keys[key];
        let fresh = sessions.iter().any(|session| self.in_grace(session));
        let mut open = self.keys.iter().flat_map(|key| &key.sessions);
        self.count(&[
            ("hold waits for second session", hold.is_some() && fresh),
            ("hosted add-in ends with its host", open.any(|other| other.host == Some(session.id))),
        ]);
    }

    pub(crate) fn count_cover(&mut self, key: usize, covered: bool) {
        let Key { hold, ask_again, sessions, window_end, was_covered, .. } = &self.keys[key];
        let began = covered && !was_covered;
        let window_ends = !sessions.is_empty() && *window_end == Some(self.now);
        self.count(&[
            ("cover begins while hold waits", began && hold.is_some()),
            ("cover begins exactly at window end", began && window_ends),
            ("run-on: cover begins", covered && ask_again.is_some()),
        ]);
    }

    pub(crate) fn count_step(&mut self, action: &Action) {
        self.count_membership(action);
        match action {
            Action::SignOut(which) => {
                self.count_meant(which, true);
                let ((_, oldest), (key, own)) = (self.meant(which, false), self.meant(which, true));
                self.count(&[("sign-out passes over hosted add-in", oldest != own)]);
                if let Some(end) = self.keys[key].window_end.filter(|_| own.is_some()) {
                    // A renewal has moved the end one day on; the hour of the day stays.
                    let boundary = if end > self.now + 1 { end - DAY } else { end };
                    self.count_near(boundary, "window end: sign-out");
                }
            }
            Action::Touch(which) => {
                self.count_meant(which, false);
                let (key, Some(place)) = self.meant(which, false) else { return };
                let Key { hold, waiting, sessions, window_end, cover_end, .. } = &self.keys[key];
                if !waiting || !self.is_idle(&sessions[place]) {
                    return;
                }
                let (grid, held) = (self.policy.idle_resume == "grid", hold.is_some());
                let renewal = hold.as_ref().is_some_and(|hold| hold.kind != "sign-in");
                self.count(&[
                    ("resume after cover end", cover_end > window_end),
                    ("resume reanchor", !grid),
                    ("resume grid", grid),
                    ("resume grid after more than a day", grid && self.now - self.origin(key) >= DAY),
                    ("touch posts waiting hold", held),
                    ("touch posts waiting hold under cover", held && self.cover(key).is_some()),
                    ("touch posts waiting hold of a renewal", renewal),
                ]);
            }
            Action::Move { pack, to } => {
                let pack = self.packs.iter().find(|other| other.id == *pack).expect("a pack");
                self.count(&[
                    ("move to its own team", pack.team == *to),
                    ("move of an ended pack", pack.team != *to && self.is_past(pack.expires)),
                ]);
            }
            Action::Merge { team, .. } => {
                let held =
                    self.keys.iter().any(|key| key.hold.as_ref().is_some_and(|hold| hold.team == *team));
                let debt = self.debts[team] > 0;
                self.count(&[("merge with hold", held), ("negative: debt merged", debt)]);
                let ended = self.packs.iter().filter(|pack| pack.team == *team && self.is_past(pack.expires));
                for _ in 0..ended.count() {
                    self.count(&[("move of an ended pack", true)]);
                }
            }
            Action::Unassign { user, products } => {
                let all = self.users.iter().any(|other| other.name == *user && other.products.is_none());
                let any = self.catalogue.iter().any(|product| products.contains(product));
                self.count(&[("unassign from all", all && any)]);
            }
            Action::Uninstall { user, product, device } => {
                let devices = &self.keys[self.key(user, product)].devices;
                let frees = devices.len() >= 3 && devices.contains(device);
                self.count(&[("uninstall frees a device", frees)]);
            }
            _ => {}
        }
    }

    /// Counts the answer to a sign-in whose session is still to be opened.
    pub(crate) fn count_sign_in(&mut self, key: usize, by: &SignIn, (hosted, answer): (bool, Answer)) {
        self.count_member(key, answer.err());
        if answer.is_ok() {
            self.count_beside_seat(key, by, hosted);
        }
        if let Some(end) = self.keys[key].window_end {
            self.count_near(end, "window end: sign-in");
            let paid_before = end - DAY < self.history.start && self.now < end;
            self.count(&[("paid before the start: sign-in", paid_before)]);
        }
        let Key { hold, waiting, .. } = &self.keys[key];
        let waits = *waiting && !self.is_elsewhere(key, by.device);
        let (is, charged) = (answer.map(|(reason, _)| reason), answer.is_ok_and(|(_, team)| team.is_some()));
        let (short, fresh) = (is == Err("insufficient-tokens"), is == Ok("new-window"));
        let (covered, objection) = (is.is_ok() && !charged, is.is_err() && !short);
        let unreleased = !self.catalogue.contains(self.product(key).name);
        self.count(&[
            ("not released yet", objection && unreleased),
            ("covered session keeps hold waiting", covered && hold.is_some()),
            ("cover without assignment", covered && !self.is_assigned(key)),
            ("unsupported-version but covered", covered && is_unsupported(by)),
            ("sign-in while renewal waits: refused", short && waits),
            ("sign-in while renewal waits: new window", fresh && waits),
            ("hosted add-in charged", fresh && hosted),
            ("hosted add-in refused, host opens", is.is_err() && hosted),
        ]);
        if let Err(reason) = is {
            self.count(&[(reason, objection)]);
        }
    }

    /// Counts a take-over that has been decided.
    pub(crate) fn count_take_over(&mut self, admitted: bool, held: bool) {
        self.count(&[
            ("take-over admitted", admitted),
            ("take-over refused for tokens", !admitted),
            ("take-over returns hold", admitted && held),
        ]);
    }

    pub(crate) fn count_use(&mut self, answer: Answer, failed: bool) {
        let (covered, charged) = (
            answer.is_ok_and(|(why, team)| team.is_none() && why != "credits"),
            answer.is_ok_and(|(_, team)| team.is_some()),
        );
        self.count(&[
            ("service covered", covered),
            ("service charged", charged),
            ("service refused", answer == Err("insufficient-tokens")),
            ("refund", charged && failed),
        ]);
    }
}
