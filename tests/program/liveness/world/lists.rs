//! The lists behind a [`World`]: what its jobs do.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use dialdeck::domain::outcome::classify;
use dialdeck::domain::{
    Attempt, AttemptId, AttemptState, CallReport, CampaignId, CampaignState, ClassId, ContactId,
    ContactState, DeckId, PhoneNumber, Timestamp, TrunkName, WaitReason,
};
use dialdeck::engine::{EngineSnapshot, Event, Job};
use dialdeck::policy::retry::Next;
use dialdeck::policy::{Abandonment, DialOrder, Hold, Load, Loads, Refusal};
use dialdeck::store::{CampaignCounts, Candidate, Claimed, Settled, Snapshot};

use super::World;

impl World {
    pub(super) fn now_ready(&mut self, id: i64) {
        let row = &self.rows[&id];
        let place = (Reverse(row.priority), row.due, id);
        let of = (row.campaign, row.class);
        self.ready.entry(of).or_default().insert(place);
    }

    fn no_longer_ready(&mut self, id: i64) {
        let row = &self.rows[&id];
        let place = (Reverse(row.priority), row.due, id);
        let of = (row.campaign, row.class);
        for queue in [&mut self.ready, &mut self.known] {
            if let Some(places) = queue.get_mut(&of) {
                places.remove(&place);
            }
        }
    }

    fn waits(&mut self, id: i64, due: Timestamp, why: WaitReason) {
        let row = self.rows.get_mut(&id).unwrap();
        (row.state, row.due) = (ContactState::Waiting(why), due);
        self.waiting.insert((due, id));
    }

    pub(super) fn perform(&mut self, job: Job, at: Timestamp) -> Option<Event> {
        match job {
            Job::Refresh | Job::NoteNumbers(..) => {
                self.snapshots.push_back(self.ready.clone());
                Some(Event::Snapshot(Box::new(self.snapshot())))
            }
            Job::Refill(campaign, class, after, limit) => {
                Some(self.refill(campaign, class, after, limit))
            }
            Job::Promote => Some(self.promote(at)),
            Job::Expire => Some(Event::Expired { more: false }),
            Job::Claim(candidate, _) => Some(Event::Claimed {
                candidate,
                result: self.claim(&candidate),
            }),
            Job::Settle(attempt, report, ended) => Some(Event::Settled {
                attempt,
                settled: Some(self.end(attempt, &report, ended.max(at))),
            }),
            Job::CheckDone(campaign) => Some(self.check_done(campaign)),
            Job::HoldClock(_) => Some(Event::ClockHeld),
            Job::Late(_) => Some(Event::Tick),
            Job::Record(_)
            | Job::MarkUnknown(..)
            | Job::Log(_)
            | Job::HungUp(_)
            | Job::KeepRest(..)
            | Job::NoteUnclosed(..)
            | Job::KeepEnd(..) => None,
            Job::FollowClock => panic!("the clock is not set here"),
            Job::Command(..) => panic!("nothing is commanded here"),
        }
    }

    fn snapshot(&self) -> EngineSnapshot {
        let mut counts: BTreeMap<CampaignId, BTreeMap<(ClassId, ContactState), u64>> =
            BTreeMap::new();
        for row in self.rows.values() {
            let of = counts.entry(row.campaign).or_default();
            *of.entry((row.class, row.state)).or_default() += 1;
        }
        let campaigns = self.courses.values().map(|course| CampaignCounts {
            campaign: course.campaign.clone(),
            contacts: counts.remove(&course.campaign.id).unwrap_or_default(),
            outcomes: BTreeMap::new(),
            attempts: 0,
            refusals: BTreeMap::new(),
            load: Load::default(),
            abandonment: Abandonment::default(),
            without_agent: 0,
            next_due: self.waiting.first().map(|(due, _)| *due),
        });
        EngineSnapshot {
            snapshot: Snapshot {
                campaigns: campaigns.collect(),
                classes: self.classes.clone(),
                trunks: vec![(self.trunk.clone(), Load::default())],
                in_flight: self.in_flight.values().cloned().collect(),
                ..Snapshot::default()
            },
            suppressed: Vec::new(),
            banned: Vec::new(),
        }
    }

    fn refill(
        &self,
        campaign: CampaignId,
        class: ClassId,
        after: Option<Candidate>,
        limit: usize,
    ) -> Event {
        let after = after.map(|last| (Reverse(last.priority), last.due, last.contact.0));
        let places = self.ready.get(&(campaign, class)).into_iter().flatten();
        let beyond = places.filter(|place| after.is_none_or(|after| **place > after));
        let candidates: Vec<_> = beyond
            .take(limit)
            .map(|(_, _, id)| self.candidate(*id))
            .collect();
        Event::Refilled {
            campaign,
            class,
            complete: candidates.len() < limit,
            candidates,
        }
    }

    fn candidate(&self, id: i64) -> Candidate {
        let row = &self.rows[&id];
        Candidate {
            contact: ContactId(id),
            campaign: row.campaign,
            class: row.class,
            priority: row.priority,
            due: row.due,
        }
    }

