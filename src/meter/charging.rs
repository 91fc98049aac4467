//! When a charge falls due, waits, is posted or voided (RULES 1.5–1.8, 2.4–2.6, 3.5).

use crate::meter::Meter;
use crate::meter::answer::ChargeKind;
use crate::meter::due::Due;
use crate::meter::id::{KeyId, SessionId, TeamId, UserId};
use crate::meter::instant::{Instant, Span};
use crate::meter::key::{Deferred, Paid, Pending};
use crate::meter::offline::LateCharge;
use crate::meter::policy::{GraceAtRenewal, IdleResume, RenewalWhenShort, TeamChoice};
use crate::meter::record::{ChargeRecord, NoticeKind, Record, SessionRecord};
use crate::meter::session::SessionEnd;
use crate::meter::stock::Hold;
use crate::meter::tokens::Tokens;

/// What the open sessions of a key say about a charge that falls due.
enum Attendance {
    /// A session past its grace is not idle, the oldest such: the charge is posted at once.
    Working(SessionId),
    /// Some session is inside its grace, the last such, the others are idle.
    InGrace(SessionId),
    /// All are idle.
    Idle,
}

impl Meter {
    /// A session of the key has outlasted its grace: the hold that waits for it is posted, and its
    /// due instant is the window's start (RULES 2.5).
    pub(super) fn grace_ends(&mut self, id: KeyId) {
        let (now, grace) = (self.now, self.policy.grace);
        let key = self.key(id);
        let Some(pending) = &key.pending else { return };
        let outlasted = key.sessions.iter().copied().find(|s| self.session(*s).signed_in + grace == now);
        if let Some(session) = outlasted {
            let window_start = self.session(session).signed_in.max(pending.due);
            self.post_pending(session, window_start);
        }
    }

    /// A window or cover of the key ends now, or a short renewal asks again: is a charge due?
    pub(super) fn window_or_cover_ends(&mut self, id: KeyId) {
        let now = self.now;
        let key = self.key(id);
        let cover_ended = key.covers.last_end(now) == Some(now);
        let due = !key.sessions.is_empty()
            && key.window(now).is_none()
            && key.covers.kind(now).is_none()
            && (cover_ended || !key.runs_on(now));
        if !due {
            return;
        }
        if key.pending.is_none() {
            self.fall_due(id, if cover_ended { ChargeKind::CoverEnd } else { ChargeKind::Renewal });
        } else if let Attendance::Working(session) = self.attendance(id) {
            // One hold per key: it is posted for the session that works (RULES 2.5).
            self.post_pending(session, now);
        }
    }

    /// A meaningful operation in an open session (RULES 1.8).
    pub(super) fn operate(&mut self, session: SessionId) {
        let (now, grace) = (self.now, self.policy.grace);
        if self.session(session).seat.is_some() {
            return;
        }
        self.session_mut(session).last_operation = now;
        let in_grace = self.session(session).in_grace(grace, now);
        let id = self.session(session).key;
        let key = self.key_mut(id);
        if in_grace || key.runs_on(now) {
            return;
        }
        if let Some(pending) = &mut key.pending {
            // Past its grace and beside a hold, the session was idle: this is the resumed renewal.
            pending.kind = ChargeKind::Resume;
            let window_start = self.resumed_window_start(id);
            self.post_pending(session, window_start);
        } else if key.deferred == Some(Deferred::UntilTouched) && key.uncovered_before(now) {
            self.fall_due(id, ChargeKind::Resume);
        }
    }

