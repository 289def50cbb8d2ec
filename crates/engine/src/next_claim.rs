//! What a campaign's next claim gets, evaluated before it is made. Every message that explains why no call
//! leaves comes from here.
//!
//! The facts of the first few contacts of the queue are gathered as the claim gathers them, and passed to
//! [`policy::decide`](dialdeck_core::policy::decide()). The number of contacts is bounded, however long the
//! list is.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use serde::{Serialize, Serializer};

use super::messages;
use super::reading::Reading;
use dialdeck_core::domain::{
    Campaign, ClassId, ContactId, ContactState, Timestamp, WaitReason, clock_behind,
};
use dialdeck_core::policy::window::WindowStatus;
use dialdeck_core::policy::{Context, Decision, Hold, HoldReason, Refusal, Until, decide};
use dialdeck_store::{ContactQuery, Direction, ListOrder, Reads, Snapshot, StoreError};

/// Open classes whose first contacts are read, at most.
const MAX_CLASSES: usize = 8;

/// Contacts of one campaign that are evaluated, at most.
const MAX_EXAMINED: usize = 8;

/// What a claim gets.
///
/// # Examples
/// ```
/// use dialdeck_core::policy::{Hold, HoldKind, HoldReason, Scope, Until};
/// use dialdeck_engine::next_claim::NextClaim;
///
/// let reason = HoldReason { kind: HoldKind::CampaignPaused, until: Until::Operator };
/// let hold = Hold { reasons: vec![reason], until: Until::Operator, scope: Scope::Campaign };
/// let claim = NextClaim::Hold(hold);
/// assert!(claim.needs_operator());
/// assert_eq!(claim.once_running(), NextClaim::Dial);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextClaim {
    /// No contact of the campaign is left to call.
    NothingLeft,
    /// The claim succeeds and a call leaves.
    Dial,
    /// A temporary gate holds the claim.
    Hold(Hold),
    /// The contact is refused for good.
    Refuse(Refusal),
}

impl NextClaim {
    /// Returns the most important reason of a hold; `None` if nothing holds the claim.
    pub fn principal(&self) -> Option<&HoldReason> {
        match self {
            Self::Hold(hold) => hold.principal(),
            Self::NothingLeft | Self::Dial | Self::Refuse(_) => None,
        }
    }

    /// Returns whether the hold does not end by time alone: an operator has to act.
    pub fn needs_operator(&self) -> bool {
        matches!(self, Self::Hold(hold) if hold.until == Until::Operator)
    }

    /// Returns what the claim would get if the campaign ran.
    #[must_use]
    pub fn once_running(&self) -> Self {
        match self {
            Self::Hold(hold) => hold.once_running().map_or(Self::Dial, Self::Hold),
            Self::NothingLeft | Self::Dial | Self::Refuse(_) => self.clone(),
        }
    }

    /// Returns a rank that is lower for a claim that succeeds sooner.
    fn rank(&self) -> (u8, Option<Until>) {
        match self {
            Self::Dial => (0, None),
            Self::Hold(hold) => (1, Some(hold.until)),
            Self::Refuse(_) => (2, None),
            Self::NothingLeft => (3, None),
        }
    }
}

impl From<Decision> for NextClaim {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Dial(_) => Self::Dial,
            Decision::Hold(hold) => Self::Hold(hold),
            Decision::Refuse(refusal) => Self::Refuse(refusal),
        }
    }
}

impl Serialize for NextClaim {
    /// Writes JSON, for a hold:
    /// `{"decision":"hold","reasons":[{"code":"no_zone","text":"…","until":"operator"}],"until":"operator"}`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Reason {
            code: String,
            text: String,
            #[serde(skip_serializing_if = "Option::is_none")]
            until: Option<String>,
        }
        #[derive(Serialize)]
        struct Body {
            decision: &'static str,
            reasons: Vec<Reason>,
            until: Option<String>,
        }
        let body = |decision, reasons, until| Body {
            decision,
            reasons,
            until,
        };
        let reason = |reason: &HoldReason| Reason {
            code: messages::hold_code(&reason.kind),
            text: reason.kind.to_string(),
            until: Some(messages::until_code(reason.until)),
        };
        match self {
            Self::NothingLeft => body("nothing_left", Vec::new(), None),
            Self::Dial => body("dial", Vec::new(), None),
            Self::Hold(hold) => body(
                "hold",
                hold.reasons.iter().map(reason).collect(),
                Some(messages::until_code(hold.until)),
            ),
            Self::Refuse(refusal) => {
                let reason = Reason {
                    code: refusal.code(),
                    text: refusal.to_string(),
                    until: None,
                };
                body("refuse", vec![reason], None)
            }
        }
        .serialize(serializer)
    }
}

/// Returns the context of a campaign's claims as far as the store holds it. Every process of the deck gets
/// the context that the engine uses, except for a pace that still rises after a window opened.
pub fn context(snapshot: &Snapshot, campaign: &Campaign, now: Timestamp) -> Context {
    let trunk = &campaign.settings.trunk;
    Context {
        unhealthy: None,
        clock_behind: clock_behind(snapshot.last_event_at, now),
        clock_held: snapshot.clock_held,
        trunk_rests: snapshot.rest_of(trunk, now),
        slow_until: snapshot.slow_until(trunk, now),
        ramp_from: campaign.running_since,
    }
}

