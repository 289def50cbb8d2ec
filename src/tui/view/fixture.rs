//! A deck for the tests of the screen, with a fixed clock, a fixed zone and 555-01xx numbers.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::clock::{DeckClock, ScaledClock};
use crate::domain::campaign::Pacing;
use crate::domain::event::{AlertRaised, EventKind};
use crate::domain::{
    CalleeType, CallerIdState, CampaignId, CampaignState, ClassId, Contact, ContactId,
    ContactState, Outcome, PhoneNumber, Timestamp, TrunkName,
};
use crate::engine::alerts::OpenAlert;
use crate::engine::board::{Board, CallerIdBoard, CampaignBoard, Caps, Waiting};
use crate::engine::desk::{
    Binding, CallerIdSummary, CampaignView, ContactRow, EngineOwner, EventLine, Hold, HoldKind,
    ListKey, ListOrder, NextClaim, Phase, Standing, Stretch, Until, View, WindowReason, ZoneRow,
    ZoneStanding,
};
use crate::tui::keymap::KeyMap;
use crate::tui::model::Model;
use crate::tui::shared::{Permits, Reach, Viewer};

/// Returns Tue 14 Apr 2026, 14:07:32 EDT.
pub(in crate::tui) fn now() -> Timestamp {
    "2026-04-14T18:07:32Z".parse().unwrap()
}

fn minutes(minutes: u64) -> Timestamp {
    now() + Duration::from_mins(minutes)
}

fn ago(seconds: u64) -> Timestamp {
    now() - Duration::from_secs(seconds)
}

fn phone(text: &str) -> PhoneNumber {
    text.parse().unwrap()
}

/// Returns the model of a console on the deck, for a screen of this size.
pub(in crate::tui) fn model(size: (u16, u16)) -> Model {
    let viewer = Viewer {
        actor: "maria".to_owned(),
        role: "operator",
        may: Permits {
            campaigns: Reach::Everything,
            opt_out: true,
            import: true,
        },
        zone: TimeZone::get("America/New_York").unwrap(),
    };
    let mut model = Model::new(viewer, KeyMap::embedded(), size, now());
    model.shared.deck = "spring".to_owned();
    model.shared.view = Some(view());
    model.shared.events = events().into();
    let rates = model.shared.rates.entry("spring-reminders".to_owned());
    let rates = rates.or_default();
    for minute in (0..15_u64).rev() {
        for call in 0..(10 - minute % 5) {
            rates.note_sent(ago(minute * 60 + call));
            rates.note_ended(ago(minute * 60 + call));
        }
    }
    rates.note_bound(ago(900), "concurrent cap");
    rates.note_bound(ago(720), "per-minute cap");
    model.list.rows = rows();
    model.list.selected = Some(ContactId(1_184));
    model
        .list
        .marked
        .insert(ContactId(1_187), phone("+13035550125"));
    model.list.after = true;
    let height = super::list_height(&model).unwrap_or(1);
    assert!(model.list.resize(height).is_none());
    model
}

fn view() -> View {
    let names = [
        ("spring-reminders", CampaignState::Running, Phase::Running),
        ("past-due", CampaignState::Paused, Phase::Paused),
        ("csat", CampaignState::Running, Phase::Waiting),
        ("recall", CampaignState::Done, Phase::Done),
        ("autumn", CampaignState::Draft, Phase::Draft),
    ];
    let mut board = Board::empty(now());
    board.campaigns = names
        .map(|(name, state, phase)| campaign(name, state, phase))
        .into();
    let alert = |seq, back, text| OpenAlert {
        seq,
        ..OpenAlert::unwritten(AlertRaised::deck_file_changed(text), ago(back))
    };
    board.alerts = vec![
        alert(812, 90, "caller id +16465550102 is full until 14:22"),
        alert(700, 900, "6 numbers have no time zone"),
    ];
    View {
        board,
        campaigns: (1..=5).map(campaign_view).collect(),
        engine: EngineOwner::Inside,
        clock: DeckClock::Scaled(ScaledClock {
            origin: now(),
            started: now(),
            factor: 30,
        }),
    }
}

/// Returns the claim of a contact that has this hold only.
pub(super) fn held(kind: HoldKind, until: Until) -> NextClaim {
    NextClaim::Hold(Hold::single(kind, until))
}

/// Returns the claim of a campaign that has used up its calls of the last minute.
fn paced() -> NextClaim {
    let slot = Until::At(now() + Duration::from_millis(2_100));
    held(HoldKind::CampaignPerMinute(10, 10), slot)
}

