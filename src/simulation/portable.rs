//! `Portable`: what came of a share of the work as bytes, to be put together elsewhere.
//!
//! The bytes are read by the version that wrote them, so they say nothing about themselves: fields in their order,
//! numbers little-endian, each list after its length. The core knows nothing of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::meter::answer::{Admission, ChargeKind, Refusal};
use crate::meter::contract::Contract;
use crate::meter::id::{ContractId, DeviceId, PackId, ProductId, ServerId, TeamId, UserId, VersionId};
use crate::meter::instant::{Instant, Span};
use crate::meter::licence_server::{LicenceServer, Seats};
use crate::meter::pack::Pack;
use crate::meter::record::{
    ChargeRecord, NoticeKind, NoticeRecord, SessionRecord, SignInRecord, TransitionRecord,
};
use crate::meter::request::Notifies;
use crate::meter::session::SessionEnd;
use crate::meter::stock::Draw;
use crate::meter::team::Plan;
use crate::meter::tokens::Tokens;
use crate::meter::transition::{Hindrance, Role, TransitionStep};
use crate::scenario::price_list::Money;

/// What can be written down as bytes and read again.
pub trait Portable: Sized {
    /// Appends its bytes.
    fn put(&self, to: &mut Vec<u8>);

    /// Takes its bytes from the front; `None` where no value is written so.
    fn take(from: &mut &[u8]) -> Option<Self>;

    /// Its bytes.
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.put(&mut bytes);
        bytes
    }

    /// The value of these bytes, all of them; `None` where no value is written so.
    fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let value = Self::take(&mut bytes)?;
        bytes.is_empty().then_some(value)
    }
}

/// Makes a struct portable, of which every field is named.
macro_rules! portable {
    ($name:ty { $($field:ident),* $(,)? }) => {
        impl $crate::simulation::portable::Portable for $name {
            fn put(&self, to: &mut Vec<u8>) {
                let Self { $($field),* } = self;
                $($crate::simulation::portable::Portable::put($field, to);)*
            }

            fn take(from: &mut &[u8]) -> Option<Self> {
                $(let $field = $crate::simulation::portable::Portable::take(from)?;)*
                Some(Self { $($field),* })
            }
        }
    };
}

pub(crate) use portable;

macro_rules! numbers {
    ($($number:ty),*) => {
        $(impl Portable for $number {
            fn put(&self, to: &mut Vec<u8>) {
                to.extend(self.to_le_bytes());
            }

            fn take(from: &mut &[u8]) -> Option<Self> {
                let (bytes, rest) = from.split_first_chunk()?;
                *from = rest;
                Some(Self::from_le_bytes(*bytes))
            }
        })*
    };
}

numbers!(u8, u32, u64, i64);

/// What is a number under another name.
macro_rules! as_numbers {
    ($($name:ty: $number:ty, $make:expr, $get:expr;)*) => {
        $(impl Portable for $name {
            fn put(&self, to: &mut Vec<u8>) {
                $get(*self).put(to);
            }

            fn take(from: &mut &[u8]) -> Option<Self> {
                <$number>::take(from).map($make)
            }
        })*
    };
}

as_numbers! {
    UserId: u32, UserId, |id: UserId| id.0;
    TeamId: u32, TeamId, |id: TeamId| id.0;
    ProductId: u32, ProductId, |id: ProductId| id.0;
    PackId: u32, PackId, |id: PackId| id.0;
    DeviceId: u32, DeviceId, |id: DeviceId| id.0;
    VersionId: u32, VersionId, |id: VersionId| id.0;
    ContractId: u32, ContractId, |id: ContractId| id.0;
    ServerId: u32, ServerId, |id: ServerId| id.0;
    Money: i64, Money, |money: Money| money.0;
    Tokens: i64, Tokens::from_thousandths, Tokens::thousandths;
    Instant: i64, Instant::from_seconds, Instant::seconds;
    Span: i64, Span::from_seconds, Span::seconds;
}

/// Words, by their place among all of them.
macro_rules! words {
    ($($name:ty),*) => {
        $(impl Portable for $name {
            fn put(&self, to: &mut Vec<u8>) {
                let place = Self::ALL.iter().position(|word| word == self).expect("one of all");
                u8::try_from(place).expect("words are few").put(to);
            }

            fn take(from: &mut &[u8]) -> Option<Self> {
                Self::ALL.get(usize::from(u8::take(from)?)).copied()
            }
        })*
    };
}

words!(Admission, Refusal, ChargeKind, SessionEnd, Plan, Role);

/// Variants, each with its number and what it holds.
macro_rules! variants {
    ($name:ty { $($number:literal => $variant:ident $(($($field:ident),*))?),* $(,)? }) => {
        impl Portable for $name {
            fn put(&self, to: &mut Vec<u8>) {
                match self {
                    $(Self::$variant $(($($field),*))? => {
                        to.push($number);
                        $($($field.put(to);)*)?
                    })*
                }
            }

            fn take(from: &mut &[u8]) -> Option<Self> {
                match u8::take(from)? {
                    $($number => {
                        $($(let $field = Portable::take(from)?;)*)?
                        Some(Self::$variant $(($($field),*))?)
                    })*
                    _ => None,
                }
            }
        }
    };
}

variants!(Notifies { 0 => Individually, 1 => ByImport });

variants!(NoticeKind {
    0 => Invitation,
    1 => Assignment(product),
    2 => OfflineLimit(device),
    3 => InsufficientTokens(product, device),
    4 => Switch,
});

variants!(TransitionStep {
    0 => CreateUser(user),
    1 => AssignProduct(user, product, notifies),
    2 => Switch(user, product, device),
    3 => InformUser(user),
    4 => RetireServer(server),
});

