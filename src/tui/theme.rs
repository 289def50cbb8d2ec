//! Themes: a style for each role on the screen, from embedded and users' TOML files.
//!
//! A role's value is `[COLOUR] [on COLOUR] [MODIFIER…]`: `"light-red bold"`, `"#1d2021 on 214"`,
//! `"reversed"`. A colour is a name of the file's `[palette]`, an ANSI name, an index from 0 to 255,
//! `#rrggbb`, or `default` for none.

use std::collections::BTreeMap;
use std::path::Path;

use ratatui::style::{Color, Modifier, Style};

use super::colour::ColourLevel;
use super::settings_file::{self, Entry, Value};
use crate::config::{ConfigError, ConfigErrors, suggestion};

/// The embedded themes. The first one has every role, and every other theme inherits from it.
static EMBEDDED: [(&str, &str); 7] = [
    ("dark", include_str!("../../themes/dark.toml")),
    ("light", include_str!("../../themes/light.toml")),
    (
        "high-contrast",
        include_str!("../../themes/high-contrast.toml"),
    ),
    ("mono", include_str!("../../themes/mono.toml")),
    ("okabe-ito", include_str!("../../themes/okabe-ito.toml")),
    (
        "gruvbox-dark",
        include_str!("../../themes/gruvbox-dark.toml"),
    ),
    (
        "catppuccin-mocha",
        include_str!("../../themes/catppuccin-mocha.toml"),
    ),
];

/// The most files in a chain of inheritance, the theme's own included. A longer chain is reported as a cycle.
const DEPTH: usize = 8;

macro_rules! roles {
    ($($role:ident $name:literal $what:literal;)+) => {
        /// The purpose of a style. [`Role::Text`] is the base; the others are applied on top of it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum Role {
            $(#[doc = $what] $role,)+
        }

        impl Role {
            /// Every role, in the order of the table.
            pub(crate) const ALL: &[Self] = &[$(Self::$role),+];

            /// Returns the role's name in theme files.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$role => $name),+ }
            }

            /// Returns what it is for, as a sentence.
            const fn purpose(self) -> &'static str {
                match self { $(Self::$role => $what),+ }
            }
        }
    };
}

roles! {
    Text "text" "Any text, and the ground of the whole screen.";
    Faint "faint" "Text of lesser weight.";
    Title "title" "A pane's title.";
    Border "border" "A pane's border.";
    BorderFocus "border_focus" "The border of the pane that has the keys.";
    Label "label" "The name of a value.";
    Value "value" "A value.";
    Good "good" "All is well.";
    Warn "warn" "It waits, or is near a limit.";
    Bad "bad" "An operator has to act.";
    Accent "accent" "What should be seen first.";
    Selection "selection" "The selected line.";
    Mark "mark" "A marked contact.";
    TabActive "tab_active" "The tab of the campaign that is shown.";
    BarFull "bar_full" "The used part of a bar.";
    BarEmpty "bar_empty" "The free part of a bar.";
    BarWarn "bar_warn" "The used part of a bar near its limit.";
    BarBad "bar_bad" "The used part of a bar beyond its limit.";
    WindowOpen "window_open" "Hours in which calls may go out.";
    WindowLegal "window_legal" "Hours that the law allows and the campaign does not.";
    WindowNever "window_never" "Hours in which no call may go out.";
    NowLine "now_line" "The present time on the axis.";
    StateLive "state_live" "A contact in a conversation.";
    StateRinging "state_ringing" "A contact whose phone rings.";
    StateWaiting "state_waiting" "A contact that waits.";
    StateBlocked "state_blocked" "A contact that must not be called.";
    StateDone "state_done" "A contact that is finished.";
    Alert "alert" "An alert.";
    Dialog "dialog" "The ground of a dialog.";
    DialogTitle "dialog_title" "A dialog's title.";
    Button "button" "A button.";
    ButtonActive "button_active" "The button that Enter presses.";
    HintKey "hint_key" "A key in the footer.";
    HintText "hint_text" "What a key in the footer does.";
    Input "input" "Text being typed.";
}

/// A style for every role.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    styles: BTreeMap<Role, Style>,
}

impl Theme {
    /// Returns the names of all themes: first the embedded ones, then those of `folder` by name.
    pub(crate) fn names(folder: Option<&Path>) -> Vec<String> {
        let mut names: Vec<String> = EMBEDDED
            .iter()
            .map(|(name, _)| (*name).to_owned())
            .collect();
        let files = folder.and_then(|folder| folder.read_dir().ok());
        let mut own: Vec<String> = files
            .into_iter()
            .flatten()
            .filter_map(|file| {
                let name = file.ok()?.file_name().into_string().ok()?;
                Some(name.strip_suffix(".toml")?.to_owned())
            })
            .filter(|name| !names.contains(name))
            .collect();
        own.sort();
        names.append(&mut own);
        names
    }

