//! `Record`: what the meter writes down as it goes; the result files are made of it.

use crate::meter::answer::{Admission, ChargeKind, Refusal};
use crate::meter::id::{ContractId, DeviceId, PackId, ProductId, TeamId, UserId, VersionId};
use crate::meter::instant::Instant;
use crate::meter::session::SessionEnd;
use crate::meter::stock::Draw;
use crate::meter::tokens::Tokens;
use crate::meter::transition::{Hindrance, Role, TransitionStep};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A sign-in or service use was answered.
    SignIn(SignInRecord),
    /// A session ended.
    Session(SessionRecord),
    /// A charge was posted, or refunded.
    Charge(ChargeRecord),
    /// A team's stock changed by other means than a charge.
    TokenEvent(TokenEvent),
    /// Somebody was told something.
    Notice(NoticeRecord),
    /// Shared cloud credits were used, or given back.
    Credit(CreditRecord),
    /// A step of the transition was done or refused.
    Transition(TransitionRecord),
}

impl Record {
    /// The instant at which it was written down.
    pub fn at(&self) -> Instant {
        match self {
            Record::SignIn(record) => record.at,
            Record::Session(record) => record.signed_out,
            Record::Charge(record) => record.recorded_at,
            Record::TokenEvent(record) => record.at,
            Record::Notice(record) => record.at,
            Record::Credit(record) => record.at,
            Record::Transition(record) => record.at,
        }
    }
}

/// The device and version of an opening.
pub type Opening = (DeviceId, VersionId);

/// An answered sign-in or service use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignInRecord {
    /// When.
    pub at: Instant,
    /// Who.
    pub user: UserId,
    /// What; an add-in that opens with its host has a record of its own.
    pub product: ProductId,
    /// Where and which version; `None` for a service.
    pub opening: Option<Opening>,
    /// The team that pays or paid; the user's first-listed where none did (RULES 3.9).
    pub team: TeamId,
    /// The answer.
    pub answer: Result<Admission, Refusal>,
}

/// A session that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// Its first instant.
    pub signed_in: Instant,
    /// Who.
    pub user: UserId,
    /// What.
    pub product: ProductId,
    /// Where.
    pub device: DeviceId,
    /// Which version.
    pub version: VersionId,
    /// The instant from which it was closed.
    pub signed_out: Instant,
    /// Why.
    pub end: SessionEnd,
    /// Where it was free (RULES 1.5), having begun a window and ended within its grace period before the run did:
    /// the team that would have paid.
    pub free: Option<TeamId>,
}

/// A charge as it is posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChargeRecord {
    /// The window's first instant, or the instant of a service use.
    pub window_start: Instant,
    /// Who.
    pub user: UserId,
    /// What.
    pub product: ProductId,
    /// The version of the session that it is charged for; `None` for a service.
    pub version: Option<VersionId>,
    /// Who pays.
    pub team: TeamId,
    /// The whole amount; negative for a refund.
    pub tokens: Tokens,
    /// The part of it that no pack covered (RULES 2.6).
    pub uncovered: Tokens,
    /// What made it.
    pub kind: ChargeKind,
    /// When it was posted.
    pub recorded_at: Instant,
    /// The packs it was drawn from, in draw order; negative amounts for a refund.
    pub packs: Vec<Draw>,
}

/// What happened to a pack, as the Balances page lists it (RULES 2.7, 5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenEvent {
    /// When.
    pub at: Instant,
    /// Whose balance.
    pub team: TeamId,
    /// What.
    pub kind: TokenEventKind,
    /// Which pack.
    pub pack: PackId,
    /// How many tokens came or went: a purchase's size, what a moved pack had left, what expired.
    pub tokens: Tokens,
}

/// The kinds of token events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenEventKind {
    /// A pack was bought.
    Purchase,
    /// A pack came from another team.
    MoveIn,
    /// A pack went to another team.
    MoveOut,
    /// What was left of a pack at its end, or came back to it later, expired.
    Expiry,
}

impl TokenEventKind {
    /// The word for it in result files.
    pub fn name(self) -> &'static str {
        match self {
            TokenEventKind::Purchase => "purchase",
            TokenEventKind::MoveIn => "move-in",
            TokenEventKind::MoveOut => "move-out",
            TokenEventKind::Expiry => "expiry",
        }
    }
}

/// A notice to a user (RULES 2.6, 3.4, 3.8, 6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoticeRecord {
    /// When.
    pub at: Instant,
    /// To whom.
    pub user: UserId,
    /// What about.
    pub kind: NoticeKind,
}

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// They are invited.
    Invitation,
    /// A product was assigned to them individually; `None`: every product.
    Assignment(Option<ProductId>),
    /// Their device has been without connection for 23 hours: in an hour its sessions end.
    OfflineLimit(DeviceId),
    /// Their sessions of a product on a device ended, because no team could pay.
    InsufficientTokens(ProductId, DeviceId),
    /// They are switched from a licence server to Flex.
    Switch,
}

impl NoticeKind {
    /// The words for all of them.
    pub const NAMES: [&str; 5] =
        ["invitation", "assignment", "offline-limit", "insufficient-tokens", "switch"];

    /// The word for it in result files.
    pub fn name(self) -> &'static str {
        let [invitation, assignment, offline_limit, insufficient_tokens, switch] = Self::NAMES;
        match self {
            NoticeKind::Invitation => invitation,
            NoticeKind::Assignment(_) => assignment,
            NoticeKind::OfflineLimit(_) => offline_limit,
            NoticeKind::InsufficientTokens(..) => insufficient_tokens,
            NoticeKind::Switch => switch,
        }
    }
}

/// A use of shared cloud credits (RULES 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreditRecord {
    /// When.
    pub at: Instant,
    /// Who.
    pub user: UserId,
    /// Which service.
    pub product: ProductId,
    /// Whose credits.
    pub contract: ContractId,
    /// How many; negative for a refund.
    pub credits: Tokens,
    /// Used, or given back.
    pub kind: CreditKind,
}

/// Whether credits were used or given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreditKind {
    /// Used.
    Use,
    /// Given back after a failed result (RULES 1.9).
    Refund,
}

impl CreditKind {
    /// The word for it in result files.
    pub fn name(self) -> &'static str {
        match self {
            CreditKind::Use => "use",
            CreditKind::Refund => "refund",
        }
    }
}

/// A step of the transition, as it was answered (RULES 6.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransitionRecord {
    /// When.
    pub at: Instant,
    /// Which.
    pub step: TransitionStep,
    /// Who did it, or wanted to.
    pub by: Role,
    /// Why not; `None` where it was done.
    pub hindrance: Option<Hindrance>,
}