variants!(Hindrance {
    0 => TooEarly,
    1 => NotAllowed,
    2 => NotCreated,
    3 => NotAssigned,
    4 => NotSwitched,
    5 => InUse(users),
    6 => NotInformed(users),
});

portable!(Draw { pack, tokens });
portable!(SignInRecord { at, user, product, opening, team, answer });
portable!(SessionRecord { signed_in, user, product, device, version, signed_out, end, free });
portable!(ChargeRecord {
    window_start,
    user,
    product,
    version,
    team,
    tokens,
    uncovered,
    kind,
    recorded_at,
    packs
});
portable!(NoticeRecord { at, user, kind });
portable!(TransitionRecord { at, step, by, hindrance });
portable!(Pack { id, team, bought, expires, tokens, posted, held, expired, remaining, ended });
portable!(Contract { teams, total, used, from, until });
portable!(Seats { product, total, taken, peak, switched, refused_before, refused_since });
portable!(LicenceServer { seats, switch_from, retired });

impl Portable for bool {
    fn put(&self, to: &mut Vec<u8>) {
        u8::from(*self).put(to);
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        match u8::take(from)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Portable for usize {
    fn put(&self, to: &mut Vec<u8>) {
        (*self as u64).put(to);
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        usize::try_from(u64::take(from)?).ok()
    }
}

impl<T: Portable> Portable for Option<T> {
    fn put(&self, to: &mut Vec<u8>) {
        self.is_some().put(to);
        if let Some(value) = self {
            value.put(to);
        }
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        if bool::take(from)? { T::take(from).map(Some) } else { Some(None) }
    }
}

impl<T: Portable, E: Portable> Portable for Result<T, E> {
    fn put(&self, to: &mut Vec<u8>) {
        self.is_ok().put(to);
        match self {
            Ok(value) => value.put(to),
            Err(error) => error.put(to),
        }
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        if bool::take(from)? { T::take(from).map(Ok) } else { E::take(from).map(Err) }
    }
}

impl<T: Portable, const N: usize> Portable for [T; N] {
    fn put(&self, to: &mut Vec<u8>) {
        for one in self {
            one.put(to);
        }
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        let all: Option<Vec<T>> = (0..N).map(|_| T::take(from)).collect();
        all?.try_into().ok()
    }
}

macro_rules! tuples {
    ($(($($name:ident $place:tt),*))*) => {
        $(impl<$($name: Portable),*> Portable for ($($name,)*) {
            fn put(&self, to: &mut Vec<u8>) {
                $(self.$place.put(to);)*
            }

            fn take(from: &mut &[u8]) -> Option<Self> {
                Some(($($name::take(from)?,)*))
            }
        })*
    };
}

tuples!((A 0, B 1)(A 0, B 1, C 2));

impl<T: Portable> Portable for Vec<T> {
    fn put(&self, to: &mut Vec<u8>) {
        self.len().put(to);
        for one in self {
            one.put(to);
        }
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        list(from)
    }
}

impl<T: Portable + Ord> Portable for BTreeSet<T> {
    fn put(&self, to: &mut Vec<u8>) {
        self.len().put(to);
        for one in self {
            one.put(to);
        }
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        list(from)
    }
}

impl<K: Portable + Ord, V: Portable> Portable for BTreeMap<K, V> {
    fn put(&self, to: &mut Vec<u8>) {
        self.len().put(to);
        for (key, value) in self {
            key.put(to);
            value.put(to);
        }
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        list(from)
    }
}

/// A length, and so many values.
fn list<T: Portable, L: FromIterator<T>>(from: &mut &[u8]) -> Option<L> {
    let length = usize::take(from)?;
    (0..length).map(|_| T::take(from)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fmt::Debug;

    use crate::meter::answer::{Admission, Refusal};
    use crate::meter::id::{DeviceId, ProductId, TeamId, UserId};
    use crate::meter::record::NoticeKind;
    use crate::meter::tokens::Tokens;
    use crate::meter::transition::Hindrance;
    use crate::simulation::portable::Portable;

    /// The same value comes back, and no part of its bytes is a value.
    fn check<T: Portable + Debug>(value: &T) {
        let bytes = value.to_bytes();
        let back = T::from_bytes(&bytes).unwrap_or_else(|| panic!("{value:?}"));
        assert_eq!(format!("{back:?}"), format!("{value:?}"));
        for length in 0..bytes.len() {
            assert!(T::from_bytes(&bytes[..length]).is_none(), "{length} bytes of {value:?}");
        }
        assert!(T::from_bytes(&[&bytes[..], &[0]].concat()).is_none(), "a byte behind {value:?}");
    }

    #[test]
    fn what_is_written_comes_back() {
        check(&[u64::MAX, 1, 0]);
        check(&(Tokens::from_thousandths(-5), i64::MIN));
        check(&vec![Some(true), None, Some(false)]);
        check(&vec![Ok::<Admission, Refusal>(Admission::ALL[6]), Err(Refusal::ALL[7])]);
        check(&BTreeMap::from([((UserId(1), ProductId(2), TeamId(3)), vec![0_u32])]));
        check(&NoticeKind::InsufficientTokens(ProductId(7), DeviceId(9)));
        check(&Hindrance::InUse(vec![UserId(1), UserId(2)]));
    }

    #[test]
    fn other_bytes_are_no_value() {
        assert!(bool::from_bytes(&[2]).is_none());
        assert!(Admission::from_bytes(&[7]).is_none());
        assert!(Hindrance::from_bytes(&[9]).is_none());
        // A length that nobody has room for.
        assert!(Vec::<u8>::from_bytes(&[255; 8]).is_none());
    }
}
