//! `[[licence_server]]`: seats of network licences (RULES 6.1).

use crate::meter::licence_server::{LicenceServer, Seats};
use crate::meter::product::{Product, ProductKind};
use crate::scenario::calendar::Zone;
use crate::scenario::directory::Directory;
use crate::scenario::people::Seen;
use crate::scenario::problem::Problem;
use crate::scenario::reader::{Problems, Table, Value};

/// Reads the licence servers; they come by number.
pub(crate) fn read_servers(
    tables: Vec<Table<'_>>,
    (directory, products): (&Directory, &[Product]),
    problems: &mut Problems,
) -> Vec<LicenceServer> {
    let mut seen = Seen::default();
    let mut servers = Vec::new();
    for mut table in tables {
        let name = table.need("name", problems);
        seen.once(name, "licence server", problems);
        let id = name.and_then(|value| directory.server(value, problems));
        let seats = table.need("seats", problems);
        let seats = seats.map(|value| read_seats(value, (directory, products), problems));
        let switch_from = table.get("switch_from").and_then(|value| value.instant(&Zone::utc(), problems));
        table.finish(problems);
        let (Some(id), Some(seats)) = (id, seats) else { continue };
        servers.push((id, LicenceServer { seats, switch_from, retired: None }));
    }
    servers.sort_by_key(|(id, _)| *id);
    servers.into_iter().map(|(_, server)| server).collect()
}

/// The seats of each product by its name.
fn read_seats(
    value: Value<'_>,
    (directory, products): (&Directory, &[Product]),
    problems: &mut Problems,
) -> Vec<Seats> {
    let before = problems.len();
    let mut seats = Vec::new();
    for (name, count) in value.table("`seats`", problems).into_iter().flat_map(|table| table.every("seats")) {
        let product = directory.product_named(name, count.place(), problems);
        let total = count.whole(problems).and_then(|total| u32::try_from(total).ok());
        let (Some(product), Some(total)) = (product, total) else { continue };
        if !matches!(products[product.index()].kind, ProductKind::Desktop | ProductKind::AddIn) {
            let title = "seats are for products that are opened (RULES 6.1)";
            problems.push(Problem::new(count.place(), title, "this one is not"));
        }
        if total == 0 {
            let title = "a licence server hands out seats (RULES 6.1)";
            problems.push(Problem::new(count.place(), title, "must be at least 1"));
        }
        seats.push(Seats::new(product, total));
    }
    if seats.is_empty() && problems.len() == before {
        let title = "a licence server hands out seats (RULES 6.1)";
        let problem = Problem::new(value.place(), title, "none is listed");
        problems.push(problem.help("name products with their seats: seats = { AutoCAD = 15 }"));
    }
    seats
}
