//! How the events of a call, its timers and a restart change it.

use dialdeck_core::domain::campaign::{Agent, VoicemailAction};
use dialdeck_core::domain::event::AlertRaised;
use dialdeck_core::domain::outcome::TrunkFinding;
use dialdeck_core::domain::{
    Attempt, AttemptId, AttemptState, Briefing, CallEnd, CallEvent, CallEventKind, CallReport,
    CalleeType, ClassId, Timestamp, TrunkName,
};
use dialdeck_core::policy::DialOrder;
use dialdeck_core::policy::retry::Next;
use dialdeck_providers::{DialRequest, LookUp, ProviderEvent, Request};
use dialdeck_store::Settled;

use super::super::{Effect, Job};
use super::Dispatcher;
use super::call::{Call, FIRST_INQUIRY, GRACE, INQUIRE_EVERY, PERMIT, Wake};
use super::trunks::CallRef;

impl Dispatcher {
    /// Hands a claimed call to its provider, unless nothing may leave any more. The claim is committed.
    pub(super) fn place(
        &mut self,
        attempt: &Attempt,
        (order, briefing): (&DialOrder, Briefing),
        class: ClassId,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        if self.sends_nothing() {
            return self.never_send(attempt, now, effects);
        }
        let Some(trunk) = self.trunks.get_mut(&attempt.trunk) else {
            return;
        };
        let Some(lane) = self.lanes.get_mut(&attempt.campaign) else {
            return;
        };
        trunk.breaker.on_dial(attempt.number, now);
        trunk.keep(effects);
        lane.calls += 1;
        let settings = &lane.campaign.settings;
        let permit = now + PERMIT + trunk.settings.queue_wait;
        let ends = [
            lane.closes_at(class),
            settings.schedule.expires,
            briefing.expires_at,
        ];
        let request = DialRequest {
            attempt: attempt.id,
            trunk: attempt.trunk.clone(),
            campaign: settings.name.clone(),
            to: attempt.number,
            from: order.caller_id,
            ring_timeout: trunk.settings.ring_timeout,
            max_call: trunk.settings.max_call,
            not_before: order.not_before,
            expires_at: ends.into_iter().flatten().fold(permit, Timestamp::min),
            human_agent: settings.agent == Agent::Human,
            pci: settings.pci,
            briefing,
        };
        let mut call = Call::new(attempt, &trunk.settings, settings.voicemail, now);
        call.cut_short = request.expires_at < permit;
        self.track(attempt.id, call);
        effects.push(Effect::Provider(
            attempt.trunk.clone(),
            Request::Place(Box::new(request)),
        ));
    }

    /// Ends an attempt that was claimed before something stopped all calls. Its provider is not asked to
    /// hang up, because the call may not have reached it.
    fn never_send(&mut self, attempt: &Attempt, now: Timestamp, effects: &mut Vec<Effect>) {
        let Some(trunk) = self.trunks.get(&attempt.trunk) else {
            return;
        };
        let Some(lane) = self.lanes.get_mut(&attempt.campaign) else {
            return;
        };
        lane.calls += 1;
        let voicemail = lane.campaign.settings.voicemail;
        let mut call = Call::new(attempt, &trunk.settings, voicemail, now);
        // Calls that the engine takes back show nothing about their trunk.
        call.hang_up_sent = true;
        self.track(attempt.id, call);
        let report = CallReport {
            end: CallEnd::NeverSent,
            ..CallReport::default()
        };
        self.ended(attempt.id, (report, now), now, effects);
    }

    pub(super) fn track(&mut self, attempt: AttemptId, call: Call) {
        self.calls.insert(attempt, call);
        self.rewake(attempt);
    }

    pub(super) fn on_provider(
        &mut self,
        trunk: TrunkName,
        event: ProviderEvent,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        if !self.started {
            // Events before the first snapshot are queued.
            return self.early.push((trunk, event));
        }
        match event {
            ProviderEvent::Numbers(numbers) => {
                effects.push(Effect::Store(Job::NoteNumbers(trunk, numbers)));
            }
            ProviderEvent::Unlisted(why) => self.on_unlisted(&trunk, &why, now, effects),
            ProviderEvent::Warning(word, text) => {
                let alert = AlertRaised::provider(&trunk, word, &text);
                effects.push(Self::alert(alert, now));
            }
            ProviderEvent::Unclosed(attempt) => {
                self.unclosed.insert(attempt, trunk.clone());
                effects.push(Effect::Store(Job::NoteUnclosed(attempt, Some(trunk))));
            }
            ProviderEvent::Closed(attempt) => {
                self.unclosed.remove(&attempt);
                effects.push(Effect::Store(Job::NoteUnclosed(attempt, None)));
            }
            ProviderEvent::Call(event) => self.on_call_event(event, now, effects),
            ProviderEvent::LookedUp(attempt, found) => {
                self.on_looked_up(attempt, found, now, effects);
            }
        }
    }

