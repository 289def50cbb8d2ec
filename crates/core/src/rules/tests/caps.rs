//! Tests of the rolling caps.

use std::time::Duration;

use super::*;

fn cap_ids(region: &str, class: CallClass, purpose: Purpose) -> Vec<String> {
    ids_of("+15185550142", region, class, purpose)
}

fn ids_of(text: &str, region: &str, class: CallClass, purpose: Purpose) -> Vec<String> {
    let kind = CallKind::new(class, purpose);
    let caps = rules().caps(number(text), &[region.to_owned()], kind);
    caps.into_iter().map(|cap| cap.id).collect()
}

#[test]
fn caps_bind_by_region_class_and_purpose() {
    use {CallClass as C, Purpose as P};
    assert_eq!(cap_ids("US-FL", C::Live, P::Sales), ["us-fl"]);
    assert!(cap_ids("US-FL", C::Live, P::Reminder).is_empty());
    assert!(cap_ids("US-WA", C::Live, P::Sales).is_empty());
    assert_eq!(cap_ids("US-ME", C::Automated, P::Sales), ["us-me-auto"]);
    assert_eq!(
        cap_ids("US-NY", C::Automated, P::Reminder),
        ["us-fcc-exempt"]
    );
    assert_eq!(
        cap_ids("US-ME", C::Automated, P::Debt),
        ["us-me-auto", "us-regf-attempt", "us-regf-conv"]
    );
    assert_eq!(
        cap_ids("US-NY", C::Live, P::Debt),
        ["us-regf-attempt", "us-regf-conv"]
    );
    assert_eq!(
        cap_ids("GB", C::Live, P::Survey),
        ["gb-abandoned", "gb-amd"]
    );
    assert_eq!(
        cap_ids("FR", C::Live, P::Sales),
        ["fr-attempts", "fr-refusal"]
    );
}

#[test]
fn caps_carry_their_numbers() {
    let caps = rules().caps(
        number("+15185550142"),
        &["US-NY".to_owned()],
        CallKind::DEBT,
    );
    let week = Duration::from_hours(7 * 24);
    assert_eq!(
        (caps[0].max, caps[0].window, caps[0].after),
        (7, week, None)
    );
    assert!(caps[0].connected_only);
    assert_eq!(
        (caps[1].max, caps[1].after),
        (0, Some(CapTrigger::Conversation))
    );
    let automated = rules().caps(
        number("+15185550142"),
        &["US-NY".to_owned()],
        CallKind::new(CallClass::Automated, Purpose::Survey),
    );
    assert!(automated[0].lifted_by_consent);
    assert_eq!(automated[0].window, Duration::from_hours(30 * 24));
}

/// 6 RCNY 5-77, D.C. Code 28-3814, R.R.O. 1990 Reg. 74, ACCC and ASIC guideline RG 96.
#[test]
fn debts_have_caps_of_the_place() {
    let caps = |text: &str, region: &str| {
        let caps = rules().caps(number(text), &[region.to_owned()], CallKind::DEBT);
        let days = |cap: &FrequencyCap| cap.window.as_secs() / 86_400;
        let shown = caps.iter().map(|cap| (cap.id.clone(), cap.max, days(cap)));
        shown.collect::<Vec<_>>()
    };
    for code in [212, 332, 646, 917, 718, 347, 929, 465] {
        let found = caps(&format!("+1{code}5550142"), "US-NY");
        assert!(found.contains(&("us-nyc-debt".to_owned(), 3, 7)), "{code}");
    }
    // A Florida number whose address is in one of the five boroughs.
    let here = caps("+13055550142", "US-NY-NYC");
    assert!(here.contains(&("us-nyc-debt".to_owned(), 3, 7)), "{here:?}");
    let upstate = caps("+15185550142", "US-NY");
    assert!(
        upstate.iter().all(|(id, ..)| id.starts_with("us-regf")),
        "{upstate:?}"
    );
    assert!(caps("+12025550142", "US-DC").contains(&("us-dc-debt".to_owned(), 4, 7)));
    assert_eq!(
        caps("+14165550142", "CA-ON"),
        [("ca-on-debt".to_owned(), 3, 7)]
    );
    assert_eq!(
        caps("+61255501234", "AU"),
        [("au-debt".to_owned(), 3, 7), ("au-debt".to_owned(), 10, 31)]
    );
    assert!(ids_of("+12125550142", "US-NY", CallClass::Live, Purpose::Sales).is_empty());
}
