//! Usage by product and by version, and users by how much they use (RULES 5.5).

use std::collections::BTreeMap;

use crate::meter::tokens::Tokens;
use crate::usage::books::Account;
use crate::usage::figures::{ConsumptionGroup, ProductUsage, UserShare, VersionUsage, VersionUsers};
use crate::usage::ledger::Known;
use crate::usage::sums::{Line, Total};

/// The groups, by the most tokens that belong to each; the last has no bound.
const GROUPS: [(&str, i64); 6] = [
    ("0–100", 100),
    ("101–500", 500),
    ("501–1,000", 1_000),
    ("1,001–5,000", 5_000),
    ("5,001–10,000", 10_000),
    ("over 10,000", i64::MAX / 1_000),
];

/// Users by what each used; every group is there, those without users too.
pub(crate) fn consumption_groups(used: impl Iterator<Item = Tokens>) -> Vec<ConsumptionGroup> {
    let mut groups = GROUPS.map(|(tokens, _)| ConsumptionGroup { tokens, users: 0 });
    for tokens in used {
        let place = GROUPS.partition_point(|(_, most)| Tokens::whole(*most) < tokens);
        groups[place].users += 1;
    }
    groups.into()
}

/// Each product, most tokens first.
pub(crate) fn products(account: &Account<'_>) -> Vec<ProductUsage> {
    let mut of_product: BTreeMap<u32, Vec<&Line>> = BTreeMap::new();
    for line in &account.lines {
        of_product.entry(line.product).or_default().push(line);
    }
    let mut products: Vec<ProductUsage> =
        of_product.into_iter().map(|(number, lines)| product(account, (number, &lines))).collect();
    products.sort_by(|a, b| b.tokens.cmp(&a.tokens).then_with(|| a.product.cmp(&b.product)));
    products
}

fn product(account: &Account<'_>, (number, lines): (u32, &[&Line])) -> ProductUsage {
    let of_user = lines.chunk_by(|a, b| a.user == b.user);
    let mut by_user: Vec<UserShare> = of_user
        .map(|lines| {
            let tokens = lines.iter().map(|line| line.total.tokens).sum();
            let user = account.text(Known::User, lines[0].user);
            UserShare { user, tokens, tokens_per_month: account.per_month(tokens) }
        })
        .collect();
    by_user.sort_by(|a, b| b.tokens.cmp(&a.tokens).then_with(|| a.user.cmp(&b.user)));
    let mut versions: BTreeMap<String, u64> = BTreeMap::new();
    for line in lines {
        *versions.entry(account.text(Known::Version, line.version)).or_default() += 1;
    }
    let tokens = lines.iter().map(|line| line.total.tokens).sum();
    ProductUsage {
        product: account.text(Known::Product, number),
        kind: account.ledger.kind_of_product(number).to_owned(),
        users: by_user.len() as u64,
        tokens,
        tokens_per_month: account.per_month(tokens),
        consumption_groups: consumption_groups(by_user.iter().map(|share| share.tokens)),
        versions: versions.into_iter().map(|(version, users)| VersionUsers { version, users }).collect(),
        by_user,
    }
}

/// Each version of each product, most tokens first.
pub(crate) fn versions(account: &Account<'_>) -> Vec<VersionUsage> {
    let mut of_version: BTreeMap<(u32, u32), Vec<&Total>> = BTreeMap::new();
    for line in &account.lines {
        of_version.entry((line.product, line.version)).or_default().push(&line.total);
    }
    let version = |((product, version), totals): ((u32, u32), Vec<&Total>)| VersionUsage {
        product: account.text(Known::Product, product),
        version: account.text(Known::Version, version),
        users: totals.len() as u64,
        days_used: totals.iter().map(|total| u64::from(total.days.len())).sum(),
        tokens: totals.iter().map(|total| total.tokens).sum(),
    };
    let mut versions: Vec<VersionUsage> = of_version.into_iter().map(version).collect();
    versions.sort_by(|a, b| {
        b.tokens.cmp(&a.tokens).then_with(|| (&a.product, &a.version).cmp(&(&b.product, &b.version)))
    });
    versions
}

#[cfg(test)]
mod tests {
    use crate::meter::tokens::Tokens;
    use crate::usage::by_product::consumption_groups;

    #[test]
    fn rule_5_5_a_group_ends_with_its_bound() {
        let cases = [
            (0, 0),
            (100_000, 0),
            (100_001, 1),
            (500_000, 1),
            (500_001, 2),
            (10_000_000, 4),
            (10_000_001, 5),
        ];
        for (thousandths, group) in cases {
            let groups = consumption_groups(std::iter::once(Tokens::from_thousandths(thousandths)));
            assert_eq!(groups.iter().position(|group| group.users == 1), Some(group), "{thousandths}");
        }
    }
}
