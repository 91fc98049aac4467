//! The order in which a group of teams acts within a stretch of time.

use crate::meter::id::{ProductId, UserId};
use crate::meter::instant::Instant;
use crate::meter::request::Phase;
use crate::simulation::course::Agenda;

/// The order of what falls on one instant: the phase, scripted before simulated, user, product (RULES 4).
pub(super) type Order = u64;

/// All intentions in order. Their keys are numbers: seconds since `from`, the phase, the user, and the place
/// in the user's agenda, which is in order itself; below them the place of the agenda.
pub(super) fn merge(from: Instant, agendas: &[Agenda]) -> Vec<u128> {
    let mut merged = Vec::with_capacity(agendas.iter().map(|agenda| agenda.intentions.len()).sum());
    for (agenda, Agenda { user, intentions }) in (0_u32..).zip(agendas) {
        for (number, intention) in (0_u32..).zip(intentions) {
            let (at, phase, _) = intention.order();
            let since = u32::try_from((at - from).seconds()).expect("a stretch is shorter than a century");
            let who = phase_bits(phase) >> 32 | u64::from(user.0);
            let key = u128::from(since) << 96 | u128::from(who) << 64 | u128::from(number) << 32;
            merged.push(key | u128::from(agenda));
        }
    }
    merged.sort_unstable();
    merged
}

/// The agenda and the intention in it that a key of [`merge`] stands for.
#[expect(clippy::cast_possible_truncation, reason = "each part is cut to its bits")]
pub(super) fn merged_place(key: u128) -> (usize, usize) {
    (key as u32 as usize, (key >> 32) as u32 as usize)
}

/// Bits of an order below its phase.
const PHASE_SHIFT: u32 = 61;
/// Set for what simulated users do.
const SIMULATED: u64 = 1 << 60;

pub(super) fn phase_bits(phase: Phase) -> Order {
    (phase as u64) << PHASE_SHIFT
}

pub(super) fn order(phase: Phase, user: UserId, product: ProductId) -> Order {
    assert!(user.0 < 1 << 28, "fewer than 2²⁸ users in a group");
    phase_bits(phase) | SIMULATED | u64::from(user.0) << 32 | u64::from(product.0)
}

/// The user and product of an order.
#[expect(clippy::cast_possible_truncation, reason = "each part is masked to its bits")]
pub(super) fn whose(order: Order) -> (UserId, ProductId) {
    (UserId((order >> 32) as u32 & ((1 << 28) - 1)), ProductId(order as u32))
}
