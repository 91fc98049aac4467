//! `Sentences`: why a finding is what it is, in a sentence that cites the rules and the instants they went by.

use crate::audit::KnownUse;
use crate::audit::known_use::{History, day_of};
use crate::audit::reconciliation::Class;
use crate::audit::reconciliation::due::Key;
use crate::audit::reconciliation::judge::Case;
use crate::meter::answer::{Admission, ChargeKind, Refusal};
use crate::meter::instant::{Instant, Span};
use crate::meter::product::ProductKind;
use crate::meter::record::{ChargeRecord, SessionRecord, SignInRecord};
use crate::meter::tokens::Tokens;
use crate::scenario::Scenario;
use crate::scenario::calendar::Day;
use crate::scenario::duration;

/// Finds the words for what was compared; times are those of the report zone.
pub(crate) struct Sentences<'s> {
    pub(crate) scenario: &'s Scenario,
    pub(crate) known: &'s KnownUse,
}

impl Sentences<'_> {
    pub(crate) fn why(&self, case: &Case<'_>, class: Class) -> String {
        let history = case.key.user.and_then(|user| self.known.history(user, case.key.product));
        let due = case.due.tokens;
        let charged = case.charged().unwrap_or_default();
        match class {
            Class::Agrees if case.due.charges.is_empty() => self.nothing_due(case.key, history),
            Class::Agrees => self.charges(case, history),
            Class::ChargedTwice => {
                let how = match charged.thousandths() / due.thousandths() {
                    times if due.thousandths() * times == charged.thousandths() => {
                        format!("{charged} is {times} times {due}")
                    }
                    _ => {
                        format!("{} rows for {}", case.rows.len(), counted(case.due.charges.len(), "charge"))
                    }
                };
                format!("{how}; {}", self.one_window(case, history))
            }
            Class::WrongAmount if charged == due => self.wrong_days(case, history),
            Class::WrongAmount => self.rates(case),
            Class::Missing if due == Tokens::ZERO && case.due.charges.is_empty() => {
                format!(
                    "{}; it is reported as use with 0 tokens (RULES 1.5)",
                    self.nothing_due(case.key, history)
                )
            }
            Class::Missing if case.rows.is_empty() => format!("no row; {}", self.charges(case, history)),
            Class::Missing => format!("the row has no amount; {}", self.charges(case, history)),
            Class::NotDue => self.nothing_due(case.key, history),
            Class::OutsideRun => {
                "the run has only a part of this day, or ends before it is known what the use costs"
                    .to_owned()
            }
            Class::Unknown if case.rows.iter().all(|row| row.tokens.is_none()) => {
                "no session of that day is known, and the row has no amount, which is not 0".to_owned()
            }
            Class::Unknown => {
                "no session of that day is known; 0 tokens are charged, as for features that open a \
                               product without charge"
                    .to_owned()
            }
        }
    }

    /// Why each charge fell due, the first few.
    fn charges(&self, case: &Case<'_>, history: Option<&History>) -> String {
        const SHOWN: usize = 2;
        let charges = &case.due.charges;
        let first = charges.iter().take(SHOWN).map(|charge| self.charge(case.key, charge, history));
        let text = first.collect::<Vec<_>>().join("; ");
        let text = match charges.len().saturating_sub(SHOWN) {
            0 => text,
            more => format!("{text}; and {more} more"),
        };
        match charges.len() {
            1 => text,
            count => format!("{} of {} together: {text}", counted(count, "charge"), case.due.tokens),
        }
    }

    fn charge(&self, key: &Key, charge: &ChargeRecord, history: Option<&History>) -> String {
        let tokens = charge.tokens;
        let at = self.time(charge.window_start, key.day);
        let product = &self.scenario.setup.products[charge.product.index()];
        let beside = match product.kind {
            ProductKind::AddIn => ", as an add-in beside its host (RULES 3.7)",
            _ => "",
        };
        let why = match charge.kind {
            ChargeKind::SignIn => {
                let session = history.and_then(|history| history.open_at(charge.window_start));
                match session.filter(|session| session.signed_in == charge.window_start) {
                    Some(session) => {
                        let lasted = self.lasted(session, key.day);
                        format!("{lasted}, not less than the grace period: {tokens} (RULES 1.5, 1.6)")
                    }
                    None => format!("opened, a window from {at} on: {tokens} (RULES 1.6)"),
                }
            }
            ChargeKind::Renewal => {
                format!("still open when the window ended at {at}: renewed for {tokens} (RULES 1.6)")
            }
            ChargeKind::Resume => {
                format!(
                    "idle when the window ended, and used again, a window from {at} on: {tokens} (RULES 1.8)"
                )
            }
            ChargeKind::CoverEnd => format!("still open when cover ended at {at}: {tokens} (RULES 3.5)"),
            ChargeKind::Result => format!("a result at {at}: {tokens} (RULES 1.9)"),
            ChargeKind::Refund => format!("a result at {at} failed: {tokens} (RULES 1.9)"),
        };
        why + beside
    }

    /// How often it was opened in the one window that was charged.
    fn one_window(&self, case: &Case<'_>, history: Option<&History>) -> String {
        let [charge] = case.due.charges[..] else {
            return self.charges(case, history);
        };
        if matches!(charge.kind, ChargeKind::Result | ChargeKind::Refund) {
            return self.charge(case.key, charge, history);
        }
        let end = charge.window_start + Span::WINDOW;
        let window =
            |row: &&SignInRecord| row.answer.is_ok() && charge.window_start <= row.at && row.at < end;
        let sign_ins = history.map_or(&[][..], |history| &history.sign_ins);
        let openings: Vec<&SignInRecord> = sign_ins.iter().filter(window).collect();
        let day = case.key.day;
        let text = match openings[..] {
            [] => format!("open from {} on without a break", self.time(charge.window_start, day)),
            [once] if once.at == charge.window_start => {
                format!("opened once, at {}", self.time(once.at, day))
            }
            [.., last] => {
                let first = openings[0];
                let again = if openings.len() > 2 {
                    format!("{} times more, the last", openings.len() - 1)
                } else {
                    "again".to_owned()
                };
                let device = |row: &SignInRecord| row.opening.map(|(device, _)| device);
                let elsewhere = openings.iter().any(|row| device(row) != device(first));
                let elsewhere = if elsewhere { ", also on another device" } else { "" };
                let (first, last) = (self.time(first.at, day), self.time(last.at, day));
                if openings.len() == 1 {
                    format!("renewed at {}, opened again at {last}", self.time(charge.window_start, day))
                } else {
                    format!("opened at {first} and {again} at {last}{elsewhere}")
                }
            }
        };
        let tokens = charge.tokens;
        format!("one window per user and product: {text}, is one charge of {tokens} (RULES 1.2, 1.6)")
    }

    /// What the rate was, at each charge.
    fn rates(&self, case: &Case<'_>) -> String {
        let product = &self.scenario.setup.products[case.key.product.index()];
        let charges = &case.due.charges;
        let Some(first) = charges.first() else { return "nothing is due (RULES 1.6)".to_owned() };
        let (at, rate) = (self.time(first.window_start, case.key.day), product.rate(first.window_start));
        let rate = match product.kind {
            ProductKind::Service => format!("the rate in force at {at} was {rate} a result (RULES 1.1, 1.9)"),
            _ => format!("the rate in force at {at} was {rate} (RULES 1.1)"),
        };
        let (count, rows) = (counted(charges.len(), "charge"), counted(case.rows.len(), "row"));
        match (case.key.user, charges.len()) {
            (Some(_), 1) => rate,
            (Some(_), _) => format!("{count} of {} together; {rate}", case.due.tokens),
            (None, _) => {
                format!("{rows} for {count} of {} together; whose is wrong can't be known", case.due.tokens)
            }
        }
    }

    fn wrong_days(&self, case: &Case<'_>, history: Option<&History>) -> String {
        let stated: u32 = case.rows.iter().filter_map(|row| row.days_used).sum();
        let used =
            history.map_or(0, |history| history.days_of_use(&self.scenario.policies.report_zone).len());
        format!(
            "the tokens agree, but not the days: {stated} in the export, {} with a charge or a free opening, {used} with \
             any use (RULES 5.4, 5.6)",
            case.due.days.len()
        )
    }

    /// Why nothing was charged.
    fn nothing_due(&self, key: &Key, history: Option<&History>) -> String {
        let Some(history) = history else {
            return match key.user {
                None => "nothing is due by anybody's use; whose row it is can't be known".to_owned(),
                Some(_) => "the user never opened it in this run: nothing is due (RULES 1.6)".to_owned(),
            };
        };
        if let Some(version) = &key.version {
            let version = if version.is_empty() { "no version" } else { version };
            return format!("none of the charges began with a session of {version} (RULES 1.2, 1.6)");
        }
        let zone = &self.scenario.policies.report_zone;
        let on_day = |at: Instant| key.day.is_none_or(|day| day_of(zone, at) == day);
        let sign_ins: Vec<&SignInRecord> = history.sign_ins.iter().filter(|row| on_day(row.at)).collect();
        let grace = self.scenario.policies.meter.grace;
        let free: Vec<&SessionRecord> = history
            .free_openings(grace)
            .filter(|(row, _)| on_day(row.at))
            .map(|(_, session)| session)
            .collect();
        if let Some(session) = free.first() {
            let lasted = self.lasted(session, key.day);
            let others = match free.len() {
                1 => String::new(),
                count => format!(", as did {} more", count - 1),
            };
            let grace = duration::text(grace);
            return format!("{lasted}{others}, less than the grace period of {grace}: 0 tokens (RULES 1.5)");
        }
        if let Some(row) = sign_ins.iter().find(|row| row.answer.is_ok()) {
            return self.admitted(key, row, history);
        }
        let open = history.sessions.iter().find(|session| {
            on_day(session.signed_in) || key.day.is_some_and(|day| self.is_open_on(session, day))
        });
        match (open, sign_ins.first()) {
            (Some(session), _) => self.open_without_charge(key, session, history),
            (None, Some(row)) => {
                let refusal = row.answer.err().map_or("", Refusal::name);
                format!("refused at {}, {refusal}: nothing was opened (RULES 4)", self.time(row.at, key.day))
            }
            (None, None) => "not opened then: nothing is due (RULES 1.6)".to_owned(),
        }
    }

    /// Why an admitted opening cost nothing.
    fn admitted(&self, key: &Key, row: &SignInRecord, history: &History) -> String {
        let at = self.time(row.at, key.day);
        let refund = history
            .charges
            .iter()
            .any(|charge| charge.kind == ChargeKind::Refund && charge.window_start == row.at);
        match row.answer {
            Ok(Admission::Subscription) => {
                format!("opened at {at} under a subscription: 0 tokens (RULES 3.5)")
            }
            Ok(Admission::Trial) => format!("opened at {at} under a trial: 0 tokens (RULES 3.5)"),
            Ok(Admission::Credits) => format!("used at {at} for shared cloud credits: 0 tokens (RULES 5.2)"),
            Ok(Admission::Seat) => {
                format!("opened at {at} on a seat of a licence server: 0 tokens (RULES 6.1)")
            }
            Ok(Admission::Result) if refund => {
                format!("the result at {at} failed, and was given back: 0 tokens (RULES 1.9)")
            }
            Ok(Admission::PaidWindow) => {
                let paid = history.charges.iter().rev().find(|charge| charge.window_start <= row.at);
                let paid = paid.filter(|charge| row.at < charge.window_start + Span::WINDOW);
                let since = paid.map_or("a window paid before".to_owned(), |charge| {
                    format!("the window paid from {} on", self.time(charge.window_start, key.day))
                });
                format!("opened at {at} inside {since}: 0 tokens (RULES 1.6)")
            }
            _ => format!("opened at {at}, and nothing fell due (RULES 1.6)"),
        }
    }

    fn open_without_charge(&self, key: &Key, session: &SessionRecord, history: &History) -> String {
        let lasted = self.lasted(session, key.day);
        let paid = history.charges.iter().rev().find(|charge| charge.window_start < session.signed_out);
        match paid.filter(|charge| session.signed_out <= charge.window_start + Span::WINDOW) {
            Some(charge) => {
                let from = self.time(charge.window_start, key.day);
                format!("{lasted}, inside the window paid from {from} on: 0 tokens (RULES 1.6)")
            }
            None => format!("{lasted}, and nothing fell due then (RULES 1.6, 1.8, 3.5)"),
        }
    }

    fn is_open_on(&self, session: &SessionRecord, day: Day) -> bool {
        let zone = &self.scenario.policies.report_zone;
        let [first, next] = [day, day.plus(1)].map(|day| zone.moment(day, Span::ZERO));
        session.signed_in < next && first < session.signed_out
    }

    /// A session with its length.
    fn lasted(&self, session: &SessionRecord, day: Option<Day>) -> String {
        let (from, until) = (self.time(session.signed_in, day), self.time(session.signed_out, day));
        let length = duration::text(session.signed_out - session.signed_in);
        format!("the session {from} to {until} lasted {length}")
    }

    /// A time of that day; with its date where it is of another.
    fn time(&self, at: Instant, day: Option<Day>) -> String {
        let local = self.scenario.policies.report_zone.local(at);
        let of_day = day == Some(Day::from(local.date()));
        local.format(if of_day { "%H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" }).to_string()
    }
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
