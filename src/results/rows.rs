//! The rows of the result files: their columns, their text, their order.

use csv::StringRecord;

use crate::meter::answer::{Admission, Refusal};
use crate::meter::id::{PackId, ProductId, TeamId};
use crate::meter::instant::Instant;
use crate::meter::pack::Pack;
use crate::meter::record::{
    ChargeRecord, CreditRecord, NoticeRecord, SessionRecord, SignInRecord, TokenEvent, TransitionRecord,
};
use crate::meter::transition::{Hindrance, TransitionStep};
use crate::scenario::calendar::iso;
use crate::scenario::directory::Directory;
use crate::simulation::verdict::{notice_texts, packs_text, who_text};

/// A row of a result file. Rows are sorted as text, byte by byte, column after column.
pub trait Row {
    /// The columns.
    const HEADER: &'static [&'static str];
    /// The first columns as numbers, which stand in the order of their texts; a user by the rank of what is shown.
    type Leading: Ord;

    /// The first columns.
    fn leading(&self, names: &Directory) -> Self::Leading;

    /// Writes every column into an empty record, and behind them what a row tells that its table does not show.
    fn cells(&self, names: &Directory, cells: &mut StringRecord);
}

impl Row for ChargeRecord {
    const HEADER: &'static [&'static str] =
        &["window_start", "user", "product", "team", "tokens", "uncovered", "kind", "recorded_at", "packs"];
    type Leading = (Instant, u32, ProductId);

    fn leading(&self, names: &Directory) -> Self::Leading {
        (self.window_start, names.users.rank(self.user.0), self.product)
    }

    fn cells(&self, names: &Directory, cells: &mut StringRecord) {
        cells.push_field(&iso(self.window_start));
        cells.push_field(names.users.get(self.user.0));
        cells.push_field(names.products.get(self.product.0));
        cells.push_field(names.teams.get(self.team.0));
        cells.push_field(&self.tokens.to_string());
        cells.push_field(&self.uncovered.to_string());
        cells.push_field(self.kind.name());
        cells.push_field(&iso(self.recorded_at));
        cells.push_field(&packs_text(names, &self.packs));
        cells.push_field(self.version.map_or("", |version| names.version_name(version)));
    }
}

/// A session that was free: a use of 0 tokens (RULES 1.5), as a charge of that kind would stand.
pub(crate) struct FreeOpening(pub(crate) SessionRecord);

impl FreeOpening {
    /// The word in the place of a charge's kind.
    pub(crate) const KIND: &str = "free";
}

impl Row for FreeOpening {
    const HEADER: &'static [&'static str] = ChargeRecord::HEADER;
    type Leading = (Instant, u32, ProductId);

    fn leading(&self, names: &Directory) -> Self::Leading {
        (self.0.signed_in, names.users.rank(self.0.user.0), self.0.product)
    }

    fn cells(&self, names: &Directory, cells: &mut StringRecord) {
        let team = self.0.free.expect("only such sessions are");
        cells.push_field(&iso(self.0.signed_in));
        cells.push_field(names.users.get(self.0.user.0));
        cells.push_field(names.products.get(self.0.product.0));
        cells.push_field(names.teams.get(team.0));
        for text in ["0", "0", Self::KIND] {
            cells.push_field(text);
        }
        cells.push_field(&iso(self.0.signed_out));
        cells.push_field("");
        cells.push_field(names.version_name(self.0.version));
    }
}

impl Row for SignInRecord {
    const HEADER: &'static [&'static str] =
        &["at", "user", "product", "device", "version", "team", "outcome", "reason"];
    type Leading = (Instant, u32, ProductId);

    fn leading(&self, names: &Directory) -> Self::Leading {
        (self.at, names.users.rank(self.user.0), self.product)
    }

    fn cells(&self, names: &Directory, cells: &mut StringRecord) {
        let (device, version) = self
            .opening
            .map_or(("", ""), |(device, version)| (names.device_name(device), names.version_name(version)));
        let (outcome, reason) = match self.answer.map(Admission::name).map_err(Refusal::name) {
            Ok(reason) => ("admitted", reason),
            Err(reason) => ("refused", reason),
        };
        cells.push_field(&iso(self.at));
        cells.push_field(names.users.get(self.user.0));
        cells.push_field(names.products.get(self.product.0));
        cells.push_field(device);
        cells.push_field(version);
        cells.push_field(names.teams.get(self.team.0));
        cells.push_field(outcome);
        cells.push_field(reason);
    }
}

