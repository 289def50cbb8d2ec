//! What a campaign's next claim gets, asked before it is made: the one source of every word on why no
//! call leaves.
//!
//! The facts of a few contacts at the head of the queue are gathered as the claim gathers them and
//! given to [`policy::decide`](dialdeck_core::policy::decide()). Their number is bounded, whatever the length
//! of the list.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use serde::{Serialize, Serializer};

use super::reading::Reading;
use super::words;
use dialdeck_core::domain::{
    Campaign, ClassId, ContactId, ContactState, Timestamp, WaitReason, clock_behind,
};
use dialdeck_core::policy::window::WindowStatus;
use dialdeck_core::policy::{Context, Decision, Hold, HoldReason, Refusal, Until, decide};
use dialdeck_store::{ContactQuery, Direction, ListOrder, Snapshot, Store, StoreError};

/// Open classes whose first contact is looked at.
const CLASSES: usize = 8;

/// Contacts that are decided about at most, in one campaign.
const LOOKS: usize = 8;

/// What a claim gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextClaim {
    /// Nothing is left to call.
    NothingLeft,
    /// A call leaves.
    Dial,
    /// Not now.
    Hold(Hold),
    /// Never.
    Refuse(Refusal),
}

impl NextClaim {
    /// The reason to name where there is room for one.
    pub fn principal(&self) -> Option<&HoldReason> {
        match self {
            Self::Hold(hold) => hold.principal(),
            Self::NothingLeft | Self::Dial | Self::Refuse(_) => None,
        }
    }

    /// Whether time alone changes nothing: an operator has to act.
    pub fn needs_operator(&self) -> bool {
        matches!(self, Self::Hold(hold) if hold.until == Until::Operator)
    }

    /// What it would get if the campaign ran.
    #[must_use]
    pub fn once_running(&self) -> Self {
        match self {
            Self::Hold(hold) => hold.once_running().map_or(Self::Dial, Self::Hold),
            Self::NothingLeft | Self::Dial | Self::Refuse(_) => self.clone(),
        }
    }

    /// Less is sooner.
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
    /// `{"decision":"hold","reasons":[{"code":"list_missing:national:us","text":"…","until":"operator"}],"until":"operator"}`.
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
            code: words::hold_code(&reason.kind),
            text: reason.kind.to_string(),
            until: Some(words::until_code(reason.until)),
        };
        match self {
            Self::NothingLeft => body("nothing_left", Vec::new(), None),
            Self::Dial => body("dial", Vec::new(), None),
            Self::Hold(hold) => body(
                "hold",
                hold.reasons.iter().map(reason).collect(),
                Some(words::until_code(hold.until)),
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

/// The context of a campaign's claims, as far as the store has been told of it: whatever process looks
/// sees what the engine sees, but for a pace that still rises after a window's opening.
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

/// What the claim of this contact gets.
///
/// # Errors
/// When the store cannot be read.
pub fn of_contact<S: Store>(
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

/// What the next claim of each campaign gets, in their order.
///
/// # Errors
/// When the store cannot be read.
pub fn of_campaigns<S: Store>(
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

fn of_campaign<S: Store>(
    store: &mut S,
    snapshot: &Snapshot,
    reading: &Reading<'_>,
    now: Timestamp,
) -> Result<NextClaim, StoreError> {
    let context = context(snapshot, &reading.counts.campaign, now);
    let mut soonest = NextClaim::NothingLeft;
    // What may be claimed comes first, as in the engine; else what becomes so first.
    let mut found = in_open_classes(store, reading)?;
    if found.is_empty() {
        found = not_yet(store, reading)?;
    }
    for contact in found.into_iter().take(LOOKS) {
        let claim = of_contact(store, contact, &context, now)?;
        let (is_first, goes_on) = (soonest == NextClaim::NothingLeft, goes_on(&claim));
        if is_first || claim.rank() < soonest.rank() {
            soonest = claim;
        }
        if !goes_on {
            break;
        }
    }
    Ok(soonest)
}

/// Whether another contact of the campaign may get another answer.
fn goes_on(claim: &NextClaim) -> bool {
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

/// The first contacts of open classes, in the order in which they are called.
fn in_open_classes<S: Store>(
    store: &mut S,
    reading: &Reading<'_>,
) -> Result<Vec<ContactId>, StoreError> {
    let mut heads = Vec::new();
    let open = ready_classes(reading).filter(|class| reading.is_open(*class));
    for class in open.take(CLASSES) {
        heads.extend(store.refill(reading.counts.campaign.id, class, None, LOOKS)?);
    }
    heads.sort_by_key(|one| (Reverse(one.priority), one.due, one.contact));
    Ok(heads.into_iter().map(|one| one.contact).collect())
}

/// The first contact of the class that opens first, and those that wait for a time of their own; what
/// time does not bring last.
fn not_yet<S: Store>(store: &mut S, reading: &Reading<'_>) -> Result<Vec<ContactId>, StoreError> {
    let campaign = reading.counts.campaign.id;
    let mut shut: Vec<(Until, ClassId)> = ready_classes(reading)
        .map(|class| match reading.windows.get(&class) {
            Some(WindowStatus::Shut { until, .. }) => (*until, class),
            Some(WindowStatus::Open { .. }) | None => (Until::Operator, class),
        })
        .collect();
    shut.sort_unstable();
    let mut found = Vec::new();
    for (_, class) in shut.into_iter().take(LOOKS / 2) {
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
    let page = store.page(&waiting, None, Direction::Forward, LOOKS / 2, LOOKS as u64)?;
    contacts.extend(page.rows.into_iter().map(|contact| contact.id));
    Ok(contacts)
}

/// Classes with ready contacts.
fn ready_classes(reading: &Reading<'_>) -> impl Iterator<Item = ClassId> {
    let counts = reading.counts.contacts.iter();
    counts
        .filter(|((_, state), count)| **count > 0 && *state == ContactState::Ready)
        .map(|((class, _), _)| *class)
}
