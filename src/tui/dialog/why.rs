//! Explains why a number is or is not being dialed: first the answer, then every gate in order.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::field::Field;
use super::lines::{self, Line, Scroll, for_viewer, from_now, instant, line, paragraph, room};
use super::{Dialog, Response, Want, open};
use crate::domain::{ContactState, PhoneNumber};
use crate::engine::desk::why::Answer;
use crate::engine::desk::{Check, Decision, Request, UnreadNumber, Verdict, WhyReport};
use crate::engine::messages;
use crate::tui::canvas::Canvas;
use crate::tui::glyph::Glyphs;
use crate::tui::shared::Shared;
use crate::tui::theme::Role;

/// Columns of a gate's verdict and of its name.
const VERDICT: usize = 14;
const GATE: usize = 20;

/// Why there is no answer.
#[derive(Clone, Debug)]
enum Fault {
    /// The text is not a number.
    Unread(UnreadNumber),
    /// The store cannot be read, for this reason.
    Store(String),
}

impl Fault {
    fn lines(&self, width: usize) -> Vec<Line> {
        match self {
            Self::Unread(UnreadNumber { typed, error }) => {
                let (what, todo) = messages::number_error(*error);
                let message = format!("`{typed}` cannot be read: {what}");
                lines::fault(&message, Some(todo), width)
            }
            Self::Store(error) => lines::fault(error, None, width),
        }
    }
}

/// The dialog that explains why a number is or is not being dialed.
#[derive(Debug)]
pub(crate) struct WhyDialog {
    /// The field for any number; `None` if a number was chosen from the list.
    field: Option<Field>,
    /// The chosen number. Answers about other numbers are ignored.
    number: Option<PhoneNumber>,
    /// Whether a question has been asked.
    asked: bool,
    report: Option<Result<Box<WhyReport>, Fault>>,
    scroll: Scroll,
}

impl WhyDialog {
    /// Creates the dialog for a number. The caller has already asked the desk about it.
    pub(crate) fn of(number: PhoneNumber) -> Self {
        Self {
            field: None,
            number: Some(number),
            asked: true,
            report: None,
            scroll: Scroll::default(),
        }
    }

    /// Creates the dialog with an empty field for any number.
    pub(crate) fn typed() -> Self {
        Self {
            field: Some(Field::default()),
            number: None,
            asked: false,
            report: None,
            scroll: Scroll::default(),
        }
    }

    /// Creates the dialog for a number typed elsewhere. The caller has already asked the desk about it.
    pub(crate) fn asked(typed: &str) -> Self {
        Self {
            field: Some(Field::new(typed)),
            asked: true,
            ..Self::typed()
        }
    }

    /// Returns the number of rows above the answer.
    const fn head(&self) -> usize {
        if self.field.is_some() { 2 } else { 0 }
    }

    fn ask(&mut self) -> Response {
        let Some(field) = &self.field else {
            return Response::close();
        };
        let typed = field.value().trim().to_owned();
        if typed.is_empty() {
            return Response::stay();
        }
        self.asked = true;
        self.report = None;
        self.scroll.reset();
        Response::stay().want(Want::Request(Request::Why(typed)))
    }

    fn lines(&self, shared: &Shared, glyphs: &Glyphs, width: usize) -> Vec<Line> {
        match &self.report {
            None if self.asked => vec![line("Checking every gate.", Role::Warn)],
            None => paragraph(
                "Type any number, with + and its country code or as it is dialed here, then press Enter.",
                width,
                0,
                Role::Faint,
            ),
            Some(Err(fault)) => fault.lines(width),
            Some(Ok(report)) => report_lines(report, shared, glyphs, width),
        }
    }
}

/// Returns the lines with all that is known about a number.
fn report_lines(report: &WhyReport, shared: &Shared, glyphs: &Glyphs, width: usize) -> Vec<Line> {
    let number = lines::number(report.number, shared, glyphs);
    let mut content = vec![vec![
        (number, Role::Accent),
        (
            format!("  as of {}", instant(report.now, shared)),
            Role::Faint,
        ),
    ]];
    for entry in &report.lists {
        let entry = for_viewer(&messages::suppression(entry), shared, glyphs);
        let text = format!("{} on a list: {entry}", glyphs.blocked);
        content.extend(paragraph(&text, width, 2, Role::StateBlocked));
    }
    if let Some(law) = &report.no_contact {
        let text = for_viewer(&law.answer, shared, glyphs);
        content.extend(paragraph(&text, width, 0, Role::Value));
    }
    for answer in &report.contacts {
        content.push(Line::new());
        content.extend(answer_lines(answer, shared, glyphs, width));
    }
    content
}

