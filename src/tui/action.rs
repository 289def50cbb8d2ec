//! The actions of the console. One table gives each action its name in files, its keys, the permission it
//! needs, its footer hint and its help sentence.

/// A section of the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
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
    pub(crate) const ALL: [Self; 5] = [
        Self::Campaign,
        Self::Contact,
        Self::View,
        Self::Move,
        Self::Program,
    ];

    /// Returns the group's heading in help.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Campaign => "campaign",
            Self::Contact => "contact",
            Self::View => "view",
            Self::Move => "move",
            Self::Program => "program",
        }
    }
}

/// The permission that an action needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// None: the action changes the screen only, or checks the permission itself.
    Nothing,
    /// Pausing, stopping and slowing down campaigns.
    HoldBack,
    /// Every change of a campaign.
    Campaigns,
    /// Recording opt-outs.
    OptOut,
    /// Importing lists.
    Import,
}

/// A row of the table.
struct Entry {
    name: &'static str,
    keys: &'static [&'static str],
    need: Need,
    hint: &'static str,
    sentence: &'static str,
}

macro_rules! actions {
    ($(
        #[doc = $doc:literal]
        $section:ident($kind:ident) in $group:ident {
            $($action:ident $name:literal $keys:tt $need:ident $hint:literal $sentence:literal;)+
        }
    )+) => {
        $(
            #[doc = $doc]
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub(crate) enum $kind {
                $(#[doc = $sentence] $action,)+
            }

            impl $kind {
                const fn entry(self) -> Entry {
                    match self {
                        $(Self::$action => Entry {
                            name: $name,
                            keys: &$keys,
                            need: Need::$need,
                            hint: $hint,
                            sentence: $sentence,
                        }),+
                    }
                }
            }
        )+

        /// An action of the console. Keys, palette, footer and help all use this list.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum Action {
            $(#[doc = $doc] $section($kind),)+
        }

        impl Action {
            /// Every action, in the order of help.
            pub(crate) const ALL: &[Self] = &[$($(Self::$section($kind::$action)),+),+];

            const fn entry(self) -> Entry {
                match self { $(Self::$section(action) => action.entry()),+ }
            }

            /// Returns the group that help lists it in.
            pub(crate) const fn group(self) -> Group {
                match self { $(Self::$section(_) => Group::$group),+ }
            }
        }
    };
}

// Each row: variant, name in files, keys as shipped, permission, footer hint, sentence.
actions! {
    /// An action on campaigns and their pacing.
    Campaign(CampaignAction) in Campaign {
        Pause "pause" ["p"] HoldBack "pause" "Pause the campaign at once; calls that are up go on.";
        PauseAll "pause_all" ["P"] HoldBack "pause ALL" "Pause every campaign at once.";
        Resume "resume" ["r"] Campaigns "resume" "Resume the paused campaign, after a confirmation.";
        Start "start" ["S"] Campaigns "start" "Start the campaign, after a confirmation.";
        Stop "stop_campaign" ["X"] HoldBack "stop campaign" "Stop the campaign for good, after a confirmation.";
        // One of its keys must not be text, so that it works in text fields too.
        StopEverything "stop_everything" ["F9"] HoldBack "stop" "Stop all dialing, from anywhere; again within 3 s: hang up too.";
        PaceDown "pace_down" ["-"] HoldBack "slower" "Lower the calls per minute at once.";
        PaceUp "pace_up" ["=", "+"] Campaigns "faster" "Raise the calls per minute, after a confirmation, up to the file's ceiling.";
        Caps "caps" ["c"] Campaigns "caps" "Change the campaign's caps.";
        Import "import" ["i"] Import "import" "Import contacts into the campaign.";
    }
    /// An action on the selected contact or the marked ones.
    Contact(ContactAction) in Contact {
        OptOut "opt_out" ["d"] OptOut "do-not-call" "Put the contact's number on the do-not-call list.";
        Why "why" ["w"] Nothing "why not?" "Explain why the contact is or is not being called.";
        WhyNumber "why_number" [] Nothing "why number" "Explain why any number is or is not being called.";
        Details "details" ["Enter"] Nothing "details" "Show the contact's attempts.";
        Mark "mark" ["Space"] Nothing "mark" "Mark the contact, or remove its mark.";
        ClearMarks "clear_marks" ["u"] Nothing "unmark" "Remove every mark.";
        Requeue "requeue" ["R"] Campaigns "requeue" "Put the contact back in the queue, after a confirmation.";
        Reached "reached" ["v"] Campaigns "reached" "Record that a contact of unknown fate was reached, after a confirmation.";
        Copy "copy" ["y"] Nothing "copy" "Copy the number through the terminal's clipboard.";
    }
    /// An action on what the screen shows and how.
    View(ViewAction) in View {
        Filter "filter" ["/"] Nothing "filter" "Filter the call list.";
        Sort "sort" ["s"] Nothing "sort" "Sort the call list in the next order.";
        Expand "expand" ["e"] Nothing "expand" "Expand the pane to the whole screen, or shrink it again.";
        Freeze "freeze" ["f"] Nothing "freeze" "Freeze the screen, or resume its updates; dialing goes on.";
        Mask "mask" ["m"] Nothing "mask" "Hide the last digits of numbers, or show them.";
        Alerts "alerts" ["a"] Nothing "alerts" "Show the alerts.";
        Acknowledge "acknowledge" ["A"] Nothing "acknowledge" "Acknowledge the newest alert.";
        NextTheme "next_theme" ["t"] Nothing "theme" "Switch to the next theme.";
    }
    /// One of the first nine campaigns, to go to.
    Goto(Slot) in Move {
        First "campaign_1" ["1"] Nothing "campaign 1" "Go to campaign 1.";
        Second "campaign_2" ["2"] Nothing "campaign 2" "Go to campaign 2.";
        Third "campaign_3" ["3"] Nothing "campaign 3" "Go to campaign 3.";
        Fourth "campaign_4" ["4"] Nothing "campaign 4" "Go to campaign 4.";
        Fifth "campaign_5" ["5"] Nothing "campaign 5" "Go to campaign 5.";
        Sixth "campaign_6" ["6"] Nothing "campaign 6" "Go to campaign 6.";
        Seventh "campaign_7" ["7"] Nothing "campaign 7" "Go to campaign 7.";
        Eighth "campaign_8" ["8"] Nothing "campaign 8" "Go to campaign 8.";
        Ninth "campaign_9" ["9"] Nothing "campaign 9" "Go to campaign 9.";
    }
    /// An action on the position of the cursor.
    Move(MoveAction) in Move {
        NextCampaign "next_campaign" ["]"] Nothing "next" "Go to the next campaign.";
        PreviousCampaign "previous_campaign" ["["] Nothing "previous" "Go to the previous campaign.";
        NextPane "next_pane" ["Tab"] Nothing "pane" "Go to the next pane.";
        PreviousPane "previous_pane" ["Shift-Tab"] Nothing "pane back" "Go to the previous pane.";
        Down "down" ["j", "Down"] Nothing "down" "Go down a line.";
        Up "up" ["k", "Up"] Nothing "up" "Go up a line.";
        PageDown "page_down" ["PgDn", "Ctrl-d"] Nothing "page down" "Go down a page.";
        PageUp "page_up" ["PgUp", "Ctrl-u"] Nothing "page up" "Go up a page.";
        Top "top" ["g", "Home"] Nothing "top" "Go to the first line.";
        Bottom "bottom" ["G", "End"] Nothing "bottom" "Go to the last line.";
        Back "back" ["Esc"] Nothing "back" "Close what is open, or clear the filter.";
    }
    /// An action on the program as a whole.
    Program(ProgramAction) in Program {
        Palette "palette" [":"] Nothing "command" "Run any action by its name.";
        Help "help" ["?"] Nothing "keys" "Show the keys.";
        Redraw "redraw" ["Ctrl-l"] Nothing "redraw" "Redraw the whole screen.";
        Suspend "suspend" ["Ctrl-z"] Nothing "suspend" "Suspend the console and return to the shell; refused while calls are up.";
        Quit "quit" ["q"] Nothing "quit" "Quit; asks what happens to calls that are up.";
    }
}

impl Slot {
    /// Returns the index of the campaign, counted from 0.
    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

impl Action {
    /// Returns the stable name, as `keys.toml` and the palette use it.
    pub(crate) const fn name(self) -> &'static str {
        self.entry().name
    }

    /// Returns the keys as shipped; empty if the action is in the palette only.
    pub(crate) const fn default_keys(self) -> &'static [&'static str] {
        self.entry().keys
    }

    /// Returns the permission that the action needs.
    pub(crate) const fn need(self) -> Need {
        self.entry().need
    }

    /// Returns the footer hint: one or two short words.
    pub(crate) const fn hint(self) -> &'static str {
        self.entry().hint
    }

    /// Returns the sentence for help and palette.
    pub(crate) const fn sentence(self) -> &'static str {
        self.entry().sentence
    }

    /// Returns the action with this name; `None` if there is none.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|action| action.name() == name)
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
        for index in 0..9 {
            let name = format!("campaign_{}", index + 1);
            let Some(Action::Goto(slot)) = Action::from_name(&name) else {
                panic!("{name}");
            };
            assert_eq!(slot.index(), index);
        }
    }

    #[test]
    fn what_starts_or_raises_needs_more_than_what_holds_back() {
        for (name, need) in [
            ("pause", Need::HoldBack),
            ("stop_everything", Need::HoldBack),
            ("pace_down", Need::HoldBack),
            ("start", Need::Campaigns),
            ("resume", Need::Campaigns),
            ("pace_up", Need::Campaigns),
            ("requeue", Need::Campaigns),
            ("opt_out", Need::OptOut),
        ] {
            assert_eq!(Action::from_name(name).unwrap().need(), need, "{name}");
        }
    }
}
