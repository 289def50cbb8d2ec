//! The live caps of a campaign. Lower values apply without a question, higher ones after a confirmation. No
//! value rises above the campaign file's ceiling.

use crossterm::event::{KeyCode, KeyEvent};

use super::field::{Field, types};
use super::lines::{draw_line, paragraph, room};
use super::{Dialog, Response, Want, buttons, open};
use crate::domain::CampaignId;
use crate::domain::campaign::Pacing;
use crate::engine::desk::Act;
use crate::tui::canvas::Canvas;
use crate::tui::shared::Shared;
use crate::tui::theme::Role;

/// The names of the fields, in the order of [`values`].
const NAMES: [&str; 3] = ["Calls per minute", "Calls at once", "Weight"];

/// The stops of the cursor: the fields are 0 to 2, two buttons follow.
const CANCEL: usize = 3;
const APPLY: usize = 4;
const STOPS: usize = 5;

/// Why the typed caps do not apply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Fault {
    #[error("{name}: `{typed}` is not a whole number from 1 on.")]
    NotANumber { name: &'static str, typed: String },
    /// This was typed, and does not belong to a number.
    #[error("`{0}` was not taken: it is not a digit.")]
    NotADigit(char),
    #[error("{name}: {ceiling} is the ceiling of the campaign's file.")]
    AboveCeiling { name: &'static str, ceiling: u32 },
    #[error("Nothing would change: these are the present caps.")]
    Unchanged,
    #[error("The campaign is gone.")]
    Gone,
}

/// The dialog for a campaign's caps.
#[derive(Debug)]
pub(crate) struct CapsDialog {
    campaign: CampaignId,
    name: String,
    fields: [Field; 3],
    focus: usize,
    fault: Option<Fault>,
    /// The caps that need a confirmation because a value rises, and the index of the chosen button.
    raising: Option<(Pacing, usize)>,
}

impl CapsDialog {
    /// Creates the dialog for the current campaign; `None` if there is none.
    pub(crate) fn new(shared: &Shared) -> Option<Self> {
        let (campaign, view) = shared.campaign().zip(shared.campaign_view())?;
        Some(Self {
            campaign: view.id,
            name: campaign.name.clone(),
            fields: values(campaign.pacing).map(|value| Field::selected(&value.to_string())),
            focus: 0,
            fault: None,
            raising: None,
        })
    }

    /// Returns the pacing in force and the file's ceiling; `None` if the campaign is gone.
    fn pacing(&self, shared: &Shared) -> Option<(Pacing, Pacing)> {
        let view = shared.view.as_ref()?;
        let mut campaigns = view.board.campaigns.iter().zip(&view.campaigns);
        campaigns
            .find(|(_, view)| view.id == self.campaign)
            .map(|(board, view)| (board.pacing, view.ceiling))
    }

    fn read(&self, ceiling: Pacing) -> Result<Pacing, Fault> {
        let mut read = [0; 3];
        for (place, value) in read.iter_mut().enumerate() {
            let name = NAMES[place];
            let typed = self.fields[place].value().trim();
            *value = typed
                .parse::<u32>()
                .ok()
                .filter(|value| *value > 0)
                .ok_or_else(|| Fault::NotANumber {
                    name,
                    typed: typed.to_owned(),
                })?;
            if let Some(ceiling) = ceilings(ceiling)[place]
                && *value > ceiling
            {
                return Err(Fault::AboveCeiling { name, ceiling });
            }
        }
        let [calls_per_minute, max_concurrent, weight] = read;
        Ok(Pacing {
            calls_per_minute,
            max_concurrent,
            weight,
        })
    }

    /// Applies caps that only fall; asks for a confirmation if a value rises.
    fn apply(&mut self, shared: &Shared) -> Response {
        let Some((now, ceiling)) = self.pacing(shared) else {
            self.fault = Some(Fault::Gone);
            return Response::stay();
        };
        match self.read(ceiling) {
            Err(fault) => self.fault = Some(fault),
            Ok(wanted) if wanted == now => {
                self.fault = Some(Fault::Unchanged);
            }
            Ok(wanted) if raised(now, wanted).is_empty() => {
                return Response::close().want(self.want(wanted));
            }
            Ok(wanted) => self.raising = Some((wanted, 0)),
        }
        Response::stay()
    }

    fn want(&self, pacing: Pacing) -> Want {
        let text = format!("changing the caps of {}", self.name);
        Want::Act(Act::SetPacing(self.campaign, pacing), text)
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "key codes are the terminal library's list"
    )]
    fn confirm(&mut self, key: KeyEvent, pacing: Pacing, chosen: usize) -> Response {
        match key.code {
            KeyCode::Left | KeyCode::Right | KeyCode::Tab | KeyCode::BackTab => {
                self.raising = Some((pacing, 1 - chosen));
            }
            KeyCode::Enter if chosen == 1 => return Response::close().want(self.want(pacing)),
            KeyCode::Enter => self.raising = None,
            _ => {}
        }
        Response::stay()
    }
}

