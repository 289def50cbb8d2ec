//! Actions on the program as a whole.

use super::{Cmd, say};
use crate::tui::action::ProgramAction;
use crate::tui::dialog::help::Help;
use crate::tui::dialog::palette::Palette;
use crate::tui::dialog::quit::Quit;
use crate::tui::model::Model;
use crate::tui::shared::{Ending, Millis, Tone};
use crate::tui::view;

/// The time in which a second press quits on a screen too small for the question.
const AGAIN_MS: Millis = 3_000;

pub(super) fn perform(model: &mut Model, action: ProgramAction, cmds: &mut Vec<Cmd>) {
    match action {
        ProgramAction::Palette => model.dialog = Some(Box::new(Palette::new())),
        ProgramAction::Help => model.dialog = Some(Box::new(Help::new(&model.shared))),
        ProgramAction::Redraw => cmds.push(Cmd::Redraw),
        ProgramAction::Suspend if model.shared.calls_up() > 0 => {
            let text = "not now: calls are up, and suspending this program would stop the engine";
            say(model, Tone::Bad, text.to_owned());
        }
        ProgramAction::Suspend => cmds.push(Cmd::Suspend),
        ProgramAction::Quit => quit(model),
    }
}

/// Ends the console, or asks first if calls are up or campaigns run in an engine inside. On a screen too
/// small for the question a second press answers it.
fn quit(model: &mut Model) {
    let now = model.shared.millis;
    if view::is_too_small(model.shared.size) && Quit::new(&model.shared).is_some() {
        let again = model.quit_at.is_some_and(|at| now < at + AGAIN_MS);
        model.quit_at = Some(now);
        if again {
            model.ending = Some(Ending::Finish);
        } else {
            let text = "calls are up or campaigns run: again to finish the calls and quit";
            say(model, Tone::Plain, text.to_owned());
        }
        return;
    }
    match Quit::new(&model.shared) {
        Some(dialog) => model.dialog = Some(Box::new(dialog)),
        None => model.ending = Some(Ending::Drain),
    }
}