fn campaign(name: &str, state: CampaignState, phase: Phase) -> CampaignBoard {
    use CalleeType::{Human, Voicemail};
    CampaignBoard {
        name: name.to_owned(),
        state,
        phase,
        next: paced(),
        remedies: Vec::new(),
        held_since: None,
        waiting_for_window: phase == Phase::Waiting,
        note: (state == CampaignState::Paused).then(|| "maria".to_owned()),
        total: 2_400,
        done: 402,
        in_flight: 14,
        ready: 1_095,
        waiting: Waiting {
            window: 31,
            retry: 62,
            cap: 14,
        },
        suppressed: 78,
        exhausted: 640,
        expired: 4,
        invalid: 58,
        unknown: 2,
        attempts: 1_198,
        outcomes: BTreeMap::from([
            (Outcome::Answered(Human), 402),
            (Outcome::Answered(Voicemail), 318),
            (Outcome::NoAnswer, 261),
            (Outcome::Busy, 118),
            (Outcome::NetworkFailure, 76),
            (Outcome::Declined, 9),
        ]),
        refusals: BTreeMap::from([
            ("suppressed:internal".to_owned(), 14),
            ("suppressed:national:us".to_owned(), 61),
            ("no_consent".to_owned(), 3),
            ("attempts_exhausted".to_owned(), 640),
            ("unfit:not_valid".to_owned(), 58),
            ("contact_expired".to_owned(), 4),
        ]),
        caps: Caps {
            concurrent: [14, 20],
            per_minute: [10, 10],
        },
        pacing: Pacing {
            calls_per_minute: 10,
            max_concurrent: 20,
            weight: 1,
        },
        abandoned: [0, 402],
        abandoned_since_release: [0, 402],
    }
}

fn campaign_view(id: i64) -> CampaignView {
    CampaignView {
        id: CampaignId(id),
        zones: zones(),
        next_due: Some(minutes(2)),
        next_opening: Some(minutes(52)),
        caller_id_use: CallerIdSummary::of(&caller_ids()),
        caller_ids: caller_ids(),
        binding: Binding::Pace,
        limit: "per-minute cap",
        ceiling: Pacing {
            calls_per_minute: 20,
            max_concurrent: 20,
            weight: 1,
        },
        law: Vec::new(),
        abandonment_limit_percent: 3,
    }
}

fn caller_ids() -> Vec<CallerIdBoard> {
    let uses = [12, 30, 11, 15, 30];
    uses.into_iter()
        .zip(100_u64..)
        .map(|(used, last)| CallerIdBoard {
            number: PhoneNumber::from_digits(16_465_550_000 + last).unwrap(),
            pool: "main".to_owned(),
            trunk: TrunkName("sim".to_owned()),
            state: CallerIdState::Active,
            proven: true,
            per_hour: [used, 30],
            frees_at: (used == 30).then(|| minutes(15)),
        })
        .collect()
}

fn zones() -> Vec<ZoneRow> {
    use ZoneStanding::{Held, Open, Shut};
    let zone = |label: &str, local: &str, from: usize, standing, to_call| ZoneRow {
        label: label.to_owned(),
        short: label[..2].to_uppercase(),
        local: local.to_owned(),
        day: day(from),
        standing,
        to_call,
        held: None,
    };
    vec![
        zone("New York", "14:07", 0, Open(minutes(352)), 612),
        zone("Chicago", "13:07", 4, Open(minutes(412)), 288),
        zone("Boise/Denver", "12:07", 8, Open(minutes(472)), 74),
        zone("Los Angeles", "11:07", 12, Open(minutes(532)), 190),
        zone("Honolulu", "08:07", 24, Shut(minutes(52)), 31),
        zone("unknown", "?", 96, Held(HoldKind::NoZone), 6),
    ]
}

/// Returns a day that is legal from 8 to 21 and used from 9 to 20, shifted by so many quarters of an hour.
fn day(later: usize) -> Vec<Stretch> {
    (0..96_usize)
        .map(|quarter| match quarter.checked_sub(later) {
            Some(36..80) => Stretch::Open,
            Some(32..84) => Stretch::LegalOnly,
            Some(_) | None => Stretch::Never,
        })
        .collect()
}

