//! The theme and the glyphs in use: chosen at the start, changed by a key, and read again if the theme's file
//! changes.

use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use super::canvas::Look;
use super::colour::{ColourChoice, ColourLevel, TerminalHints};
use super::glyph::Glyphs;
use super::theme::Theme;
use crate::config::ConfigErrors;

/// The theme if no other is requested.
const DEFAULT: &str = "dark";

/// What the command line and the environment request.
#[derive(Clone, Debug, Default)]
pub struct AppearanceChoice {
    /// The theme's name; `None` for the dark theme.
    pub theme: Option<String>,
    /// The folder with the user's own themes.
    pub folder: Option<PathBuf>,
    /// The value of `--color`.
    pub color: ColourChoice,
    /// Whether to draw in ASCII only.
    pub ascii: bool,
    /// The value of `NO_COLOR`.
    pub no_color: Option<String>,
    /// The value of `COLORTERM`.
    pub colorterm: Option<String>,
    /// The value of `TERM`.
    pub term: Option<String>,
    /// The values of `LC_ALL`, `LC_CTYPE` and `LANG`.
    pub locale: [Option<String>; 3],
}

/// The theme and the glyphs in use, and where the theme comes from.
#[derive(Debug)]
pub struct Appearance {
    look: Look,
    name: String,
    folder: Option<PathBuf>,
    level: ColourLevel,
    /// When the user's own file of this theme was last written; `None` without such a file.
    written: Option<SystemTime>,
}

impl Appearance {
    /// Loads the requested theme. Also returns warnings, such as unknown roles.
    ///
    /// # Errors
    /// Errors if there is no such theme, or if its file is not valid.
    pub fn new(choice: AppearanceChoice) -> Result<(Self, Vec<String>), ConfigErrors> {
        let hints = TerminalHints {
            no_color: choice.no_color.as_deref(),
            colorterm: choice.colorterm.as_deref(),
            term: choice.term.as_deref(),
        };
        let level = ColourLevel::detect(choice.color, hints);
        let name = choice.theme.unwrap_or_else(|| DEFAULT.to_owned());
        let (theme, warnings) = Theme::load(&name, choice.folder.as_deref())?;
        let glyphs = Glyphs::choose(choice.ascii, choice.locale.each_ref().map(Option::as_deref));
        let mut appearance = Self {
            look: Look {
                theme: theme.limited_to(level),
                glyphs,
            },
            name,
            folder: choice.folder,
            level,
            written: None,
        };
        appearance.written = appearance.written_at();
        Ok((appearance, warnings))
    }

    /// Returns the look in use.
    pub(crate) const fn current(&self) -> &Look {
        &self.look
    }

    /// Switches to the next theme by name. A theme that is not valid is skipped.
    pub(crate) fn next(&mut self) {
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

    /// Reads the user's own theme file again if it was written since the last read. Returns whether the theme
    /// has changed: a file that is not valid changes nothing.
    pub(crate) fn reload_if_changed(&mut self) -> bool {
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