const fn values(pacing: Pacing) -> [u32; 3] {
    [
        pacing.calls_per_minute,
        pacing.max_concurrent,
        pacing.weight,
    ]
}

/// Returns the ceiling of each field. The weight shares out a trunk and has none.
const fn ceilings(ceiling: Pacing) -> [Option<u32>; 3] {
    [
        Some(ceiling.calls_per_minute),
        Some(ceiling.max_concurrent),
        None,
    ]
}

/// Returns a sentence for each value that rises.
fn raised(now: Pacing, wanted: Pacing) -> Vec<String> {
    let changes = values(now).into_iter().zip(values(wanted)).zip(NAMES);
    changes
        .filter(|((now, wanted), _)| wanted > now)
        .map(|((now, wanted), name)| format!("{name}: from {now} up to {wanted}."))
        .collect()
}

impl Dialog for CapsDialog {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "key codes are the terminal library's list"
    )]
    fn key(&mut self, key: KeyEvent, shared: &Shared) -> Response {
        if let Some((pacing, chosen)) = self.raising {
            return self.confirm(key, pacing, chosen);
        }
        match key.code {
            KeyCode::Tab | KeyCode::Down => self.focus = (self.focus + 1) % STOPS,
            KeyCode::BackTab | KeyCode::Up => self.focus = (self.focus + STOPS - 1) % STOPS,
            KeyCode::Enter if self.focus == CANCEL => return Response::close(),
            KeyCode::Enter => return self.apply(shared),
            KeyCode::Left if self.focus == APPLY => self.focus = CANCEL,
            KeyCode::Right if self.focus == CANCEL => self.focus = APPLY,
            KeyCode::Char(letter) if types(key) && !letter.is_ascii_digit() => {
                self.fault = Some(Fault::NotADigit(letter));
            }
            _ => {
                if let Some(field) = self.fields.get_mut(self.focus)
                    && field.key(key)
                {
                    self.fault = None;
                }
            }
        }
        Response::stay()
    }

    fn paste(&mut self, text: &str, _shared: &Shared) -> Option<Response> {
        if self.raising.is_some() {
            return None;
        }
        self.fields.get_mut(self.focus)?.paste(text.trim());
        self.fault = None;
        Some(Response::stay())
    }

    fn draw(&self, canvas: &mut Canvas<'_>) {
        let title = format!("Caps of {}", self.name);
        let (width, _) = room(canvas.shared);
        let width = u16::try_from(width.min(70)).unwrap_or(70);
        let Some((now, ceiling)) = self.pacing(canvas.shared) else {
            let inner = open(canvas, width, 1, &title);
            let text = Fault::Gone.to_string();
            canvas.put(inner.x, inner.y, inner.right(), &text, Role::Bad);
            return;
        };
        if let Some((wanted, chosen)) = self.raising {
            let mut content = raised(now, wanted);
            content.push("More calls leave from now on, and more people are called.".to_owned());
            let height = u16::try_from(content.len()).unwrap_or(4) + 2;
            let inner = open(canvas, width, height, &format!("Raise? {}", self.name));
            for (y, text) in (inner.y..).zip(&content) {
                canvas.put(inner.x, y, inner.right(), text, Role::Text);
            }
            let at = (inner.x, inner.bottom().saturating_sub(1));
            buttons(canvas, at, inner.right(), &["Back", "Raise"], chosen);
            return;
        }
        let inner = open(canvas, width, 9, &title);
        let (x, right) = (inner.x, inner.right());
        for (place, y) in (0..3).zip(inner.y..) {
            let most = match ceilings(ceiling)[place] {
                Some(most) => format!("now {}, ceiling {most}", values(now)[place]),
                None => format!("now {}, share of the trunk", values(now)[place]),
            };
            canvas.put(x, y, right, NAMES[place], Role::Label);
            self.fields[place].draw(canvas, (x + 17, y), 9, self.focus == place);
            canvas.put(x + 28, y, right, &most, Role::Faint);
        }
        let note = match &self.fault {
            Some(fault) => paragraph(&format!("! {fault}"), usize::from(width), 2, Role::Bad),
            None => paragraph(
                "A lower pace applies at once; a higher one needs a confirmation.",
                usize::from(width),
                0,
                Role::Text,
            ),
        };
        for (y, line) in (inner.y + 4..inner.y + 6).zip(&note) {
            draw_line(canvas, inner, y, line);
        }
        let chosen = self.focus.checked_sub(CANCEL).unwrap_or(usize::MAX);
        buttons(
            canvas,
            (x, inner.y + 7),
            right,
            &["Cancel", "Apply"],
            chosen,
        );
        let hint = "Tab moves, Enter in a field applies";
        canvas.put(x, inner.y + 8, right, hint, Role::Faint);
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{assert_styles, drawn, press, shared, type_in};
    use super::*;

    fn with(typed: &str) -> CapsDialog {
        let mut dialog = CapsDialog::new(&shared()).unwrap();
        press(&mut dialog, KeyCode::Backspace, &shared());
        type_in(&mut dialog, typed, &shared());
        dialog
    }

    fn enter(dialog: &mut CapsDialog) -> Response {
        press(dialog, KeyCode::Enter, &shared())
    }

    fn to(calls_per_minute: u32) -> Response {
        let pacing = Pacing {
            calls_per_minute,
            max_concurrent: 20,
            weight: 2,
        };
        let text = "changing the caps of spring-reminders".to_owned();
        Response::close().want(Want::Act(Act::SetPacing(CampaignId(1), pacing), text))
    }

    #[test]
    fn lower_applies_at_once() {
        assert_eq!(enter(&mut with("5")), to(5));
    }

    #[test]
    fn higher_needs_a_confirmation() {
        let mut dialog = with("9");
        assert_eq!(enter(&mut dialog), Response::stay());
        insta::assert_snapshot!(drawn(&dialog, &shared()).backend());
        assert_eq!(
            enter(&mut dialog),
            Response::stay(),
            "it opens on going back"
        );
        assert!(dialog.raising.is_none());
        enter(&mut dialog);
        press(&mut dialog, KeyCode::Tab, &shared());
        assert_eq!(enter(&mut dialog), to(9));
    }

    #[test]
    fn faults_name_the_field() {
        for (typed, part) in [
            ("11", "10 is the ceiling of the campaign's file"),
            ("0", "`0` is not a whole number from 1 on"),
            ("", "`` is not a whole number"),
            ("8", "Nothing would change"),
            ("99999999999", "not a whole number"),
        ] {
            let mut dialog = with(typed);
            assert_eq!(enter(&mut dialog), Response::stay());
            let fault = dialog.fault.unwrap().to_string();
            assert!(fault.contains(part), "{fault}");
        }
        let mut dialog = with("11");
        enter(&mut dialog);
        assert_styles("caps", &dialog, &shared());
    }

    #[test]
    fn a_letter_is_shown_as_not_taken() {
        let mut dialog = CapsDialog::new(&shared()).unwrap();
        type_in(&mut dialog, "7x", &shared());
        assert_eq!(dialog.fields[0].value(), "7");
        assert_eq!(dialog.fault, Some(Fault::NotADigit('x')));
        type_in(&mut dialog, "5", &shared());
        assert_eq!((dialog.fields[0].value(), &dialog.fault), ("75", &None));
    }
}
