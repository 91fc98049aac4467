//! What has to be known to read the findings together.

use std::collections::BTreeMap;

use crate::audit::KnownUse;
use crate::audit::reconciliation::{Class, Finding};
use crate::scenario::calendar::Zone;
use crate::scenario::usage_export::UsageExport;

/// Charges that no contact recorded before the run ended.
pub(crate) fn unrecorded(known: &KnownUse) -> Option<String> {
    let (count, tokens) = known.unrecorded;
    (count > 0).then(|| {
        format!(
            "{count} charges of {tokens} tokens fell due on devices that were still offline at the end of the run \
             (RULES 3.8): they are not expected in the export"
        )
    })
}

/// What is missing before the first or after the last day of an export may lie outside its range.
pub(crate) fn beyond_the_export(findings: &[Finding], export: &UsageExport) -> Option<String> {
    let days = || export.rows.iter().filter_map(|row| row.day);
    let (first, last) = (days().min()?, days().max()?);
    let missing = findings.iter().filter(|finding| finding.class == Class::Missing);
    let beyond = missing.filter(|finding| finding.day.is_some_and(|day| day < first || day > last)).count();
    (beyond > 0).then(|| {
        let (first, last) = (first.date(), last.date());
        format!(
            "{beyond} of what is missing lies before the first day of the export, {first}, or after its last, {last}: \
             where its range is shorter than the run, say so with --from and --to"
        )
    })
}

/// What is missing here and charged there is told at both places; the note says where it looks like a rule.
pub(crate) fn pair_up(findings: &mut [Finding], zone: &Zone) -> Option<String> {
    let mut missing: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
    for (place, finding) in findings.iter().enumerate().filter(|(_, finding)| finding.class == Class::Missing)
    {
        missing.entry((finding.user.clone(), finding.product.clone())).or_default().push(place);
    }
    let mut shifted = 0;
    let differing = findings.iter().filter(|finding| finding.class.differs()).count();
    for place in 0..findings.len() {
        let finding = &findings[place];
        if !matches!(finding.class, Class::NotDue | Class::Unknown) {
            continue;
        }
        let near = |other: &Finding| match (finding.day, other.day) {
            (Some(one), Some(other)) => (one.0 - other.0).abs() <= 1,
            (one, other) => one == other,
        };
        let key = (finding.user.clone(), finding.product.clone());
        let Some(places) = missing.get_mut(&key) else { continue };
        let same = |other: &Finding| other.due == finding.charged && near(other);
        let Some(found) = places.iter().position(|other| same(&findings[*other])) else { continue };
        let other = places.remove(found);
        shifted += usize::from(findings[place].day != findings[other].day);
        let [here, there] = [place, other].map(|place| where_text(&findings[place]));
        findings[place].why += &format!("; the same amount is missing{there}");
        findings[other].why += &format!("; the same amount is charged{here}");
    }
    (shifted > 2 && shifted * 4 > differing).then(|| {
        format!(
            "{shifted} charges stand on the day before or after: the export may count its days in another zone than \
             {zone}, the scenario's report_zone (RULES 5.4)"
        )
    })
}

fn where_text(finding: &Finding) -> String {
    let day = finding.day.map_or(String::new(), |day| format!(" on {}", day.date()));
    if finding.team.is_empty() { day } else { format!("{day} in {}", finding.team) }
}