    fn on_call_event(&mut self, event: CallEvent, now: Timestamp, effects: &mut Vec<Effect>) {
        let attempt = event.attempt;
        let Some(call) = self.calls.get_mut(&attempt).filter(|call| !call.settling) else {
            return self.on_late(event, now, effects);
        };
        call.placed |= event.kind.shows_a_call();
        let next = match &event.kind {
            CallEventKind::Sent | CallEventKind::Placed => AttemptState::Sent,
            CallEventKind::Ringing => AttemptState::Ringing,
            CallEventKind::Answered => AttemptState::Connected,
            CallEventKind::Speech(speech) => {
                call.on_speech(*speech);
                return self.listen(attempt, now, effects);
            }
            CallEventKind::CalleeDetected(callee) => {
                return self.detected(attempt, *callee, now, effects);
            }
            CallEventKind::Ended(report) => {
                return self.ended(attempt, (report.clone(), event.at), now, effects);
            }
            CallEventKind::AnswerLost => {
                self.record_lost_answer(attempt, now, effects);
                return self.lost(attempt, "answer_lost", (now, now + FIRST_INQUIRY), effects);
            }
        };
        if !call.state.may_become(next) {
            return self.note_unknown((attempt, next, event.at), now, effects);
        }
        if call.state == AttemptState::Reserved
            && let Some(trunk) = self.trunks.get_mut(&call.trunk)
        {
            trunk.breaker.on_sent(call.inquiry.reserved_at);
        }
        call.state = next;
        let rings = matches!(next, AttemptState::Ringing | AttemptState::Connected);
        let about = CallRef::from(&*call);
        let first_ring = rings && !std::mem::replace(&mut call.rang, rings);
        if next == AttemptState::Connected
            && let Some(trunk) = self.trunks.get(&call.trunk)
        {
            // The carrier's own clock, or one that jumped, may be ahead.
            call.answered(event.at.min(now), now, &trunk.settings);
        }
        effects.push(Effect::Store(Job::Record(event)));
        self.rewake(attempt);
        if first_ring {
            self.record_result(&about, TrunkFinding::Fine, "ringing", now, effects);
        }
    }

    /// Updates the wake index from the call's next wake.
    pub(super) fn rewake(&mut self, attempt: AttemptId) {
        let Some(call) = self.calls.get_mut(&attempt) else {
            return;
        };
        if let Some(at) = call.indexed.take() {
            self.wakes.remove(&(at, attempt));
        }
        call.indexed = call.wake.map(Wake::at);
        if let Some(at) = call.indexed {
            self.wakes.insert((at, attempt));
        }
    }

    fn listen(&mut self, attempt: AttemptId, now: Timestamp, effects: &mut Vec<Effect>) {
        let verdict = self
            .calls
            .get_mut(&attempt)
            .and_then(|call| call.verdict(now));
        if let Some(callee) = verdict {
            self.detected(attempt, callee, now, effects);
        }
    }

    fn detected(
        &mut self,
        attempt: AttemptId,
        callee: CalleeType,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let Some(call) = self.calls.get_mut(&attempt) else {
            return;
        };
        call.callee = Some(callee);
        if call.state != AttemptState::Unknown {
            call.wait_for_end();
        }
        let kind = CallEventKind::CalleeDetected(callee);
        effects.push(Effect::Store(Job::Record(CallEvent {
            attempt,
            at: now,
            kind,
        })));
        let ends = match callee {
            CalleeType::Voicemail => call.voicemail == VoicemailAction::HangUp,
            CalleeType::Fax => true,
            CalleeType::Human | CalleeType::Unknown => false,
        };
        if ends {
            self.hang_up(attempt, effects);
        }
        self.rewake(attempt);
    }

    fn ended(
        &mut self,
        attempt: AttemptId,
        (mut report, at): (CallReport, Timestamp),
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let Some(call) = self.calls.get_mut(&attempt).filter(|call| !call.settling) else {
            return;
        };
        call.settling = true;
        call.wake = None;
        report.callee_type = call.callee.or(report.callee_type);
        report.rang = call.rang.then_some(true).or(report.rang);
        if let Some(report) = self.note_end(attempt, report, at, now, effects) {
            effects.push(Effect::Store(Job::Settle(attempt, report, at)));
        }
        self.rewake(attempt);
    }

    fn lost(
        &mut self,
        attempt: AttemptId,
        why: &'static str,
        (now, look_at): (Timestamp, Timestamp),
        effects: &mut Vec<Effect>,
    ) {
        let Some(call) = self.calls.get_mut(&attempt) else {
            return;
        };
        if call.state != AttemptState::Unknown {
            call.state = AttemptState::Unknown;
            effects.push(Effect::Store(Job::MarkUnknown(attempt, why)));
        }
        call.ask_from(look_at);
        let trunk = call.trunk.clone();
        self.rewake(attempt);
        self.alert_stuck_slots(&trunk, now, effects);
    }