    /// A charge falls due now in the open sessions of a key.
    fn fall_due(&mut self, id: KeyId, kind: ChargeKind) {
        let attendance = self.attendance(id);
        if matches!(attendance, Attendance::Idle) {
            self.key_mut(id).deferred = Some(Deferred::UntilTouched);
            return;
        }
        let (user, product) = (self.key(id).user, self.key(id).product);
        if !self.assigned(user, product) {
            self.end_sessions(id, SessionEnd::NotAssigned);
            return;
        }
        if self.is_offline(id) {
            self.place(id, self.first_listed(user), kind);
            return;
        }
        let rate = self.products[product.index()].rate(self.now);
        let team = match (self.payer(user, rate), self.policy.renewal_when_short) {
            (Some(team), _) => team,
            (None, RenewalWhenShort::Negative) => self.first_listed(user),
            (None, RenewalWhenShort::Stop) => {
                let device = self.session(self.key(id).sessions[0]).device;
                self.notify(user, NoticeKind::InsufficientTokens(product, device));
                self.end_sessions(id, SessionEnd::InsufficientTokens);
                return;
            }
            (None, RenewalWhenShort::RunOn) => {
                let asks_again = self.now + Span::WINDOW;
                self.key_mut(id).deferred = Some(Deferred::Until(asks_again));
                self.make_due(asks_again, Due::Window(id));
                return;
            }
        };
        self.place(id, team, kind);
    }

    /// Holds the rate for a charge that falls due now, of which `team` is the payer: posted at once, or
    /// waiting for a session to outlast its grace (RULES 1.7, 2.5).
    pub(super) fn place(&mut self, id: KeyId, team: TeamId, kind: ChargeKind) {
        let (now, grace) = (self.now, self.policy.grace);
        let rate = self.products[self.key(id).product.index()].rate(now);
        let late = self.is_offline(id);
        let hold = if late { Hold::without_packs(team, rate) } else { self.stock.hold(team, rate) };
        assert!(self.key(id).pending.is_none(), "one hold per key");
        let charged_in_grace =
            kind == ChargeKind::Renewal && self.policy.grace_at_renewal == GraceAtRenewal::Charge;
        let at_once = match self.attendance(id) {
            Attendance::Working(session) => Some(session),
            Attendance::InGrace(session) if charged_in_grace => Some(session),
            _ => None,
        };
        self.key_mut(id).pending = Some(Pending { hold, late, kind, due: now });
        if let Some(session) = at_once {
            let resumed = kind == ChargeKind::Resume;
            self.post_pending(session, if resumed { self.resumed_window_start(id) } else { now });
            return;
        }
        for place in 0..self.key(id).sessions.len() {
            let session = self.session(self.key(id).sessions[place]);
            if session.in_grace(grace, now) {
                self.make_due(session.signed_in + grace, Due::Grace(id));
            }
        }
    }

    /// The hold becomes a charge for a session of its key, and its window begins.
    fn post_pending(&mut self, session: SessionId, window_start: Instant) {
        let session = self.session(session);
        let (id, version) = (session.key, session.version);
        let pending = self.key_mut(id).pending.take().expect("a hold that waits");
        let end = window_start + Span::WINDOW;
        let key = self.key_mut(id);
        key.paid = Some(Paid { end, team: pending.hold.team });
        key.deferred = None;
        let (user, product) = (key.user, key.product);
        self.make_due(end, Due::Window(id));
        if pending.late {
            let Pending { hold, kind, .. } = pending;
            self.post_late(LateCharge { key: id, window_start, version, rate: hold.tokens(), kind });
            return;
        }
        self.stock.post(&pending.hold);
        self.records.push(Record::Charge(ChargeRecord {
            window_start,
            user,
            product,
            version: Some(version),
            team: pending.hold.team,
            tokens: pending.hold.tokens(),
            uncovered: pending.hold.owed,
            kind: pending.kind,
            recorded_at: self.now,
            packs: pending.hold.draws,
        }));
    }

    /// Where the window of a renewal resumed now starts (RULES 1.8, `idle_resume`).
    fn resumed_window_start(&self, id: KeyId) -> Instant {
        match self.policy.idle_resume {
            IdleResume::Reanchor => self.now,
            IdleResume::Grid => {
                let anchor = self.key(id).last_end(self.now).expect("a renewal waits after an end");
                let windows = (self.now - anchor).seconds() / Span::WINDOW.seconds();
                anchor + Span::from_seconds(windows * Span::WINDOW.seconds())
            }
        }
    }

