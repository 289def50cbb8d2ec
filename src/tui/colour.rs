//! The number of colours the terminal can show, and the nearest of them to a theme's colour.

use std::str::FromStr;

use ratatui::style::Color;

/// How many colours may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ColourLevel {
    /// No colour: bold, reverse and underline only.
    Never,
    /// The terminal's own sixteen colours.
    Sixteen,
    /// The xterm palette of 256 colours.
    TwoFiftySix,
    /// Any 24-bit colour.
    True,
}

/// The value of `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColourChoice {
    /// The level that the environment indicates.
    #[default]
    Auto,
    /// This level. The environment is ignored.
    Fixed(ColourLevel),
}

/// A text that is not a value of `--color`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is none of auto, never, 16, 256, true")]
pub struct ColourChoiceError(String);

impl FromStr for ColourChoice {
    type Err = ColourChoiceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "auto" => Self::Auto,
            "never" => Self::Fixed(ColourLevel::Never),
            "16" => Self::Fixed(ColourLevel::Sixteen),
            "256" => Self::Fixed(ColourLevel::TwoFiftySix),
            "true" => Self::Fixed(ColourLevel::True),
            _ => return Err(ColourChoiceError(text.to_owned())),
        })
    }
}

/// What the environment indicates about the terminal. Each field is the value of its variable.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TerminalHints<'a> {
    /// `NO_COLOR`: any value but an empty one turns colours off (no-color.org).
    pub(crate) no_color: Option<&'a str>,
    /// `COLORTERM`: `truecolor` or `24bit` means 24-bit colours.
    pub(crate) colorterm: Option<&'a str>,
    /// `TERM`: the terminal's type, such as `xterm-256color`.
    pub(crate) term: Option<&'a str>,
}

impl ColourLevel {
    /// Returns the level to draw at. `--color` takes precedence, then `NO_COLOR`, `COLORTERM` and `TERM`.
    pub(crate) fn detect(choice: ColourChoice, hints: TerminalHints<'_>) -> Self {
        if let ColourChoice::Fixed(level) = choice {
            return level;
        }
        let term = hints.term.unwrap_or_default();
        if hints.no_color.is_some_and(|value| !value.is_empty()) || term == "dumb" {
            return Self::Never;
        }
        let truecolor = ["truecolor", "24bit"].contains(&hints.colorterm.unwrap_or_default());
        if truecolor || term.ends_with("-direct") {
            return Self::True;
        }
        if term.contains("256color") {
            return Self::TwoFiftySix;
        }
        Self::Sixteen
    }

    /// Returns the nearest colour of this level to `colour`, as a text colour on the background `under`. With
    /// sixteen colours, one whose contrast to the background is below 3 is skipped.
    pub(super) fn text(self, colour: Color, under: Option<Color>) -> Color {
        self.nearest(colour, |candidate| {
            under
                .and_then(rgb)
                .is_none_or(|under| contrast(candidate, under) >= 3.0)
        })
    }

    /// Returns the nearest colour of this level to `colour`, as a background.
    pub(super) fn ground(self, colour: Color) -> Color {
        self.nearest(colour, |_| true)
    }

    fn nearest(self, colour: Color, fits: impl Fn(Rgb) -> bool) -> Color {
        match (self, colour) {
            (Self::TwoFiftySix, Color::Rgb(..)) => {
                let wanted = rgb(colour).unwrap_or_default();
                let nearest = (16..=255).min_by_key(|index| distance(indexed(*index), wanted));
                nearest.map_or(colour, Color::Indexed)
            }
            (Self::Sixteen, Color::Rgb(..) | Color::Indexed(16..)) => {
                let wanted = rgb(colour).unwrap_or_default();
                SIXTEEN
                    .iter()
                    .filter(|(_, candidate)| fits(*candidate))
                    .min_by_key(|(_, candidate)| distance(*candidate, wanted))
                    .map_or(Color::Reset, |(colour, _)| *colour)
            }
            (Self::Never, _) => Color::Reset,
            (Self::Sixteen | Self::TwoFiftySix | Self::True, _) => colour,
        }
    }
}

type Rgb = (u8, u8, u8);

/// The sixteen colours as xterm shows them. A user may have configured the terminal to show others.
const SIXTEEN: [(Color, Rgb); 16] = [
    (Color::Black, (0, 0, 0)),
    (Color::Red, (205, 0, 0)),
    (Color::Green, (0, 205, 0)),
    (Color::Yellow, (205, 205, 0)),
    (Color::Blue, (0, 0, 238)),
    (Color::Magenta, (205, 0, 205)),
    (Color::Cyan, (0, 205, 205)),
    (Color::Gray, (229, 229, 229)),
    (Color::DarkGray, (127, 127, 127)),
    (Color::LightRed, (255, 0, 0)),
    (Color::LightGreen, (0, 255, 0)),
    (Color::LightYellow, (255, 255, 0)),
    (Color::LightBlue, (92, 92, 255)),
    (Color::LightMagenta, (255, 0, 255)),
    (Color::LightCyan, (0, 255, 255)),
    (Color::White, (255, 255, 255)),
];

