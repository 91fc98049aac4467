//! What a decision of the metering core costs: sign-ins inside a paid window, new windows, and renewals,
//! with 1, 100 and 10,000 users in one team.
//!
//! The charges that come of them are counted. Elements are decisions, so `thrpt` is decisions per second;
//! each figure includes the sign-out that makes room for the next decision, and taking the records.

use std::hint::black_box;

use criterion::BatchSize;
use flexmeter::meter::id::{DeviceId, PackId, ProductId, TeamId, UserId, VersionId};
use flexmeter::meter::instant::{Instant, Span};
use flexmeter::meter::policy::Policy;
use flexmeter::meter::product::{Product, ProductKind};
use flexmeter::meter::record::{Record, SignInRecord};
use flexmeter::meter::request::{OpenSession, Request, SignIn};
use flexmeter::meter::stock::Purchase;
use flexmeter::meter::team::Team;
use flexmeter::meter::tokens::Tokens;
use flexmeter::meter::user::{Assignment, User};
use flexmeter::meter::{Meter, Setup};

use crate::{Bench, Work, measured};

/// Users in the one team.
const USERS: [u32; 3] = [1, 100, 10_000];

/// Decisions timed together: one a second stays within the 24 hours of a window. Under `cargo test`,
/// where nothing is timed, a few will do.
fn decisions() -> u32 {
    if measured() { 80_000 } else { 1000 }
}

const PRODUCT: ProductId = ProductId(0);
const START: Instant = Instant::from_seconds(1_772_409_600);
const SECOND: Span = Span::from_seconds(1);
const HOUR: Span = Span::from_seconds(3600);

/// One team whose users all have the one product, and a stock that lasts.
fn meter(users: u32) -> Meter {
    let product = Product {
        kind: ProductKind::Desktop,
        credits: Vec::new(),
        rates: vec![(START, Tokens::whole(7))],
        idle_aware: Vec::new(),
        members: Vec::new(),
        released: true,
    };
    let user = User::new(vec![TeamId(0)], Assignment::All, Vec::new());
    let setup = Setup {
        policy: Policy::default(),
        products: vec![product],
        teams: vec![Team::default()],
        users: vec![user; users as usize],
        contracts: Vec::new(),
        servers: Vec::new(),
    };
    let mut meter = Meter::new(setup);
    let purchase = Purchase {
        team: TeamId(0),
        pack: PackId(0),
        tokens: Tokens::MAX,
        expires: Instant::from_seconds(START.seconds() + 1000 * 365 * 86_400),
        used: Tokens::ZERO,
    };
    meter.apply(Request::Buy(purchase), START);
    meter
}

fn sign_in(user: u32) -> Request {
    let (device, version) = (DeviceId(0), VersionId(0));
    Request::SignIn(SignIn { user: UserId(user), product: PRODUCT, device, version, unsupported: false })
}

fn sign_out(user: u32) -> Request {
    Request::SignOut(OpenSession { user: UserId(user), product: PRODUCT, device: None, version: None })
}

/// Takes the records: how many sign-ins were admitted, and how many charges posted.
fn digest(meter: &mut Meter) -> (u32, u32) {
    meter.drain_records().fold((0, 0), |(admitted, charged), record| match black_box(record) {
        Record::SignIn(SignInRecord { answer: Ok(_), .. }) => (admitted + 1, charged),
        Record::Charge(_) => (admitted, charged + 1),
        _ => (admitted, charged),
    })
}

fn everyone(meter: &mut Meter, users: u32, at: Instant, request: fn(u32) -> Request) {
    for user in 0..users {
        black_box(meter.apply(request(user), at));
    }
}

/// Everyone inside a paid window and signed in.
fn working(users: u32) -> (Meter, Instant) {
    let mut meter = meter(users);
    everyone(&mut meter, users, START, sign_in);
    let at = START + HOUR;
    meter.advance(at);
    assert_eq!(digest(&mut meter), (users, users), "each user has paid a window");
    (meter, at)
}

fn inside_a_window(users: u32, (mut meter, mut at): (Meter, Instant)) -> Meter {
    for _ in 0..decisions().div_ceil(users) {
        at = at + SECOND;
        everyone(&mut meter, users, at, sign_out);
        everyone(&mut meter, users, at, sign_in);
        assert_eq!(digest(&mut meter), (users, 0), "nothing is charged inside a window");
    }
    meter
}

/// Everyone has worked for a day, and the window is over.
fn rested(users: u32) -> (Meter, Instant) {
    let (mut meter, at) = working(users);
    everyone(&mut meter, users, at, sign_out);
    digest(&mut meter);
    (meter, START + Span::WINDOW)
}

fn new_windows(users: u32, (mut meter, mut at): (Meter, Instant)) -> Meter {
    for _ in 0..decisions().div_ceil(users) {
        everyone(&mut meter, users, at, sign_in);
        everyone(&mut meter, users, at + HOUR, sign_out);
        assert_eq!(digest(&mut meter), (users, users), "each sign-in is charged");
        at = at + Span::WINDOW;
    }
    meter
}

fn renewals(users: u32, (mut meter, _): (Meter, Instant)) -> Meter {
    let mut at = START + HOUR;
    for _ in 0..decisions().div_ceil(users) {
        at = at + Span::WINDOW;
        meter.advance(at);
        assert_eq!(digest(&mut meter), (0, users), "each open session is renewed");
    }
    meter
}

pub(crate) fn measure(bench: &mut Bench) {
    for users in USERS {
        let decisions = decisions().div_ceil(users) * users;
        let work = |name: &str, came_of_it: &str| Work {
            name: format!("meter/{name}/{users}"),
            elements: u64::from(decisions),
            digest: format!("{decisions} {came_of_it}"),
        };
        let batch = BatchSize::PerIteration;
        bench.measure(work("sign-in inside a window", "admitted and 0 charged"), |bencher| {
            bencher.iter_batched(|| working(users), |ready| inside_a_window(users, ready), batch);
        });
        bench.measure(work("new window", "admitted and charged"), |bencher| {
            bencher.iter_batched(|| rested(users), |ready| new_windows(users, ready), batch);
        });
        bench.measure(work("renewal", "charged"), |bencher| {
            bencher.iter_batched(|| working(users), |ready| renewals(users, ready), batch);
        });
    }
}
