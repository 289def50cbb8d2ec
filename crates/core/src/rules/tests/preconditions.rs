//! Tests of what is required before a call, expected from the statutes and not from the table's reader.

use super::rules;
use crate::domain::campaign::{CallClass, CallKind, Purpose};
use crate::domain::{ConsentKind, ListKind, PhoneNumber};
use crate::rules::Precondition;

fn number(text: &str) -> PhoneNumber {
    text.parse().unwrap()
}

fn bind(text: &str, regions: &[&str], kind: CallKind) -> Vec<&'static Precondition> {
    let regions: Vec<String> = regions.iter().map(|&region| region.to_owned()).collect();
    let rows = rules().preconditions(&regions, number(text), kind);
    let ids: Vec<String> = rows.map(|row| row.id.clone()).collect();
    let all = rules().preconditions.iter();
    all.filter(|row| ids.contains(&row.id)).collect()
}

fn least(rows: &[&Precondition]) -> ConsentKind {
    let consents = rows.iter().map(|row| row.consent);
    consents.max().unwrap_or(ConsentKind::None)
}

fn lists(rows: &[&Precondition]) -> Vec<String> {
    let lists = rows.iter().flat_map(|row| &row.lists);
    lists.map(ListKind::to_string).collect()
}

const LIVE_SALES: CallKind = CallKind::new(CallClass::Live, Purpose::Sales);
const AUTOMATED_SALES: CallKind = CallKind::new(CallClass::Automated, Purpose::Sales);

#[test]
fn the_least_consent_is_the_statutes() {
    use ConsentKind::{Express, ExpressWritten, None};
    let debt = CallKind::new(CallClass::Automated, Purpose::Debt);
    for (to, region, kind, expected) in [
        // 47 CFR 64.1200(a)(1)(iii), (a)(2), (a)(3), (f)(9).
        ("+12125550142", "US-NY", CallKind::LIVE, None),
        ("+12125550142", "US-NY", LIVE_SALES, None),
        ("+12125550142", "US-NY", CallKind::AUTOMATED, Express),
        ("+12125550142", "US-NY", debt, Express),
        ("+12125550142", "US-NY", AUTOMATED_SALES, ExpressWritten),
        ("+17875550142", "US-PR", AUTOMATED_SALES, ExpressWritten),
        // Conn. Gen. Stat. 42-288a.
        ("+12035550142", "US-CT", LIVE_SALES, ExpressWritten),
        ("+12035550142", "US-CT", CallKind::LIVE, None),
        // Loi 2025-594; UWG 7(2); LGT 66.1.b.
        ("+33199001234", "FR", LIVE_SALES, Express),
        ("+493012345678", "DE", LIVE_SALES, Express),
        ("+34912345678", "ES", LIVE_SALES, Express),
        ("+33199001234", "FR", CallKind::LIVE, None),
        // S.I. 336/2011 reg. 13: mobiles; PECR reg. 19 and 21.
        ("+353850123456", "IE", LIVE_SALES, Express),
        ("+35312345678", "IE", LIVE_SALES, None),
        ("+442079460000", "GB", LIVE_SALES, None),
        ("+442079460000", "GB", AUTOMATED_SALES, Express),
    ] {
        assert_eq!(
            least(&bind(to, &[region], kind)),
            expected,
            "{to} {region} {kind:?}"
        );
    }
}

#[test]
fn a_registry_is_asked_for_by_the_numbers_country() {
    for (to, region, expected) in [
        ("+12125550142", "US-NY", "national:us"),
        ("+16045550142", "CA-BC", "national:ca"),
        ("+442079460000", "GB", "national:gb"),
        ("+35312345678", "IE", "national:ie"),
        ("+61255501234", "AU", "national:au"),
        ("+390612345678", "IT", "national:it"),
        // A place that was stated does not take a number off its own registry.
        ("+12125550142", "CA-BC", "national:us"),
        ("+442079460000", "US-NY", "national:gb"),
    ] {
        assert_eq!(lists(&bind(to, &[region], LIVE_SALES)), [expected], "{to}");
        let list: ListKind = expected.parse().unwrap();
        assert!(rules().may_hold(&list, &[region.to_owned()], number(to)));
        assert_eq!(lists(&bind(to, &[region], CallKind::LIVE)), [""; 0], "{to}");
    }
    for other in ["national:us", "national:ca", "national:es", "state:us-tx"] {
        let list: ListKind = other.parse().unwrap();
        assert!(!rules().may_hold(&list, &["GB".to_owned()], number("+442079460000")));
    }
}

#[test]
fn the_strictest_of_all_candidate_places_binds() {
    // A New York number whose contact may also be in Connecticut, and the reverse.
    for regions in [&["US-CT", "US-NY"][..], &["US-NY", "US-CT"]] {
        let rows = bind("+12125550142", regions, LIVE_SALES);
        assert_eq!(least(&rows), ConsentKind::ExpressWritten);
    }
    // The area code's own state also binds if another place was stated.
    let rows = bind("+12035550142", &["US-NY"], LIVE_SALES);
    assert_eq!(least(&rows), ConsentKind::ExpressWritten);
}

#[test]
fn a_relationship_stands_instead_of_the_registry_where_the_law_says_so() {
    use ConsentKind::{Ebr, Express, ExpressWritten, Inquiry};
    for (to, region, expected) in [
        ("+12125550142", "US-NY", vec![Inquiry, Ebr, ExpressWritten]),
        (
            "+16045550142",
            "CA-BC",
            vec![Inquiry, Ebr, Express, ExpressWritten],
        ),
        ("+442079460000", "GB", vec![Express, ExpressWritten]),
    ] {
        let rows = bind(to, &[region], LIVE_SALES);
        let row = rows.iter().find(|row| !row.lists.is_empty()).unwrap();
        assert_eq!(row.instead, expected, "{to}");
    }
}

#[test]
fn registries_have_ages_of_their_own() {
    for (list, days) in [
        ("national:us", 31),
        ("national:gb", 28),
        ("national:au", 30),
        ("state:us-tx", 31),
        ("national:nz", 31),
    ] {
        let list: ListKind = list.parse().unwrap();
        assert_eq!(
            rules().registry_max_age(&list).as_secs(),
            days * 86_400,
            "{list}"
        );
    }
}

#[test]
fn every_row_says_where_it_comes_from() {
    for row in &rules().preconditions {
        assert!(!row.citation.is_empty(), "{}", row.id);
        assert!(
            row.id.starts_with(&row.country().to_lowercase()),
            "{}",
            row.id
        );
        let what = row
            .lists
            .first()
            .map_or("consent".to_owned(), ListKind::to_string);
        assert!(rules().asks(&row.place, &what), "{}", row.id);
    }
    assert!(!rules().asks("US", "national:gb"));
    assert!(!rules().asks("US-FL", "consent"));
}
