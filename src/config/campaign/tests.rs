//! Tests of reading campaign files.

use super::*;
use crate::domain::campaign::{CallKind, CallerIdStrategy, Schedule, VoicemailAction};

const LEAST: &str = "name = \"least\"\nseller = \"Acme\"\npurpose = \"reminder\"\n\
    call_class = \"live\"\nagent = \"human\"\ntrunk = \"simulator\"\ncaller_id.pool = \"local\"\n";

#[test]
fn what_is_left_out_has_its_documented_default() {
    let campaign = read_campaign("least.toml", LEAST).unwrap();
    let settings = campaign.settings;
    assert_eq!(settings.schedule, Schedule::default());
    assert_eq!(settings.pacing, Pacing::default());
    assert_eq!(settings.attempts, AttemptRules::default());
    assert_eq!(settings.voicemail, VoicemailAction::HangUp);
    assert_eq!(settings.consent, ConsentKind::Express);
    assert_eq!(settings.caller_id.strategy, CallerIdStrategy::Local);
    assert_eq!(settings.caller_id.hourly_cap, 30);
    assert_eq!(settings.abandonment_limit_percent, 3);
    assert_eq!(campaign.warnings, []);
}

#[test]
fn purpose_and_voice_are_two_axes() {
    let read = |purpose: &str, class: &str, agent: &str| {
        let text = LEAST
            .replace("\"reminder\"", &format!("\"{purpose}\""))
            .replace("\"live\"", &format!("\"{class}\""))
            .replace("\"human\"", &format!("\"{agent}\""));
        read_campaign("a.toml", &text)
    };
    for (purpose, class, agent, voice, advice) in [
        ("debt", "automated", "automated", CallClass::Automated, 0),
        ("debt", "live", "human", CallClass::Live, 0),
        ("debt", "debt", "human", CallClass::Live, 0),
        ("debt", "debt", "automated", CallClass::Automated, 0),
        ("sales", "automated", "human", CallClass::Automated, 0),
        ("sales", "live", "automated", CallClass::Automated, 1),
    ] {
        let campaign = read(purpose, class, agent).unwrap();
        let kind = campaign.settings.call_kind();
        assert_eq!(kind.class, voice, "{purpose} {class} {agent}");
        assert_eq!(kind.purpose.as_str(), purpose);
        assert_eq!(campaign.warnings.len(), advice, "{purpose} {class} {agent}");
    }
    assert!(read("reminder", "debt", "human").is_err());
}

#[test]
fn settings_of_older_decks_are_read() {
    let settings = read_campaign("a.toml", LEAST).unwrap().settings;
    let mut stored = serde_json::to_value(&settings).unwrap();
    stored["call_class"] = "debt".into();
    stored["purpose"] = "debt".into();
    let read: CampaignSettings = serde_json::from_value(stored).unwrap();
    assert_eq!(read.call_kind(), CallKind::DEBT);
}

#[test]
fn quoted_and_bare_times_are_alike() {
    let quoted = format!(
        "{LEAST}[schedule]\nstart = \"2026-12-07T13:30:00Z\"\nopen = \"09:15\"\nclose = \"20:00\"\ndays = \"Mon-Fri\"\n"
    );
    let bare = format!(
        "{LEAST}[schedule]\nstart = 2026-12-07T08:30:00-05:00\nopen = 09:15:00\nclose = 20:00:00\ndays = [\"Mon\", \"Tue\", \"Wed\", \"Thu\", \"Fri\"]\n"
    );
    let quoted = read_campaign("a.toml", &quoted).unwrap().settings;
    assert_eq!(quoted, read_campaign("a.toml", &bare).unwrap().settings);
    assert_eq!(quoted.schedule.open.to_string(), "09:15");
    assert_eq!(quoted.schedule.days.to_string(), "Mon,Tue,Wed,Thu,Fri");
}

#[test]
fn outcomes_have_rules_of_their_own() {
    let text = format!(
        "{LEAST}[attempts]\nmax = 5\nbusy = {{ after = \"20m\", max = 2 }}\n[attempts.declined]\naction = \"do_not_call\"\n"
    );
    let rules = read_campaign("a.toml", &text).unwrap().settings.attempts;
    let busy = rules.per_outcome[&Outcome::Busy];
    assert_eq!(
        (busy.action, busy.after.as_secs(), busy.max),
        (OutcomeAction::Retry, 1200, 2)
    );
    let declined = rules.per_outcome[&Outcome::Declined];
    assert_eq!(
        (declined.action, declined.max),
        (OutcomeAction::DoNotCall, 5)
    );
}

#[test]
fn the_top_of_the_hour_is_advised_against() {
    let text = format!("{LEAST}[schedule]\nopen = \"09:00\"\nstart = 2026-12-07T13:00:00Z\n");
    let warnings = read_campaign("a.toml", &text).unwrap().warnings;
    let shown: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "a.toml:9:8: schedule.open: is at the top of the hour, when most dialers start and carriers are busy; consider open = \"09:15\"",
            "a.toml:10:9: schedule.start: is at the top of the hour, when most dialers start and carriers are busy; consider start = 2026-12-07T13:15:00.000Z",
        ]
    );
}

#[test]
fn every_fault_is_reported_at_once() {
    let text = "nane = \"x\"\n[pacing]\ncalls_per_minute = 0\nmax_concurrent = 99999\n";
    let faults = read_campaign("a.toml", text).unwrap_err().0;
    let keys: Vec<&str> = faults.iter().map(|fault| fault.key.as_str()).collect();
    for key in [
        "name",
        "nane",
        "seller",
        "pacing.calls_per_minute",
        "pacing.max_concurrent",
        "caller_id.pool",
    ] {
        assert!(keys.contains(&key), "{key} in {keys:?}");
    }
}
