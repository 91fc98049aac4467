//! What would have avoided a charge.

use toml_edit::{Array, InlineTable, Item, Value};

use crate::audit::alternative::{Attempt, Workshop, loads};
use crate::meter::answer::ChargeKind;
use crate::meter::id::VersionId;
use crate::meter::instant::{Instant, Span};
use crate::meter::product::ProductKind;
use crate::meter::record::{ChargeRecord, SessionRecord};
use crate::meter::request::{Phase, Request};
use crate::scenario::document::{Document, Entry, amount, rows_mut};

/// The shortest time there is.
const BEFORE: Span = Span::from_seconds(-1);

impl Workshop<'_> {
    pub(super) fn without_charge(&self, charge: &ChargeRecord) -> Vec<Attempt> {
        match charge.kind {
            ChargeKind::Result | ChargeKind::Refund => self.without_result(charge).into_iter().collect(),
            _ => self.without_window(charge),
        }
    }

    fn without_result(&self, charge: &ChargeRecord) -> Option<Attempt> {
        let step = self.step_of_charge(charge)?;
        if charge.kind == ChargeKind::Refund {
            let text = format!("a result that {} is paid for", self.inquiry.moment(charge.window_start));
            let succeed = |document: &mut Document| {
                document.table_mut("step", step).expect("a step of the file").remove("outcome");
            };
            return Some(self.attempt(("1.9", text), succeed));
        }
        let text =
            format!("not using {} {}", self.inquiry.product(), self.inquiry.moment(charge.window_start));
        Some(self.attempt(("1.9", text), |document| document.remove("step", step)))
    }

    fn without_window(&self, charge: &ChargeRecord) -> Vec<Attempt> {
        let start = charge.window_start;
        let posted =
            if self.inquiry.at_contact(charge) { start + self.inquiry.grace() } else { charge.recorded_at };
        let open = |row: &&SessionRecord| {
            let charged = if posted == start { row.signed_out > start } else { row.signed_out >= posted };
            row.signed_in <= start && charged
        };
        let open: Vec<SessionRecord> = self.inquiry.sessions().filter(open).copied().collect();
        let mut attempts = Vec::new();
        let in_grace = |row: &SessionRecord| {
            self.inquiry.grace() > Span::ZERO && row.signed_in + self.inquiry.grace() == posted
        };
        if open.iter().any(in_grace) {
            attempts.push(self.closed_in_grace(&open));
        }
        if charge.kind == ChargeKind::Resume {
            attempts.extend(self.untouched(charge, &open));
        }
        if open.iter().any(|row| row.signed_in < start) && charge.kind != ChargeKind::Resume {
            let rule = if charge.kind == ChargeKind::CoverEnd { "3.5" } else { "1.6" };
            let text = format!("signing out by {}", self.inquiry.moment(start));
            let closed: Vec<_> = open.iter().map(|row| (*row, start)).collect();
            attempts.push(self.attempt((rule, text), |document| self.close(document, &closed)));
        }
        attempts.extend(self.without_add_in());
        attempts.extend(self.going_idle(charge));
        let text = format!("not opening {} {}", self.opened(&open), self.openings(&open));
        attempts.push(self.attempt(("1.6", text), |document| self.never_open(document, open.iter())));
        attempts.push(self.subscribed(start));
        attempts
    }

    /// Every session closed before its grace ended, or by the instant of the charge where it was past that.
    fn closed_in_grace(&self, open: &[SessionRecord]) -> Attempt {
        let last = |row: &SessionRecord| row.signed_in + self.inquiry.grace() + BEFORE;
        let closed: Vec<(SessionRecord, Instant)> = open.iter().map(|row| (*row, last(row))).collect();
        let until: Vec<String> = closed.iter().map(|(_, at)| self.inquiry.moment(*at)).collect();
        let text = format!("closing it within the grace period, by {}", until.join(" and "));
        self.attempt(("1.5", text), |document| self.close(document, &closed))
    }

    /// The idle session closed, or left alone.
    fn untouched(&self, charge: &ChargeRecord, open: &[SessionRecord]) -> Vec<Attempt> {
        let touched = if self.inquiry.at_contact(charge) { charge.window_start } else { charge.recorded_at };
        let at = touched + BEFORE;
        let text = format!("signing out while idle, by {}", self.inquiry.moment(at));
        let still = |row: &&SessionRecord| row.signed_in < at && row.signed_out >= touched;
        let of_open = self.inquiry.sessions().filter(still).chain(open);
        let mut closed: Vec<(SessionRecord, Instant)> = of_open.map(|row| (*row, at)).collect();
        closed.dedup_by_key(|(row, _)| *row);
        let mut attempts = vec![self.attempt(("1.8", text), |document| self.close(document, &closed))];
        if let Some(step) = self.step_of_charge(charge).filter(|_| !self.inquiry.at_contact(charge)) {
            let text = format!("leaving it untouched {}", self.inquiry.moment(touched));
            attempts.push(self.attempt(("1.8", text), |document| document.remove("step", step)));
        }
        attempts
    }

    /// The add-in does not load with its host.
    fn without_add_in(&self) -> Option<Attempt> {
        let product = self.inquiry.whose.product;
        let add_in = self.inquiry.scenario().setup.products[product.index()].kind == ProductKind::AddIn;
        let loaded = &self.inquiry.scenario().setup.users[self.inquiry.whose.user.index()].add_ins;
        let host = loaded.iter().find(|hosted| hosted.add_in == product).filter(|_| add_in)?.host;
        let host = self.inquiry.scenario().directory.products.get(host.0);
        let text = format!("opening {host} without {}", self.inquiry.product());
        Some(self.attempt(("3.7", text), |document| {
            let user = document.named_mut("user", self.inquiry.own_user()).expect("the user's table");
            match user.get_mut("add_ins") {
                Some(Item::ArrayOfTables(list)) => list.retain(|pair| !loads(pair, self.inquiry.product())),
                Some(Item::Value(Value::Array(list))) => {
                    let loads = |pair: &Value| {
                        pair.as_inline_table().is_some_and(|of| loads(of, self.inquiry.product()))
                    };
                    list.retain(|pair| !loads(pair));
                }
                _ => {}
            }
        }))
    }

    /// The same on a version that goes idle, where nobody worked when the window ended.
    fn going_idle(&self, charge: &ChargeRecord) -> Option<Attempt> {
        let start = charge.window_start;
        let before = self.inquiry.journal.meter_before(start, Phase::Charges);
        let view = before.key_view(self.inquiry.whose.user, self.inquiry.whose.product);
        let waits = |version: &(VersionId, Instant, bool)| !version.2 && start - version.1 >= Span::IDLE;
        let mut open = view.sessions.iter().map(|of| (of.version, of.last_operation, of.idle_aware));
        let (version, ..) = open.find(waits).filter(|_| charge.kind == ChargeKind::Renewal)?;
        let version = self.inquiry.scenario().directory.version_name(version).to_owned();
        let text = format!("a version that goes idle, in place of {version}");
        Some(self.attempt(("1.8", text), |document| self.make_idle_aware(document, &version)))
    }

    fn make_idle_aware(&self, document: &mut Document, version: &str) {
        let mut idle_aware = InlineTable::new();
        idle_aware.insert("name", version.into());
        idle_aware.insert("idle_aware", true.into());
        let Some(table) = document.named_mut("product", self.inquiry.product()) else {
            let rates = &self.inquiry.scenario().setup.products[self.inquiry.whose.product.index()].rates;
            let versions = Array::from_iter([idle_aware]);
            let product =
                Entry::default().with("name", self.inquiry.product()).with("rate", amount(rates[0].1));
            document.push("product", product.with("versions", versions).table());
            return;
        };
        let versions = table.entry("versions").or_insert(toml_edit::value(Array::new()));
        for of in rows_mut(versions) {
            if of.get("name").and_then(Item::as_str) == Some(version) {
                of.insert("idle_aware", toml_edit::value(true));
                return;
            }
        }
        match versions {
            Item::ArrayOfTables(list) => list.push(idle_aware.into_table()),
            list => list.as_array_mut().expect("a list of versions").push(idle_aware),
        }
    }

    /// What somebody opened: the host, where that opened the add-in.
    fn opened(&self, open: &[SessionRecord]) -> &str {
        let request =
            open.first().and_then(|row| self.inquiry.scenario().timeline.get(self.opening(row)?.before));
        match request {
            Some((_, Request::SignIn(asked))) => {
                self.inquiry.scenario().directory.products.get(asked.product.0)
            }
            _ => self.inquiry.product(),
        }
    }

    fn openings(&self, open: &[SessionRecord]) -> String {
        let opened: Vec<String> = open.iter().map(|row| self.inquiry.moment(row.signed_in)).collect();
        opened.join(" and ")
    }

    fn step_of_charge(&self, charge: &ChargeRecord) -> Option<usize> {
        self.inquiry.journal.step_of(self.inquiry.entry(charge))
    }
}
