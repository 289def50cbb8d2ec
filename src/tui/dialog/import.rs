//! Import of contacts from a file into the current campaign. It continues when the dialog closes.

use std::path::PathBuf;

use crossterm::event::{KeyCode, KeyEvent};

use super::field::Field;
use super::lines::{self, Line, draw_line, line, paragraph, room};
use super::{Dialog, Response, Want, open};
use crate::domain::CampaignId;
use crate::engine::desk::{ImportError, ImportSummary, Request};
use crate::tui::canvas::Canvas;
use crate::tui::format;
use crate::tui::shared::Shared;
use crate::tui::theme::Role;

/// The stage of the import.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    /// The path is being typed.
    Typing,
    /// The import runs; the rows processed so far.
    Running(u64),
    /// The import has ended; its figures.
    Ended(Box<ImportSummary>),
}

/// Why the import does not start, or why it has failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Fault {
    #[error("Type the path of a file first.")]
    NoPath,
    #[error("Write the path in full: only a shell knows `~`.")]
    HomePath,
    #[error("Another import is running: wait for its end.")]
    AnotherRuns,
    /// The import failed.
    #[error("{}", .0.message)]
    NotImported(ImportError),
}

impl Fault {
    /// Returns what to do; `None` if the message says it.
    fn hint(&self) -> Option<&str> {
        match self {
            Self::NoPath | Self::HomePath | Self::AnotherRuns => None,
            Self::NotImported(error) => error.hint.as_deref(),
        }
    }
}

/// The dialog for an import of contacts.
#[derive(Debug)]
pub(crate) struct ImportDialog {
    campaign: CampaignId,
    name: String,
    path: Field,
    stage: Stage,
    fault: Option<Fault>,
    /// Another import is still running, started in this dialog or in an earlier one.
    earlier: bool,
}

impl ImportDialog {
    /// Creates the dialog for the current campaign; `None` if there is none.
    pub(crate) fn new(shared: &Shared) -> Option<Self> {
        let (campaign, view) = shared.campaign().zip(shared.campaign_view())?;
        Some(Self {
            campaign: view.id,
            name: campaign.name.clone(),
            path: Field::default(),
            stage: Stage::Typing,
            fault: None,
            earlier: false,
        })
    }

    fn start(&mut self) -> Response {
        let typed = unquoted(self.path.value().trim());
        let fault = if typed.is_empty() {
            Fault::NoPath
        } else if typed.starts_with('~') {
            Fault::HomePath
        } else if self.earlier {
            Fault::AnotherRuns
        } else {
            let path = PathBuf::from(typed);
            self.fault = None;
            self.stage = Stage::Running(0);
            return Response::stay().want(Want::Request(Request::Import(self.campaign, path)));
        };
        self.fault = Some(fault);
        Response::stay()
    }

    fn lines(&self, width: usize) -> Vec<Line> {
        let mut content = Vec::new();
        if let Some(fault) = &self.fault {
            content.extend(lines::fault(&fault.to_string(), fault.hint(), width));
        }
        match &self.stage {
            Stage::Typing => {
                let text = "A CSV file with a header row. The path is absolute, or relative to where dialdeck was started. An import alone dials nothing, but a running campaign calls its new contacts.";
                content.extend(paragraph(text, width, 0, Role::Text));
                let text = format!(
                    "Columns with unknown names are kept as variables. To see and map them first: dialdeck contacts import {} FILE --dry-run --map \"COLUMN=FIELD\".",
                    self.name
                );
                content.extend(paragraph(&text, width, 0, Role::Text));
            }
            Stage::Running(rows) => {
                let text = format!("{} rows read so far.", format::count(*rows));
                content.push(line(text, Role::Value));
                let text = "Esc closes this dialog; the import goes on and reports its end.";
                content.extend(paragraph(text, width, 0, Role::Text));
            }
            Stage::Ended(imported) => content.extend(ended(imported, width)),
        }
        content
    }
}

/// Returns a path without the quotes that terminals put around a dropped file.
fn unquoted(path: &str) -> &str {
    let quoted = |quote| {
        path.strip_prefix(quote)
            .and_then(|path| path.strip_suffix(quote))
    };
    quoted('\'').or_else(|| quoted('"')).unwrap_or(path)
}

/// Returns the lines with the figures of an import that has ended.
fn ended(imported: &ImportSummary, width: usize) -> Vec<Line> {
    let figures = &imported.figures;
    let mut content = vec![line(format!("Done: {}", figures.file), Role::Good)];
    for (name, count) in [
        ("rows read", figures.rows),
        ("taken", figures.taken),
        ("already there", figures.duplicates),
        ("rejected", figures.rejected),
    ] {
        content.push(vec![
            (format!("{:>12}", format::count(count)), Role::Value),
            (format!(" {name}"), Role::Label),
        ]);
    }
    for (count, what) in [
        (imported.undialable, "can never be dialed."),
        (
            imported.without_consent,
            "cannot be dialed: they lack the consent that the campaign requires.",
        ),
    ] {
        if count > 0 {
            let text = format!("! {} of those taken {what}", format::count(count));
            content.extend(paragraph(&text, width, 2, Role::Warn));
        }
    }
    if imported.not_to_be_called > 0 {
        let text = format!(
            "! {} marked in the list as not to be called; their numbers are on the internal list.",
            format::count(imported.not_to_be_called)
        );
        content.extend(paragraph(&text, width, 2, Role::Warn));
    }
    for words in &imported.columns {
        content.extend(paragraph(words, width, 2, Role::Text));
    }
    if let Some(path) = &imported.rejects {
        let text = format!(
            "! The rejected rows, each with its reason: {}",
            path.display()
        );
        content.extend(paragraph(&text, width, 2, Role::Warn));
    }
    content
}