/// Returns red, green and blue of a colour; `None` for the terminal's own default.
pub(super) fn rgb(colour: Color) -> Option<Rgb> {
    if let Color::Rgb(red, green, blue) = colour {
        return Some((red, green, blue));
    }
    if let Color::Indexed(index) = colour {
        return Some(indexed(index));
    }
    let known = SIXTEEN.iter().find(|(named, _)| *named == colour);
    known.map(|(_, rgb)| *rgb)
}

/// Returns a colour of the xterm palette: sixteen colours, a cube of 6 × 6 × 6, and 24 greys.
fn indexed(index: u8) -> Rgb {
    let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
    match index {
        0..16 => SIXTEEN[usize::from(index)].1,
        16..232 => {
            let cube = index - 16;
            (level(cube / 36), level(cube / 6 % 6), level(cube % 6))
        }
        232.. => {
            let grey = 8 + 10 * (index - 232);
            (grey, grey, grey)
        }
    }
}

fn distance(left: Rgb, right: Rgb) -> u32 {
    let square = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
    2 * square(left.0, right.0) + 4 * square(left.1, right.1) + 3 * square(left.2, right.2)
}

/// Returns the contrast of two colours, 1 to 21 (WCAG 2.2, relative luminance).
pub(super) fn contrast(left: Rgb, right: Rgb) -> f64 {
    let part = |value: u8| {
        let value = f64::from(value) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    let light =
        |(red, green, blue): Rgb| 0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue);
    let (left, right) = (light(left) + 0.05, light(right) + 0.05);
    left.max(right) / left.min(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_follows_option_and_environment() {
        use ColourLevel::{Never, Sixteen, True, TwoFiftySix};
        let level = |choice: &str, no_color, colorterm, term| {
            let hints = TerminalHints {
                no_color,
                colorterm,
                term,
            };
            ColourLevel::detect(choice.parse().unwrap(), hints)
        };
        assert_eq!(level("auto", None, None, None), Sixteen);
        assert_eq!(level("auto", None, None, Some("xterm")), Sixteen);
        assert_eq!(
            level("auto", None, None, Some("tmux-256color")),
            TwoFiftySix
        );
        assert_eq!(
            level("auto", None, Some("truecolor"), Some("xterm-256color")),
            True
        );
        assert_eq!(level("auto", None, Some("24bit"), None), True);
        assert_eq!(level("auto", None, None, Some("xterm-direct")), True);
        assert_eq!(level("auto", Some("1"), Some("truecolor"), None), Never);
        assert_eq!(level("auto", Some(""), Some("truecolor"), None), True);
        assert_eq!(level("auto", None, Some("truecolor"), Some("dumb")), Never);
        assert_eq!(level("256", Some("1"), None, None), TwoFiftySix);
        assert_eq!(level("never", None, Some("truecolor"), None), Never);
        assert!("some".parse::<ColourChoice>().is_err());
    }

    #[test]
    fn colours_go_to_the_nearest() {
        let fix = ColourLevel::TwoFiftySix;
        assert_eq!(fix.ground(Color::Rgb(255, 0, 0)), Color::Indexed(196));
        assert_eq!(fix.ground(Color::Rgb(9, 9, 9)), Color::Indexed(232));
        assert_eq!(fix.ground(Color::Red), Color::Red);
        let few = ColourLevel::Sixteen;
        assert_eq!(few.ground(Color::Rgb(250, 5, 5)), Color::LightRed);
        assert_eq!(few.ground(Color::Indexed(46)), Color::LightGreen);
        assert_eq!(few.ground(Color::Indexed(3)), Color::Indexed(3));
        assert_eq!(
            ColourLevel::True.ground(Color::Rgb(1, 2, 3)),
            Color::Rgb(1, 2, 3)
        );
        let black = Some(Color::Rgb(20, 20, 20));
        assert_ne!(few.text(Color::Rgb(30, 30, 30), black), Color::Black);
        assert_eq!(few.text(Color::Rgb(30, 30, 30), None), Color::Black);
    }

    #[test]
    fn contrast_is_as_wcag_has_it() {
        assert!((contrast((0, 0, 0), (255, 255, 255)) - 21.0).abs() < 0.01);
        assert!((contrast((118, 118, 118), (255, 255, 255)) - 4.54).abs() < 0.02);
    }
}
