//! What a person does at a console. An act is written to the store, and acknowledged when no call can leave
//! against it.

use std::sync::Arc;
use std::time::Duration;

use dialdeck_core::domain::campaign::Pacing;
use dialdeck_core::domain::suppression::SuppressionSource;
use dialdeck_core::domain::{
    Attempt, CampaignId, CampaignState, ContactId, ListKind, PhoneNumber, Suppression,
};
use dialdeck_store::{Acts, By, Reads, StoreError};

/// How long an acknowledgement waits for calls that can still leave.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// What a person does at a console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Pauses a running campaign. No call is sent after the acknowledgement.
    Pause(CampaignId),
    /// Pauses every running campaign.
    PauseAll,
    /// Starts a campaign, or resumes a paused one.
    Run(CampaignId),
    /// Stops a campaign for good.
    Stop(CampaignId),
    /// Changes the pace, up to the ceiling in the campaign file.
    SetPacing(CampaignId, Pacing),
    /// Records opt-outs on the internal list.
    OptOut {
        /// The numbers that opted out.
        numbers: Vec<PhoneNumber>,
        /// The reason, as entered by the person who records it.
        note: Option<String>,
    },
    /// Lets contacts be called again as soon as every gate allows.
    Requeue(Vec<ContactId>),
    /// Ends contacts of unknown fate as done, because a person found out that they were reached.
    NoteReached(Vec<ContactId>),
    /// Acknowledges the alert with this sequence number in the log.
    Acknowledge(i64),
    /// Hangs up every call.
    HangUpAll,
}

impl Act {
    /// Returns whether the act applies to chosen contacts or their numbers.
    pub const fn is_on_contacts(&self) -> bool {
        matches!(
            self,
            Self::OptOut { .. } | Self::Requeue(_) | Self::NoteReached(_)
        )
    }
}

/// What an act changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActSummary {
    /// The change in one sentence, for the screen.
    pub text: String,
    /// Contacts that the act ended.
    pub finished: u64,
    /// Calls that were up to the numbers of an opt-out, or all calls for a hang-up; 0 for other acts.
    pub live: u64,
}

/// An act that is durable, and what has to end before it may be acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedAct {
    /// What the act changed.
    pub summary: ActSummary,
    concern: Concern,
}

impl RecordedAct {
    /// Returns whether no call can leave against the act any more; for a hang-up, whether the engine has
    /// taken it.
    ///
    /// # Errors
    /// Errors if the store cannot be read.
    pub fn holds<S: Reads>(&self, store: &mut S) -> Result<bool, StoreError> {
        self.concern.is_open(store).map(|open| !open)
    }

    /// Returns the error for an act that does not hold after [`PATIENCE`].
    pub(super) const fn overdue(&self) -> ActError {
        match self.concern {
            Concern::Nothing | Concern::Campaigns(_) | Concern::Numbers(_) => {
                ActError::MayStillLeave
            }
            Concern::HangUp(_) => ActError::NotHungUp,
        }
    }
}

/// Why an act is not acknowledged.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ActError {
    /// The store refused it, or cannot be written.
    #[error(transparent)]
    Refused(Arc<StoreError>),
    /// It is recorded, but the store cannot be read, so that it is not known whether a call may still leave.
    #[error("{summary}, but {error}")]
    Unconfirmed {
        /// What the act changed.
        summary: String,
        /// Why the store cannot be read.
        error: Arc<StoreError>,
    },
    /// It is recorded, but a call that was reserved before has not left or ended for [`PATIENCE`].
    #[error(
        "it is recorded, but a call that was planned before has not left or ended for 10 s: it may still leave"
    )]
    MayStillLeave,
    /// It is recorded, but no engine has taken the hang-up for [`PATIENCE`].
    #[error("it is recorded, but the engine has not taken it for 10 s: calls may still be up")]
    NotHungUp,
}

/// Calls that may still leave, or stay up, against an act that is already durable.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Concern {
    Nothing,
    Campaigns(Vec<CampaignId>),
    Numbers(Vec<PhoneNumber>),
    /// Calls that are up, until the engine has taken this hang-up request.
    HangUp(u64),
}

impl Concern {
    /// Returns whether calls may still leave, or are still up, against the act.
    ///
    /// # Errors
    /// Errors if the store cannot be read.
    fn is_open<S: Reads>(&self, store: &mut S) -> Result<bool, StoreError> {
        match self {
            Self::Nothing => Ok(false),
            Self::Campaigns(_) | Self::Numbers(_) => {
                Ok(store.unsent()?.iter().any(|attempt| self.has(attempt)))
            }
            Self::HangUp(wish) => {
                Ok(store.hang_ups()?.carried_out < *wish && !store.open_attempts()?.is_empty())
            }
        }
    }

    fn has(&self, attempt: &Attempt) -> bool {
        match self {
            Self::Nothing | Self::HangUp(_) => false,
            Self::Campaigns(campaigns) => campaigns.contains(&attempt.campaign),
            Self::Numbers(numbers) => numbers.contains(&attempt.number),
        }
    }
}