impl Dialog for ImportDialog {
    fn key(&mut self, key: KeyEvent, _shared: &Shared) -> Response {
        match (&self.stage, key.code) {
            (Stage::Typing, KeyCode::Enter) => return self.start(),
            (Stage::Ended(_), KeyCode::Enter) => return Response::close(),
            (Stage::Typing, _) => {
                if self.path.key(key) {
                    self.fault = None;
                }
            }
            (Stage::Running(_) | Stage::Ended(_), _) => {}
        }
        Response::stay()
    }

    fn paste(&mut self, text: &str, _shared: &Shared) -> Option<Response> {
        if self.stage != Stage::Typing {
            return None;
        }
        self.path.paste(text.trim());
        self.fault = None;
        Some(Response::stay())
    }

    fn on_importing(&mut self, rows: u64) {
        match self.stage {
            Stage::Typing => self.earlier = true,
            Stage::Running(_) => self.stage = Stage::Running(rows),
            Stage::Ended(_) => {}
        }
    }

    fn on_imported(&mut self, result: &Result<ImportSummary, ImportError>) {
        match (&self.stage, result) {
            (Stage::Typing, _) => self.earlier = false,
            (Stage::Running(_), Ok(imported)) => {
                self.stage = Stage::Ended(Box::new(imported.clone()));
            }
            (Stage::Running(_), Err(error)) => {
                self.fault = Some(Fault::NotImported(error.clone()));
                self.stage = Stage::Typing;
            }
            (Stage::Ended(_), _) => {}
        }
    }

    fn draw(&self, canvas: &mut Canvas<'_>) {
        let (width, most) = room(canvas.shared);
        let content = self.lines(width);
        let rows = (content.len() + 4).min(most);
        let size = (
            u16::try_from(width).unwrap_or(76),
            u16::try_from(rows).unwrap_or(10),
        );
        let inner = open(
            canvas,
            size.0,
            size.1,
            &format!("Import into {}", self.name),
        );
        let (x, right) = (inner.x, inner.right());
        canvas.put(x, inner.y, right, "File", Role::Label);
        let typing = self.stage == Stage::Typing;
        self.path.draw(
            canvas,
            (x + 5, inner.y),
            inner.width.saturating_sub(5),
            typing,
        );
        for (y, line) in (inner.y + 2..inner.bottom().saturating_sub(1)).zip(&content) {
            draw_line(canvas, inner, y, line);
        }
        let hint = match self.stage {
            Stage::Typing => "Enter imports, Esc cancels",
            Stage::Running(_) => "",
            Stage::Ended(_) => "Enter closes",
        };
        canvas.put(
            x,
            inner.bottom().saturating_sub(1),
            right,
            hint,
            Role::Faint,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{assert_styles, drawn, press, shared};
    use super::*;
    use crate::domain::ImportFigures;

    fn running() -> ImportDialog {
        let mut dialog = ImportDialog::new(&shared()).unwrap();
        dialog.paste("'/lists/april 2.csv'\n", &shared()).unwrap();
        let path = PathBuf::from("/lists/april 2.csv");
        assert_eq!(
            press(&mut dialog, KeyCode::Enter, &shared()),
            Response::stay().want(Want::Request(Request::Import(CampaignId(1), path)))
        );
        dialog
    }

    #[test]
    fn the_path_is_asked_for() {
        let mut dialog = ImportDialog::new(&shared()).unwrap();
        assert_eq!(
            press(&mut dialog, KeyCode::Enter, &shared()),
            Response::stay()
        );
        assert_eq!(dialog.fault, Some(Fault::NoPath));
        assert_styles("import", &dialog, &shared());
    }

    #[test]
    fn progress_then_the_figures() {
        let mut dialog = running();
        dialog.on_importing(12_000);
        insta::assert_snapshot!("running", drawn(&dialog, &shared()).backend());
        let figures = ImportFigures {
            file: "april 2.csv".to_owned(),
            sha256: String::new(),
            rows: 12_480,
            taken: 12_400,
            duplicates: 60,
            rejected: 20,
            consents: std::collections::BTreeMap::new(),
            ..ImportFigures::default()
        };
        let rejects = Some(PathBuf::from("/lists/april 2.rejects.csv"));
        dialog.on_imported(&Ok(ImportSummary {
            figures,
            undialable: 0,
            without_consent: 310,
            not_to_be_called: 12,
            columns: vec![
                "Columns: Phone as number, ZIP as postal_code, Heim as variable.".to_owned(),
                "Kept as variables, which bind no call: Heim.".to_owned(),
            ],
            rejects,
        }));
        insta::assert_snapshot!("ended", drawn(&dialog, &shared()).backend());
        assert_eq!(
            press(&mut dialog, KeyCode::Enter, &shared()),
            Response::close()
        );
    }

    #[test]
    fn a_fault_brings_the_path_back() {
        let mut dialog = running();
        let error = ImportError {
            message: "april 2.csv has no column for the number".to_owned(),
            hint: Some("map it with --map \"COLUMN=number\"".to_owned()),
        };
        let failed = Fault::NotImported(error.clone());
        dialog.on_imported(&Err(error));
        insta::assert_snapshot!("fault", drawn(&dialog, &shared()).backend());
        assert_eq!(dialog.stage, Stage::Typing);
        assert_eq!(dialog.fault, Some(failed));
    }

    #[test]
    fn one_import_at_a_time() {
        let mut dialog = ImportDialog::new(&shared()).unwrap();
        dialog.on_importing(5);
        dialog.paste("/lists/may.csv", &shared()).unwrap();
        assert_eq!(
            press(&mut dialog, KeyCode::Enter, &shared()),
            Response::stay()
        );
        assert_eq!(dialog.fault, Some(Fault::AnotherRuns));
    }
}
