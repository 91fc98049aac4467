//! Steps about teams, their packs and the catalogue (RULES 2.1, 2.7, 3.2, 3.3).

use crate::meter::id::TeamId;
use crate::meter::request::Request;
use crate::scenario::membership::read_products;
use crate::scenario::people::PackOf;
use crate::scenario::step::{Action, Step, Steps};

impl Steps<'_> {
    pub(super) fn read_team_step(
        &mut self,
        step: &mut Step<'_, '_>,
        action: Action,
        team: Option<TeamId>,
    ) -> Option<Request> {
        match action {
            Action::Buy => self.buy(step, team),
            Action::Move => {
                let value = step.need("pack")?;
                let pack = self.directory.pack(value, None, step.problems)?;
                self.moves.push((pack, step.at, value.place()));
                Some(Request::Move { pack, to: team? })
            }
            Action::Merge => {
                let into = step.need("into")?;
                Some(Request::Merge { into: self.directory.team(into, step.problems)?, team: team? })
            }
            Action::DefaultProducts => {
                let products = read_products(step.need("products")?, self.directory, step.problems);
                let guests = step.table.get("guests").map(|value| value.yes(step.problems));
                Some(Request::SetDefaults { team: team?, products: products?, guests: guests.flatten() })
            }
            _ => self.release(step),
        }
    }

    fn release(&mut self, step: &mut Step<'_, '_>) -> Option<Request> {
        let product = self.product(step)?;
        self.products[product.index()].released = false;
        Some(Request::Release { product })
    }

    fn buy(&mut self, step: &mut Step<'_, '_>, team: Option<TeamId>) -> Option<Request> {
        let pack = step.need("pack")?.table("the pack of a purchase", step.problems)?;
        let purchase = PackOf {
            copy: None,
            team: team?,
            bought: Some(step.at),
            start: Some(self.start),
            zone: &step.zone,
            directory: self.directory,
        };
        let read = purchase.read(pack, step.problems);
        self.people.arrive(read, step.problems);
        None
    }
}
