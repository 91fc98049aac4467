//! Who may open what: the decision on a sign-in, in order of precedence (RULES 3, 4).

use crate::meter::Meter;
use crate::meter::answer::{Admission, Answer, ChargeKind, Refusal};
use crate::meter::cover::CoverKind;
use crate::meter::due::Due;
use crate::meter::id::{KeyId, ProductId, ServerId, SessionId, TeamId, UserId};
use crate::meter::key::Pending;
use crate::meter::policy::SecondDevice;
use crate::meter::record::{Opening, Record, SignInRecord};
use crate::meter::request::SignIn;
use crate::meter::session::{Session, SessionEnd};

/// A product may be installed on this many devices (RULES 3.6).
const DEVICES_MAX: usize = 3;

/// An admission and the team that pays or paid; the user's first-listed where none did.
pub(super) type Admitted = (Admission, TeamId);

impl Meter {
    /// A user opens a product; its add-ins open right after it (RULES 3.7, 4).
    pub(super) fn sign_in(&mut self, sign_in: SignIn) -> Answer {
        let (answer, session) = self.open(sign_in, None);
        if let Some(host) = session {
            for place in 0..self.users[sign_in.user.index()].add_ins.len() {
                let hosted = self.users[sign_in.user.index()].add_ins[place];
                if hosted.host == sign_in.product {
                    self.open(SignIn { product: hosted.add_in, ..sign_in }, Some(host));
                }
            }
        }
        answer
    }

    /// Decides on one opening and carries it out.
    fn open(&mut self, sign_in: SignIn, host: Option<SessionId>) -> (Answer, Option<SessionId>) {
        let id = self.key_of((sign_in.user, sign_in.product));
        let server = self.server_for(sign_in);
        let verdict = match server {
            Some(server) => self.take_seat(server, sign_in),
            None => self.admit(id, sign_in),
        };
        let opening = Some((sign_in.device, sign_in.version));
        let answer = self.answer((sign_in.user, sign_in.product), opening, verdict);
        let Ok((admission, team)) = verdict else { return (answer, None) };
        if server.is_none() && self.used_elsewhere(id, sign_in) {
            self.end_sessions(id, SessionEnd::TakenOver);
        }
        let session = self.start_session(id, sign_in, (server, host));
        self.session_mut(session).payer = (admission == Admission::NewWindow).then_some(team);
        if server.is_some() {
            return (answer, Some(session));
        }
        if admission == Admission::NewWindow {
            self.place(id, team, ChargeKind::SignIn);
        } else if self.key(id).pending.is_some() {
            self.make_due(self.now + self.policy.grace, Due::Grace(id));
        }
        (answer, Some(session))
    }

    /// The answer to an opening, by the precedence of RULES 4; nothing is changed.
    fn admit(&mut self, id: KeyId, sign_in: SignIn) -> Result<Admitted, Refusal> {
        let cover = self.entitled(id)?;
        if sign_in.unsupported && cover.is_none() {
            return Err(Refusal::UnsupportedVersion);
        }
        if self.needs_connection(id, sign_in) {
            return Err(Refusal::Offline);
        }
        let devices = &self.key(id).devices;
        if !devices.contains(&sign_in.device) && devices.len() >= DEVICES_MAX {
            return Err(Refusal::DeviceLimit);
        }
        let takes_over = self.used_elsewhere(id, sign_in);
        if takes_over && self.policy.second_device == SecondDevice::Refuse {
            return Err(Refusal::InUseElsewhere);
        }
        if let Some(kind) = cover {
            return Ok((covered(kind), self.first_listed(sign_in.user)));
        }
        if let Some(paid) = self.key(id).window(self.now) {
            return Ok((Admission::PaidWindow, paid.team));
        }
        let pending = self.key(id).pending.as_ref().filter(|_| !takes_over);
        if let Some(pending) = pending {
            return Ok((Admission::PaidWindow, pending.hold.team));
        }
        let payer = if !self.is_online(sign_in.user, sign_in.device) {
            Some(self.first_listed(sign_in.user))
        } else if takes_over {
            self.payer_after_take_over(id)
        } else {
            let rate = self.products[sign_in.product.index()].rate(self.now);
            self.payer(sign_in.user, rate)
        };
        payer.map(|team| (Admission::NewWindow, team)).ok_or(Refusal::InsufficientTokens)
    }

