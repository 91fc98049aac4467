//! A decision in 44 bytes: fixed fields, little-endian, zero where there is nothing; one way to write each.
//!
//! team 4, number 8, at 8, request 1 and its fields 17, answer 1, which 1, team that pays 4.

use crate::load::store::decision::{Decision, name};
use crate::meter::answer::{Admission, Answer, Refusal};
use crate::meter::id::{DeviceId, ProductId, TeamId, UserId, VersionId};
use crate::meter::instant::Instant;
use crate::meter::request::{OpenSession, Outcome, Request, ServiceUse, SignIn};

/// The bytes of a decision.
pub const SIZE: usize = 44;

/// The bytes of a request's fields.
const FIELDS: usize = 17;

/// In the last byte of an [`OpenSession`]: its device is named.
const DEVICE: u8 = 1;

/// In the same byte: its version is.
const VERSION: u8 = 2;

impl Decision {
    /// Appends its bytes.
    ///
    /// # Errors
    /// What it is that cannot be kept: only what users ask can.
    pub fn encode(&self, to: &mut Vec<u8>) -> Result<(), &'static str> {
        let (tag, fields) = written(&self.request).ok_or(name(&self.request))?;
        let (kind, which, team) = match &self.answer {
            Answer::Admitted(admission, team) => (0, place(&Admission::ALL, admission), team.0),
            Answer::Refused(refusal) => (1, place(&Refusal::ALL, refusal), 0),
            Answer::Done => (2, 0, 0),
            Answer::Hindered(_) => return Err("hindered"),
        };
        to.extend(self.team.to_le_bytes());
        to.extend(self.number.to_le_bytes());
        to.extend(self.at.seconds().to_le_bytes());
        to.push(tag);
        to.extend(fields);
        to.extend([kind, which]);
        to.extend(team.to_le_bytes());
        Ok(())
    }

    /// The decision of these bytes; `None` where no decision is written so.
    pub fn decode(bytes: &[u8; SIZE]) -> Option<Decision> {
        let mut fields = [0; FIELDS];
        fields.copy_from_slice(&bytes[21..38]);
        let which = usize::from(bytes[39]);
        let answer = match bytes[38] {
            0 => Answer::Admitted(*Admission::ALL.get(which)?, TeamId(four(bytes, 40))),
            1 => Answer::Refused(*Refusal::ALL.get(which)?),
            2 => Answer::Done,
            _ => return None,
        };
        let decision = Decision {
            team: four(bytes, 0),
            number: u64::from_le_bytes(eight(bytes, 4)),
            at: Instant::from_seconds(i64::from_le_bytes(eight(bytes, 12))),
            request: read(bytes[20], &fields)?,
            answer,
        };
        let mut again = Vec::with_capacity(SIZE);
        decision.encode(&mut again).ok()?;
        (again == bytes).then_some(decision)
    }
}

/// A request's number and fields; `None` where it is not a user's.
fn written(request: &Request) -> Option<(u8, [u8; FIELDS])> {
    Some(match *request {
        Request::SignIn(SignIn { user, product, device, version, unsupported }) => {
            (0, fields([user.0, product.0, device.0, version.0], u8::from(unsupported)))
        }
        Request::SignOut(which) => (1, session(which)),
        Request::Touch(which) => (2, session(which)),
        Request::Use(ServiceUse { user, product, units, outcome }) => {
            let mut fields = fields([user.0, product.0, 0, 0], u8::from(outcome == Outcome::Failed));
            fields[8..16].copy_from_slice(&units.to_le_bytes());
            (3, fields)
        }
        Request::Uninstall { user, product, device } => (4, fields([user.0, product.0, device.0, 0], 0)),
        Request::GoOffline { user, device } => (5, fields([user.0, device.0, 0, 0], 0)),
        Request::GoOnline { user, device } => (6, fields([user.0, device.0, 0, 0], 0)),
        _ => return None,
    })
}

fn fields(numbers: [u32; 4], last: u8) -> [u8; FIELDS] {
    let mut fields = [0; FIELDS];
    for (place, number) in fields.chunks_exact_mut(4).zip(numbers) {
        place.copy_from_slice(&number.to_le_bytes());
    }
    fields[16] = last;
    fields
}

fn session(which: OpenSession) -> [u8; FIELDS] {
    let device = which.device.map_or(0, |device| device.0);
    let version = which.version.map_or(0, |version| version.0);
    let named = u8::from(which.device.is_some()) * DEVICE + u8::from(which.version.is_some()) * VERSION;
    fields([which.user.0, which.product.0, device, version], named)
}

/// The request of a number and fields. What is not zero where it should be is found by writing it again.
fn read(tag: u8, fields: &[u8; FIELDS]) -> Option<Request> {
    let (user, product) = (UserId(four(fields, 0)), ProductId(four(fields, 4)));
    let (device, version) = (DeviceId(four(fields, 8)), VersionId(four(fields, 12)));
    let last = fields[16];
    let second = DeviceId(product.0);
    let named = |bit| last & bit != 0;
    let open = OpenSession {
        user,
        product,
        device: named(DEVICE).then_some(device),
        version: named(VERSION).then_some(version),
    };
    Some(match tag {
        0 => Request::SignIn(SignIn { user, product, device, version, unsupported: last == 1 }),
        1 => Request::SignOut(open),
        2 => Request::Touch(open),
        3 => {
            let outcome = if last == 1 { Outcome::Failed } else { Outcome::Succeeded };
            Request::Use(ServiceUse { user, product, units: i64::from_le_bytes(eight(fields, 8)), outcome })
        }
        4 => Request::Uninstall { user, product, device },
        5 => Request::GoOffline { user, device: second },
        6 => Request::GoOnline { user, device: second },
        _ => return None,
    })
}

fn place<T: PartialEq>(all: &[T], one: &T) -> u8 {
    let place = all.iter().position(|other| other == one).expect("all of them are there");
    u8::try_from(place).expect("fewer than 256")
}

fn four(bytes: &[u8], from: usize) -> u32 {
    let mut four = [0; 4];
    four.copy_from_slice(&bytes[from..from + 4]);
    u32::from_le_bytes(four)
}

fn eight(bytes: &[u8], from: usize) -> [u8; 8] {
    let mut eight = [0; 8];
    eight.copy_from_slice(&bytes[from..from + 8]);
    eight
}
