//! Why something was charged: how the charge fell due, who pays it, when it was posted.

use crate::audit::explanation::{Reason, lasted, reason};
use crate::audit::inquiry::Inquiry;
use crate::meter::Meter;
use crate::meter::answer::ChargeKind;
use crate::meter::instant::{Instant, Span};
use crate::meter::policy::{GraceAtRenewal, IdleResume, RenewalWhenShort, TeamChoice};
use crate::meter::record::{ChargeRecord, SessionRecord};
use crate::meter::request::Phase;
use crate::meter::tokens::Tokens;
use crate::meter::view::{KeyView, SessionView};

impl Inquiry<'_> {
    pub(super) fn charge(&self, charge: &ChargeRecord) -> (String, Vec<Reason>) {
        let what = match charge.kind {
            ChargeKind::SignIn => "was opened outside a paid window",
            ChargeKind::Renewal => "was still open when the paid window ended",
            ChargeKind::Resume => "was touched after its renewal had waited",
            ChargeKind::CoverEnd => "was still open when its cover ended",
            ChargeKind::Result => "gave a result",
            ChargeKind::Refund => "gave no result",
        };
        let verb = if charge.kind == ChargeKind::Refund { "given back to" } else { "charged to" };
        let tokens = charge.tokens.max(-charge.tokens);
        let headline = format!("{tokens} tokens {verb} {}: {} {what}", self.user(), self.product());
        let due = self.fell_due(charge);
        let mut reasons = match charge.kind {
            ChargeKind::Result | ChargeKind::Refund => self.result(charge),
            _ => self.window(charge, due),
        };
        reasons.extend(self.payment(charge, due));
        (headline, reasons)
    }

    fn result(&self, charge: &ChargeRecord) -> Vec<Reason> {
        let rate = self.rate(charge.window_start);
        let (units, at) = (charge.tokens.max(-charge.tokens), self.moment(charge.window_start));
        let used = format!(
            "used {at}: a service has no window and no grace, and costs {rate} tokens per unit, here {units}"
        );
        if charge.kind == ChargeKind::Refund {
            return vec![
                reason("1.9", used),
                reason("1.9", "the result failed: what was drawn goes back to its packs"),
            ];
        }
        let mut reasons = vec![reason("1.9", used)];
        let refund =
            |row: &&ChargeRecord| row.kind == ChargeKind::Refund && row.window_start == charge.window_start;
        if let Some(refund) = self.charges().find(refund) {
            let text =
                format!("the result failed: {} tokens went back to their packs at once", -refund.tokens);
            reasons.push(reason("1.9", text));
        }
        reasons
    }

    /// How a window's charge fell due.
    fn window(&self, charge: &ChargeRecord, due: Instant) -> Vec<Reason> {
        let start = charge.window_start;
        let phase = if charge.kind == ChargeKind::SignIn { Phase::SignIns } else { Phase::Charges };
        let before = self.journal.meter_before(due, phase);
        let view = before.key_view(self.whose.user, self.whose.product);
        let mut reasons = match charge.kind {
            ChargeKind::SignIn => self.fresh(&view, due),
            ChargeKind::Renewal => self.renewed(&view, due),
            ChargeKind::CoverEnd => self.uncovered(&view, due),
            _ => self.resumed(charge),
        };
        if start > due && charge.kind != ChargeKind::Resume {
            let text = format!(
                "the rate was held from {} on; the first session to outlast its grace was opened {}, and the window starts there",
                self.moment(due),
                self.moment(start)
            );
            reasons.push(reason("2.5", text));
        }
        reasons.extend(self.posted(charge, due));
        let end = start + Span::WINDOW;
        reasons.push(reason("1.3", format!("the window lasts 24 elapsed hours, until {}", self.moment(end))));
        reasons
    }

    /// The meter before the charge fell due, or before the operation or the contact that it waited for.
    fn before_charge(&self, charge: &ChargeRecord, due: Instant) -> Meter {
        match charge.kind {
            _ if self.at_contact(charge) || charge.kind == ChargeKind::Resume => {
                let entry = self.entry(charge);
                self.journal.meter_at(entry.before, (charge.recorded_at, Phase::Steps))
            }
            ChargeKind::SignIn | ChargeKind::Result | ChargeKind::Refund => {
                self.journal.meter_before(due, Phase::SignIns)
            }
            _ => self.journal.meter_before(due, Phase::Charges),
        }
    }

    /// When the charge fell due: its hold may be older than its window.
    fn fell_due(&self, charge: &ChargeRecord) -> Instant {
        let before = self.journal.meter_before(charge.recorded_at, Phase::GraceEnds);
        let hold = before.key_view(self.whose.user, self.whose.product).hold;
        let is_its = |due: &Instant| *due <= charge.window_start;
        hold.map(|hold| hold.due).filter(is_its).unwrap_or(charge.window_start)
    }

    fn fresh(&self, view: &KeyView, due: Instant) -> Vec<Reason> {
        let access = format!("{} is assigned to {}, and nothing covers it", self.product(), self.user());
        let last = match view.paid {
            None => "no window had been paid before".to_owned(),
            Some((end, _)) => format!("the last paid window had ended {}", self.moment(end)),
        };
        let due = format!("{last}: opened {}, it begins a window of its own", self.moment(due));
        vec![reason("3.1", access), reason("1.6", due)]
    }

    fn renewed(&self, view: &KeyView, due: Instant) -> Vec<Reason> {
        let (start, end) = (self.moment(due + Span::from_seconds(-Span::WINDOW.seconds())), self.moment(due));
        let text =
            format!("no team could pay the renewal of {start}: it ran on uncharged and asked again {end}");
        let mut reasons = if view.asks_again == Some(due) {
            vec![reason("2.6", text)]
        } else {
            vec![reason("1.3", format!("the window paid from {start} on ended {end}"))]
        };
        reasons.extend(view.sessions.iter().filter(|session| !session.on_seat).map(|session| {
            let text = format!("{} and not closed by then: charged again, used or not", self.opened(session));
            reason("1.6", text)
        }));
        reasons.extend(view.sessions.iter().filter_map(|session| self.at_work(session, due)));
        reasons
    }

    /// Why an open session did not make the renewal wait.
    fn at_work(&self, session: &SessionView, due: Instant) -> Option<Reason> {
        let version = self.scenario().directory.version_name(session.version);
        let idle = due - session.last_operation;
        if due < session.signed_in + self.grace() {
            let free = self.scenario().setup.policy.grace_at_renewal == GraceAtRenewal::Free;
            let text = if free {
                "the session was inside its grace then: the rate was held until it outlasted that"
            } else {
                "the session was inside its grace then, and is charged all the same (policy grace_at_renewal)"
            };
            return Some(reason("1.7", text));
        }
        if !session.idle_aware && idle >= Span::IDLE {
            let text = format!(
                "last used {}; version {version} does not go idle, so the renewal does not wait",
                self.moment(session.last_operation)
            );
            return Some(reason("1.8", text));
        }
        session.idle_aware.then(|| {
            let text = format!(
                "version {version} goes idle after 15 minutes, but it was last used {} before",
                lasted(idle)
            );
            reason("1.8", text)
        })
    }

    fn uncovered(&self, view: &KeyView, due: Instant) -> Vec<Reason> {
        let mut reasons =
            vec![reason("3.5", format!("its cover ended {}, and no paid window ran", self.moment(due)))];
        reasons.extend(view.sessions.iter().filter(|session| !session.on_seat).map(|session| {
            reason(
                "3.5",
                format!("{} and still open then: charged from that instant on", self.opened(session)),
            )
        }));
        reasons
    }

    /// The renewal waited for a meaningful operation.
    fn resumed(&self, charge: &ChargeRecord) -> Vec<Reason> {
        let touched = if self.at_contact(charge) { charge.window_start } else { charge.recorded_at };
        let view =
            self.journal.meter_before(touched, Phase::Steps).key_view(self.whose.user, self.whose.product);
        let end = view.paid.map(|(end, _)| end).max(view.cover_ended);
        let mut reasons: Vec<Reason> = end
            .map(|end| reason("1.6", format!("what was paid or covered had ended {}", self.moment(end))))
            .into_iter()
            .collect();
        for session in view.sessions.iter().filter(|session| !session.on_seat) {
            let text = format!(
                "{}, last used {}: idle for 15 minutes or more by then, so the renewal waited",
                self.opened(session),
                self.moment(session.last_operation)
            );
            reasons.push(reason("1.8", text));
        }
        let text = match self.scenario().setup.policy.idle_resume {
            IdleResume::Reanchor => "and the window starts there",
            IdleResume::Grid => "and the window starts at the grid point before (policy idle_resume)",
        };
        reasons
            .push(reason("1.8", format!("touched {}: the renewal falls then, {text}", self.moment(touched))));
        reasons
    }

    /// When a hold became a charge.
    fn posted(&self, charge: &ChargeRecord, due: Instant) -> Option<Reason> {
        let recorded = self.moment(charge.recorded_at);
        if charge.kind == ChargeKind::Resume && !self.at_contact(charge) {
            return None;
        }
        if charge.recorded_at == due {
            let text = "a session past its grace was not idle: posted at once";
            return (self.grace() > Span::ZERO).then(|| reason("2.5", text));
        }
        let outlasts = |row: &SessionRecord| {
            row.signed_in + self.grace() == charge.recorded_at && row.signed_out >= charge.recorded_at
        };
        if self.sessions().any(outlasts) {
            let grace = lasted(self.grace());
            return Some(reason("1.5", format!("still open {grace} after it was opened: posted {recorded}")));
        }
        let text =
            format!("it fell due without connection, and was recorded at the next contact, {recorded}");
        Some(reason("3.8", text))
    }

    /// Which rate, which team, which packs.
    fn payment(&self, charge: &ChargeRecord, due: Instant) -> Vec<Reason> {
        let tokens = charge.tokens;
        let mut reasons = Vec::new();
        if !matches!(charge.kind, ChargeKind::Result | ChargeKind::Refund) {
            let resumed = charge.kind == ChargeKind::Resume && !self.at_contact(charge);
            let at = if resumed { charge.recorded_at } else { due };
            let text = format!("the rate in force {} was {tokens} tokens", self.moment(at));
            reasons.push(reason("1.1", text));
        }
        let before = self.before_charge(charge, due);
        let teams = before.teams_of(self.whose.user);
        if teams.len() > 1 && tokens > Tokens::ZERO {
            reasons.push(self.choice(&before, charge));
        }
        let directory = &self.scenario().directory;
        for draw in charge.packs.iter().filter(|draw| draw.tokens > Tokens::ZERO) {
            let pack = self.journal.pack(draw.pack);
            let text = format!(
                "{} from pack {} of {}, which ends {}",
                draw.tokens,
                directory.packs.get(draw.pack.0),
                self.team(charge.team),
                self.moment(pack.expires),
            );
            reasons.push(reason("2.3", text));
        }
        if charge.uncovered > Tokens::ZERO {
            // Only what fell due offline can lack cover without a debt.
            let debt = self.scenario().setup.policy.renewal_when_short == RenewalWhenShort::Negative;
            let (rule, what) = if debt && !self.at_contact(charge) {
                ("2.6", "no pack could cover it: a debt of the team that the next purchase pays first")
            } else {
                ("3.8", "the packs could not cover it at that contact, and it is lost")
            };
            reasons.push(reason(rule, format!("{} uncovered: {what}", charge.uncovered)));
        }
        reasons
    }

    /// Why this of several teams.
    fn choice(&self, before: &Meter, charge: &ChargeRecord) -> Reason {
        let teams = before.teams_of(self.whose.user);
        let balances: Vec<String> = teams
            .iter()
            .map(|team| format!("{} had {}", self.team(*team), before.available(*team)))
            .collect();
        let by = match self.scenario().setup.policy.team_choice {
            TeamChoice::EarliestExpiry => "of those that can pay, the one whose next pack ends first",
            TeamChoice::LargestBalance => "of those that can pay, the one with the largest balance",
            TeamChoice::FirstListed => "the first listed that can pay",
        };
        reason("3.9", format!("{} pays ({}): {by}", self.team(charge.team), balances.join(", ")))
    }

    fn rate(&self, at: Instant) -> Tokens {
        self.scenario().setup.products[self.whose.product.index()].rate(at)
    }
}
