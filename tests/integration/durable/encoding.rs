//! The bytes of decisions: every request of a user and every answer, there and back.

use flexmeter::load::store::decision::Decision;
use flexmeter::load::store::encoding::SIZE;
use flexmeter::meter::answer::{Admission, Answer, Refusal};
use flexmeter::meter::id::{DeviceId, PackId, ProductId, TeamId, UserId, VersionId};
use flexmeter::meter::instant::Instant;
use flexmeter::meter::request::{OpenSession, Outcome, Request, ServiceUse, SignIn};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

#[test]
fn every_decision_of_a_user_is_read_as_it_was_written() {
    let mut random = SmallRng::seed_from_u64(8);
    for round in 0..2000 {
        let mut number = || if round % 3 == 0 { random.random_range(0..3) } else { random.random() };
        let (user, product) = (UserId(number()), ProductId(number()));
        let (device, version) = (DeviceId(number()), VersionId(number()));
        let named = number() % 4;
        let which = OpenSession {
            user,
            product,
            device: (named & 1 == 1).then_some(device),
            version: (named & 2 == 2).then_some(version),
        };
        let outcome = if named & 1 == 1 { Outcome::Failed } else { Outcome::Succeeded };
        let units = i64::from(number()) << 20;
        let unsupported = named & 2 == 2;
        let request = match round % 7 {
            0 => Request::SignIn(SignIn { user, product, device, version, unsupported }),
            1 => Request::SignOut(which),
            2 => Request::Touch(which),
            3 => Request::Use(ServiceUse { user, product, units, outcome }),
            4 => Request::Uninstall { user, product, device },
            5 => Request::GoOffline { user, device },
            _ => Request::GoOnline { user, device },
        };
        let answer = match round / 7 % 16 {
            0 => Answer::Done,
            kind @ 1..=7 => Answer::Admitted(Admission::ALL[kind - 1], TeamId(number())),
            kind => Answer::Refused(Refusal::ALL[kind - 8]),
        };
        let at = Instant::from_seconds(i64::from(number()) - (1 << 31));
        let decision = Decision { team: number(), number: u64::from(number()) << 16, at, request, answer };
        let mut bytes = Vec::new();
        decision.encode(&mut bytes).expect("a user's");
        let bytes: [u8; SIZE] = bytes.try_into().expect("so many bytes");
        let again = Decision::decode(&bytes).expect("a decision");
        assert_eq!(format!("{again:?}"), format!("{decision:?}"));
    }
    let step = Request::Move { pack: PackId(0), to: TeamId(0) };
    let answer = Answer::Done;
    let decision = Decision { team: 0, number: 0, at: Instant::from_seconds(0), request: step, answer };
    assert_eq!(decision.encode(&mut Vec::new()), Err("move"));
    assert!(Decision::decode(&[9; SIZE]).is_none(), "no request has the number 9");
}
