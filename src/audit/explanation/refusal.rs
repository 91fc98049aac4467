//! Why a sign-in or use was refused.

use crate::audit::explanation::{Reason, Teller, reason};
use crate::audit::journal::Entry;
use crate::meter::Meter;
use crate::meter::answer::Refusal;
use crate::meter::record::{Record, SignInRecord};
use crate::meter::request::Phase;

impl Teller<'_> {
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
            Refusal::NoSeat => {
                vec![reason(
                    "6.1",
                    format!("{at} every seat of the licence server was taken, or it was retired"),
                )]
            }
            Refusal::InsufficientTokens => self.short(&before, sign_in),
        };
        (headline, reasons)
    }

    fn short(&self, before: &Meter, sign_in: &SignInRecord) -> Vec<Reason> {
        let view = before.key_view(self.whose.user, self.whose.product);
        let last = match view.paid {
            None => "no paid window ran".to_owned(),
            Some((end, _)) => format!("the last paid window had ended {}", self.moment(end)),
        };
        let rate = self.scenario().setup.products[self.whose.product.index()].rate(sign_in.at);
        let mut reasons =
            vec![reason("1.6", format!("{last}: a charge of {rate} tokens would have fallen due"))];
        for team in before.teams_of(self.whose.user) {
            let has = before.available(*team);
            reasons
                .push(reason("2.4", format!("{} had {has} available, less than {rate}", self.team(*team))));
        }
        reasons
    }

    /// The meter just before it was asked.
    fn before(&self, sign_in: &SignInRecord) -> Meter {
        let is_it = |entry: &&Entry| entry.record == Record::SignIn(*sign_in);
        let entry = self.journal.entries.iter().find(is_it).expect("a row of the journal");
        self.journal.meter_at(entry.before, (sign_in.at, Phase::SignIns))
    }
}