    /// Loads a theme. Also returns warnings, such as unknown roles.
    ///
    /// A file `NAME.toml` in `folder` overrides the theme that it `inherits`. Without that key it overrides
    /// the embedded theme of its own name, or `dark` if there is none.
    ///
    /// # Errors
    /// Errors if there is no such theme, if a file cannot be read, if a value is not a style, or if themes
    /// inherit in a cycle.
    pub(crate) fn load(
        name: &str,
        folder: Option<&Path>,
    ) -> Result<(Self, Vec<String>), ConfigErrors> {
        let mut palette = BTreeMap::new();
        let mut roles = BTreeMap::new();
        let mut warnings = Vec::new();
        for layer in layers(name, folder)?.into_iter().rev() {
            for entry in layer {
                if let Some(colour) = entry.key.strip_prefix("palette.") {
                    palette.insert(colour.to_owned(), entry);
                } else if let Some(role) = Role::ALL.iter().find(|role| role.name() == entry.key) {
                    roles.insert(*role, entry);
                } else if entry.key != "inherits" {
                    let names: Vec<_> = Role::ALL.iter().map(|role| role.name()).collect();
                    let hint = suggestion(&entry.key, &names);
                    warnings.push(entry.fault("there is no such role", hint).to_string());
                }
            }
        }
        let mut faults = Vec::new();
        let palette = colours(palette, &mut faults);
        let styles = roles
            .into_iter()
            .filter_map(|(role, entry)| match style(&entry, &palette) {
                Ok(style) => Some((role, style)),
                Err(fault) => {
                    faults.push(fault);
                    None
                }
            })
            .collect();
        if !faults.is_empty() {
            return Err(ConfigErrors(faults));
        }
        Ok((Self { styles }, warnings))
    }

    /// Returns the table of the reference: roles, their styles in `dark`, and what they are for.
    pub fn markdown() -> String {
        let dark = settings_file::read("themes/dark.toml", EMBEDDED[0].1).unwrap_or_default();
        let style = |role: Role| {
            let mut entries = dark.iter();
            match entries.find(|entry| entry.key == role.name())?.value {
                Value::Text(ref text) => Some(text.as_str()),
                Value::List(_) | Value::Other => None,
            }
        };
        let row = |role: &Role| {
            let style = style(*role).unwrap_or_default();
            format!("| `{}` | `{style}` | {} |\n", role.name(), role.purpose())
        };
        let rows: String = Role::ALL.iter().map(row).collect();
        format!("| role | in `dark` | what it is for |\n|---|---|---|\n{rows}")
    }

    /// Returns an embedded theme; `dark` if there is none of that name.
    ///
    /// # Panics
    /// Panics if an embedded file is not valid. A test reads them all.
    pub fn embedded(name: &str) -> Self {
        let known = EMBEDDED.iter().find(|(known, _)| *known == name);
        let (name, _) = known.unwrap_or(&EMBEDDED[0]);
        Self::load(name, None)
            .expect("the embedded themes are valid")
            .0
    }

    /// Returns the theme with the colours that a terminal of this level can show. Without colours the styles
    /// are those of `mono`.
    #[must_use]
    pub(crate) fn limited_to(&self, level: ColourLevel) -> Self {
        let mut theme = self.clone();
        if level == ColourLevel::Never {
            theme.styles = Self::embedded("mono").styles;
            return theme;
        }
        let base = self.style(Role::Text).bg.map(|bg| level.ground(bg));
        for style in theme.styles.values_mut() {
            style.bg = style.bg.map(|colour| level.ground(colour));
            let under = style.bg.or(base);
            style.fg = style.fg.map(|colour| level.text(colour, under));
        }
        theme
    }

    /// Returns the style of a role, which is applied on top of that of [`Role::Text`].
    pub(crate) fn style(&self, role: Role) -> Style {
        self.styles.get(&role).copied().unwrap_or_default()
    }

    /// Returns the style in which text of a role is written on a filled area. The ground of [`Role::Text`] is
    /// that of the screen; on a dialog its text has the dialog's ground.
    pub(crate) fn ink(&self, role: Role) -> Style {
        let style = self.style(role);
        if role == Role::Text {
            return Style { bg: None, ..style };
        }
        style
    }
}

