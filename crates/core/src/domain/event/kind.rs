//! The kinds of entries, each with the type of its data.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::alert::AlertRaised;
use super::calls::{
    AttemptCorrected, AttemptReconciled, AttemptReopened, AttemptReserved, AttemptUnknown,
    CallEnded, CalleeDetected, RetryPlanned,
};
use super::data::{
    CampaignAdded, CampaignChanged, CampaignMoved, CampaignStarted, ClockAccepted, ConsentRecorded,
    ContactFinished, ContactsImported, DeckClosed, DeckOpened, ImportStarted, IncarnationStarted,
    ListsConfirmed, NoData, RegistryLoaded, SuppressionAdded, SuppressionReversed,
};

/// Defines the kinds and their data from one table.
macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $kind:ident $name:literal $data:ty;)+) => {
        /// What an entry of the event log records.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum EventKind {
            $($(#[doc = $doc])+ $kind,)+
        }

        impl EventKind {
            /// Every kind, in the order of the reference page.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$kind),+];

            /// Returns the name used in the log.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)+
                }
            }

            /// Returns when an entry of this kind is written, in one sentence.
            pub fn description(self) -> &'static str {
                match self {
                    $(Self::$kind => concat!($($doc),+).trim_start(),)+
                }
            }
        }

        /// The data of an entry, by its kind.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum EventData {
            $($(#[doc = $doc])+ $kind($data),)+
        }

        impl EventData {
            /// Returns the kind of entries with this data.
            pub const fn kind(&self) -> EventKind {
                match self {
                    $(Self::$kind(_) => EventKind::$kind,)+
                }
            }

            /// Reads the data of an entry of this kind.
            ///
            /// Members that this program does not know are passed over: a later program may have added
            /// them.
            ///
            /// # Errors
            ///
            /// Errors if a member of the kind is missing or cannot be read.
            pub fn read<'de, D: Deserializer<'de>>(
                kind: EventKind,
                deserializer: D,
            ) -> Result<Self, D::Error> {
                match kind {
                    $(EventKind::$kind => Deserialize::deserialize(deserializer).map(Self::$kind),)+
                }
            }
        }

        impl Serialize for EventData {
            /// Serialises the members alone; the kind stands beside them in the line.
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$kind(data) => data.serialize(serializer),)+
                }
            }
        }
    };
}

kinds! {
    /// An engine has opened the deck.
    DeckOpened "deck_opened" DeckOpened;
    /// An engine has ended and closed the deck.
    DeckClosed "deck_closed" DeckClosed;
    /// A campaign was added to the deck.
    CampaignAdded "campaign_added" CampaignAdded;
    /// A campaign was started, or runs again after it was done.
    CampaignStarted "campaign_started" CampaignStarted;
    /// A campaign was paused by an operator, or by the program for a stated cause.
    CampaignPaused "campaign_paused" CampaignMoved;
    /// A paused campaign runs again.
    CampaignResumed "campaign_resumed" CampaignMoved;
    /// A campaign was stopped for good.
    CampaignStopped "campaign_stopped" CampaignMoved;
    /// A campaign is done, its pacing was changed, or its abandonment brake was released.
    CampaignChanged "campaign_changed" CampaignChanged;
    /// An import has started; its rows follow.
    ImportStarted "import_started" ImportStarted;
    /// An import of contacts has ended.
    ContactsImported "contacts_imported" ContactsImported;
    /// A number was put on a do-not-call list of the deck's own.
    SuppressionAdded "suppression_added" SuppressionAdded;
    /// A number was taken off a do-not-call list of the deck's own.
    SuppressionReversed "suppression_reversed" SuppressionReversed;
    /// An import into a do-not-call list has ended.
    RegistryLoaded "registry_loaded" RegistryLoaded;
    /// An import of contacts has ended, and some of its rows carry consent.
    ConsentRecorded "consent_recorded" ConsentRecorded;
    /// The consent of a number was revoked by an opt-out.
    ConsentRevoked "consent_revoked" NoData;
    /// A claim decided to dial: the slots are taken, and everything that allowed the call is here.
    AttemptReserved "attempt_reserved" Box<AttemptReserved>;
    /// The first byte of the request that makes a phone ring has left.
    AttemptSent "attempt_sent" NoData;
    /// The callee's phone rings.
    CallRinging "call_ringing" NoData;
    /// The call was picked up.
    CallAnswered "call_answered" NoData;
    /// It is known what picked up.
    CalleeDetected "callee_detected" CalleeDetected;
    /// An attempt has ended, in the one outcome that counts.
    CallEnded "call_ended" CallEnded;
    /// It is not known whether the attempt's call exists; the attempt keeps its slots.
    AttemptUnknown "attempt_unknown" AttemptUnknown;
    /// The carrier, or time, has settled the fate of an unknown attempt; `call_ended` follows.
    AttemptReconciled "attempt_reconciled" AttemptReconciled;
    /// Later evidence shows that an ended attempt ended in another way, and counts.
    AttemptCorrected "attempt_corrected" AttemptCorrected;
    /// Later evidence shows a call of an attempt that had ended; it is of unknown fate until it ends again.
    AttemptReopened "attempt_reopened" AttemptReopened;
    /// A contact is to be called again.
    RetryPlanned "retry_planned" RetryPlanned;
    /// A contact is in a final state.
    ContactFinished "contact_finished" ContactFinished;
    /// Something needs a person's attention.
    AlertRaised "alert_raised" AlertRaised;
    /// The deck goes on under another tag, because it was restored, went back in time or was copied.
    IncarnationStarted "incarnation_started" IncarnationStarted;
    /// A person confirmed that no opt-out is missing from the deck's own lists.
    ListsConfirmed "lists_confirmed" ListsConfirmed;
    /// A person confirmed that the machine's clock is right.
    ClockAccepted "clock_accepted" ClockAccepted;
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for EventKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not a kind of log entry"))
    }
}

impl Serialize for EventKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for EventKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_are_unique() {
        for kind in EventKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert!(kind.description().ends_with('.'), "{kind}");
        }
        assert!("call_ende".parse::<EventKind>().is_err());
    }
}
