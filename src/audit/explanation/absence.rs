//! Why nothing was charged.

use crate::audit::explanation::{Reason, lasted, reason};
use crate::audit::inquiry::Inquiry;
use crate::meter::answer::Admission;
use crate::meter::cover::CoverKind;
use crate::meter::instant::{Instant, Span};
use crate::meter::record::{ChargeRecord, Record, SessionRecord, SignInRecord};
use crate::meter::request::Phase;
use crate::meter::session::SessionEnd;
use crate::meter::view::KeyView;

impl Inquiry<'_> {
    pub(super) fn absence(&self, at: Instant) -> (String, Vec<Reason>) {
        let after = self.journal.meter_before(at + Span::from_seconds(1), Phase::Ends);
        let view = after.key_view(self.whose.user, self.whose.product);
        let headline =
            format!("nothing charged to {} for {} {}", self.user(), self.product(), self.moment(at));
        let mut reasons: Vec<Reason> = self.admitted(at).into_iter().collect();
        reasons.extend(self.ended(at));
        reasons.extend(self.standing(&view, at));
        if reasons.is_empty() {
            let nothing = format!("{} had no session of {} open then", self.user(), self.product());
            reasons.push(reason("1.6", nothing));
            reasons.extend(self.last_free(at));
        }
        (headline, reasons)
    }

    /// What the answer to a sign-in of that instant was.
    fn admitted(&self, at: Instant) -> Option<Reason> {
        let sign_in = |record: &Record| match record {
            Record::SignIn(row) if row.at == at && self.whose.is(row.user, row.product) => Some(*row),
            _ => None,
        };
        let row: SignInRecord = self.journal.entries.iter().find_map(|entry| sign_in(&entry.record))?;
        match row.answer.ok()? {
            Admission::Seat => {
                Some(reason("6.1", "opened on a seat of a licence server, which costs no tokens"))
            }
            Admission::Credits => {
                Some(reason("5.2", "paid with shared cloud credits, which come before tokens"))
            }
            _ => None,
        }
    }

    /// What stands in the way of a charge.
    fn standing(&self, view: &KeyView, at: Instant) -> Vec<Reason> {
        let mut reasons = Vec::new();
        if let Some(kind) = view.cover {
            let what = if kind == CoverKind::Subscription { "a subscription" } else { "a trial" };
            reasons.push(reason("3.5", format!("{what} covered it: cover comes before tokens")));
        }
        if let Some((end, _)) = view.paid.filter(|(end, _)| at < *end) {
            let start = end + Span::from_seconds(-Span::WINDOW.seconds());
            let (from, until) = (self.moment(start), self.moment(end));
            reasons.push(reason(
                "1.6",
                format!("inside the window paid from {from} until {until}: nothing falls due"),
            ));
            if !self.charges().any(|charge| charge.window_start == start && charge.recorded_at <= at)
                && start >= self.scenario().start
            {
                reasons.push(reason(
                    "3.8",
                    "its charge fell due without connection, and is recorded at the next contact",
                ));
            }
        }
        if let Some(hold) = view.hold {
            let text = format!(
                "{} tokens were held since {}, posted if a session outlasts its grace",
                hold.tokens,
                self.moment(hold.due)
            );
            reasons.push(reason("2.5", text));
            reasons.extend(self.voided(hold.due, at));
        }
        if view.waits_for_operation {
            reasons.push(reason(
                "1.8",
                "what was open was idle when the window or the cover ended: the renewal waited for an operation",
            ));
        }
        if let Some(again) = view.asks_again {
            let text = format!(
                "no team could pay the renewal: it runs on uncharged and asks again {}",
                self.moment(again)
            );
            reasons.push(reason("2.6", text));
        }
        reasons
    }

    /// What became of a hold that was not posted.
    fn voided(&self, due: Instant, at: Instant) -> Option<Reason> {
        let short = |row: &&SessionRecord| {
            row.signed_out > at
                && row.signed_out - row.signed_in < self.grace()
                && row.signed_in + self.grace() > due
        };
        let session = self.sessions().filter(short).max_by_key(|row| row.signed_out)?;
        let posted =
            |charge: &ChargeRecord| charge.window_start >= due && charge.recorded_at <= session.signed_out;
        let taken = if session.end == SessionEnd::TakenOver { ", taken over by another device" } else { "" };
        let text = format!(
            "the session from {} to {}{taken} lasted {}, less than {}: the hold went back to its packs",
            self.moment(session.signed_in),
            self.moment(session.signed_out),
            lasted(session.signed_out - session.signed_in),
            lasted(self.grace()),
        );
        (!self.charges().any(posted)).then(|| reason("1.5", text))
    }

    /// A session that a rule ended at that instant, in place of a charge.
    fn ended(&self, at: Instant) -> Option<Reason> {
        let session = self.sessions().find(|row| row.signed_out == at)?;
        let opened = self.moment(session.signed_in);
        let ends =
            |rule, why: &str| Some(reason(rule, format!("the session opened {opened} ended then: {why}")));
        match session.end {
            SessionEnd::InsufficientTokens => {
                ends("2.6", "a charge fell due that no team could pay, so it ended uncharged")
            }
            SessionEnd::NotAssigned => {
                ends("3.5", "a charge fell due, and the product was not assigned any more")
            }
            SessionEnd::OfflineLimit => ends("3.8", "24 hours had passed since the device's last contact"),
            SessionEnd::TakenOver => ends("3.6", "another device took over"),
            SessionEnd::SignOut | SessionEnd::RunEnd => None,
        }
    }

    /// A free opening before.
    fn last_free(&self, at: Instant) -> Option<Reason> {
        let before = self.sessions().filter(|row| row.signed_out <= at);
        let last = before.max_by_key(|row| row.signed_out)?;
        let length = last.signed_out - last.signed_in;
        let span = format!("from {} to {}", self.moment(last.signed_in), self.moment(last.signed_out));
        if length < self.grace() && !self.charges().any(|charge| charge.window_start == last.signed_in) {
            let (length, grace) = (lasted(length), lasted(self.grace()));
            return Some(reason(
                "1.5",
                format!("the last session, {span}, lasted {length}, less than {grace}: free"),
            ));
        }
        Some(reason("1.4", format!("the last session was open {span}")))
    }
}
