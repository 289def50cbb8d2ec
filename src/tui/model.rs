//! The whole state of the console: what every pane may read, the call list, and the dialog on top.

use super::dialog::Dialog;
use super::filter::FilterLine;
use super::keymap::KeyMap;
use super::list::List;
use super::shared::{Ending, Millis, Shared, Viewer};
use crate::domain::Timestamp;

/// The whole state of the console.
pub struct Model {
    /// The state that dialogs and panes may read.
    pub(crate) shared: Shared,
    /// The window of the call list.
    pub(crate) list: List,
    /// The dialog on top, if any.
    pub(crate) dialog: Option<Box<dyn Dialog>>,
    /// The filter line while it is typed.
    pub(crate) filtering: Option<FilterLine>,
    /// When one key last stopped everything. A second press within 3 s offers to hang up.
    pub(crate) stopped_at: Option<Millis>,
    /// When the user last asked to quit on a screen too small for the question.
    pub(crate) quit_at: Option<Millis>,
    /// When the terminal got the focus back. Letters are ignored for a moment after that.
    pub(crate) focused_at: Option<Millis>,
    /// The id of the next act.
    pub(crate) next_act: u64,
    /// How the console ends; `None` while it runs.
    pub(crate) ending: Option<Ending>,
}

impl Model {
    /// Creates the state of a console that has not received a view yet.
    pub fn new(viewer: Viewer, keys: KeyMap, size: (u16, u16), now: Timestamp) -> Self {
        Self {
            shared: Shared::new(viewer, keys, size, now),
            list: List::default(),
            dialog: None,
            filtering: None,
            stopped_at: None,
            quit_at: None,
            focused_at: None,
            next_act: 1,
            ending: None,
        }
    }
}