    fn attendance(&self, id: KeyId) -> Attendance {
        let (now, grace) = (self.now, self.policy.grace);
        let mut attendance = Attendance::Idle;
        for &id in &self.key(id).sessions {
            let session = self.session(id);
            if session.in_grace(grace, now) {
                attendance = Attendance::InGrace(id);
            } else if !session.idle(grace, now) {
                return Attendance::Working(id);
            }
        }
        attendance
    }

    /// The team that pays `rate` for the user; `None` where none can (RULES 2.4, 3.9).
    pub(super) fn payer(&self, user: UserId, rate: Tokens) -> Option<TeamId> {
        let teams = &self.users[user.index()].teams;
        let mut can_pay = teams.iter().copied().filter(|team| self.stock.balance(*team) >= rate);
        if rate == Tokens::ZERO {
            // Nothing is drawn, so there is nothing to choose by (RULES 1.1).
            return can_pay.next().map(|_| teams[0]);
        }
        match self.policy.team_choice {
            TeamChoice::FirstListed => can_pay.next(),
            TeamChoice::LargestBalance => can_pay.min_by_key(|team| (-self.stock.balance(*team), *team)),
            TeamChoice::EarliestExpiry => can_pay.min_by_key(|team| (self.stock.next_end(*team), *team)),
        }
    }

    /// Ends every session of the key through Flex now.
    pub(super) fn end_sessions(&mut self, id: KeyId, end: SessionEnd) {
        while let Some(&session) = self.key(id).sessions.first() {
            self.end_session(session, end);
        }
    }

    /// Ends a session now, with its hosted add-ins (RULES 3.7); a hold left without a session inside
    /// its grace is voided (RULES 2.5).
    pub(super) fn end_session(&mut self, id: SessionId, end: SessionEnd) {
        let (now, grace) = (self.now, self.policy.grace);
        let session = self.sessions[id.0 as usize].take().expect("an open session");
        self.free_sessions.push(id);
        let key = self.key_mut(session.key);
        let open = if session.seat.is_some() { &mut key.seats } else { &mut key.sessions };
        open.retain(|open| *open != id);
        let (user, product) = (key.user, key.product);
        self.records.push(Record::Session(SessionRecord {
            signed_in: session.signed_in,
            user,
            product,
            device: session.device,
            version: session.version,
            signed_out: now,
            end,
            free: session.payer.filter(|_| end != SessionEnd::RunEnd && session.in_grace(grace, now)),
        }));
        if let Some(host) = session.host.and_then(|host| self.sessions[host.0 as usize].as_mut()) {
            host.add_ins.retain(|add_in| *add_in != id);
        }
        match session.seat {
            Some(server) => self.free_seat(server, product),
            None => self.after_session(session.key),
        }
        for add_in in session.add_ins {
            self.end_session(add_in, end);
        }
    }

    fn after_session(&mut self, id: KeyId) {
        if self.key(id).pending.is_some() && !self.any_in_grace(id) {
            let pending = self.key_mut(id).pending.take().expect("just seen");
            for expired in self.stock.void(&pending.hold) {
                self.record_expiry(expired);
            }
            let now = self.now;
            let key = self.key_mut(id);
            if !key.runs_on(now) {
                // Who is left was idle when the charge fell due: the renewal waits again (RULES 2.5).
                key.deferred = Some(Deferred::UntilTouched);
            }
        }
        if self.key(id).sessions.is_empty() {
            self.key_mut(id).deferred = None;
        }
    }

    fn any_in_grace(&self, id: KeyId) -> bool {
        self.key(id).sessions.iter().any(|&s| self.session(s).in_grace(self.policy.grace, self.now))
    }
}
