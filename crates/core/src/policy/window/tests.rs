//! Tests of openings and closings, at known edges and against a search minute by minute.

use proptest::prelude::*;

use super::*;
use crate::policy::fixture::{World, at, class, minutes, monday};

fn hours(open: &str, close: &str, days: &str) -> World {
    let mut world = World::open();
    let schedule = &mut world.campaign.settings.schedule;
    schedule.open = open.parse().unwrap();
    schedule.close = close.parse().unwrap();
    schedule.days = days.parse().unwrap();
    world
}

fn status_at(world: &World, ring_secs: u64, now: &str) -> WindowStatus {
    let rules = Rules::embedded();
    status(rules, &world.campaign, &world.class, ring_secs, at(now))
}

fn shut(reason: WindowReason, place: &str, until: &str) -> WindowStatus {
    WindowStatus::Shut {
        kind: HoldKind::Window(reason, place.to_owned()),
        until: Until::At(at(until)),
    }
}

#[test]
fn the_law_alone_from_eight_to_nine_less_the_ringing() {
    let world = World::open();
    let open = |closes: &str| WindowStatus::Open {
        closes_at: at(closes),
    };
    assert_eq!(
        status_at(&world, 30, "2026-12-07T15:30:00Z"),
        open("2026-12-08T01:59:30Z")
    );
    assert_eq!(
        status_at(&world, 0, "2026-12-08T01:59:59.999Z"),
        open("2026-12-08T02:00:00Z")
    );
    assert_eq!(
        status_at(&world, 30, "2026-12-08T01:59:30Z"),
        WindowStatus::Shut {
            kind: HoldKind::RingsPastClose,
            until: Until::At(at("2026-12-08T13:00:00Z")),
        }
    );
    assert_eq!(
        status_at(&world, 30, "2026-12-08T02:00:00Z"),
        shut(
            WindowReason::AfterClose,
            "America/New_York Mon 21:00:00",
            "2026-12-08T13:00:00Z"
        )
    );
    assert_eq!(
        status_at(&world, 30, "2026-12-08T13:00:00Z"),
        open("2026-12-09T01:59:30Z")
    );
}

#[test]
fn the_campaigns_hours_only_narrow() {
    let world = hours("07:00", "17:45", "Mon-Fri");
    assert_eq!(
        status_at(&world, 15, "2026-12-07T15:30:00Z"),
        WindowStatus::Open {
            closes_at: at("2026-12-07T22:44:45Z")
        }
    );
    // Friday evening: the law opens on Saturday, the campaign on Monday, and at 08:00, not at 07:00.
    assert_eq!(
        status_at(&world, 15, "2026-12-11T23:00:00Z"),
        shut(
            WindowReason::AfterClose,
            "America/New_York Fri 18:00:00",
            "2026-12-14T13:00:00Z"
        )
    );
    assert_eq!(
        status_at(&world, 15, "2026-12-12T17:00:00Z"),
        shut(
            WindowReason::DayClosed,
            "America/New_York Sat 12:00:00",
            "2026-12-14T13:00:00Z"
        )
    );
}

#[test]
fn every_zone_must_be_open_at_once() {
    let mut world = hours("09:00", "17:00", "Mon-Sun");
    world.class = class(&["America/New_York", "Pacific/Honolulu"], &["US-NY"]);
    // 09:00 in Honolulu is 14:00 in New York; 17:00 in New York is 12:00 in Honolulu.
    assert_eq!(
        status_at(&world, 0, "2026-12-07T19:00:00Z"),
        WindowStatus::Open {
            closes_at: at("2026-12-07T22:00:00Z")
        }
    );
    assert_eq!(
        status_at(&world, 0, "2026-12-07T18:59:59Z"),
        shut(
            WindowReason::BeforeOpen,
            "Pacific/Honolulu Mon 08:59:59",
            "2026-12-07T19:00:00Z"
        )
    );
}

