//! Rolling caps.

use std::time::Duration;

use super::*;

fn cap_ids(region: &str, class: CallClass, purpose: Purpose) -> Vec<String> {
    let caps = rules().caps(&[region.to_owned()], CallKind::new(class, purpose));
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
    let caps = rules().caps(&["US-NY".to_owned()], CallKind::DEBT);
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
        &["US-NY".to_owned()],
        CallKind::new(CallClass::Automated, Purpose::Survey),
    );
    assert!(automated[0].lifted_by_consent);
    assert_eq!(automated[0].window, Duration::from_hours(30 * 24));
}
