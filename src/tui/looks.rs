//! The theme and the glyphs in use: chosen at the start, changed by a key, read anew when a file changes.

use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use super::canvas::Look;
use super::colour::{ColourChoice, ColourLevel, TerminalHints};
use super::glyph::Glyphs;
use super::theme::Theme;

/// The theme unless another is asked for.
const DEFAULT: &str = "dark";

/// What the command line and the environment say.
#[derive(Clone, Debug, Default)]
pub struct LookChoice {
    /// The theme's name; `None`: dark.
    pub theme: Option<String>,
    /// A folder with themes of the user's own.
    pub folder: Option<PathBuf>,
    /// The colours.
    pub color: ColourChoice,
    /// ASCII alone.
    pub ascii: bool,
    /// `NO_COLOR`.
    pub no_color: Option<String>,
    /// `COLORTERM`.
    pub colorterm: Option<String>,
    /// `TERM`.
    pub term: Option<String>,
    /// `LC_ALL`, `LC_CTYPE`, `LANG`.
    pub locale: [Option<String>; 3],
}

/// The theme and the glyphs in use.
#[derive(Debug)]
pub struct Looks {
    look: Look,
    name: String,
    folder: Option<PathBuf>,
    level: ColourLevel,
    /// When the user's own file of this theme was last written.
    written: Option<SystemTime>,
}

impl Looks {
    /// The look that was asked for; warnings, such as unknown roles, come beside it.
    ///
    /// # Errors
    /// When there is no such theme, or its file is broken.
    pub fn new(choice: LookChoice) -> Result<(Self, Vec<String>), String> {
        let hints = TerminalHints {
            no_color: choice.no_color.as_deref(),
            colorterm: choice.colorterm.as_deref(),
            term: choice.term.as_deref(),
        };
        let level = ColourLevel::detect(choice.color, hints);
        let name = choice.theme.unwrap_or_else(|| DEFAULT.to_owned());
        let (theme, warnings) =
            Theme::load(&name, choice.folder.as_deref()).map_err(|error| error.to_string())?;
        let glyphs = Glyphs::choose(choice.ascii, choice.locale.each_ref().map(Option::as_deref));
        let mut looks = Self {
            look: Look {
                theme: theme.limited_to(level),
                glyphs,
            },
            name,
            folder: choice.folder,
            level,
            written: None,
        };
        looks.written = looks.written_at();
        Ok((looks, warnings))
    }

    /// The look in use.
    pub const fn current(&self) -> &Look {
        &self.look
    }

    /// Takes the next theme, by name; one that is broken is passed over.
    pub fn next(&mut self) {
        let names = Theme::names(self.folder.as_deref());
        let at = names.iter().position(|name| *name == self.name);
        let start = at.map_or(0, |at| at + 1);
        let others = names.iter().cycle().skip(start).take(names.len());
        for name in others.cloned().collect::<Vec<_>>() {
            if self.take(&name) {
                return;
            }
        }
    }

    /// Reads the user's own theme file again if it was written since; a broken one changes nothing.
    /// Says whether anything has changed.
    pub fn look_for_changes(&mut self) -> bool {
        let written = self.written_at();
        if written.is_none() || written == self.written {
            return false;
        }
        self.written = written;
        let name = self.name.clone();
        self.take(&name)
    }

    fn take(&mut self, name: &str) -> bool {
        let Ok((theme, _)) = Theme::load(name, self.folder.as_deref()) else {
            return false;
        };
        self.look.theme = theme.limited_to(self.level);
        name.clone_into(&mut self.name);
        self.written = self.written_at();
        true
    }

    fn written_at(&self) -> Option<SystemTime> {
        let file = self.folder.as_ref()?.join(format!("{}.toml", self.name));
        fs::metadata(file).ok()?.modified().ok()
    }
}