#[test]
fn no_zone_and_no_hours_never_open() {
    let mut world = World::open();
    world.class.zones.clear();
    assert_eq!(
        status_at(&world, 30, "2026-12-07T15:30:00Z"),
        WindowStatus::Shut {
            kind: HoldKind::NoZone,
            until: Until::Operator
        }
    );
    let world = hours("22:00", "24:00", "Mon-Sun");
    let rules = Rules::embedded();
    assert_eq!(
        next_open(rules, &world.campaign, &world.class, 30, monday()),
        None
    );
}

#[test]
fn the_end_of_a_day_is_not_the_end_of_hours_that_go_on() {
    // Open until 24:00 and from 00:00 on again: only the law shuts.
    let world = hours("00:00", "24:00", "Mon-Sat");
    assert_eq!(
        status_at(&world, 30, "2026-12-08T00:00:00Z"),
        WindowStatus::Open {
            closes_at: at("2026-12-08T01:59:30Z")
        }
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Against a search minute by minute, over clock changes and holidays.
    #[test]
    fn openings_and_closings_are_exact(
        place in 0usize..6,
        open in 0u16..1440,
        length in 1u16..1440,
        start in 0u64..(400 * 1440),
        ring in 0u64..120,
    ) {
        let (zones, region): (&[&str], &str) = [
            (&["America/New_York"][..], "US-RI"),
            (&["America/Chicago", "America/Denver"][..], "US-ND"),
            (&["Europe/Paris"][..], "FR"),
            (&["Europe/London"][..], "GB"),
            (&["America/Vancouver"][..], "CA-BC"),
            (&["Australia/Sydney"][..], "AU"),
        ][place];
        let close = (open + length).min(1440);
        let text = |minute: u16| MinuteOfDay::new(minute).unwrap().to_string();
        let mut world = hours(&text(open), &text(close), "Mon-Fri,Sun");
        world.class = class(zones, &[region]);
        let rules = Rules::embedded();
        let hours = Hours::new(rules, &world.campaign, &world.class, ring);
        let from = at("2026-01-05T00:00:00Z") + minutes(start);
        let is_open = hours.shut(from).is_none();
        let found = hours.first(from, !is_open);
        let mut probe = from;
        while found.is_none_or(|found| probe < found) && probe < from + minutes(4 * 1440) {
            prop_assert_eq!(hours.shut(probe).is_none(), is_open, "changes at {}", probe);
            probe = probe + minutes(1);
        }
        if let Some(found) = found {
            prop_assert_eq!(hours.shut(found).is_none(), !is_open);
            let before = found - Duration::from_millis(1);
            prop_assert!(found == from || (hours.shut(before).is_none()) == is_open);
        }
    }
}

/// La. R.S. 45:844.31, N.Y. Gen. Bus. Law 399-z: an emergency of a country or state covers all its parts.
#[test]
fn a_ban_of_a_place_bans_all_of_it() {
    let bans = |region: &str, ban: &str| {
        let class = WindowClass {
            zones: vec!["America/New_York".to_owned()],
            regions: vec![region.to_owned()],
            zone_source: "number".to_owned(),
        };
        banned_status(&class, &[ban.to_owned()]).is_some()
    };
    for (region, ban, expected) in [
        ("US-NY", "US", true),
        ("US-PR", "US", true),
        ("US-PR", "US-PR", true),
        ("CA-ON", "CA", true),
        ("US-AL-MOB", "US-AL", true),
        ("US-AL-MOB", "US", true),
        ("GB", "GB", true),
        // A British number shows no more than the country: it may be in any part of it.
        ("GB", "GB-ENG", true),
        ("AU-WA", "AU", true),
        ("AU-WA", "AU-QLD", false),
        ("US-NY", "US-NJ", false),
        ("US-NY", "CA", false),
        ("US-CA", "CA", false),
    ] {
        assert_eq!(bans(region, ban), expected, "{region} under {ban}");
    }
    let rules = Rules::embedded();
    for (text, known) in [
        ("us", Some("US")),
        ("PR", Some("US-PR")),
        ("US-AL-MOB", Some("US-AL-MOB")),
        ("CA-ON", Some("CA-ON")),
        ("AU-QLD", Some("AU-QLD")),
        ("US-ZZ", None),
        ("LA", None),
        ("XX", None),
        ("", None),
    ] {
        assert_eq!(rules.known_place(text).as_deref(), known, "{text}");
    }
}
