//! The actions of the console: for each one its name in files, its footer hint and its help sentence.

/// What an action applies to. Help is ordered by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Campaigns and their pacing.
    Campaign,
    /// The selected contact or the marked ones.
    Contact,
    /// What the screen shows and how.
    View,
    /// The position of the cursor.
    Move,
    /// The program as a whole.
    Program,
}

impl Group {
    /// Every group, in the order of help.
    pub const ALL: [Self; 5] = [
        Self::Campaign,
        Self::Contact,
        Self::View,
        Self::Move,
        Self::Program,
    ];

    /// Returns the group's heading in help.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Campaign => "campaign",
            Self::Contact => "contact",
            Self::View => "view",
            Self::Move => "move",
            Self::Program => "program",
        }
    }
}

macro_rules! actions {
    ($($action:ident $name:literal $group:ident $hint:literal $sentence:literal;)+) => {
        /// An action of the console. Keys, palette, footer and help all use this list.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $(#[doc = $sentence] $action,)+
        }

        impl Action {
            /// Every action, in the order of help.
            pub const ALL: &[Self] = &[$(Self::$action),+];

            /// Returns the stable name, as `keys.toml` and the palette use it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$action => $name),+ }
            }

            /// Returns the footer hint: one or two short words.
            pub const fn hint(self) -> &'static str {
                match self { $(Self::$action => $hint),+ }
            }

            /// Returns the sentence for help and palette.
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$action => $sentence),+ }
            }

            /// Returns the group that help lists it in.
            pub const fn group(self) -> Group {
                match self { $(Self::$action => Group::$group),+ }
            }
        }
    };
}

actions! {
    Pause "pause" Campaign "pause" "Pause the campaign at once; calls that are up go on.";
    PauseAll "pause_all" Campaign "pause ALL" "Pause every campaign at once.";
    Resume "resume" Campaign "resume" "Resume the paused campaign, after a confirmation.";
    Start "start" Campaign "start" "Start the campaign, after a confirmation.";
    StopCampaign "stop_campaign" Campaign "stop campaign" "Stop the campaign for good, after a confirmation.";
    StopEverything "stop_everything" Campaign "stop" "Stop all dialing, from anywhere; again within 3 s: hang up too.";
    PaceDown "pace_down" Campaign "slower" "Lower the calls per minute at once.";
    PaceUp "pace_up" Campaign "faster" "Raise the calls per minute, after a confirmation, to the file's ceiling.";
    Caps "caps" Campaign "caps" "Change the campaign's caps.";
    Import "import" Campaign "import" "Import contacts into the campaign.";
    OptOut "opt_out" Contact "do-not-call" "Put the contact's number on the do-not-call list.";
    Why "why" Contact "why not?" "Say why the contact is or is not being called.";
    WhyNumber "why_number" Contact "why number" "Say why any number is or is not being called.";
    Details "details" Contact "details" "Show the contact's attempts.";
    Mark "mark" Contact "mark" "Mark the contact, or unmark it.";
    ClearMarks "clear_marks" Contact "unmark" "Unmark every contact.";
    Requeue "requeue" Contact "requeue" "Put the contact back in the queue, after a confirmation.";
    Reached "reached" Contact "verdict" "Say that a contact of unknown fate was reached, after a confirmation.";
    Copy "copy" Contact "copy" "Copy the number through the terminal's clipboard.";
    Filter "filter" View "filter" "Filter the call list.";
    Sort "sort" View "sort" "Sort the call list by the next column.";
    Expand "expand" View "expand" "Give the pane the whole screen, or give it back.";
    Freeze "freeze" View "freeze" "Hold the screen still, or let it go on; dialing is not touched.";
    Mask "mask" View "mask" "Hide the last digits of numbers, or show them.";
    Alerts "alerts" View "alerts" "Show the alerts.";
    Acknowledge "acknowledge" View "acknowledge" "Acknowledge the alerts.";
    NextTheme "next_theme" View "theme" "Take the next theme.";
    Campaign1 "campaign_1" Move "campaign 1" "Go to campaign 1.";
    Campaign2 "campaign_2" Move "campaign 2" "Go to campaign 2.";
    Campaign3 "campaign_3" Move "campaign 3" "Go to campaign 3.";
    Campaign4 "campaign_4" Move "campaign 4" "Go to campaign 4.";
    Campaign5 "campaign_5" Move "campaign 5" "Go to campaign 5.";
    Campaign6 "campaign_6" Move "campaign 6" "Go to campaign 6.";
    Campaign7 "campaign_7" Move "campaign 7" "Go to campaign 7.";
    Campaign8 "campaign_8" Move "campaign 8" "Go to campaign 8.";
    Campaign9 "campaign_9" Move "campaign 9" "Go to campaign 9.";
    NextCampaign "next_campaign" Move "next" "Go to the next campaign.";
    PreviousCampaign "previous_campaign" Move "previous" "Go to the previous campaign.";
    NextPane "next_pane" Move "pane" "Go to the next pane.";
    PreviousPane "previous_pane" Move "pane back" "Go to the previous pane.";
    Down "down" Move "down" "Go down a line.";
    Up "up" Move "up" "Go up a line.";
    PageDown "page_down" Move "page down" "Go down a page.";
    PageUp "page_up" Move "page up" "Go up a page.";
    Top "top" Move "top" "Go to the first line.";
    Bottom "bottom" Move "bottom" "Go to the last line.";
    Back "back" Move "back" "Close what is open, or clear the filter.";
    Palette "palette" Program "command" "Run any act by its name.";
    Help "help" Program "keys" "Show the keys.";
    Redraw "redraw" Program "redraw" "Draw the whole screen anew.";
    Suspend "suspend" Program "suspend" "Leave the console to the shell; refused while calls are up.";
    Quit "quit" Program "quit" "Quit; asks what happens to calls that are up.";
}

impl Action {
    /// Returns the action with this name; `None` if there is none.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|action| action.name() == name)
    }

    /// Returns the index of the campaign that one of `campaign_1` to `campaign_9` goes to, counted from 0;
    /// `None` for every other action.
    pub fn campaign_index(self) -> Option<usize> {
        let digit = self.name().strip_prefix("campaign_")?;
        digit.parse::<usize>().ok()?.checked_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        for action in Action::ALL {
            assert_eq!(Action::from_name(action.name()), Some(*action));
            assert!(
                action
                    .name()
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit())
            );
            assert!(action.hint().len() <= 14, "{}", action.name());
            assert!(action.sentence().ends_with('.'), "{}", action.name());
        }
        assert_eq!(Action::from_name("paws"), None);
    }

    #[test]
    fn digits_go_to_campaigns() {
        assert_eq!(Action::Campaign1.campaign_index(), Some(0));
        assert_eq!(Action::Campaign9.campaign_index(), Some(8));
        assert_eq!(Action::NextCampaign.campaign_index(), None);
    }
}
