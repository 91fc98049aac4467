//! Steps of users at work: products opened, touched and closed, services used (RULES 1).

use crate::meter::id::{ProductId, UserId};
use crate::meter::product::ProductKind;
use crate::meter::request::{OpenSession, Outcome, Request, ServiceUse, SignIn};
use crate::meter::tokens::Tokens;
use crate::scenario::problem::Problem;
use crate::scenario::step::{Step, Steps};

const PLATFORMS: [(&str, bool); 3] = [("windows", false), ("mac", false), ("linux", true)];
const OUTCOMES: [(&str, Outcome); 2] = [("ok", Outcome::Succeeded), ("failed", Outcome::Failed)];

/// The first version that Flex serves on Linux (RULES 3.11).
const FIRST_LINUX_VERSION: u32 = 2020;

impl Steps<'_> {
    /// The product of a step, which must be of a kind that is opened (or, for `use`, is not).
    fn product_of(&self, step: &mut Step<'_, '_>, service: Service) -> Option<ProductId> {
        let value = step.need("product")?;
        let product = self.directory.product(value, step.problems)?;
        let (label, help) = match (self.products[product.index()].kind, service) {
            (ProductKind::Service, Service::Yes)
            | (ProductKind::Desktop | ProductKind::AddIn, Service::No) => return Some(product),
            (ProductKind::Service, Service::No) => {
                ("this is a service, which is used and not opened (RULES 1.9)", "write do = \"use\"")
            }
            (ProductKind::Collection, _) => {
                ("this is a collection, which only covers others (RULES 3.5)", "name one of its members")
            }
            (_, Service::Yes) => ("this is opened in sessions", "write do = \"sign-in\""),
        };
        step.problems.push(Problem::new(value.place(), "a product of another kind", label).help(help));
        None
    }

    pub(super) fn sign_in(&mut self, step: &mut Step<'_, '_>, user: UserId) -> Option<Request> {
        let product = self.product_of(step, Service::No);
        let device = step.text_or("device", "desktop");
        let given = step.table.get("version");
        let version = step.text_or("version", "2026");
        let platform = step.table.get("platform");
        let linux = platform.map_or(Some(false), |value| value.one_of(&PLATFORMS, step.problems));
        let (product, device, version, linux) = (product?, device?, version?, linux?);
        let year = version.parse::<u32>();
        if linux && year.is_err() {
            let place = given.or(platform)?.place();
            let title = "on Linux the version must be a year (RULES 3.11)";
            step.problems.push(Problem::new(place, title, "can't tell whether it is from 2020 on"));
        }
        let unsupported = linux && year.is_ok_and(|year| year < FIRST_LINUX_VERSION);
        let device = self.directory.device(device);
        let version = self.directory.version(version);
        let sign_in = SignIn { user, product, device, version, unsupported };
        self.openings.open(sign_in, step.at);
        for hosted in &self.people.users[user.index()].add_ins {
            if hosted.host == product {
                self.openings.open(SignIn { product: hosted.add_in, ..sign_in }, step.at);
            }
        }
        Some(Request::SignIn(sign_in))
    }

    pub(super) fn open_session(&mut self, step: &mut Step<'_, '_>, user: UserId) -> Option<OpenSession> {
        let product = self.product_of(step, Service::No);
        let device = step.table.get("device").map(|value| value.name(step.problems));
        let version = step.table.get("version").map(|value| value.name(step.problems));
        let session = OpenSession {
            user,
            product: product?,
            device: device.map_or(Some(None), |name| Some(Some(self.directory.device(name?))))?,
            version: version.map_or(Some(None), |name| Some(Some(self.directory.version(name?))))?,
        };
        self.openings.name(session, step.at, step.table.place.clone());
        Some(session)
    }

    pub(super) fn service_use(&mut self, step: &mut Step<'_, '_>, user: UserId) -> Option<Request> {
        let product = self.product_of(step, Service::Yes);
        let given = step.table.get("units");
        let units = given.map_or(Some(1000), |value| value.amount(step.problems).map(Tokens::thousandths));
        let outcome = step.table.get("outcome");
        let outcome =
            outcome.map_or(Some(Outcome::Succeeded), |value| value.one_of(&OUTCOMES, step.problems));
        let (product, units, outcome) = (product?, units?, outcome?);
        let rate = self.products[product.index()].rate(step.at);
        let credits = self.products[product.index()].credits(step.at);
        if credits.times_thousandths(units).is_none() {
            let title = "credits times units are not an amount (RULES 1.1, 5.2)";
            let label = "not a whole number of thousandths, or too large";
            step.problems.push(Problem::new(given?.place(), title, label));
            return None;
        }
        if rate.times_thousandths(units).is_none() {
            let title = "rate times units is not an amount (RULES 1.1)";
            let label = format!("times {rate} it is not a whole number of thousandths, or too large");
            step.problems.push(Problem::new(given?.place(), title, label));
            return None;
        }
        Some(Request::Use(ServiceUse { user, product, units, outcome }))
    }
}

/// Whether a step is about services.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Service {
    Yes,
    No,
}