    /// The cover that makes tokens unnecessary, or `None` where the product is assigned (RULES 3.1, 3.4, 3.5).
    pub(super) fn entitled(&self, id: KeyId) -> Result<Option<CoverKind>, Refusal> {
        let key = self.key(id);
        if !self.accepted(key.user) {
            return Err(Refusal::NotAccepted);
        }
        let cover = key.covers.kind(self.now);
        if cover.is_none() && !self.assigned(key.user, key.product) {
            return Err(Refusal::NotAssigned);
        }
        Ok(cover)
    }

    fn used_elsewhere(&self, id: KeyId, sign_in: SignIn) -> bool {
        self.key(id).sessions.iter().any(|&session| self.session(session).device != sign_in.device)
    }

    /// Who could pay if the sessions that a take-over ends had ended already, their holds returned
    /// (RULES 3.6). Nothing is changed when it returns.
    fn payer_after_take_over(&mut self, id: KeyId) -> Option<TeamId> {
        let ending: Vec<SessionId> = self
            .key(id)
            .sessions
            .iter()
            .flat_map(|&session| {
                std::iter::once(session).chain(self.session(session).add_ins.iter().copied())
            })
            .collect();
        let mut keys: Vec<KeyId> = ending.iter().map(|&session| self.session(session).key).collect();
        keys.sort_unstable();
        keys.dedup();
        let stays_in_grace = |session: &SessionId| {
            !ending.contains(session) && self.session(*session).in_grace(self.policy.grace, self.now)
        };
        keys.retain(|&key| !self.key(key).sessions.iter().any(stays_in_grace));
        let voided: Vec<Pending> = keys.iter().filter_map(|&key| self.key_mut(key).pending.clone()).collect();
        for pending in &voided {
            self.stock.void(&pending.hold);
        }
        let key = self.key(id);
        let rate = self.products[key.product.index()].rate(self.now);
        let payer = self.payer(key.user, rate);
        for pending in voided.iter().rev() {
            self.stock.unvoid(&pending.hold);
        }
        payer
    }

    /// A session begins, on a seat or through Flex.
    fn start_session(
        &mut self,
        id: KeyId,
        sign_in: SignIn,
        (seat, host): (Option<ServerId>, Option<SessionId>),
    ) -> SessionId {
        let session = Session {
            key: id,
            signed_in: self.now,
            device: sign_in.device,
            version: sign_in.version,
            idle_aware: self.products[sign_in.product.index()].idle_aware.contains(&sign_in.version),
            last_operation: self.now,
            payer: None,
            seat,
            host,
            add_ins: Vec::new(),
        };
        let session_id = self.free_sessions.pop().unwrap_or_else(|| {
            self.sessions.push(None);
            SessionId(crate::meter::number(self.sessions.len() - 1))
        });
        self.sessions[session_id.0 as usize] = Some(session);
        let key = self.key_mut(id);
        if seat.is_some() {
            key.seats.push(session_id);
        } else {
            key.sessions.push(session_id);
            if !key.devices.contains(&sign_in.device) {
                key.devices.push(sign_in.device);
            }
        }
        if let Some(host) = host {
            self.session_mut(host).add_ins.push(session_id);
        }
        session_id
    }

    pub(super) fn answer(
        &mut self,
        (user, product): (UserId, ProductId),
        opening: Option<Opening>,
        verdict: Result<Admitted, Refusal>,
    ) -> Answer {
        let first_listed = self.first_listed(user);
        self.records.push(Record::SignIn(SignInRecord {
            at: self.now,
            user,
            product,
            opening,
            team: verdict.map_or(first_listed, |(_, team)| team),
            answer: verdict.map(|(admission, _)| admission),
        }));
        match verdict {
            Ok((admission, team)) => Answer::Admitted(admission, team),
            Err(refusal) => Answer::Refused(refusal),
        }
    }
}

pub(super) fn covered(kind: CoverKind) -> Admission {
    match kind {
        CoverKind::Subscription => Admission::Subscription,
        CoverKind::Trial => Admission::Trial,
    }
}