    fn promote(&mut self, now: Timestamp) -> Event {
        /// Small, so that more than one is needed.
        const SWEEP: usize = 50;
        let due: Vec<_> = self.waiting.iter().take(SWEEP).copied().collect();
        let mut candidates = Vec::new();
        for (due, id) in due.into_iter().filter(|(due, _)| *due <= now) {
            self.waiting.remove(&(due, id));
            self.rows.get_mut(&id).unwrap().state = ContactState::Ready;
            self.now_ready(id);
            candidates.push(self.candidate(id));
        }
        Event::Promoted {
            candidates,
            next_due: self.waiting.first().map(|(due, _)| *due),
        }
    }

    fn claim(&mut self, candidate: &Candidate) -> Claimed {
        let id = candidate.contact.0;
        let row = &self.rows[&id];
        if row.state != ContactState::Ready {
            return Claimed::Stale;
        }
        let (campaign, class) = (row.campaign, row.class);
        if row.fate.refused {
            self.no_longer_ready(id);
            self.rows.get_mut(&id).unwrap().state = ContactState::Invalid;
            return Claimed::Refused(Refusal::Unfit("premium".to_owned()));
        }
        let reasons = self.reasons(campaign, class, id);
        let until = reasons.iter().map(|reason| reason.until).max();
        let scope = reasons.iter().map(|reason| reason.kind.scope()).min();
        if let Some((until, scope)) = until.zip(scope) {
            let hold = Hold {
                reasons,
                until,
                scope,
            };
            let due = hold.set_aside_until(self.now);
            if let Some(due) = due {
                self.no_longer_ready(id);
                self.waits(id, due, WaitReason::Cap);
            }
            return Claimed::Held { hold, due };
        }
        self.dial(id)
    }

    fn dial(&mut self, id: i64) -> Claimed {
        self.no_longer_ready(id);
        self.dialed += 1;
        let row = self.rows.get_mut(&id).unwrap();
        row.state = ContactState::InFlight;
        let course = self.courses.get_mut(&row.campaign).unwrap();
        (course.last, course.in_flight) = (Some(self.now), course.in_flight + 1);
        let serial = i64::try_from(self.attempts.len()).unwrap() + 1;
        self.attempts.insert(serial, id);
        let lasts = Duration::from_secs(3 + id.unsigned_abs() % 17);
        self.up.insert((self.now + lasts, serial));
        let (attempt, order) = call(serial, id, row.campaign, &self.trunk.name, self.now);
        self.in_flight.insert(serial, attempt.clone());
        Claimed::Dial(Box::new(attempt), Box::new(order), Box::default())
    }

    fn end(&mut self, attempt: AttemptId, report: &CallReport, now: Timestamp) -> Settled {
        let id = self.attempts[&attempt.serial];
        self.in_flight.remove(&attempt.serial);
        let row = self.rows.get_mut(&id).unwrap();
        self.courses.get_mut(&row.campaign).unwrap().in_flight -= 1;
        let next = if let Some(wait) = row.fate.retries.pop_front() {
            self.waits(id, now + wait, WaitReason::Retry);
            Next::Retry(now + wait)
        } else {
            row.state = ContactState::Done;
            Next::Finish(ContactState::Done)
        };
        Settled {
            read: classify(report),
            next: Some(next),
            rested: None,
            listed: false,
            abandonment: None,
        }
    }

    fn check_done(&mut self, campaign: CampaignId) -> Event {
        let mut rows = self.rows.values();
        let open = rows.any(|row| row.campaign == campaign && !row.state.is_final());
        let course = self.courses.get_mut(&campaign).unwrap();
        let done = !open && course.campaign.state == CampaignState::Running;
        if done {
            course.campaign.state = CampaignState::Done;
        }
        Event::DoneChecked { campaign, done }
    }
}

/// Returns a reserved attempt and its order.
fn call(
    serial: i64,
    contact: i64,
    campaign: CampaignId,
    trunk: &TrunkName,
    now: Timestamp,
) -> (Attempt, DialOrder) {
    let number = PhoneNumber::from_digits(12_125_550_100 + contact.unsigned_abs() % 100).unwrap();
    let caller_id = PhoneNumber::from_digits(16_465_550_100).unwrap();
    let attempt = Attempt {
        id: AttemptId {
            deck: DeckId(1),
            serial,
        },
        campaign,
        contact: ContactId(contact),
        number,
        n: 1,
        trunk: trunk.clone(),
        caller_id,
        state: AttemptState::Reserved,
        reserved_at: now,
        sent_at: None,
        ringing_at: None,
        answered_at: None,
        ended_at: None,
        callee_type: None,
        outcome: None,
        counts: true,
        cause: None,
    };
    let order = DialOrder {
        n: 1,
        number,
        trunk: trunk.clone(),
        caller_id,
        attestation: None,
        branded: false,
        local_times: Vec::new(),
        regions: Vec::new(),
        consent: None,
        registries: Vec::new(),
        load: Loads::default(),
        not_before: now,
    };
    (attempt, order)
}