/// Returns the entries of a theme's file, followed by those of the theme it inherits from, and so on.
fn layers(name: &str, folder: Option<&Path>) -> Result<Vec<Vec<Entry>>, ConfigErrors> {
    let mut layers: Vec<Vec<Entry>> = Vec::new();
    let (mut name, mut own) = (name.to_owned(), true);
    let mut asked: Option<Entry> = None;
    while layers.len() < DEPTH {
        let file = folder.map(|folder| folder.join(format!("{name}.toml")));
        let file = file.filter(|file| own && is_plain(&name) && is_there(file));
        let from_user = file.is_some();
        let embedded = EMBEDDED.iter().find(|(known, _)| *known == name);
        let entries = match (file, embedded) {
            (Some(file), _) => settings_file::load(&file)?,
            (None, Some((_, text))) => settings_file::read(&format!("themes/{name}.toml"), text)?,
            (None, None) => return Err(unknown(&name, folder, asked.as_ref())),
        };
        asked = entries
            .iter()
            .find(|entry| entry.key == "inherits")
            .cloned();
        layers.push(entries);
        let next = match &asked {
            Some(entry) => match &entry.value {
                Value::Text(next) => next.clone(),
                Value::List(_) | Value::Other => {
                    return Err(one(entry.fault("is not a theme's name", "write \"dark\"")));
                }
            },
            None if from_user && embedded.is_some() => name.clone(),
            None if name == EMBEDDED[0].0 => return Ok(layers),
            None => EMBEDDED[0].0.to_owned(),
        };
        own = next != name;
        name = next;
    }
    Err(one(match asked {
        Some(entry) => entry.fault(
            "themes inherit in a cycle",
            "make one of them inherit \"dark\"",
        ),
        None => whole(&name, "inherits from too many themes", String::new()),
    }))
}

/// Returns whether the path exists, dangling links included, so that unreadable files are reported.
fn is_there(file: &Path) -> bool {
    file.symlink_metadata().is_ok()
}

/// Returns whether a name stays inside the folder.
fn is_plain(name: &str) -> bool {
    !name.contains(['/', '\\']) && !name.starts_with('.')
}

fn unknown(name: &str, folder: Option<&Path>, asked: Option<&Entry>) -> ConfigErrors {
    let hint = format!("known are {}", Theme::names(folder).join(", "));
    one(match asked {
        Some(entry) => entry.fault(format!("there is no theme `{name}`"), hint),
        None => whole(name, "there is no such theme", hint),
    })
}

fn one(fault: ConfigError) -> ConfigErrors {
    ConfigErrors(vec![fault])
}

fn whole(name: &str, message: &str, hint: String) -> ConfigError {
    ConfigError {
        file: format!("theme {name}"),
        line: 0,
        column: 0,
        key: String::new(),
        message: message.to_owned(),
        hint,
    }
}

fn colours(
    palette: BTreeMap<String, Entry>,
    faults: &mut Vec<ConfigError>,
) -> BTreeMap<String, Color> {
    let mut colours = BTreeMap::new();
    for (name, entry) in palette {
        let parsed = match &entry.value {
            Value::Text(text) => text.parse::<Color>().ok(),
            Value::List(_) | Value::Other => None,
        };
        match parsed {
            Some(colour) => {
                colours.insert(name, colour);
            }
            None => faults.push(entry.fault("is not a colour", COLOUR_HINT)),
        }
    }
    colours
}

const COLOUR_HINT: &str =
    "write an ANSI name such as light-red, an index from 0 to 255, or #rrggbb";

fn style(entry: &Entry, palette: &BTreeMap<String, Color>) -> Result<Style, ConfigError> {
    let Value::Text(text) = &entry.value else {
        let hint = "write \"yellow on black bold\"";
        return Err(entry.fault("is not a style", hint));
    };
    let mut style = Style::new();
    let mut ground = false;
    for word in text.split_whitespace() {
        if word == "on" {
            ground = true;
        } else if let Some(modifier) = modifier(word) {
            style = style.add_modifier(modifier);
        } else if word == "default" {
            ground = false;
        } else {
            let known = palette.get(word).copied().or_else(|| word.parse().ok());
            let colour = known.ok_or_else(|| {
                entry.fault(
                    format!("`{word}` is neither a colour nor a modifier"),
                    COLOUR_HINT,
                )
            })?;
            style = if std::mem::take(&mut ground) {
                style.bg(colour)
            } else {
                style.fg(colour)
            };
        }
    }
    Ok(style)
}

fn modifier(word: &str) -> Option<Modifier> {
    Some(match word {
        "bold" => Modifier::BOLD,
        "dim" => Modifier::DIM,
        "italic" => Modifier::ITALIC,
        "underlined" => Modifier::UNDERLINED,
        "reversed" => Modifier::REVERSED,
        "crossed-out" => Modifier::CROSSED_OUT,
        _ => return None,
    })
}

#[cfg(test)]
#[path = "theme_tests.rs"]
mod tests;
