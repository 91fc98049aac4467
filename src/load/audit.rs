//! `Auditor`: watches one meter while it serves: one charge for each key and window, and no token lost.

use std::collections::BTreeMap;

use crate::load::result::Audit;
use crate::meter::Meter;
use crate::meter::answer::ChargeKind;
use crate::meter::id::{PackId, ProductId, UserId};
use crate::meter::instant::{Instant, Span};
use crate::meter::record::{ChargeRecord, Record};
use crate::meter::tokens::Tokens;

/// What an auditor knows of a meter, from its records alone.
#[derive(Debug, Default)]
pub struct Auditor {
    found: Audit,
    /// The first instant of each key's last window that was charged.
    windows: BTreeMap<(UserId, ProductId), Instant>,
    /// What was drawn from each pack, that before the auditor came included.
    drawn: BTreeMap<PackId, Tokens>,
}

impl Auditor {
    /// An auditor who takes the meter as it is, and watches it from here on.
    pub fn of(meter: &Meter) -> Self {
        let drawn = meter.packs().map(|pack| (pack.id, pack.posted)).collect();
        Auditor { drawn, ..Auditor::default() }
    }

    /// Takes what the meter has written down since the last call.
    pub fn watch(&mut self, meter: &mut Meter) {
        for record in meter.drain_records() {
            if let Record::Charge(charge) = record {
                self.see(&charge);
            }
        }
    }

    /// A request was answered.
    pub fn decided(&mut self) {
        self.found.decisions += 1;
    }

    /// A charge was posted. Refunds and uses of services have no window (RULES 1.9).
    pub fn see(&mut self, charge: &ChargeRecord) {
        self.found.charges += 1;
        for draw in &charge.packs {
            *self.drawn.entry(draw.pack).or_default() += draw.tokens;
        }
        if matches!(charge.kind, ChargeKind::Result | ChargeKind::Refund) {
            return;
        }
        let key = (charge.user, charge.product);
        let last = self.windows.insert(key, charge.window_start);
        if let Some(last) = last.filter(|last| charge.window_start < *last + Span::WINDOW) {
            let text = format!(
                "user {} is charged for product {} at {} s and at {} s: two charges in 24 hours (RULES 1.3)",
                charge.user.0,
                charge.product.0,
                last.seconds(),
                charge.window_start.seconds()
            );
            self.violated(text);
        }
    }

    /// Counts every pack: what was drawn by charges is what is posted, and what was bought is all there.
    pub fn count(&mut self, meter: &Meter) -> Audit {
        self.found.packs = 0;
        for pack in meter.packs() {
            self.found.packs += 1;
            let drawn = self.drawn.get(&pack.id).copied().unwrap_or_default();
            let kept = pack.posted + pack.held + pack.expired + pack.remaining;
            if pack.posted != drawn || kept != pack.tokens {
                let text = format!(
                    "pack {}: {} posted, {drawn} drawn by charges, {kept} of {} kept (RULES 2.8)",
                    pack.id.0, pack.posted, pack.tokens
                );
                self.violated(text);
            }
        }
        self.found.clone()
    }

    fn violated(&mut self, text: String) {
        if self.found.violations.is_empty() {
            self.found.violations.push(text);
        }
    }
}

impl Audit {
    /// What was found of two teams together.
    pub fn add(&mut self, other: Audit) {
        self.decisions += other.decisions;
        self.charges += other.charges;
        self.packs += other.packs;
        self.violations.extend(other.violations);
    }
}