/// Returns every standing that a row can have.
pub(super) fn standings() -> Vec<Standing> {
    vec![
        Standing::Talking(ago(42)),
        Standing::Ringing(ago(9)),
        Standing::Dialing(ago(2)),
        Standing::Lost(ago(33)),
        Standing::ToCall(paced()),
        Standing::ToCall(held(
            HoldKind::Window(WindowReason::BeforeOpen, "Pacific/Honolulu".to_owned()),
            Until::At(minutes(52)),
        )),
        Standing::ToCall(held(HoldKind::NoZone, Until::Operator)),
        Standing::ToCall(held(HoldKind::RetryDue, Until::At(minutes(34)))),
        Standing::ToCall(held(
            HoldKind::RollingCap("US 7 in 7 days".to_owned(), 7, 7),
            Until::At(minutes(2_000)),
        )),
        Standing::Ended(
            ContactState::Suppressed,
            Some("suppressed:internal".to_owned()),
        ),
        Standing::Ended(ContactState::Done, Some("human".to_owned())),
        Standing::Ended(
            ContactState::Exhausted,
            Some("attempts_exhausted".to_owned()),
        ),
        Standing::Ended(ContactState::Expired, Some("contact_expired".to_owned())),
        Standing::Ended(ContactState::Invalid, Some("unfit:not_valid".to_owned())),
        Standing::Ended(ContactState::Unknown, None),
    ]
}

fn rows() -> Vec<ContactRow> {
    let names = [
        "Ana Ruiz",
        "Ben Osei",
        "Chloé Martin",
        "Dee Walsh",
        "E. Kahale",
        "李小龍",
    ];
    let zones = [
        ("NY", "14:07"),
        ("CHI", "13:07"),
        ("BOI+1", "12:07"),
        ("HNL", "08:07"),
    ];
    standings()
        .into_iter()
        .zip(1_184_i64..)
        .map(|(standing, id)| {
            let place = usize::try_from(id - 1_184).unwrap();
            let (zone, local) = zones[place % zones.len()];
            let number = 12_125_550_100 + u64::try_from(place).unwrap();
            let called = place < 4;
            ContactRow {
                contact: ContactId(id),
                key: key(id),
                number: PhoneNumber::from_digits(number).unwrap(),
                name: names[place % names.len()].to_owned(),
                standing,
                zone: zone.to_owned(),
                local: local.to_owned(),
                attempts: u32::from(called),
                max_attempts: 3,
                last: (place % 3 == 1).then_some(Outcome::NoAnswer),
                caller_id: called.then(|| phone("+16465550100")),
                not_called_again: None,
                not_judged: None,
            }
        })
        .collect()
}

fn key(id: i64) -> ListKey {
    ListOrder::List.key(&Contact {
        id: ContactId(id),
        campaign: CampaignId(1),
        number: phone("+12125550100"),
        name: String::new(),
        state: ContactState::Ready,
        reason: None,
        priority: 0,
        due: now(),
        class: ClassId(1),
        consent: None,
        expires_at: None,
        attempts: 0,
        last_outcome: None,
    })
}

fn events() -> Vec<EventLine> {
    let event = |back, kind, number: Option<&str>, text: &str, more: &str| EventLine {
        seq: 900 - i64::try_from(back).unwrap(),
        at: ago(back),
        kind: Some(kind),
        campaign: Some(
            if number.is_some() {
                "spring-reminders"
            } else {
                "past-due"
            }
            .to_owned(),
        ),
        contact: None,
        number: number.map(phone),
        text: text.to_owned(),
        more: more.to_owned(),
        due: None,
    };
    let ruiz = Some("+12125550142");
    vec![
        event(720, EventKind::CampaignPaused, None, "paused", "by maria"),
        event(
            60,
            EventKind::AttemptReserved,
            ruiz,
            "plan",
            "from +16465550100",
        ),
        event(58, EventKind::AttemptSent, ruiz, "dial", ""),
        event(55, EventKind::CallRinging, ruiz, "ringing", ""),
        event(42, EventKind::CallAnswered, ruiz, "answered", ""),
        event(
            13,
            EventKind::CallEnded,
            Some("+13125550177"),
            "ended busy",
            "rang 4 s",
        ),
        EventLine {
            due: Some(minutes(34)),
            ..event(
                12,
                EventKind::RetryPlanned,
                Some("+13125550177"),
                "retry planned",
                "",
            )
        },
        event(
            1,
            EventKind::SuppressionAdded,
            Some("+16465550188"),
            "do not call",
            "internal by maria",
        ),
    ]
}