/// Returns what the claim of this contact gets.
///
/// # Errors
/// Errors if the store cannot be read.
pub fn of_contact<S: Reads>(
    store: &mut S,
    contact: ContactId,
    context: &Context,
    now: Timestamp,
) -> Result<NextClaim, StoreError> {
    let mut claim = NextClaim::NothingLeft;
    store.examine(contact, context, now, &mut |facts| {
        claim = decide(facts, now).into();
    })?;
    Ok(claim)
}

/// Returns what the next claim of each campaign gets, in the order of `readings`.
///
/// # Errors
/// Errors if the store cannot be read.
pub(crate) fn of_campaigns<S: Reads>(
    store: &mut S,
    snapshot: &Snapshot,
    readings: &[Reading<'_>],
    now: Timestamp,
) -> Result<Vec<NextClaim>, StoreError> {
    let campaigns = readings.iter();
    campaigns
        .map(|reading| of_campaign(store, snapshot, reading, now))
        .collect()
}

fn of_campaign<S: Reads>(
    store: &mut S,
    snapshot: &Snapshot,
    reading: &Reading<'_>,
    now: Timestamp,
) -> Result<NextClaim, StoreError> {
    let context = context(snapshot, &reading.counts.campaign, now);
    let mut soonest = NextClaim::NothingLeft;
    // Contacts that may be claimed now come first, as in the engine. Without one, the contacts that become
    // claimable first are read.
    let mut found = in_open_classes(store, reading)?;
    if found.is_empty() {
        found = not_yet(store, reading)?;
    }
    for contact in found.into_iter().take(MAX_EXAMINED) {
        let claim = of_contact(store, contact, &context, now)?;
        let (is_first, others_may_differ) =
            (soonest == NextClaim::NothingLeft, others_may_differ(&claim));
        if is_first || claim.rank() < soonest.rank() {
            soonest = claim;
        }
        if !others_may_differ {
            break;
        }
    }
    Ok(soonest)
}

/// Returns whether another contact of the campaign may get another answer.
fn others_may_differ(claim: &NextClaim) -> bool {
    use dialdeck_core::policy::Scope::{Campaign, Class, Contact, Deck, Trunk};
    match claim {
        NextClaim::Dial => false,
        NextClaim::Hold(hold) => match hold.scope {
            Contact | Class => true,
            Campaign | Trunk | Deck => false,
        },
        NextClaim::Refuse(_) | NextClaim::NothingLeft => true,
    }
}

/// Returns the first contacts of open classes, in call order.
fn in_open_classes<S: Reads>(
    store: &mut S,
    reading: &Reading<'_>,
) -> Result<Vec<ContactId>, StoreError> {
    let mut heads = Vec::new();
    let open = ready_classes(reading).filter(|class| reading.is_open(*class));
    for class in open.take(MAX_CLASSES) {
        heads.extend(store.refill(reading.counts.campaign.id, class, None, MAX_EXAMINED)?);
    }
    heads.sort_by_key(|one| (Reverse(one.priority), one.due, one.contact));
    Ok(heads.into_iter().map(|one| one.contact).collect())
}

/// Returns the first contacts of shut classes, the class that opens first in front, then contacts that wait
/// for their own time. A class that time alone does not open is last.
fn not_yet<S: Reads>(store: &mut S, reading: &Reading<'_>) -> Result<Vec<ContactId>, StoreError> {
    let campaign = reading.counts.campaign.id;
    let mut shut: Vec<(Until, ClassId)> = ready_classes(reading)
        .map(|class| match reading.windows.get(&class) {
            Some(WindowStatus::Shut { until, .. }) => (*until, class),
            Some(WindowStatus::Open { .. }) | None => (Until::Operator, class),
        })
        .collect();
    shut.sort_unstable();
    let mut found = Vec::new();
    for (_, class) in shut.into_iter().take(MAX_EXAMINED / 2) {
        found.extend(store.refill(campaign, class, None, 1)?);
    }
    let mut contacts: Vec<ContactId> = found.into_iter().map(|one| one.contact).collect();
    let waiting = ContactQuery {
        campaign,
        states: Some(BTreeSet::from([
            ContactState::Waiting(WaitReason::Retry),
            ContactState::Waiting(WaitReason::Cap),
        ])),
        classes: None,
        outcome: None,
        text: String::new(),
        order: ListOrder::Queue,
    };
    let page = store.page(
        &waiting,
        None,
        Direction::Forward,
        MAX_EXAMINED / 2,
        MAX_EXAMINED as u64,
    )?;
    contacts.extend(page.rows.into_iter().map(|contact| contact.id));
    Ok(contacts)
}

/// Returns the classes with ready contacts.
fn ready_classes(reading: &Reading<'_>) -> impl Iterator<Item = ClassId> {
    let counts = reading.counts.contacts.iter();
    counts
        .filter(|((_, state), count)| **count > 0 && *state == ContactState::Ready)
        .map(|((class, _), _)| *class)
}