/// Writes an act, which holds from its commit. Returns what it changed; it may be acknowledged once it
/// [holds](RecordedAct::holds).
///
/// # Errors
/// Errors if the act is refused or the store cannot be written.
pub fn record<S: Acts>(store: &mut S, act: &Act, by: &By) -> Result<RecordedAct, StoreError> {
    let (summary, concern) = write(store, act, by)?;
    Ok(RecordedAct { summary, concern })
}

fn write<S: Acts>(store: &mut S, act: &Act, by: &By) -> Result<(ActSummary, Concern), StoreError> {
    match act {
        Act::Pause(id) => move_campaigns(store, &[*id], CampaignState::Paused, by),
        Act::PauseAll => {
            let all = store.campaigns()?;
            let running: Vec<CampaignId> = all
                .iter()
                .filter(|campaign| campaign.state == CampaignState::Running)
                .map(|campaign| campaign.id)
                .collect();
            move_campaigns(store, &running, CampaignState::Paused, by)
        }
        Act::Run(id) => move_campaigns(store, &[*id], CampaignState::Running, by),
        Act::Stop(id) => move_campaigns(store, &[*id], CampaignState::Stopped, by),
        Act::SetPacing(id, pacing) => {
            let campaign = store.set_pacing(*id, *pacing, by)?;
            let pacing = campaign.settings.pacing;
            let text = format!(
                "{}: {} a minute, {} at once",
                campaign.name(),
                pacing.calls_per_minute,
                pacing.max_concurrent
            );
            Ok((summary(text), Concern::Nothing))
        }
        Act::OptOut { numbers, note } => opt_out(store, numbers, note.as_deref(), by),
        Act::Requeue(contacts) => requeue(store, contacts, by),
        Act::NoteReached(contacts) => {
            let text = match store.note_reached(contacts, by)? {
                1 => "1 contact is done".to_owned(),
                n => format!("{n} contacts are done"),
            };
            Ok((summary(text), Concern::Nothing))
        }
        Act::Acknowledge(seq) => {
            let text = if store.acknowledge(*seq, by)? {
                "seen to"
            } else {
                "no alert that is still open"
            };
            Ok((summary(text.to_owned()), Concern::Nothing))
        }
        Act::HangUpAll => hang_up_all(store, by),
    }
}

fn move_campaigns<S: Acts>(
    store: &mut S,
    campaigns: &[CampaignId],
    to: CampaignState,
    by: &By,
) -> Result<(ActSummary, Concern), StoreError> {
    let mut names = Vec::new();
    for id in campaigns {
        let campaign = store.move_campaign(*id, to, &by.actor, by)?;
        names.push(campaign.name().to_owned());
    }
    let text = match (names.as_slice(), to) {
        ([], _) => "no campaign is running".to_owned(),
        (names, CampaignState::Running) => format!("{} is running", names.join(", ")),
        (names, to) => format!("{} {to}: no call leaves", names.join(", ")),
    };
    let concern = if to == CampaignState::Running {
        Concern::Nothing
    } else {
        Concern::Campaigns(campaigns.to_vec())
    };
    Ok((summary(text), concern))
}

fn opt_out<S: Acts>(
    store: &mut S,
    numbers: &[PhoneNumber],
    note: Option<&str>,
    by: &By,
) -> Result<(ActSummary, Concern), StoreError> {
    let entries: Vec<Suppression> = numbers
        .iter()
        .map(|number| Suppression {
            number: *number,
            list: ListKind::Internal,
            source: SuppressionSource::OptOut,
            at: by.at,
            actor: by.actor.clone(),
            note: note.map(str::to_owned),
        })
        .collect();
    let done = store.suppress(&entries)?;
    let acted = ActSummary {
        text: format!(
            "{} opted out, {} on the list before; no call to them leaves",
            done.added, done.already
        ),
        finished: done.finished.len() as u64,
        live: done.live.len() as u64,
    };
    Ok((acted, Concern::Numbers(numbers.to_vec())))
}

fn requeue<S: Acts>(
    store: &mut S,
    contacts: &[ContactId],
    by: &By,
) -> Result<(ActSummary, Concern), StoreError> {
    let text = match store.requeue(contacts, by)? {
        0 => "already to be called".to_owned(),
        1 => "1 contact is called again as soon as every gate allows".to_owned(),
        n => format!("{n} contacts are called again as soon as every gate allows"),
    };
    Ok((summary(text), Concern::Nothing))
}

fn hang_up_all<S: Acts>(store: &mut S, by: &By) -> Result<(ActSummary, Concern), StoreError> {
    let up = store.open_attempts()?.len() as u64;
    let wish = store.hang_up_all("from the console", by)?;
    let acted = ActSummary {
        text: "every call is hung up, by the next engine if none runs".to_owned(),
        live: up,
        ..ActSummary::default()
    };
    Ok((acted, Concern::HangUp(wish)))
}

fn summary(text: String) -> ActSummary {
    ActSummary {
        text,
        ..ActSummary::default()
    }
}
