//! What packs and subscriptions cost, by their dates.

use flexmeter::meter::tokens::Tokens;
use flexmeter::scenario::Scenario;
use flexmeter::scenario::calendar::from_iso;
use flexmeter::scenario::price_list::Money;

/// A file before its prices.
const FILE: &str = r#"
start = 2026-03-02T00:00:00Z
end = 2027-03-02T00:00:00Z
[[team]]
name = "North"
packs = [
    { id = "p1", tokens = 500, bought = 2026-01-10T00:00:00Z, price = 1425.50 },
    { id = "p2", tokens = 500, bought = 2026-01-10T00:00:00Z },
]
[[user]]
name = "ada"
teams = ["North"]
[[step]]
at = 2026-05-01T00:00:00Z
do = "buy"
team = "North"
pack = { id = "p3", tokens = 100, price = 300 }
"#;

fn read(prices: &str) -> Scenario {
    Scenario::read(&format!("{FILE}{prices}")).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// The sizes on a day with their prices: `100 for 300, 500 for 1500`.
fn packs(scenario: &Scenario, day: &str) -> String {
    let at = from_iso(&format!("{day}T12:00:00Z")).expect("an instant");
    let packs = scenario.prices.at(at).packs.iter();
    packs.map(|pack| format!("{} for {}", pack.tokens, pack.price)).collect::<Vec<_>>().join(", ")
}

#[test]
fn rule_7_without_prices_tokens_cost_the_published_list_price() {
    let scenario = read("");
    assert!(scenario.prices.is_default);
    assert_eq!(scenario.prices.currency, "USD");
    assert_eq!(packs(&scenario, "2026-03-02"), "100 for 300, 500 for 1500, 1000 for 3000, 5000 for 15000");
    assert!(scenario.prices.prices[0].subscriptions.is_empty());
    let paid: Vec<_> = scenario.directory.packs.iter().zip(0..).collect();
    let paid = paid.iter().map(|(name, pack)| {
        let price = scenario.paid.get(&flexmeter::meter::id::PackId(*pack));
        format!("{name} {}", price.map_or_else(|| "-".to_owned(), Money::to_string))
    });
    assert_eq!(paid.collect::<Vec<_>>(), ["p1 1425.50", "p2 -", "p3 300"]);
}

#[test]
fn prices_apply_from_their_day_on() {
    let scenario = read(
        r#"
[[price]]
from = 2026-07-01
currency = "EUR"
per_token = 3.333
packs = [{ tokens = 0.5, discount = 0.5 }, 7]
subscriptions = [{ product = "Revit", month = 375, year = 2985 }, { product = "AutoCAD", year = 2000 }]
[[price]]
packs = [{ tokens = 10000, price = 27000 }, 100.5, { tokens = 5000, discount = 0.0725 }]
"#,
    );
    assert!(!scenario.prices.is_default);
    assert_eq!(scenario.prices.currency, "EUR");
    let before = "100.5 for 301.50, 5000 for 13912.50, 10000 for 27000";
    let later = "0.5 for 0.83, 7 for 23.33";
    for (day, expected) in [("2026-03-02", before), ("2026-06-30", before), ("2026-07-01", later)] {
        assert_eq!(packs(&scenario, day), expected, "{day}");
    }
    let midnight = from_iso("2026-07-01T00:00:00Z").expect("an instant");
    let offers = &scenario.prices.at(midnight).subscriptions;
    let shown = offers.iter().map(|offer| (scenario.directory.products.get(offer.product.0), offer.month));
    assert_eq!(shown.collect::<Vec<_>>(), [("AutoCAD", None), ("Revit", Some(Money(375_000)))]);
    assert_eq!(scenario.prices.tokens(Tokens::whole(7), midnight), Money(23_331));
}

#[test]
fn before_the_first_day_the_first_prices_apply() {
    let scenario = read("[[price]]\nfrom = 2027-01-01\npacks = [200]\n");
    assert_eq!(packs(&scenario, "2026-03-02"), "200 for 600");
    let scenario = read("[[price]]\n");
    assert_eq!((scenario.prices.is_default, scenario.prices.currency.as_str()), (false, "USD"));
    assert_eq!(packs(&scenario, "2026-03-02"), "100 for 300, 500 for 1500, 1000 for 3000, 5000 for 15000");
}
