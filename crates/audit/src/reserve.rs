//! Judges a reservation: everything that must hold at the instant it is made.

use chrono::{DateTime, Months};
use serde_json::Value;

use super::history::{Attempt, Caps, Phase, Settings};
use super::read::{DAY, Event, clock, instant, text, texts};
use super::replay::Replay;
use super::window::Binding;

pub(crate) const KINDS: [&str; 5] = ["none", "inquiry", "ebr", "express", "express_written"];

impl Replay<'_> {
    /// Judges `attempt_reserved` and adds the attempt to the history.
    pub(crate) fn reserved(&mut self, event: &Event) {
        let Some(campaign) = self.history.campaigns.get(&event.campaign) else {
            self.breach("D15", event, "a campaign that was never added");
            return;
        };
        let settings = campaign.settings.clone();
        if !campaign.running() {
            self.breach("D9", event, "reserved while the campaign does not run");
        }
        if self.history.places.contains_key(&event.attempt) {
            self.breach("D13", event, "reserved twice under one id");
            return;
        }
        let attempt = self.read_attempt(event, &settings);
        self.hours(event, &attempt, &settings);
        self.evidence(event, &attempt, &settings);
        self.fitness(event);
        self.own_number(event, &attempt, &settings);
        self.lists(event, &settings);
        self.consent(event, &settings);
        self.counts(event, &settings);
        self.brake(event, &settings);
        self.after_loss(event);
        self.room(event, &attempt);
        if !settings.caller_ids.is_empty() && !settings.caller_ids.contains(&attempt.caller_id) {
            self.breach(
                "D11",
                event,
                "shows a number that the campaign may not show",
            );
        }
        self.admit(attempt);
    }

    /// Returns the index of the binding that an entry of a campaign names.
    pub(crate) fn class_of(&mut self, data: &Value, settings: &Settings) -> usize {
        self.history.windows.place(Binding {
            zones: texts(&data["zones"]),
            regions: texts(&data["regions"]),
            call_class: settings.call_class.clone(),
            purpose: settings.purpose.clone(),
            set_aside: settings.set_aside.clone(),
            days: settings.days,
            open: settings.open,
            close: settings.close,
        })
    }

    fn read_attempt(&mut self, event: &Event, settings: &Settings) -> Attempt {
        let data = &event.data;
        let regions = texts(&data["regions"]);
        let call_class = text(&data["call_class"]);
        let (minute, most) = self.history.campaigns[&event.campaign].pace();
        let caps = &data["caps"];
        Attempt {
            id: event.attempt.clone(),
            campaign: event.campaign.clone(),
            contact: event.contact,
            number: event.number.clone(),
            trunk: text(&data["trunk"]),
            caller_id: text(&data["caller_id"]),
            purpose: settings.purpose.clone(),
            consent: text(&data["consent"]["kind"]),
            caps: Caps {
                deck: cap(&caps["deck"]),
                trunk: cap(&caps["trunk"]),
                campaign: cap(&caps["campaign"]).min(most),
                trunk_minute: cap(&caps["trunk_per_minute"]),
                campaign_minute: cap(&caps["campaign_per_minute"]).min(minute),
                caller_id_hour: cap(&caps["caller_id_hour"]).min(settings.hourly_cap),
            },
            binding: self.class_of(data, settings),
            regions,
            call_class,
            first: !self.tried.contains(&event.contact),
            reserved: event.at,
            not_before: instant(&data["not_before"]),
            counts: true,
            ..Attempt::default()
        }
    }

    /// D26: from the third abandoned call on, the brake holds a campaign whose rate is above its limit, as
    /// counted since its last release, over 30 days at most (47 CFR 64.1200(a)(7)).
    fn brake(&mut self, event: &Event, settings: &Settings) {
        let campaign = &self.history.campaigns[&event.campaign];
        let since = (event.at.div_euclid(DAY) - 29) * DAY;
        let recent = |instants: &[i64]| {
            let count = instants.len() - instants.partition_point(|at| *at < since);
            i64::try_from(count).unwrap_or(i64::MAX)
        };
        let (answered, abandoned) = (recent(&campaign.answered), recent(&campaign.abandoned));
        if abandoned >= 3 && abandoned * 100 > settings.abandonment_limit * answered {
            let text = format!("reserved after {abandoned} of {answered} live answers abandoned");
            self.breach("D26", event, text);
        }
    }

    /// D1 and D10 at the reservation.
    fn hours(&mut self, event: &Event, attempt: &Attempt, settings: &Settings) {
        if let Some(why) = self.history.windows.shut(attempt.binding, event.at) {
            self.breach("D1", event, format!("reserved while shut: {why}"));
        }
        if settings.start.is_some_and(|start| event.at < start) {
            self.breach("D1", event, "reserved before the campaign's start");
        }
        if settings.expires.is_some_and(|end| event.at >= end) {
            self.breach("D10", event, "reserved after the campaign's end");
        }
        if attempt.call_class != settings.call_class {
            self.breach("D1", event, "another call class than the campaign's");
        }
    }

    /// D1: the zones, regions and local times in the log are those of the number.
    fn evidence(&mut self, event: &Event, attempt: &Attempt, settings: &Settings) {
        let zones = texts(&event.data["zones"]);
        for zone in &zones {
            let local = self.history.windows.local(zone, event.at);
            let shown = local.map(|local| local.format("%a %H:%M:%S").to_string());
            if shown.as_deref() != event.data["local_times"][zone].as_str() {
                let text = format!("it is {} in {zone}", shown.unwrap_or_default());
                self.breach("D1", event, format!("the local time is wrong: {text}"));
            }
        }
        // Only an address may replace the number, and only for a written reason.
        let by_address = event.data["zone_source"] == "address";
        if by_address && !settings.by_address {
            self.breach("D1", event, "an address replaced the number's places");
        }
        let by_number = self.options.located_by_number || !by_address;
        let expected = self.history.windows.tables.zones_of(&event.number);
        let missing = expected.iter().find(|zone| !zones.contains(zone));
        if let Some(zone) = missing.filter(|_| by_number).cloned() {
            self.breach("D1", event, format!("zone {zone} was not judged"));
        }
        if by_number && let Some(code) = self.history.windows.tables.area_code(&event.number) {
            let country = code.country.clone();
            let missing = code
                .subdivisions
                .iter()
                .map(|place| format!("{country}-{place}"))
                .find(|region| !attempt.regions.contains(region));
            if let Some(region) = missing {
                self.breach("D1", event, format!("region {region} was not judged"));
            }
        }
    }

    /// D12: not a number of the deck itself. Known are those that this campaign may show, and those that a call
    /// showed within a day: later the number may belong to another person.
    fn own_number(&mut self, event: &Event, attempt: &Attempt, settings: &Settings) {
        let shown = self.shown.get(&attempt.number);
        let recent = shown.is_some_and(|at| event.at - at < DAY);
        if recent
            || attempt.number == attempt.caller_id
            || settings.caller_ids.contains(&attempt.number)
        {
            let number = &attempt.number;
            self.breach("D12", event, format!("{number} is a caller ID of the deck"));
        }
    }

    /// D12: a valid, dialable, geographic number.
    fn fitness(&mut self, event: &Event) {
        let number = event.number.as_str();
        let digits = number.trim_start_matches('+');
        let shaped = number.starts_with('+')
            && (7..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        let today = DateTime::from_timestamp_millis(event.at).map(|at| at.date_naive());
        let fit = if digits.starts_with('1') {
            let exchange = digits.get(4..7).unwrap_or_default();
            let dialable = !exchange.starts_with(['0', '1'])
                && !exchange.ends_with("11")
                && !digits.ends_with("5551212");
            let code = self.history.windows.tables.area_code(number);
            digits.len() == 11
                && dialable
                && code.is_some_and(|code| {
                    let begun = code.since.is_some_and(|since| Some(since) <= today);
                    code.geographic && (code.in_service || begun)
                })
        } else {
            let premium = ["449", "4487", "4484", "4470", "338", "6119", "6113", "6118"];
            !premium.iter().any(|prefix| digits.starts_with(prefix))
        };
        if !shaped || !fit {
            self.breach("D12", event, format!("{number} is not to be dialed"));
        }
    }

    /// D7: consent of the required kind, with a source, given, not expired, not revoked.
    fn consent(&mut self, event: &Event, settings: &Settings) {
        let rank = |kind: &str| KINDS.iter().position(|known| *known == kind);
        let law = self.consent_asked(event, settings);
        let required = rank(&settings.consent).unwrap_or(0).max(law);
        if required == 0 {
            return;
        }
        let data = &event.data["consent"];
        let kind = text(&data["kind"]);
        let problem = match (rank(&kind), instant(&data["at"])) {
            (Some(rank), Some(_)) if rank < required => Some(format!("{kind} is too weak")),
            (Some(_), Some(at)) if at > event.at => Some("given in the future".to_owned()),
            (Some(_), Some(at)) if ran_out(&kind, at, event.at) => Some(format!("{kind} ran out")),
            (Some(_), Some(at)) if self.revoked.get(&event.number).is_some_and(|r| at <= *r) => {
                Some("revoked".to_owned())
            }
            (Some(_), Some(_)) if text(&data["source"]).is_empty() => Some("no source".to_owned()),
            (Some(_), Some(_)) => None,
            _ => Some("none on record".to_owned()),
        };
        if let Some(problem) = problem {
            self.breach("D7", event, format!("consent: {problem}"));
        }
    }

    /// D6, D14, D15: earlier attempts.
    fn counts(&mut self, event: &Event, settings: &Settings) {
        if let Some(state) = self.finished.get(&event.contact) {
            let text = format!("reserved for a contact that is {state}");
            self.breach("D15", event, text);
        }
        if let Some(place) = self.to_number.get(&event.number) {
            let other = &self.history.attempts[*place];
            let unknown = other.phase == Phase::Unknown;
            let text = format!("attempt {} at the number is in flight", other.id);
            self.breach(if unknown { "D15" } else { "D14" }, event, text);
        }
        let made = self.counted.get(&event.contact).copied().unwrap_or(0);
        let n = event.data["n"].as_i64().unwrap_or(0);
        if made >= settings.max_attempts || n > settings.max_attempts {
            self.breach("D6", event, format!("attempt {n}, {made} were made before"));
        }
        if let Some(due) = self
            .due
            .get(&event.contact)
            .copied()
            .filter(|due| event.at < *due)
        {
            self.breach(
                "D6",
                event,
                format!("its next attempt is due at {}", clock(due)),
            );
        }
    }

    /// D3: room under every cap. D16: the counts in the log are true.
    fn room(&mut self, event: &Event, attempt: &Attempt) {
        let trunk = self.by_trunk.get(&attempt.trunk).copied().unwrap_or(0);
        let campaign = self
            .by_campaign
            .get(&attempt.campaign)
            .copied()
            .unwrap_or(0);
        let caps = attempt.caps;
        let rows = [
            ("deck", self.deck, caps.deck),
            ("trunk", trunk, caps.trunk),
            ("campaign", campaign, caps.campaign),
        ];
        for (name, now, cap) in rows {
            if now >= cap {
                self.breach("D3", event, format!("{name}: {now} in flight, cap {cap}"));
            }
            let seen = event.data["caps"][name][0].as_i64();
            if seen != Some(now) {
                self.breach(
                    "D16",
                    event,
                    format!("{name}: saw {seen:?} in flight, were {now}"),
                );
            }
        }
    }

    fn admit(&mut self, attempt: Attempt) {
        let place = self.history.attempts.len();
        self.tried.insert(attempt.contact);
        *self.counted.entry(attempt.contact).or_default() += 1;
        *self.by_trunk.entry(attempt.trunk.clone()).or_default() += 1;
        *self
            .by_campaign
            .entry(attempt.campaign.clone())
            .or_default() += 1;
        self.deck += 1;
        self.due.remove(&attempt.contact);
        self.to_number.insert(attempt.number.clone(), place);
        self.shown
            .insert(attempt.caller_id.clone(), attempt.reserved);
        self.history.places.insert(attempt.id.clone(), place);
        self.history.attempts.push(attempt);
    }
}

/// Returns the cap of a pair of use and cap. Without a pair nothing is allowed.
fn cap(pair: &Value) -> i64 {
    pair[1].as_i64().unwrap_or(0)
}

pub(crate) fn ran_out(kind: &str, at: i64, now: i64) -> bool {
    let months = match kind {
        "inquiry" => 3,
        "ebr" => 18,
        _ => return false,
    };
    DateTime::from_timestamp_millis(at)
        .and_then(|at| at.checked_add_months(Months::new(months)))
        .is_none_or(|end| now > end.timestamp_millis())
}
