//! The numbers by which the meter knows people and things; names stay outside.
//!
//! Users, teams, products and packs are numbered by the byte order of their names, because that order
//! decides ties (RULES 2.3, 3.9, 4). Devices and versions are compared for equality only.

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// Its place in a table kept by number.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

id!(
    /// A named user (RULES 1.2).
    UserId
);
id!(
    /// A team, the owner of one balance (RULES 2.1).
    TeamId
);
id!(
    /// A product, service or collection.
    ProductId
);
id!(
    /// A pack of tokens (RULES 2.1).
    PackId
);
id!(
    /// A user's device (RULES 3.6).
    DeviceId
);
id!(
    /// A version of a product (RULES 1.4).
    VersionId
);

id!(
    /// A contract of shared cloud credits (RULES 5.2), by the byte order of their names.
    ContractId
);
id!(
    /// A licence server (RULES 6.1).
    ServerId
);

/// A key's place in the meter's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct KeyId(pub(crate) u32);

/// A session's place among the open ones; used again once it has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SessionId(pub(crate) u32);
