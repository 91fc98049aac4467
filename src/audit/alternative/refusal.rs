//! What would have avoided a refusal.

use crate::audit::alternative::{Attempt, Workshop};
use crate::meter::answer::Refusal;
use crate::meter::id::DeviceId;
use crate::meter::instant::Instant;
use crate::meter::record::{SessionRecord, SignInRecord};
use crate::meter::request::Phase;
use crate::meter::tokens::Tokens;
use crate::scenario::document::{Document, Entry, amount};

impl Workshop<'_> {
    pub(super) fn without_refusal(&self, sign_in: &SignInRecord) -> Vec<Attempt> {
        let at = sign_in.at;
        let attempt = match sign_in.answer.expect_err("a refusal") {
            Refusal::NotAccepted => Some(self.accepted(at)),
            Refusal::NotAssigned => return vec![self.assigned(at), self.subscribed(at)],
            Refusal::UnsupportedVersion => self.supported(sign_in),
            Refusal::Offline => self.connected(sign_in),
            Refusal::DeviceLimit => self.uninstalled(at),
            Refusal::InUseElsewhere => self.signed_out(at),
            Refusal::NoSeat => self.one_more_seat(),
            Refusal::InsufficientTokens => return vec![self.bought(sign_in), self.subscribed(at)],
        };
        attempt.into_iter().collect()
    }

    fn accepted(&self, at: Instant) -> Attempt {
        let text = format!("an invitation accepted by {}", self.inquiry.moment(at));
        self.attempt(("3.4", text), |document| {
            for action in ["invite", "accept"] {
                document.push("step", Entry::step(at, action).with("user", self.inquiry.own_user()).table());
            }
        })
    }

    fn assigned(&self, at: Instant) -> Attempt {
        let text = format!("{} assigned by {}", self.inquiry.product(), self.inquiry.moment(at));
        let products = toml_edit::Array::from_iter([self.inquiry.product()]);
        let step = Entry::step(at, "assign").with("user", self.inquiry.own_user()).with("products", products);
        self.attempt(("3.1", text), |document| document.push("step", step.table()))
    }

    fn supported(&self, sign_in: &SignInRecord) -> Option<Attempt> {
        let step = self.step_of(sign_in)?;
        let text = "version 2020 or later on Linux".to_owned();
        Some(self.attempt(("3.11", text), |document| {
            let table = document.table_mut("step", step).expect("a step of the file");
            table.insert("version", toml_edit::value("2020"));
        }))
    }

    fn connected(&self, sign_in: &SignInRecord) -> Option<Attempt> {
        let (device, _) = sign_in.opening?;
        let text = format!("a connection by {}", self.inquiry.moment(sign_in.at));
        let step = Entry::step(sign_in.at, "go-online").with("user", self.inquiry.own_user());
        let step = step.with("device", self.device(device));
        Some(self.attempt(("3.8", text), |document| document.push("step", step.table())))
    }

    fn uninstalled(&self, at: Instant) -> Option<Attempt> {
        let before = self.inquiry.journal.meter_before(at, Phase::SignIns);
        let view = before.key_view(self.inquiry.whose.user, self.inquiry.whose.product);
        let device = self.device(*view.devices.first()?).to_owned();
        let text = format!("uninstalling it from {device} by {}", self.inquiry.moment(at));
        let step = Entry::step(at, "uninstall")
            .with("user", self.inquiry.own_user())
            .with("product", self.inquiry.product());
        let step = step.with("device", device);
        Some(self.attempt(("3.6", text), |document| document.push("step", step.table())))
    }

    fn signed_out(&self, at: Instant) -> Option<Attempt> {
        let open = |row: &&SessionRecord| row.signed_in <= at && row.signed_out > at;
        let open: Vec<_> = self.inquiry.sessions().filter(open).map(|row| (*row, at)).collect();
        let (first, _) = open.first()?;
        let text = format!("signing out on {} by {}", self.device(first.device), self.inquiry.moment(at));
        Some(self.attempt(("3.6", text), |document| self.close(document, &open)))
    }

    fn one_more_seat(&self) -> Option<Attempt> {
        let network =
            self.inquiry.scenario().setup.users[self.inquiry.whose.user.index()].network.as_ref()?;
        let server = self.inquiry.scenario().directory.servers.get(network.server.0);
        let text = format!("one more seat of {} on {server}", self.inquiry.product());
        let add_seat = |document: &mut Document| {
            let table = document.named_mut("licence_server", server);
            let seats = table.and_then(|table| table.get_mut("seats")?.as_table_like_mut());
            if let Some(seats) = seats.and_then(|seats| seats.get_mut(self.inquiry.product()))
                && let Some(count) = seats.as_integer()
            {
                *seats = toml_edit::value(count + 1);
            }
        };
        Some(self.attempt(("6.1", text), add_seat))
    }

    fn bought(&self, sign_in: &SignInRecord) -> Attempt {
        let before = self.inquiry.journal.meter_before(sign_in.at, Phase::SignIns);
        let (rate, teams) =
            (self.inquiry.journal.amount_asked(sign_in), before.teams_of(self.inquiry.whose.user));
        let nearest = teams.iter().max_by_key(|team| before.available(**team)).expect("a user has a team");
        // Others may ask for them at the same instant, before this user.
        let (missing, team) =
            (rate - before.available(*nearest), self.inquiry.scenario().directory.teams.get(nearest.0));
        let missing = if missing > Tokens::ZERO { missing } else { rate };
        let text = format!("{missing} more tokens for {team} by {}", self.inquiry.moment(sign_in.at));
        let mut pack = toml_edit::InlineTable::new();
        pack.insert("id", "one-more-pack".into());
        pack.insert("tokens", amount(missing));
        let step = Entry::step(sign_in.at, "buy").with("team", team).with("pack", pack);
        self.attempt(("2.4", text), |document| document.push("step", step.table()))
    }

    fn device(&self, device: DeviceId) -> &str {
        self.inquiry.scenario().directory.device_name(device)
    }

    /// The step of the file that was refused.
    fn step_of(&self, sign_in: &SignInRecord) -> Option<usize> {
        self.inquiry.journal.step_of(self.inquiry.journal.asked(sign_in))
    }
}
