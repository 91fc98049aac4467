//! `LicenceServer`: seats for a fixed number of sessions at once, without tokens (RULES 6.1).

use std::collections::BTreeSet;

use crate::meter::Meter;
use crate::meter::admission::Admitted;
use crate::meter::answer::{Admission, Refusal};
use crate::meter::id::{DeviceId, ProductId, ServerId, UserId};
use crate::meter::instant::Instant;
use crate::meter::request::SignIn;

/// A server that hands out seats.
#[derive(Clone, Debug)]
pub struct LicenceServer {
    /// The seats of each product.
    pub seats: Vec<Seats>,
    /// When the subscription starts to which its users are switched (RULES 6.3); `None` if long ago.
    pub switch_from: Option<Instant>,
    /// Since when it hands out nothing any more.
    pub retired: Option<Instant>,
}

impl LicenceServer {
    /// The seats of a product; `None` where it hands out none.
    pub(crate) fn seats_of(&mut self, product: ProductId) -> Option<&mut Seats> {
        self.seats.iter_mut().find(|seats| seats.product == product)
    }
}

/// The seats of one product.
#[derive(Clone, Debug)]
pub struct Seats {
    /// Which.
    pub product: ProductId,
    /// How many sessions there can be at once.
    pub total: u32,
    /// How many there are.
    pub taken: u32,
    /// How many there were at most.
    pub peak: u32,
    /// When the first user was switched to Flex with it on some device.
    pub switched: Option<Instant>,
    /// Sign-ins refused before anybody was switched.
    pub refused_before: u64,
    /// Sign-ins refused since, until the server is retired.
    pub refused_since: u64,
}

impl Seats {
    /// Free seats of a product.
    pub fn new(product: ProductId, total: u32) -> Self {
        Seats { product, total, taken: 0, peak: 0, switched: None, refused_before: 0, refused_since: 0 }
    }
}

/// What is known of a user who signs in through a licence server.
#[derive(Clone, Debug)]
pub struct NetworkUser {
    /// Which server.
    pub server: ServerId,
    /// Whether they are a named user by now (RULES 6.2, step 1).
    pub(crate) created: bool,
    /// The products that go through Flex by now, on each device (step 3).
    pub(crate) switched: BTreeSet<(ProductId, DeviceId)>,
    /// Whether they were told (step 4).
    pub(crate) informed: bool,
    /// Where they ever drew a seat.
    pub(crate) drew: BTreeSet<(ProductId, DeviceId)>,
}

impl NetworkUser {
    /// A user of that server for whom nothing has been done yet.
    pub fn new(server: ServerId) -> Self {
        NetworkUser {
            server,
            created: false,
            switched: BTreeSet::new(),
            informed: false,
            drew: BTreeSet::new(),
        }
    }

    /// Whether they still sign in through the server somewhere: what drew a seat is not switched.
    pub(crate) fn depends_on_it(&self) -> bool {
        !self.drew.is_subset(&self.switched)
    }
}

impl Meter {
    /// The server through which a sign-in goes; `None` where it goes through Flex.
    pub(super) fn server_for(&self, sign_in: SignIn) -> Option<ServerId> {
        let SignIn { user, product, device, .. } = sign_in;
        let network = self.users[user.index()].network.as_ref()?;
        let hands_out = self.servers[network.server.index()].seats.iter().any(|of| of.product == product);
        (hands_out && !network.switched.contains(&(product, device))).then_some(network.server)
    }

    /// The answer to a sign-in through a server; a seat is taken if there is one.
    pub(super) fn take_seat(&mut self, server: ServerId, sign_in: SignIn) -> Result<Admitted, Refusal> {
        let SignIn { user, product, device, .. } = sign_in;
        if !self.is_online(user, device) {
            return Err(Refusal::Offline);
        }
        let server = &mut self.servers[server.index()];
        if server.retired.is_some() {
            return Err(Refusal::NoSeat);
        }
        let seats = server.seats_of(product).expect("it hands the product out");
        if seats.taken >= seats.total {
            let since = seats.switched.is_some();
            let count = if since { &mut seats.refused_since } else { &mut seats.refused_before };
            *count += 1;
            return Err(Refusal::NoSeat);
        }
        seats.taken += 1;
        seats.peak = seats.peak.max(seats.taken);
        let user = &mut self.users[user.index()];
        user.network.as_mut().expect("a user of the server").drew.insert((product, device));
        Ok((Admission::Seat, user.teams[0]))
    }

    /// A session that held a seat has ended.
    pub(super) fn free_seat(&mut self, server: ServerId, product: ProductId) {
        let seats = self.servers[server.index()].seats_of(product);
        seats.expect("it hands the product out").taken -= 1;
    }

    /// The users who still sign in through a server: a seat of theirs is taken, or would be again.
    pub(super) fn still_using(&self, server: ServerId) -> Vec<UserId> {
        let mut using: BTreeSet<UserId> = BTreeSet::new();
        for session in self.sessions.iter().flatten().filter(|session| session.seat == Some(server)) {
            using.insert(self.key(session.key).user);
        }
        using.extend(self.users_of(server, NetworkUser::depends_on_it));
        using.into_iter().collect()
    }

    /// The users of a server of whom something is so.
    pub(super) fn users_of(
        &self,
        server: ServerId,
        is_so: impl Fn(&NetworkUser) -> bool,
    ) -> impl Iterator<Item = UserId> {
        let numbered = (0..).map(UserId).zip(&self.users);
        numbered.filter_map(move |(id, user)| {
            let network = user.network.as_ref().filter(|network| network.server == server)?;
            is_so(network).then_some(id)
        })
    }

    /// The licence servers as they stand.
    pub fn licence_servers(&self) -> &[LicenceServer] {
        &self.servers
    }
}
