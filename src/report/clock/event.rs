//! One thing that happened, as a line.

use crate::audit::clock::State;
use crate::meter::id::{ProductId, UserId};
use crate::meter::record::{ChargeRecord, Record, SignInRecord};
use crate::meter::tokens::Tokens;
use crate::meter::transition::Hindrance;
use crate::scenario::calendar::Zone;
use crate::scenario::directory::Directory;
use crate::simulation::verdict::{notice_texts, packs_text, who_text};

/// What a record tells.
pub(super) fn event((state, zone): (&State, &Zone), record: &Record) -> String {
    let names = &state.scenario().directory;
    match record {
        Record::SignIn(row) => sign_in(names, row),
        Record::Session(row) => {
            let device = names.device_name(row.device);
            let since = zone.written(row.signed_in);
            format!(
                "{} on {device}, open since {since}, ends: {}",
                key(names, row.user, row.product),
                row.end.name()
            )
        }
        Record::Charge(row) => charge((names, zone), row),
        Record::TokenEvent(row) => {
            let (team, pack) = (names.teams.get(row.team.0), names.packs.get(row.pack.0));
            format!("{}: pack {pack} of {team}, {} tokens", row.kind.name(), row.tokens)
        }
        Record::Notice(row) => {
            let texts = notice_texts(names, row.kind).into_iter().filter(|text| !text.is_empty());
            let what = texts.collect::<Vec<_>>().join(" ");
            format!("notice to {}: {what}", names.users.get(row.user.0))
        }
        Record::Credit(row) => {
            let contract = names.contracts.get(row.contract.0);
            let key = key(names, row.user, row.product);
            format!("{key}: {} credits of {contract} ({})", row.credits, row.kind.name())
        }
        Record::Transition(row) => {
            let user = row.step.user().map_or("", |user| names.users.get(user.0));
            let reason = row.hindrance.as_ref().map_or("done", Hindrance::name);
            let who = who_text(names, row.hindrance.as_ref());
            let parts = [row.step.name(), user, reason, &who];
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
        }
    }
}

fn key(names: &Directory, user: UserId, product: ProductId) -> String {
    format!("{} {}", names.users.get(user.0), names.products.get(product.0))
}

fn sign_in(names: &Directory, row: &SignInRecord) -> String {
    let what = match row.opening {
        Some((device, _)) => format!("signs in on {}", names.device_name(device)),
        None => "used".to_owned(),
    };
    let answer = match row.answer {
        Ok(admission) => format!("admitted, {}", admission.name()),
        Err(refusal) => format!("refused, {}", refusal.name()),
    };
    format!("{} {what}: {answer}", key(names, row.user, row.product))
}

fn charge((names, zone): (&Directory, &Zone), row: &ChargeRecord) -> String {
    let key = key(names, row.user, row.product);
    let team = names.teams.get(row.team.0);
    let packs = packs_text(names, &row.packs);
    let mut text = format!("{key}: {} tokens from {team} ({})", row.tokens, row.kind.name());
    if !packs.is_empty() {
        text += &format!(", {packs}");
    }
    if row.uncovered > Tokens::ZERO {
        text += &format!(", {} uncovered", row.uncovered);
    }
    if row.window_start != row.recorded_at {
        text += &format!(", for {}", zone.written(row.window_start));
    }
    text
}