impl Row for SessionRecord {
    const HEADER: &'static [&'static str] =
        &["signed_in", "user", "product", "device", "version", "signed_out", "end"];
    type Leading = (Instant, u32, ProductId);

    fn leading(&self, names: &Directory) -> Self::Leading {
        (self.signed_in, names.users.rank(self.user.0), self.product)
    }

    fn cells(&self, names: &Directory, cells: &mut StringRecord) {
        cells.push_field(&iso(self.signed_in));
        cells.push_field(names.users.get(self.user.0));
        cells.push_field(names.products.get(self.product.0));
        cells.push_field(names.device_name(self.device));
        cells.push_field(names.version_name(self.version));
        cells.push_field(&iso(self.signed_out));
        cells.push_field(self.end.name());
    }
}

impl Row for Pack {
    const HEADER: &'static [&'static str] =
        &["team", "pack", "bought", "expires", "tokens", "posted", "held", "expired", "remaining"];
    type Leading = (TeamId, PackId);

    fn leading(&self, _: &Directory) -> Self::Leading {
        (self.team, self.id)
    }

    fn cells(&self, names: &Directory, cells: &mut StringRecord) {
        cells.push_field(names.teams.get(self.team.0));
        cells.push_field(names.packs.get(self.id.0));
        cells.push_field(&iso(self.bought));
        cells.push_field(&iso(self.expires));
        for tokens in [self.tokens, self.posted, self.held, self.expired, self.remaining] {
            cells.push_field(&tokens.to_string());
        }
    }
}

impl Row for TokenEvent {
    const HEADER: &'static [&'static str] = &["at", "team", "event", "pack", "tokens"];
    type Leading = (Instant, TeamId);

    fn leading(&self, _: &Directory) -> Self::Leading {
        (self.at, self.team)
    }

    fn cells(&self, names: &Directory, cells: &mut StringRecord) {
        cells.push_field(&iso(self.at));
        cells.push_field(names.teams.get(self.team.0));
        cells.push_field(self.kind.name());
        cells.push_field(names.packs.get(self.pack.0));
        cells.push_field(&self.tokens.to_string());
    }
}

impl Row for NoticeRecord {
    const HEADER: &'static [&'static str] = &["at", "user", "notice", "product", "device"];
    type Leading = (Instant, u32);

    fn leading(&self, names: &Directory) -> Self::Leading {
        (self.at, names.users.rank(self.user.0))
    }

    fn cells(&self, names: &Directory, cells: &mut StringRecord) {
        cells.push_field(&iso(self.at));
        cells.push_field(names.users.get(self.user.0));
        for text in notice_texts(names, self.kind) {
            cells.push_field(text);
        }
    }
}

impl Row for CreditRecord {
    const HEADER: &'static [&'static str] = &["at", "user", "product", "contract", "credits", "kind"];
    type Leading = (Instant, u32, ProductId);

    fn leading(&self, names: &Directory) -> Self::Leading {
        (self.at, names.users.rank(self.user.0), self.product)
    }

    fn cells(&self, names: &Directory, cells: &mut StringRecord) {
        cells.push_field(&iso(self.at));
        cells.push_field(names.users.get(self.user.0));
        cells.push_field(names.products.get(self.product.0));
        cells.push_field(names.contracts.get(self.contract.0));
        cells.push_field(&self.credits.to_string());
        cells.push_field(self.kind.name());
    }
}

impl Row for TransitionRecord {
    const HEADER: &'static [&'static str] =
        &["at", "step", "user", "product", "device", "server", "by", "outcome", "reason", "who"];
    type Leading = Instant;

    fn leading(&self, _: &Directory) -> Self::Leading {
        self.at
    }

    fn cells(&self, names: &Directory, cells: &mut StringRecord) {
        let (product, device, server) = match self.step {
            TransitionStep::CreateUser(_) | TransitionStep::InformUser(_) => ("", "", ""),
            TransitionStep::AssignProduct(_, product, _) => (names.products.get(product.0), "", ""),
            TransitionStep::Switch(_, product, device) => {
                (names.products.get(product.0), names.device_name(device), "")
            }
            TransitionStep::RetireServer(server) => ("", "", names.servers.get(server.0)),
        };
        cells.push_field(&iso(self.at));
        cells.push_field(self.step.name());
        cells.push_field(self.step.user().map_or("", |user| names.users.get(user.0)));
        cells.push_field(product);
        cells.push_field(device);
        cells.push_field(server);
        cells.push_field(self.by.name());
        cells.push_field(if self.hindrance.is_some() { "refused" } else { "done" });
        cells.push_field(self.hindrance.as_ref().map_or("", Hindrance::name));
        cells.push_field(&who_text(names, self.hindrance.as_ref()));
    }
}