    fn on_looked_up(
        &mut self,
        attempt: AttemptId,
        found: LookUp,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let Some(call) = self.calls.get_mut(&attempt).filter(|call| !call.settling) else {
            return;
        };
        let given_up = now >= call.life_ends;
        let placed = call.placed;
        match found {
            LookUp::Ended(report, at) => {
                self.ended(attempt, (report, at.min(now)), now, effects);
            }
            // A call that is known to exist cannot have been never placed.
            LookUp::NeverPlaced if !placed => {
                let report = CallReport {
                    end: CallEnd::NeverSent,
                    ..CallReport::default()
                };
                self.ended(attempt, (report, now), now, effects);
            }
            LookUp::CannotTell | LookUp::NeverPlaced if given_up => {
                let report = CallReport {
                    end: CallEnd::Unresolved,
                    ..CallReport::default()
                };
                self.ended(attempt, (report, now), now, effects);
            }
            LookUp::InProgress | LookUp::CannotTell | LookUp::NeverPlaced => {
                call.wake = Some(Wake::Inquire(now + INQUIRE_EVERY));
                self.rewake(attempt);
                if given_up {
                    self.hang_up(attempt, effects);
                }
            }
        }
    }

    /// Checks the calls that are due: for a verdict, for an end that is overdue, for their fate, or for a
    /// decline.
    pub(super) fn check_calls(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        while let Some((at, attempt)) = self.wakes.first().copied() {
            if at > now {
                break;
            }
            self.wakes.pop_first();
            let Some(call) = self.calls.get_mut(&attempt) else {
                continue;
            };
            match call.wake {
                Some(Wake::Listen(_)) => {
                    call.wait_for_end();
                    self.listen(attempt, now, effects);
                    self.rewake(attempt);
                }
                Some(Wake::Overdue(due)) => {
                    // If the machine slept past the instant, the report of an answer may be missing: the
                    // provider is asked first.
                    let slept = now.since(due) > GRACE && call.state != AttemptState::Connected;
                    if slept {
                        call.ask_from(now);
                        self.rewake(attempt);
                    } else {
                        self.hang_up(attempt, effects);
                        self.lost(attempt, "overdue", (now, now + GRACE), effects);
                    }
                }
                Some(Wake::Inquire(_)) if !self.trunks.contains_key(&call.trunk) => {
                    // There is no carrier to ask: the call keeps its slot until its life is over.
                    self.on_looked_up(attempt, LookUp::CannotTell, now, effects);
                }
                Some(Wake::Inquire(_)) => {
                    call.wake = Some(Wake::Inquire(now + INQUIRE_EVERY));
                    let (trunk, inquiry) = (call.trunk.clone(), call.inquiry.clone());
                    effects.push(Effect::Provider(trunk, Request::LookUp(inquiry)));
                    self.rewake(attempt);
                }
                Some(Wake::Conclude(_)) => self.conclude_decline(attempt, false, effects),
                None => {}
            }
        }
    }

    pub(super) fn hang_up(&mut self, attempt: AttemptId, effects: &mut Vec<Effect>) {
        if let Some(call) = self.calls.get_mut(&attempt)
            && !call.hang_up_sent
        {
            call.hang_up_sent = true;
            effects.push(Effect::Provider(
                call.trunk.clone(),
                Request::HangUp(attempt),
            ));
        }
    }

    pub(super) fn hang_up_unless_connected(
        &mut self,
        attempt: AttemptId,
        effects: &mut Vec<Effect>,
    ) {
        let connected = self
            .calls
            .get(&attempt)
            .is_none_or(|call| call.state == AttemptState::Connected);
        if !connected {
            self.hang_up(attempt, effects);
        }
    }

    pub(super) fn on_settled(
        &mut self,
        attempt: AttemptId,
        settled: Option<Settled>,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let Some(call) = self.calls.remove(&attempt) else {
            if settled.is_some() {
                // A late end has changed what is planned for the contact.
                effects.push(Effect::Store(Job::Refresh));
            }
            return;
        };
        if let Some(at) = call.indexed {
            self.wakes.remove(&(at, attempt));
        }
        self.free_slot(&call);
        let Some(settled) = settled else { return };
        if let Some(Next::Retry(at)) = settled.next {
            self.wait_until(Some(at));
        }
        if settled.listed {
            // The end put a number on a list, and contacts of other campaigns have ended with it.
            effects.push(Effect::Store(Job::Refresh));
        }
        self.alert_block(&call.trunk, &settled, now, effects);
        self.alert_unknown((&call.trunk, attempt), &settled, now, effects);
        self.alert_abandonment(call.campaign, &settled, now, effects);
        let finding = settled.read.trunk;
        let was_sent = !matches!(call.state, AttemptState::Reserved | AttemptState::Unknown);
        let kept_agent = was_sent && finding != TrunkFinding::AgentLost;
        if kept_agent && let Some(trunk) = self.trunks.get_mut(&call.trunk) {
            trunk.breaker.on_agent_stayed();
        }
        self.record_end(&call, &settled, now, effects);
    }

    /// Frees the slot of a call that ended. Lanes that wait for a slot of its campaign, trunk or deck may
    /// claim again.
    fn free_slot(&mut self, call: &Call) {
        for (id, lane) in &mut self.lanes {
            if *id == call.campaign {
                lane.calls = lane.calls.saturating_sub(1);
                lane.maybe_done = true;
            }
            lane.on_call_end(
                *id == call.campaign,
                lane.campaign.settings.trunk == call.trunk,
            );
        }
    }
}
