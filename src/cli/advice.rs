//! Advice on duties of law that no gate can check.

use std::collections::BTreeSet;

use super::output::count;
use super::{CliError, Deck};
use crate::domain::campaign::Purpose;
use crate::domain::{CampaignSettings, CampaignState, WindowClass};
use crate::rules::Rules;
use crate::store::Reads as _;

const LOUISIANA: &str = "US-LA";

/// Returns advice for a campaign whose contacts are of these classes, one sentence each.
pub(super) fn of<'c>(
    rules: &Rules,
    campaign: &CampaignSettings,
    classes: impl Iterator<Item = &'c WindowClass>,
) -> Vec<String> {
    let regions: BTreeSet<&str> = classes
        .flat_map(|class| class.regions.iter().map(String::as_str))
        .collect();
    let advice = [
        one_row_each(rules, campaign, &regions),
        proclaimed(rules, campaign, &regions),
    ];
    advice.into_iter().flatten().collect()
}

/// Returns advice for campaigns with contacts that an older program imported. That program did not keep the
/// places that the list stated, so they cannot be read again.
///
/// # Errors
///
/// Errors if the store cannot be read.
pub(super) fn fewer_places(deck: &mut Deck) -> Result<Vec<String>, CliError> {
    let counts = deck.store.contacts_of_fewer_places()?;
    let mut advice = Vec::new();
    for campaign in deck.store.campaigns()? {
        let over = matches!(campaign.state, CampaignState::Done | CampaignState::Stopped);
        if let Some(left) = counts.get(&campaign.id).filter(|_| !over) {
            advice.push(format!(
                "{}: {} still to be called came with an older program, which kept fewer of the places where \
                 a contact may be, and so too many of its hours: stop the campaign, and import them again \
                 into a new one",
                campaign.name(),
                count(*left, "contact")
            ));
        }
    }
    Ok(advice)
}

/// Returns advice where the law counts persons, because caps count numbers.
fn one_row_each(
    rules: &Rules,
    campaign: &CampaignSettings,
    regions: &BTreeSet<&str>,
) -> Option<String> {
    let name = &campaign.name;
    let calls = campaign.call_kind();
    match campaign.purpose {
        // 12 CFR 1006.14(b)(2)(i) counts calls to a person about a debt.
        Purpose::Debt => Some(format!(
            "{name}: the law counts calls to a debtor, the caps count calls to a number: give each debtor \
             one row of the list"
        )),
        Purpose::Sales | Purpose::Reminder | Purpose::Survey | Purpose::Information => {
            let counted = regions.iter().copied();
            let counted: Vec<&str> = counted
                .filter(|region| rules.counts_persons(region, calls))
                .collect();
            (!counted.is_empty()).then(|| {
                format!(
                    "{name}: in {} the law counts calls to a person, the caps count calls to a number: give \
                     each person one row of the list",
                    counted.join(", ")
                )
            })
        }
    }
}

/// Returns advice for campaigns that sell to Louisiana. Its holidays are those of R.S. 1:55, and the governor
/// may add to them (LPSC General Order R-29617).
fn proclaimed(
    rules: &Rules,
    campaign: &CampaignSettings,
    regions: &BTreeSet<&str>,
) -> Option<String> {
    let sells = campaign.purpose == Purpose::Sales && regions.contains(LOUISIANA);
    (sells && !rules.has_own_rows(LOUISIANA)).then(|| {
        format!(
            "{}: it sells to Louisiana, where days that the governor proclaims are holidays too, and no \
             table can know them: add a closed row for {LOUISIANA} to a rule file of your own, with its dates",
            campaign.name
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::read_campaign;

    fn advice(purpose: &str, region: &str, rules: &Rules) -> Vec<String> {
        let text = format!(
            "name = \"a\"\nseller = \"Acme\"\npurpose = \"{purpose}\"\ncall_class = \"live\"\n\
             agent = \"human\"\ntrunk = \"t\"\ncaller_id.pool = \"p\"\n"
        );
        let settings = read_campaign("a.toml", &text).unwrap().settings;
        let class = WindowClass {
            zones: vec!["America/Chicago".to_owned()],
            regions: vec![region.to_owned()],
            zone_source: "number".to_owned(),
        };
        of(rules, &settings, [class].iter())
    }

    #[test]
    fn what_no_table_knows_is_said() {
        let rules = Rules::embedded();
        assert!(advice("sales", LOUISIANA, rules)[0].contains("governor"));
        assert!(advice("sales", "US-TX", rules).is_empty());
        assert!(advice("reminder", LOUISIANA, rules).is_empty());
        assert!(advice("debt", "US-TX", rules)[0].contains("give each debtor one row"));
        // Fla. Stat. 501.616(6)(b), 15 O.S. 775C.4, Md. Code Com. Law 14-4502, D.223-9 count persons.
        for place in ["US-FL", "US-OK", "US-MD", "FR"] {
            let said = advice("sales", place, rules);
            assert!(said[0].contains(&format!("in {place} the law counts calls to a person")));
            assert!(advice("reminder", place, rules).is_empty(), "{place}");
        }
        let table = include_str!("../../crates/core/data/calling-windows.csv");
        let header = table.lines().next().unwrap();
        let row = "la,US,LA,any,Mon-Sun,,,yes,none,callee,2026-12-24,2026-12-24,,,,,,";
        let own = rules
            .with_extra(&format!("{header}\n{row}\n"), "own.csv")
            .unwrap();
        assert!(advice("sales", LOUISIANA, &own).is_empty());
    }
}
