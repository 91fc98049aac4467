//! Services, paid per result when used: no session, no window, no grace (RULES 1.9).

use crate::meter::Meter;
use crate::meter::admission::covered;
use crate::meter::answer::{Admission, Answer, ChargeKind, Refusal};
use crate::meter::record::{ChargeRecord, Record};
use crate::meter::request::{Outcome, ServiceUse};
use crate::meter::stock::Draw;

impl Meter {
    /// A user uses a service: paid with credits or tokens at once, and given back if it failed (RULES 1.9, 5.2).
    pub(super) fn use_service(&mut self, service_use: ServiceUse) -> Answer {
        let ServiceUse { user, product, units, outcome } = service_use;
        let rate = self.products[product.index()].rate(self.now);
        let amount = rate.times_thousandths(units).expect("rate times units is exact");
        let id = self.key_of((user, product));
        let credits = self.contract_for(service_use);
        let verdict = self.entitled(id).and_then(|cover| match cover {
            Some(kind) => Ok((covered(kind), self.first_listed(user))),
            None if credits.is_some() => Ok((Admission::Credits, self.first_listed(user))),
            None => {
                self.payer(user, amount).map(|t| (Admission::Result, t)).ok_or(Refusal::InsufficientTokens)
            }
        });
        if let (Ok((Admission::Credits, _)), Some(paid)) = (verdict, credits) {
            self.use_credits(service_use, paid);
        }
        if let Ok((Admission::Result, team)) = verdict {
            let hold = self.stock.hold(team, amount);
            self.stock.post(&hold);
            let charge = ChargeRecord {
                window_start: self.now,
                user,
                product,
                version: None,
                team,
                tokens: amount,
                uncovered: hold.owed,
                kind: ChargeKind::Result,
                recorded_at: self.now,
                packs: hold.draws,
            };
            let refunded = (outcome == Outcome::Failed).then(|| charge.clone());
            self.records.push(Record::Charge(charge));
            if let Some(charge) = refunded {
                self.refund(&charge);
            }
        }
        self.answer((user, product), None, verdict)
    }

    fn refund(&mut self, charge: &ChargeRecord) {
        for expired in self.stock.refund(&charge.packs) {
            self.record_expiry(expired);
        }
        let given_back = |draw: &Draw| Draw { pack: draw.pack, tokens: -draw.tokens };
        self.records.push(Record::Charge(ChargeRecord {
            tokens: -charge.tokens,
            kind: ChargeKind::Refund,
            packs: charge.packs.iter().map(given_back).collect(),
            ..charge.clone()
        }));
    }
}
