//! What the law asks of a campaign that no gate can see to.

use crate::domain::campaign::Purpose;
use crate::domain::{CampaignSettings, WindowClass};
use crate::rules::Rules;

const LOUISIANA: &str = "US-LA";

/// Advice for a campaign whose contacts are of these classes, one sentence each.
pub(super) fn of<'c>(
    rules: &Rules,
    campaign: &CampaignSettings,
    mut classes: impl Iterator<Item = &'c WindowClass>,
) -> Vec<String> {
    let name = &campaign.name;
    let mut advice = Vec::new();
    match campaign.purpose {
        // 12 CFR 1006.14(b)(2)(i) counts calls to a person about a debt.
        Purpose::Debt => advice.push(format!(
            "{name}: the law counts calls to a debtor, the caps count calls to a number: give each debtor \
             one row of the list"
        )),
        Purpose::Sales if classes.any(|class| class.regions.iter().any(|one| one == LOUISIANA)) => {
            // LPSC General Order R-29617: holidays of R.S. 1:55, which the governor may add to.
            if !rules.has_own_rows(LOUISIANA) {
                advice.push(format!(
                    "{name}: it sells to Louisiana, where days that the governor proclaims are holidays \
                     too, and no table can know them: add a closed row for {LOUISIANA} to a rule file of \
                     your own, with its dates"
                ));
            }
        }
        Purpose::Sales | Purpose::Reminder | Purpose::Survey | Purpose::Information => {}
    }
    advice
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
        assert!(advice("debt", "US-TX", rules)[0].contains("one row"));
        let table = include_str!("../../data/calling-windows.csv");
        let header = table.lines().next().unwrap();
        let row = "la,US,LA,any,Mon-Sun,,,yes,none,callee,2026-12-24,2026-12-24,,,,,,";
        let own = rules
            .with_extra(&format!("{header}\n{row}\n"), "own.csv")
            .unwrap();
        assert!(advice("sales", LOUISIANA, &own).is_empty());
    }
}