fn answer_lines(answer: &Answer, shared: &Shared, glyphs: &Glyphs, width: usize) -> Vec<Line> {
    let (sign, role) = match answer.decision {
        Decision::Dial(_) => (glyphs.done, Role::Good),
        Decision::Hold(_) => (glyphs.waiting, Role::StateWaiting),
        Decision::Refuse(_) => (glyphs.blocked, Role::StateBlocked),
    };
    let decided = messages::decision(&answer.decision).to_uppercase();
    // A call that is up comes before what another one would get.
    let (sign, role, what) = if answer.state == ContactState::InFlight {
        (glyphs.talking, Role::StateLive, "IN A CALL".to_owned())
    } else {
        (sign, role, decided)
    };
    // The answer names the instant. The time until then is counted down here.
    let wait = answer.next_possible.filter(|next| *next > shared.now);
    let wait = wait.map_or_else(String::new, |next| {
        format!(", possible {}", from_now(next, shared))
    });
    let heading = format!(
        "{sign} {}: {what}{wait} (contact is {})",
        answer.campaign,
        answer.state.as_str().replace('_', " ")
    );
    let mut content = paragraph(&heading, width, 2, role);
    let text = for_viewer(&answer.answer, shared, glyphs);
    let mut letters = text.chars();
    let text: String = letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(letters)
        .collect();
    content.extend(paragraph(&text, width, 0, Role::Value));
    for gate in &answer.gates {
        content.extend(gate_lines(gate, shared, glyphs, width));
    }
    for made in &answer.attempts {
        let text = for_viewer(&made.to_string(), shared, glyphs);
        content.extend(paragraph(&text, width, 2, Role::Text));
    }
    content
}

/// Returns the lines of a gate: its verdict as a glyph and a text, its name, and the value it checked.
fn gate_lines(gate: &Check, shared: &Shared, glyphs: &Glyphs, width: usize) -> Vec<Line> {
    let (sign, role) = match gate.verdict {
        Verdict::Pass => (glyphs.done, Role::Good),
        Verdict::Hold => (glyphs.waiting, Role::StateWaiting),
        Verdict::Refuse => (glyphs.blocked, Role::StateBlocked),
        Verdict::NotReached => (glyphs.next, Role::Faint),
    };
    let saw = for_viewer(&gate.saw, shared, glyphs);
    let column = VERDICT + GATE;
    let saw = lines::wrap(&saw, width.saturating_sub(column).max(12), 0);
    let mut content = Vec::new();
    for (place, saw) in saw.into_iter().enumerate() {
        let (verdict, name) = if place == 0 {
            (
                format!("{sign} {}", messages::verdict(gate.verdict)),
                gate.gate,
            )
        } else {
            (String::new(), "")
        };
        content.push(vec![
            (format!("{verdict:<VERDICT$}"), role),
            (format!("{name:<GATE$}"), Role::Label),
            (saw, Role::Text),
        ]);
    }
    content
}

impl Dialog for WhyDialog {
    fn key(&mut self, key: KeyEvent, shared: &Shared) -> Response {
        if key.code == KeyCode::Enter {
            return self.ask();
        }
        let (width, height) = room(shared);
        let count = self.lines(shared, &Glyphs::ascii(), width).len();
        let height = height.saturating_sub(self.head() + 1);
        let ends = matches!(key.code, KeyCode::Home | KeyCode::End);
        match &mut self.field {
            // In a text field these keys move the cursor.
            Some(field) if ends => {
                field.key(key);
            }
            field => {
                if !self.scroll.key(key.code, count, height)
                    && let Some(field) = field
                {
                    field.key(key);
                }
            }
        }
        Response::stay()
    }

    fn paste(&mut self, text: &str, _shared: &Shared) -> Option<Response> {
        self.field.as_mut()?.paste(text.trim());
        Some(Response::stay())
    }

    fn on_why(&mut self, report: &Result<Box<WhyReport>, UnreadNumber>) {
        let other = |number| report.as_ref().is_ok_and(|report| report.number != number);
        if self.asked && !self.number.is_some_and(other) {
            self.report = Some(report.clone().map_err(Fault::Unread));
            self.scroll.reset();
        }
    }

