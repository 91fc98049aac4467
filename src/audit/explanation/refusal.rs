//! Why a sign-in or use was refused.

use crate::audit::explanation::{Reason, reason};
use crate::audit::inquiry::Inquiry;
use crate::meter::Meter;
use crate::meter::answer::Refusal;
use crate::meter::record::SignInRecord;
use crate::meter::request::Phase;

impl Inquiry<'_> {
    pub(super) fn refusal(&self, sign_in: &SignInRecord) -> (String, Vec<Reason>) {
        let refusal = sign_in.answer.expect_err("a refusal");
        let headline = format!("{} refused to {}: {}", self.product(), self.user(), refusal.name());
        let at = self.moment(sign_in.at);
        let before = self.before(sign_in);
        let view = before.key_view(self.whose.user, self.whose.product);
        let (user, product) = (self.user(), self.product());
        let device = |device| self.scenario().directory.device_name(device);
        let reasons = match refusal {
            Refusal::NotAccepted => {
                let rule = if self.scenario().setup.users[self.whose.user.index()].network.is_some() {
                    "6.2"
                } else {
                    "3.4"
                };
                vec![reason(rule, format!("{at} {user} had no invitation accepted that still stood"))]
            }
            Refusal::NotAssigned => {
                vec![reason("3.1", format!("{at} {product} was neither assigned to {user} nor covered"))]
            }
            Refusal::UnsupportedVersion => {
                let version = sign_in
                    .opening
                    .map_or("", |(_, version)| self.scenario().directory.version_name(version));
                vec![reason("3.11", format!("version {version} on Linux: Flex serves versions from 2020 on"))]
            }
            Refusal::Offline => {
                let text = "the device had no connection, which a first sign-in on it needs, and any 24 hours after the last contact";
                vec![reason("3.8", text)]
            }
            Refusal::DeviceLimit => {
                let devices: Vec<&str> = view.devices.iter().map(|of| device(*of)).collect();
                vec![reason(
                    "3.6",
                    format!("{product} was on three other devices already: {}", devices.join(", ")),
                )]
            }
            Refusal::InUseElsewhere => {
                let open = view.sessions.iter().filter(|session| !session.on_seat);
                open.map(|session| reason("3.6", format!("{} and still open {at}", self.opened(session))))
                    .collect()
            }
            Refusal::NoSeat => vec![reason("6.1", self.no_seat(&before, &at))],
            Refusal::InsufficientTokens => self.short(&before, sign_in),
        };
        (headline, reasons)
    }

    fn no_seat(&self, before: &Meter, at: &str) -> String {
        let network = self.scenario().setup.users[self.whose.user.index()].network.as_ref();
        let server = network.map(|network| network.server);
        let retired = server.and_then(|server| before.licence_servers()[server.index()].retired);
        match retired {
            Some(since) => format!("the licence server was retired {}", self.moment(since)),
            None => format!("{at} every seat of the licence server was taken"),
        }
    }

    fn short(&self, before: &Meter, sign_in: &SignInRecord) -> Vec<Reason> {
        let amount = self.journal.amount_asked(sign_in);
        let mut reasons = if sign_in.opening.is_none() {
            vec![reason("1.9", format!("this use would have cost {amount} tokens"))]
        } else {
            let view = before.key_view(self.whose.user, self.whose.product);
            let last = match view.paid {
                None => "no paid window ran".to_owned(),
                Some((end, _)) => format!("the last paid window had ended {}", self.moment(end)),
            };
            vec![reason("1.6", format!("{last}: a charge of {amount} tokens would have fallen due"))]
        };
        for team in before.teams_of(self.whose.user) {
            let has = before.available(*team);
            reasons
                .push(reason("2.4", format!("{} had {has} available, less than {amount}", self.team(*team))));
        }
        reasons
    }

    /// The meter just before it was asked.
    fn before(&self, sign_in: &SignInRecord) -> Meter {
        self.journal.meter_at(self.journal.asked(sign_in).before, (sign_in.at, Phase::SignIns))
    }
}