    fn on_failed(&mut self, error: &str) {
        if self.asked && self.report.is_none() {
            self.report = Some(Err(Fault::Store(error.to_owned())));
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>) {
        let (width, height) = room(canvas.shared);
        let content = self.lines(canvas.shared, &canvas.look.glyphs, width);
        let rows = (content.len() + self.head()).max(4).min(height);
        let size = (
            u16::try_from(width).unwrap_or(76),
            u16::try_from(rows).unwrap_or(20),
        );
        let inner = open(canvas, size.0, size.1, "Why, or why not?");
        let mut area = inner;
        if let Some(field) = &self.field {
            canvas.put(inner.x, inner.y, inner.right(), "Number", Role::Label);
            let width = inner.width.saturating_sub(19).min(40);
            field.draw(canvas, (inner.x + 8, inner.y), width, true);
            let hint = "Enter asks";
            canvas.put(
                inner.x + 9 + width,
                inner.y,
                inner.right(),
                hint,
                Role::Faint,
            );
            area = Rect::new(
                inner.x,
                inner.y + 2,
                inner.width,
                inner.height.saturating_sub(2),
            );
        }
        self.scroll.draw(canvas, area, &content);
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{assert_styles, at, attempt, drawn, phone, press, shared, type_in};
    use super::*;
    use crate::domain::ContactId;
    use crate::engine::desk::why::PastCall;
    use crate::engine::desk::{Hold, Scope, Until};
    use crate::rules::NumberError;

    fn report() -> WhyReport {
        let gate = |gate, verdict, saw: &str| Check {
            gate,
            verdict,
            saw: saw.to_owned(),
        };
        let number = phone("+18085550133");
        let opens = Until::At(at("2026-04-14T19:00:00Z"));
        let hold = Hold {
            reasons: Vec::new(),
            until: opens,
            scope: Scope::Class,
        };
        WhyReport {
            number,
            now: at("2026-04-14T18:07:32Z"),
            contacts: vec![Answer {
                campaign: "spring-reminders".to_owned(),
                contact: ContactId(1_188),
                state: ContactState::Ready,
                decision: Decision::Hold(hold),
                answer: "not now: it is before the calling hours in Pacific/Honolulu. Next possible at 2026-04-14T19:00:00Z.".to_owned(),
                next_possible: Some(at("2026-04-14T19:00:00Z")),
                gates: vec![
                    gate("health", Verdict::Pass, "the engine is well"),
                    gate("suppression", Verdict::Pass, "on none of 4 lists"),
                    gate(
                        "window",
                        Verdict::Hold,
                        "08:07 in Pacific/Honolulu, open from 09:00 to 20:00 on this day of the week",
                    ),
                    gate("caller_id", Verdict::NotReached, ""),
                ],
                attempts: vec![PastCall {
                    attempt: attempt(1).id,
                    at: at("2026-04-13T15:30:01Z"),
                    outcome: attempt(1).outcome,
                    cause: Some("no_answer".to_owned()),
                    counts: true,
                    agent_result: None,
                }],
            }],
            no_contact: None,
            lists: Vec::new(),
        }
    }

    #[test]
    fn any_number_may_be_typed() {
        let shared = shared();
        let mut dialog = WhyDialog::typed();
        assert_eq!(
            press(&mut dialog, KeyCode::Enter, &shared),
            Response::stay()
        );
        type_in(&mut dialog, "808 555 0133", &shared);
        let ask = Want::Request(Request::Why("808 555 0133".to_owned()));
        assert_eq!(
            press(&mut dialog, KeyCode::Enter, &shared),
            Response::stay().want(ask)
        );
        let typed = "808 555 0133".to_owned();
        let error = NumberError::NoCountry;
        dialog.on_why(&Err(UnreadNumber { typed, error }));
        insta::assert_snapshot!(drawn(&dialog, &shared).backend());
    }

    #[test]
    fn the_answer_comes_first_then_every_gate() {
        let shared = shared();
        let mut dialog = WhyDialog::of(phone("+18085550133"));
        let mut other = report();
        other.number = phone("+12125550142");
        dialog.on_why(&Ok(Box::new(other)));
        assert!(dialog.report.is_none(), "the answer about another number");
        dialog.on_why(&Ok(Box::new(report())));
        assert_styles("why", &dialog, &shared);
        assert_eq!(
            press(&mut dialog, KeyCode::Enter, &shared),
            Response::close()
        );
    }

    #[test]
    fn a_call_that_is_up_is_in_the_heading() {
        let shared = shared();
        let mut dialog = WhyDialog::of(phone("+18085550133"));
        let mut live = report();
        live.contacts[0].state = ContactState::InFlight;
        dialog.on_why(&Ok(Box::new(live)));
        let screen = drawn(&dialog, &shared).backend().to_string();
        let heading = "spring-reminders: IN A CALL";
        assert!(screen.contains(heading), "{screen}");
        assert!(!screen.contains("spring-reminders: HOLD"), "{screen}");
    }

    #[test]
    fn it_scrolls_on_the_smallest_screen() {
        let mut shared = shared();
        shared.size = (60, 16);
        let mut dialog = WhyDialog::asked("+18085550133");
        dialog.on_why(&Ok(Box::new(report())));
        press(&mut dialog, KeyCode::PageDown, &shared);
        insta::assert_snapshot!(drawn(&dialog, &shared).backend());
    }
}
